"""How much of the sky a point of the skin sees: soft shade in hollows, baked where a renderer has no shadows."""

import numpy as np

from models.face.head.field import Field
from models.face.head.mesh import neighbours
from models.face.head.proportions import Array, Ints

_RAYS = 40
_REACH: tuple[float, ...] = (2.0, 4.5, 8.0, 13.0, 20.0, 30.0, 44.0)
"""Distances along a ray, millimetres, at which it may meet the head again."""
_SKYWARD = 0.35
"""More light comes from above than from below."""


def openness(field: Field, points: Array, normals: Array) -> Array:
    """Share of the light that reaches points just outside a surface, `[N]` 0..1.

    Args:
        field: the head.
        points: `[N, 3]`, on the surface.
        normals: `[N, 3]`, outward, unit length.
    """
    spiral = np.arange(_RAYS) + 0.5
    height, turn = 1 - 2 * spiral / _RAYS, np.pi * (1 + 5**0.5) * spiral
    around = np.sqrt(1 - height**2)
    sky = np.stack([around * np.cos(turn), height, around * np.sin(turn)], -1)
    seen, total = np.zeros(len(points)), np.zeros(len(points))
    start = points + 0.6 * normals
    for toward in sky:
        facing = normals @ toward
        weight = np.clip(facing, 0, None) * (1 + _SKYWARD * toward[1])
        lit = np.flatnonzero(weight > 0.02)
        clear = np.ones(len(lit))
        for reach in _REACH:
            # A soft ray: how near it passes counts, so that shade has no edge.
            gap = field(start[lit] + reach * toward)
            clear = np.minimum(clear, np.clip(0.5 + gap / (0.5 * reach), 0, 1))
        seen[lit] += weight[lit] * clear
        total[lit] += weight[lit]
    share: Array = seen / np.maximum(total, 1e-9)
    return share


def smoothed(values: Array, faces: Ints, passes: int = 2) -> Array:
    """Values `[V]` averaged with their neighbours, so that shade does not show single triangles."""
    adjacency = neighbours(faces, len(values))
    degree = np.maximum(np.asarray(adjacency.sum(1)).ravel(), 1.0)
    for _ in range(passes):
        values = 0.5 * values + 0.5 * np.asarray(adjacency @ values).ravel() / degree
    return values
