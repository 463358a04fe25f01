"""What lies on the skin moves as the skin under it."""

import numpy as np
from scipy.spatial import cKDTree

from models.face.head.proportions import Array
from models.face.head.topology import Skin


class Follower:
    """Carries morphs of the skin over to points on it, by inverse squared distance to the nearest vertices."""

    def __init__(self, skin: Skin, points: Array, count: int = 6, only: Array | None = None) -> None:
        candidates = np.arange(len(skin.mesh.vertices)) if only is None else np.flatnonzero(only)
        distance, nearest = cKDTree(skin.mesh.vertices[candidates]).query(points, count)
        weight: Array = 1 / (np.asarray(distance) + 0.01) ** 2
        self._ids = candidates[nearest]
        self._weight = weight / weight.sum(1, keepdims=True)

    def carry(self, morph: Array) -> Array:
        """Displacements `[N, 3]` of the points."""
        carried: Array = (morph[self._ids] * self._weight[..., None]).sum(1)
        return carried
