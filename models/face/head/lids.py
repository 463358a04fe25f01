"""Morphs of the lids: their rims slide on the eyeball."""

from dataclasses import dataclass

import numpy as np

from models.face.head import eye_rings
from models.face.head.lip_loops import LipLoops
from models.face.head.proportions import Array, Proportions
from models.face.head.topology import Skin

EYE_SHRINK_AT_BLINK = 0.06
"""The eyeball draws back this share of its radius under closed lids, so that half-closed ones never touch it."""


@dataclass(frozen=True)
class Motion:
    """How a lid's opening moves, degrees on the eyeball.

    Attributes:
        upper: by which the upper rim rises, one number or `[COLUMNS]`.
        lower: the same for the lower rim.
        side: by which both turn outward.
    """

    upper: Array | float = 0.0
    lower: Array | float = 0.0
    side: float = 0.0


def lid_motions(m: Proportions) -> dict[str, Motion]:
    """What each morph of the lids does to the left eye."""
    _, latitude = eye_rings.angles(m, 0.0)
    # Closed lids meet low, on a line that droops in the middle.
    height = np.abs(np.sin(eye_rings.ANGLE))
    meet = m.eye_tilt * np.cos(eye_rings.ANGLE) - 11.5 * height**2
    to_meet = meet - latitude + np.where(np.sin(eye_rings.ANGLE) > 0, -0.7, 0.7) * height**0.5
    # `rings` fades lifts towards the corners by itself.
    shut = to_meet / np.maximum(height**eye_rings.LIFT_POWER, 1e-3)
    return {
        "EyeBlink": Motion(shut, shut),
        "EyeSquint": Motion(-6.5, 12.0),
        "EyeWide": Motion(11.0, -3.5),
        "EyeLookUp": Motion(6.5, 3.0),
        "EyeLookDown": Motion(-14.0, -4.5),
        "EyeLookIn": Motion(side=-2.2),
        "EyeLookOut": Motion(side=2.2),
    }


def lid_morphs(skin: Skin, lips: LipLoops) -> dict[str, Array]:
    """EyeBlink, EyeSquint, EyeWide and EyeLook of both sides."""
    rest = eye_rings.rings(skin.form)
    morphs = {}
    for name, motion in lid_motions(skin.form.proportions).items():
        rings = eye_rings.rings(skin.form, motion.upper, motion.lower, motion.side)
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
    bulge: Array = amount[:, None] * np.array([0.0, 2.2, 1.4])
    return bulge


def eyeball_morph(vertices: Array) -> Array:
    """What EyeBlink does to an eyeball centred at the origin."""
    return -EYE_SHRINK_AT_BLINK * vertices
