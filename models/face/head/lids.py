"""Morphs of the lids: their rims slide on the eyeball."""

import numpy as np

from models.face.head import eye_rings
from models.face.head.lip_loops import LipLoops
from models.face.head.proportions import Array
from models.face.head.topology import Skin

EYE_SHRINK_AT_BLINK = 0.06
"""The eyeball draws back this share of its radius under closed lids, so that half-closed ones never touch it."""


def lid_morphs(skin: Skin, lips: LipLoops) -> dict[str, Array]:
    """EyeBlink, EyeSquint, EyeWide and EyeLook of both sides."""
    longitude, latitude = eye_rings.angles(0.0)
    # Closed lids meet low, on a line that droops in the middle.
    meet = 3.5 * longitude / 47 - 12.5 * np.clip(1 - (longitude / 47) ** 2, 0, 1)
    upper = np.sin(eye_rings.ANGLE) > 0
    to_meet = meet - latitude + np.where(upper, -0.7, 0.7)
    # `rings` fades lifts towards the corners by itself.
    flat = np.maximum(np.abs(np.sin(eye_rings.ANGLE)) ** 0.5, 1e-3)
    left = {
        "EyeBlink": eye_rings.rings(skin.form, to_meet / flat, to_meet / flat),
        "EyeSquint": eye_rings.rings(skin.form, -3.5, 8.0),
        "EyeWide": eye_rings.rings(skin.form, 7.5, -1.5),
        "EyeLookUp": eye_rings.rings(skin.form, 6.5, 3.0),
        "EyeLookDown": eye_rings.rings(skin.form, -14.0, -4.5),
        "EyeLookIn": eye_rings.rings(skin.form, 0.0, 0.0, -2.2),
        "EyeLookOut": eye_rings.rings(skin.form, 0.0, 0.0, 2.2),
    }
    rest = eye_rings.rings(skin.form)
    morphs = {}
    for name, rings in left.items():
        morph = np.zeros_like(skin.mesh.vertices)
        for ids, moved, still in zip(skin.eyes[0], rings, rest, strict=True):
            morph[ids] = moved - still
        if name == "EyeSquint":
            morph += _lower_lid_bulge(skin)
        morphs[name + "Left"] = morph
        morphs[name + "Right"] = lips.other_side(morph)
    return morphs


def _lower_lid_bulge(skin: Skin) -> Array:
    v = skin.mesh.vertices
    below = skin.form.proportions.eye_centre + np.array([0.0, -22.0, 18.0])
    z = (v - below) / np.array([17.0, 8.0, 16.0])
    amount = np.exp(-(z * z).sum(1))
    for eye, side in zip(skin.eyes, (1, -1), strict=True):
        amount[eye[4:]] = 0
        if side < 0:
            amount[eye] = 0
    bulge: Array = amount[:, None] * np.array([0.0, 1.6, 1.0])
    return bulge


def eyeball_morph(vertices: Array) -> Array:
    """What EyeBlink does to an eyeball centred at the origin."""
    return -EYE_SHRINK_AT_BLINK * vertices
