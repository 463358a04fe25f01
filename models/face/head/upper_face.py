"""Morphs of brows, cheeks and nose: wide soft fields that slide along the face."""

import numpy as np

from models.face.head import field
from models.face.head.eye_rings import LID_RINGS
from models.face.head.lip_loops import LipLoops
from models.face.head.lips import nose_fold
from models.face.head.proportions import Array, bell, smoothstep, unit
from models.face.head.response import GAP_RESPONSE_MM
from models.face.head.topology import Skin

_LID_SHARE: Array = np.linspace(0.75, 0.0, LID_RINGS)
"""How much the lid's rings, outermost first, follow brow or cheek."""


def upper_face_morphs(skin: Skin, lips: LipLoops) -> dict[str, Array]:
    """BrowDown, BrowInnerUp, BrowOuterUp, CheekPuff, CheekSquint and NoseSneer."""
    v = skin.mesh.vertices
    left_half = smoothstep(-6.0, 6.0, v[:, 0])
    front = smoothstep(10.0, 30.0, v[:, 2])
    inner = bell(v * (1, 1, 0), (12, 36, 0), (15, 15, 1)) * front
    inner_right = bell(v * (1, 1, 0), (-12, 36, 0), (15, 15, 1)) * front
    outer = bell(v * (1, 1, 0), (44, 36, 0), (17, 16, 1)) * front
    whole = bell(v * (1, 1, 0), (27, 35, 0), (22, 13, 1)) * front
    knit = bell(v * (1, 1, 0), (11, 30, 0), (13, 14, 1)) * front
    cheek = bell(v, (37, -27, 66), (17, 12, 25)) * front
    puff = bell(v, (43, -47, 48), (20, 20, 26))

    morphs: dict[str, Array] = {}
    up = np.array([0.0, 1.0, 0.0])
    morphs["BrowInnerUp"] = _slid(skin, np.maximum(inner, inner_right)[:, None] * 9.0 * up)
    down = whole[:, None] * (-6.2 * up) + knit[:, None] * np.array([-3.8, -6.0, 0.0]) * left_half[:, None]
    squint = _slid(skin, cheek[:, None] * np.array([0.0, 6.4, 0.0]), bulge=cheek * 3.4)
    sneer = _sneer(skin, lips)
    for name, left in (
        ("BrowDown", _slid(skin, down)),
        ("BrowOuterUp", _slid(skin, outer[:, None] * 9.0 * up)),
        ("CheekSquint", squint),
        ("NoseSneer", sneer),
    ):
        morphs[name + "Left"] = left
        morphs[name + "Right"] = lips.other_side(left)
    # Air pushes sideways and forward: along the normals the jaw's edge would be torn downwards.
    outward = unit(field.normals(skin.form.head, v) * (1.0, 0.25, 1.0) + (0.0, 0.0, 0.15))
    one = _without_mouth(skin, puff)[:, None] * 13.0 * outward
    puffed = one + lips.other_side(one)
    bulged = lips.spread(lips.vectors(z=2.0 * lips.full + 0.6))
    morphs["CheekPuff"] = puffed + bulged
    return morphs


def _slid(skin: Skin, shift: Array, bulge: Array | None = None) -> Array:
    """A displacement kept at the same distance from the surface, weaker on the lids, plus a bulge outwards."""
    v = skin.mesh.vertices
    moving = np.abs(shift).max(1) > 0.005
    moved = v[moving] + shift[moving]
    for _ in range(2):
        off = skin.form.head(moved) - skin.form.head(v[moving])
        moved = moved - off[:, None] * field.gradient(skin.form.head, moved)
    slid = np.zeros_like(v)
    slid[moving] = moved - v[moving]
    if bulge is not None:
        slid = slid + bulge[:, None] * field.normals(skin.form.head, v)
    for eye in skin.eyes:
        for ring, ids in enumerate(eye):
            slid[ids] *= _LID_SHARE[ring] if ring < len(_LID_SHARE) else 0.0
    return _without_mouth(skin, slid)


def _without_mouth(skin: Skin, values: Array) -> Array:
    """Faded to nothing over the mouth's outer skin rings."""
    faded = values.copy()
    for ring, ids in enumerate(skin.mouth):
        faded[ids] *= max(0.0, 1.0 - (ring + 1) / 6) ** 1.5
    faded[skin.pole] = 0.0
    return faded


def _sneer(skin: Skin, lips: LipLoops) -> Array:
    """The wing of the nose and the lip beside it rise; skin bunches beside the bridge."""
    v = skin.mesh.vertices
    wing = bell(v, (10, -25, 80), (8, 9, 13)) * smoothstep(-3.0, 6.0, v[:, 0])
    bridge = bell(v, (9, -4, 74), (7, 10, 13)) * smoothstep(-3.0, 6.0, v[:, 0])
    wing[skin.mouth[3:].ravel()] = 0
    for eye in skin.eyes:
        wing[eye[2:]] = 0
        bridge[eye[2:]] = 0
    nose = wing[:, None] * np.array([1.2, 5.6, -0.4]) + bridge[:, None] * np.array([0.3, 3.2, 1.7])
    nose = nose + nose_fold(lips, 0.9)
    lip = lips.spread(lips.vectors(y=lips.left * lips.upper), reach=34.0, top=-26.0)
    return lips.with_gap(lambda k: nose + k * lip, GAP_RESPONSE_MM["NoseSneerLeft"])
