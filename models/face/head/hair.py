"""The heads' hair by the name of its style."""

from typing import Literal

import numpy as np

from models.face.head import field, hair_curls, hair_updo
from models.face.head.form import Form
from models.face.head.hair_bob import bob
from models.face.head.locks import Hair, HairTones
from models.face.head.proportions import Array, bell, smoothstep

Style = Literal["bob", "curls", "updo"]


def hair(form: Form, style: Style, tones: HairTones, *, light: bool = False) -> Hair:
    """Build a head's hair."""
    build = {"bob": bob, "curls": hair_curls.curls, "updo": hair_updo.updo}[style]
    return build(form, tones, light=light)


def scalp(form: Form, style: Style, points: Array) -> Array:
    """How much of the hair's colour skin at `points` `[V, 3]` shows: 1 under hair, softly 0 beyond the hairline."""
    if style == "curls":
        return hair_curls.shadow(points)
    if style == "updo":
        return hair_updo.shadow(form, points)
    q = field.folded(points)
    face = field.ellipsoid(points, (0, -22, 87), (64, 84, 60))
    cheek = field.ellipsoid(q, (66, -40, 42), (44, 70, 42))
    ear = field.ellipsoid(q, (86, -26, 10), (30, 34, 24))
    nape = points[:, 1] + 44 + 0.12 * points[:, 2]
    bare = np.minimum(field.join(face, cheek, 30), np.minimum(ear, nape))
    return smoothstep(8.0, 26.0, bare)


def stubble(points: Array) -> Array:
    """How much of a short beard's colour skin at `points` `[V, 3]` shows."""
    q = field.folded(points)
    y, z = q[:, 1], q[:, 2]
    # Along the jaw: from before the ear down to the chin, deeper the further from its upper line.
    line = np.interp(z, (0.0, 14.0, 34.0, 56.0, 74.0, 95.0), (0.0, -12.0, -34.0, -48.0, -56.0, -60.0))
    jaw = 0.8 * smoothstep(-4.0, 34.0, line - y)
    chin = 0.75 * bell(q, (0, -80, 74), (24, 17, 30))
    moustache = 0.8 * bell(q, (11, -42, 88), (17, 6.5, 26))
    below = smoothstep(-122.0, -92.0, y) * smoothstep(-4.0, 22.0, z)
    amount: Array = (1 - (1 - jaw) * (1 - chin) * (1 - moustache)) * below
    return amount
