"""Ears, a distance field of their own: a shell with a rolled rim, an inner ridge, a bowl, its door and a lobe."""

from functools import partial

import numpy as np

from models.face.head.field import cut, ellipsoid, folded, join
from models.face.head.mesh import Mesh, surface_net
from models.face.head.proportions import Array, smoothstep

_PLACE: Array = np.array([75.0, -8.0, -9.0])
_FLARE = 0.42
"""Radians the ear's back stands off the head."""
_SIZE = 1.1
"""Of the first look's ears, to the measures below."""


def _local(p: Array, size: float) -> Array:
    """The ear's own axes: x out of its plane, y up, z towards the face."""
    q = (folded(p) - _PLACE) / size
    c, s = np.cos(_FLARE), np.sin(_FLARE)
    return np.stack([q[..., 0] * c + q[..., 2] * s, q[..., 1], -q[..., 0] * s + q[..., 2] * c], -1)


def _arc(q: Array, centre: tuple[float, float, float], radii: tuple[float, float], thick: Array | float) -> Array:
    """A tube along an ellipse in the ear's plane."""
    away = np.hypot((q[..., 1] - centre[1]) / radii[0], (q[..., 2] - centre[2]) / radii[1])
    tube: Array = np.hypot((away - 1.0) * min(radii), q[..., 0] - centre[0]) - thick
    return tube


def _ear(size: float, p: Array) -> Array:
    q = _local(p, size)
    y, z = q[..., 1], q[..., 2]
    d = join(ellipsoid(q, (0, 3, -5), (3.8, 19.5, 13.5)), ellipsoid(q, (-7, 0, 0), (9, 13, 8)), 6)
    d = join(d, ellipsoid(q, (0.3, -15.5, 0.5), (3.4, 6.5, 5.8)), 5)  # lobe
    # The rim rolls from above the bowl over the top and fades at the lobe.
    fade = 1 - smoothstep(-2.0, -14.0, y) * 0.9 - smoothstep(1.0, 7.0, z) * smoothstep(6.0, -4.0, y) * 0.9
    d = join(d, _arc(q, (2.6, 4.0, -5.0), (18.3, 12.2), 2.5 * np.clip(fade, 0.02, 1)), 2.4)
    d = cut(d, ellipsoid(q, (7.5, -2.5, -1.5), (8.0, 8.0, 6.2)), 2.6)  # bowl
    d = cut(d, ellipsoid(q, (6.2, 9.0, -4.0), (4.6, 7.5, 6.0)), 2.5)  # hollow above
    ridge = 1.9 * smoothstep(-1.0, -5.0, z) * smoothstep(-13.0, -8.0, y)
    d = join(d, _arc(q, (1.2, 1.5, -2.5), (11.5, 7.2), np.clip(ridge, 0.02, 2)), 2.6)
    d = join(d, ellipsoid(q, (2.4, -3.0, 5.2), (2.8, 4.4, 2.6)), 2.6)  # door
    scaled: Array = d * size
    return scaled


def ears(size: float = 1.0) -> Mesh:
    """Both ears, `size` times those of the first look (see `Proportions.ear_size`)."""
    left = surface_net(partial(_ear, _SIZE * size), np.array([50.0, -40.0, -44.0]), np.array([108.0, 28.0, 26.0]), 2.3)
    return left + left.mirrored()
