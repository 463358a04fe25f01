"""Shoulders' beginning in a soft collar: rings stacked from inside the collar over its edge and down."""

import numpy as np

from models.face.head.mesh import Mesh, grid_faces
from models.face.head.proportions import Array, smoothstep

_AROUND = 56
_NECK_Z = -17.0
_TILT = 0.26
"""The collar lies lower in front."""

# Half width, half depth, height.
_RINGS: Array = np.array([
    (28.0, 28.0, -140.0), (31.5, 31.5, -134.0), (33.6, 33.6, -130.6), (36.0, 36.0, -129.4), (38.6, 38.6, -130.6),
    (40.3, 40.3, -134.0), (40.6, 40.6, -139.0), (40.2, 40.2, -144.0), (42.0, 41.5, -148.5), (49.0, 46.0, -153.0),
    (61.0, 51.0, -158.5), (76.0, 55.0, -165.0), (91.0, 58.0, -173.0), (103.0, 60.0, -183.0), (111.0, 61.0, -195.0),
    (115.0, 61.5, -208.0), (117.0, 62.0, -222.0),
])  # fmt: skip


def shirt() -> Mesh:
    """The shirt, open below."""
    angle = np.arange(_AROUND) * 2 * np.pi / _AROUND
    width, depth, height = _RINGS[:, 0, None], _RINGS[:, 1, None], _RINGS[:, 2, None]
    x, z = width * np.cos(angle), depth * np.sin(angle)
    tilt = _TILT * (1 - 0.7 * smoothstep(42.0, 100.0, width))
    y = height - tilt * z
    points = np.stack([x, y, z + _NECK_Z], -1).reshape(-1, 3)
    mesh = Mesh(points, grid_faces(len(_RINGS), _AROUND, wrap=True))
    outward = points - np.repeat([[0.0, -300.0, _NECK_Z]], len(points), axis=0)
    return mesh.facing(outward)
