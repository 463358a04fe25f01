"""Ears, a distance field of their own."""

import numpy as np

from models.face.head.field import cut, ellipsoid, folded, join
from models.face.head.mesh import Mesh, surface_net
from models.face.head.proportions import Array

_PLACE: Array = np.array([76.0, -9.0, -9.0])
_FLARE = 0.38
"""Radians the ear's back stands off the head."""


def _ear(p: Array) -> Array:
    q = folded(p) - _PLACE
    c, s = np.cos(_FLARE), np.sin(_FLARE)
    q = np.stack([q[..., 0] * c + q[..., 2] * s, q[..., 1], -q[..., 0] * s + q[..., 2] * c], -1)
    d = join(ellipsoid(q, (0, 3, -5), (6, 20, 14)), ellipsoid(q, (0, -14, 0), (4.7, 8, 7)), 8)
    d = cut(d, ellipsoid(q, (7, 5, -4.2), (5.6, 13.6, 8.5)), 3.4)
    return join(d, ellipsoid(q, (2, -2, 5.6), (3.3, 4.7, 2.8)), 3)


def ears() -> Mesh:
    """Both ears."""
    left = surface_net(_ear, np.array([52.0, -40.0, -42.0]), np.array([104.0, 24.0, 24.0]), 2.6)
    return left + left.mirrored()
