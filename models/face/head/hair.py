"""Hair: a cap on the skull and locks that flow over it from a side parting."""

import numpy as np

from models.face.head.field import cut, ellipsoid, folded
from models.face.head.mesh import Mesh, surface_net
from models.face.head.proportions import Array


def _cap(p: Array) -> Array:
    q = folded(p)
    d = ellipsoid(p, (0, 31, -16), (86, 79, 86))
    d = cut(d, ellipsoid(p, (0, -19, 87), (68, 71, 58)), 9)
    d = cut(d, ellipsoid(q, (86, -28, 15), (33, 38, 28)), 8)
    return cut(d, p[..., 1] + 40, 11)


def hair() -> tuple[Mesh, Array]:
    """Hair and its shade."""
    net = surface_net(_cap, np.array([-95.0, -60.0, -110.0]), np.array([95.0, 120.0, 90.0]), 5.0)
    return net, np.ones((len(net.vertices), 3))
