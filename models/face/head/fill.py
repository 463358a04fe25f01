"""Spreading a displacement over the skin: biharmonic interpolation, as if the skin were a thin plate."""

import numpy as np
import scipy.sparse as sp
import scipy.sparse.linalg as sla

from models.face.head.mesh import neighbours
from models.face.head.proportions import Array, Ints
from models.face.head.topology import Skin


class Fill:
    """Solves for displacements of all vertices given those of some; factorizations are kept."""

    def __init__(self, skin: Skin) -> None:
        vertices, faces = skin.mesh.vertices, skin.mesh.faces
        adjacency = neighbours(faces, len(vertices)).tocoo()
        length = np.linalg.norm(vertices[adjacency.row] - vertices[adjacency.col], axis=1)
        weight = sp.csr_matrix((1 / np.maximum(length, 0.4), (adjacency.row, adjacency.col)), adjacency.shape)
        inverse_degree = sp.diags(1 / np.asarray(weight.sum(1)).ravel())
        laplacian = sp.eye(len(vertices)) - inverse_degree @ weight
        self._plate = (laplacian.T @ laplacian).tocsc()
        self._count = len(vertices)
        self._factors: dict[bytes, sla.SuperLU] = {}

    def solve(self, held: Ints, values: Array) -> Array:
        """Displacements `[V, 3]` (or `[V, K]`) that equal `values` at `held` and bend least elsewhere."""
        order = np.argsort(held, kind="stable")
        held, values = held[order], values[order]
        free = np.setdiff1d(np.arange(self._count), held)
        key = held.tobytes()
        rows = self._plate[free]
        if key not in self._factors:
            self._factors[key] = sla.splu(rows[:, free].tocsc())
        out = np.zeros((self._count, values.shape[1]))
        out[held] = values
        right: Array = -np.asarray(rows[:, held] @ values, dtype=np.float64)
        out[free] = self._factors[key].solve(right)
        return out
