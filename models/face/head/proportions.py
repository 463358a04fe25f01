"""Where things are in the face, in millimetres: the measures every other part is built from."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]

MIRROR: Array = np.array([-1.0, 1.0, 1.0])
"""Times this, a point of the character's left becomes its mirror image on the right."""

PAIR_X = 8.0
"""The lip gap is measured at the middle and this far to either side, millimetres."""


@dataclass(frozen=True)
class Proportions:
    """One face's measures. Lengths are millimetres, angles degrees, x to the character's left, y up, z forward.

    The origin lies between the eyes' centres, in the plane of the ears' fronts. Ranges in brackets are what the sculpt
    and its morphs are tested with.
    """

    face_width: float = 1.0
    """Breadth of the face, a factor [0.92, 1.08]."""
    cheekbones: float = 1.0
    """How strongly they show over the hollow below, 0 none [0, 2]."""
    cheek_fullness: float = 1.0
    """Volume beside the mouth [0, 1.8]."""
    jaw_width: float = 1.0
    """Breadth at the jaw's corners, a factor [0.88, 1.15]."""
    chin_width: float = 1.0
    """Breadth of the chin, a factor [0.75, 1.3]."""
    chin_length: float = 0.0
    """Added to its height, millimetres [-3, 4]."""
    chin_forward: float = 0.0
    """Added to its reach, millimetres [-3, 3]."""
    brow_ridge: float = 1.0
    """Bone over the eyes [0, 2.5]."""
    nose_width: float = 1.0
    """Breadth of bridge, tip and wings, a factor [0.85, 1.25]."""
    nose_length: float = 0.0
    """Added between root and base, millimetres [-3, 3]."""
    nose_bridge: float = 0.0
    """Added to the root's height, millimetres [-2, 3]."""
    nose_projection: float = 0.0
    """Added to the tip's reach, millimetres [-3, 4]."""
    nose_tip_up: float = 0.0
    """How far the tip turns up, millimetres [-2, 2.5]."""
    neck_width: float = 1.0
    """A factor [0.9, 1.2]."""
    adams_apple: float = 0.0
    """[0, 1]."""
    ear_size: float = 1.0
    """A factor [0.9, 1.15]."""
    age: float = 0.0
    """Folds, pouches and sagging: 0 young, 1 old [0, 1]."""

    eye_spacing: float = 66.0
    """Between the eyeballs' centres [62, 68]."""
    eye_depth: float = 49.5
    """How far in front of the ears the eyeballs' centres lie [48, 51]."""
    eye_radius: float = 24.6
    """Of the eyeballs, larger than life [22, 25]."""
    eye_open: float = 1.0
    """Height of the opening at rest, a factor [0.8, 1.1]."""
    eye_tilt: float = 3.5
    """How much higher the outer corner lies, degrees on the eyeball [-1, 6]."""
    lid_thickness: float = 2.2
    """From the eyeball to the lid's outer skin [2, 3]."""
    lid_fold: float = 1.0
    """Depth of the upper lid's crease [0.3, 1.6]."""
    eye_yaw: float = 5.0
    """How far outward the lids' opening faces [0, 8]."""

    mouth_y: float = -51.0
    """Height of the line where the lips meet [-53, -49]."""
    mouth_half_width: float = 25.0
    """Half of the mouth [24.6, 25.4]: the network's weights mean this width."""
    lip_upper: float = 1.0
    """Fullness of the upper lip, a factor [0.7, 1.35]."""
    lip_lower: float = 1.0
    """Fullness of the lower lip, a factor [0.7, 1.3]."""

    @property
    def eye_centre(self) -> Array:
        """Centre of the left eyeball."""
        return np.array([self.eye_spacing / 2, 0.0, self.eye_depth])

    @property
    def lid_radius(self) -> float:
        """The lids' outer skin, a sphere around the eye."""
        return self.eye_radius + self.lid_thickness

    @property
    def jaw_axis(self) -> Array:
        """A point on the axis through the joints in front of the ears, about which the jaw turns."""
        return np.array([0.0, -20.0, -5.0])


JAW_SLIDE: Array = np.array([0.0, -5.5, 1.5])
"""The joint glides down and forward by this as the jaw opens fully."""
JAW_THRUST: Array = np.array([0.0, -0.3, 7.0])
"""JawForward."""
JAW_SWING: Array = np.array([7.0, -0.2, -0.6])
"""JawLeft."""


def smoothstep(low: float, high: float, x: Array) -> Array:
    """0 below `low`, 1 above `high`, an S between."""
    t = np.clip((x - low) / (high - low), 0.0, 1.0)
    smooth: Array = t * t * (3.0 - 2.0 * t)
    return smooth


def bell(points: Array, centre: tuple[float, float, float], size: tuple[float, float, float]) -> Array:
    """A Gaussian of unit height around `centre`, `size` in millimetres along each axis, `[N, 3]` → `[N]`."""
    z = (points - np.array(centre)) / np.array(size)
    value: Array = np.exp(-(z * z).sum(-1))
    return value


def unit(vectors: Array) -> Array:
    """Vectors `[..., 3]` scaled to length one."""
    scaled: Array = vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-12)
    return scaled
