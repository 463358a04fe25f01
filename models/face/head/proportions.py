"""Where things are in the face, in millimetres: the measures every other part is built from."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]

MIRROR: Array = np.array([-1.0, 1.0, 1.0])
"""Times this, a point of the character's left becomes its mirror image on the right."""

# Eyes: 66 mm apart, larger than life.
EYE_CENTRE: Array = np.array([33.0, 0.0, 53.0])
"""Centre of the left eyeball."""
EYE_RADIUS = 25.2
LID_RADIUS = 27.7
"""Outer skin of the lids, a sphere around the eye."""
EYE_YAW_DEG = 5.0
"""The lids' opening faces a little outward."""

# Mouth: 50 mm wide.
MOUTH_Y = -51.0
MOUTH_HALF_WIDTH = 25.0
PAIR_X = 8.0
"""The lip gap is measured at the middle and this far to either side."""

# Jaw: turns about the axis through the joints in front of the ears.
JAW_AXIS: Array = np.array([0.0, -20.0, -5.0])
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
