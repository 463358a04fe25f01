"""The shadow an upper lid throws on its eyeball: a soft dark film just outside the eye, that follows the lid.

It does more for a living look than any texture, and works where a renderer has no shadows.
"""

from collections.abc import Mapping

import numpy as np

from models.face.head import eye_rings
from models.face.head.lids import Motion, lid_motions
from models.face.head.mesh import Mesh, grid_faces
from models.face.head.proportions import MIRROR, Array, Proportions

# Degrees from the rim (down the eyeball), and how dark: none at the hidden edge behind the lid.
_ROWS: tuple[tuple[float, float], ...] = ((3.0, 0.62), (0.0, 0.62), (-3.0, 0.40), (-7.0, 0.17), (-13.0, 0.0))
_COLOUR: tuple[float, float, float] = (0.045, 0.018, 0.014)
_OPEN, _SHUT = 1.009, 1.035
"""Radius in eyeball radii, open and closed: a straight path between must stay outside the eyeball."""


def shadows(m: Proportions) -> tuple[Mesh, Array, Mapping[str, Array]]:
    """Both films, linear RGBA `[V, 4]`, and morphs of the whole by ARKit name."""
    columns = eye_rings.COLUMNS // 2 + 1
    rest = _film(m, Motion())
    mesh = Mesh(rest, grid_faces(len(_ROWS), columns, wrap=False)).facing(rest - m.eye_centre)
    along = np.sin(np.linspace(0, np.pi, columns))
    alpha = np.concatenate([dark * np.clip(along, 0, 1) ** 0.4 for _, dark in _ROWS])
    colour = np.concatenate([np.tile(_COLOUR, (len(alpha), 1)), alpha[:, None]], axis=1)
    morphs = {}
    for name, motion in lid_motions(m).items():
        delta = _film(m, motion) - rest
        morphs[name + "Left"] = np.concatenate([delta, 0 * delta])
        morphs[name + "Right"] = np.concatenate([0 * delta, delta * MIRROR])
    return mesh + mesh.mirrored(), np.concatenate([colour, colour]), morphs


def _film(m: Proportions, motion: Motion) -> Array:
    """Rows of the left film, from the lid down."""
    count = eye_rings.COLUMNS // 2 + 1
    longitude, latitude = (a[:count] for a in eye_rings.angles(m, 0.0))
    lift = eye_rings.lifted(motion.upper)[:count]
    shut = np.clip(np.abs(lift) / 40.0, 0, 1)[:, None]
    rows = []
    for below, _ in _ROWS:
        taper = np.sin(eye_rings.ANGLE[:count]) ** 0.5
        toward = eye_rings.direction(m, longitude + motion.side, latitude + lift + below * taper)
        rows.append(m.eye_centre + m.eye_radius * (_OPEN + (_SHUT - _OPEN) * shut) * toward)
    return np.concatenate(rows)
