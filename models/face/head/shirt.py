"""Shoulders' beginning in a soft collar."""

import numpy as np

from models.face.head.field import capsule, cut, ellipsoid, join
from models.face.head.mesh import Mesh, surface_net
from models.face.head.proportions import Array


def _shirt(p: Array) -> Array:
    d = join(ellipsoid(p, (0, -212, -21), (118, 73, 58)), capsule(p, (0, -132, -19), (0, -188, -21), 38, 56), 23)
    d = cut(d, -(p[..., 1] + 133 + 0.30 * p[..., 2]), 6)
    d = cut(d, capsule(p, (0, -94, -15), (0, -165, -19), 34, 34), 11)
    ring = np.hypot(np.hypot(p[..., 0], p[..., 2] + 16) - 36, p[..., 1] + 135 + 0.30 * (p[..., 2] + 16)) - 5.2
    floor = p[..., 1] + 205
    return -join(-join(d, ring, 6), floor, 3)


def shirt() -> Mesh:
    """The shirt, open below."""
    return surface_net(_shirt, np.array([-130.0, -212.0, -92.0]), np.array([130.0, -100.0, 52.0]), 6.5)
