"""Shoulders' beginning in a soft collar: rings stacked from inside the collar over its edge and down."""

from typing import Literal

import numpy as np

from models.face.head.mesh import Mesh, grid_faces
from models.face.head.proportions import Array, smoothstep

Cut = Literal["roll", "crew", "cowl"]

_AROUND = 48
_NECK_Z = -17.0
_TILT = 0.26
"""The collar lies lower in front."""

_Rings = tuple[tuple[float, float, float], ...]
# Half width, half depth, height.
_SHOULDERS: _Rings = (
    (49.0, 46.0, -153.0), (61.0, 51.0, -158.5), (76.0, 55.0, -165.0), (91.0, 58.0, -173.0), (103.0, 60.0, -183.0),
    (111.0, 61.0, -195.0), (115.0, 61.5, -208.0), (117.0, 62.0, -222.0),
)  # fmt: skip
_COLLARS: dict[str, _Rings] = {
    "roll": (
        (28.0, 28.0, -140.0), (31.5, 31.5, -134.0), (33.6, 33.6, -130.6), (36.0, 36.0, -129.4), (38.6, 38.6, -130.6),
        (40.3, 40.3, -134.0), (40.6, 40.6, -139.0), (40.2, 40.2, -144.0), (42.0, 41.5, -148.5),
    ),
    "crew": (
        (30.0, 30.0, -152.0), (36.0, 36.0, -146.0), (38.8, 38.6, -143.4), (41.0, 40.4, -142.8), (43.0, 42.0, -144.0),
        (44.0, 42.6, -147.0), (43.4, 42.0, -150.0), (44.4, 42.8, -151.4),
    ),
    "cowl": (
        (28.0, 28.0, -142.0), (34.0, 33.5, -133.0), (39.0, 38.0, -128.6), (44.0, 42.6, -127.6), (48.6, 46.4, -130.0),
        (51.2, 48.2, -135.4), (51.0, 48.0, -142.0), (48.2, 45.6, -148.0), (47.8, 45.2, -151.0),
    ),
}  # fmt: skip


def shirt(cut: Cut) -> tuple[Mesh, Array]:
    """The shirt, open below; mesh, and shade `[V]` as a factor of its colour."""
    rings = np.array(_COLLARS[cut] + _SHOULDERS)
    collar = len(_COLLARS[cut])
    angle = np.arange(_AROUND) * 2 * np.pi / _AROUND
    width, depth, height = rings[:, 0, None], rings[:, 1, None], rings[:, 2, None]
    x, z = width * np.cos(angle), depth * np.sin(angle)
    tilt = _TILT * (1 - 0.7 * smoothstep(42.0, 100.0, width))
    # Folds that run from the collar over the chest.
    fold = np.cos(9 * angle) * 0.5 + np.cos(5 * angle + 1.0)
    fold = fold * np.where(np.arange(len(rings)) >= collar, 0.7, 0.35 if cut == "cowl" else 0.0)[:, None]
    y = height - tilt * z + fold
    points = np.stack([x, y, z + _NECK_Z], -1).reshape(-1, 3)
    mesh = Mesh(points, grid_faces(len(rings), _AROUND, wrap=True))
    outward = points - np.repeat([[0.0, -300.0, _NECK_Z]], len(points), axis=0)
    # Dark inside the collar and in its fold, and falling off to where the picture ends.
    shade = np.interp(
        np.arange(len(rings)), (0, 2, 3, collar - 1.5, collar, collar + 2), (0.3, 0.75, 1.0, 0.92, 0.7, 1.0)
    )
    shade = shade[:, None] * (1 - 0.45 * smoothstep(170.0, 235.0, -height)) + 0 * angle
    return mesh.facing(outward), shade.ravel()
