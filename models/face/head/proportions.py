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

    eye_spacing: float = 66.0
    """Between the eyeballs' centres [62, 68]."""
    eye_depth: float = 53.0
    """How far in front of the ears the eyeballs' centres lie [48, 54]."""
    eye_radius: float = 25.2
    """Of the eyeballs, larger than life [21, 26]."""
    lid_thickness: float = 2.5
    """From the eyeball to the lid's outer skin [2, 3]."""
    eye_yaw: float = 5.0
    """How far outward the lids' opening faces [0, 8]."""
    mouth_y: float = -51.0
    """Height of the line where the lips meet [-54, -48]."""
    mouth_half_width: float = 25.0
    """Half of the mouth [24.6, 25.4]: the network's weights mean this width."""

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
JAW_THRUST: Array = np.array([0.0, -0.3, 5.0])
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
