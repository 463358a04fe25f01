"""The parts of the head's file, posed, for tests that look at teeth, lids and eyes as well as skin."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.face.gltf import Glb

Array = NDArray[np.float64]


class Part:
    """One mesh of the head in millimetres."""

    def __init__(self, glb: Glb, name: str) -> None:
        mesh, own = glb.part(name)
        primitive = mesh["primitives"][0]
        self.rest: Array = glb.array(primitive["attributes"]["POSITION"])[own] * 1000.0
        self.normals: Array = glb.array(primitive["attributes"]["NORMAL"])[own]
        self.faces = glb.triangles(name)
        self.extras: dict[str, Any] = mesh.get("extras", {})
        names = self.extras.get("targetNames", [])
        targets = primitive.get("targets", [])
        moves = {n: glb.array(t["POSITION"])[own] * 1000.0 for n, t in zip(names, targets, strict=True)}
        # A joined mesh has the morphs of all its parts.
        self.morphs = {n: move for n, move in moves.items() if len(names) == 52 or move.any()}
        self.turns = {n: glb.array(t["NORMAL"])[own] for n, t in zip(names, targets, strict=True)}

    def posed(self, weights: Mapping[str, float]) -> Array:
        """Positions at ARKit weights; morphs this part lacks are ignored, as viewers do."""
        moved = self.rest.copy()
        for name, weight in weights.items():
            if name in self.morphs:
                moved += weight * self.morphs[name]
        return moved


def normals_of(vertices: Array, faces: NDArray[np.int_]) -> Array:
    """Area-weighted unit normals."""
    a, b, c = (vertices[faces[:, k]] for k in range(3))
    total = np.zeros_like(vertices)
    for k in range(3):
        np.add.at(total, faces[:, k], np.cross(b - a, c - a))
    length = np.linalg.norm(total, axis=1, keepdims=True)
    unit: Array = total / np.maximum(length, 1e-9)
    return unit


def both(name: str, weight: float) -> dict[str, float]:
    """Left and right."""
    return {name + "Left": weight, name + "Right": weight}
