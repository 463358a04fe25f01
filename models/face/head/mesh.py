"""Triangle meshes: normals, neighbours, and meshing a distance field."""

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from models.face.head.field import Field, gradient, project
from models.face.head.proportions import MIRROR, Array, Ints, unit


@dataclass
class Mesh:
    """A surface.

    Attributes:
        vertices: `[V, 3]` millimetres.
        faces: `[F, 3]` counter-clockwise from outside.
    """

    vertices: Array
    faces: Ints

    def mirrored(self) -> "Mesh":
        """The same on the other side."""
        return Mesh(self.vertices * MIRROR, self.faces[:, ::-1])

    def __add__(self, other: "Mesh") -> "Mesh":
        """Both in one, unconnected."""
        faces = np.concatenate([self.faces, other.faces + len(self.vertices)])
        return Mesh(np.concatenate([self.vertices, other.vertices]), faces)

    def facing(self, outward: Array) -> "Mesh":
        """Turned inside out if its faces look against `outward` `[V, 3]`."""
        if (vertex_normals(self.vertices, self.faces) * outward).sum() < 0:
            return Mesh(self.vertices, self.faces[:, ::-1])
        return self


def vertex_normals(vertices: Array, faces: Ints) -> Array:
    """Area-weighted unit normals `[V, 3]`."""
    a, b, c = (vertices[faces[:, k]] for k in range(3))
    face_normals = np.cross(b - a, c - a)
    total = np.zeros_like(vertices)
    for k in range(3):
        np.add.at(total, faces[:, k], face_normals)
    return unit(total)


def neighbours(faces: Ints, count: int) -> sp.csr_matrix:
    """Adjacency of vertices, ones where an edge is."""
    edges = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    edges = np.concatenate([edges, edges[:, ::-1]])
    matrix = sp.coo_matrix((np.ones(len(edges)), (edges[:, 0], edges[:, 1])), (count, count)).tocsr()
    matrix.data[:] = 1.0
    return matrix


def grid_faces(rows: int, columns: int, *, wrap: bool) -> Ints:
    """Triangles of a grid of vertices numbered row by row; `wrap` joins the last column to the first."""
    i, j = np.meshgrid(np.arange(rows - 1), np.arange(columns if wrap else columns - 1), indexing="ij")
    a, b = i * columns + j, i * columns + (j + 1) % columns
    c, d = a + columns, b + columns
    faces: Ints = np.concatenate([np.stack([a, b, d], -1).reshape(-1, 3), np.stack([a, d, c], -1).reshape(-1, 3)])
    return faces


def surface_net(field: Field, low: Array, high: Array, step: float) -> Mesh:
    """Mesh the zero set of `field` inside a box by naive surface nets (Gibson 1998), one vertex per crossed cell."""
    axes = [np.arange(a, b + step, step) for a, b in zip(low, high, strict=True)]
    corners = np.stack(np.meshgrid(*axes, indexing="ij"), -1)
    value = field(corners.reshape(-1, 3)).reshape(corners.shape[:3])
    shape: tuple[int, ...] = tuple(len(axis) - 1 for axis in axes)
    total, count = np.zeros((*shape, 3)), np.zeros(shape)
    offsets = np.array([(i, j, k) for i in (0, 1) for j in (0, 1) for k in (0, 1)])
    for a in offsets:
        for axis in range(3):
            if a[axis]:
                continue
            b = a + np.eye(3, dtype=int)[axis]
            va, vb = _corner(value, a, shape), _corner(value, b, shape)
            crossed = (va < 0) != (vb < 0)
            t = np.where(crossed, va / np.where(crossed, va - vb, 1.0), 0.0)
            total += crossed[..., None] * (a + t[..., None] * (b - a))
            count += crossed
    cells = np.argwhere(count > 0)
    number = np.full(shape, -1)
    number[tuple(cells.T)] = np.arange(len(cells))
    mean = total[tuple(cells.T)] / count[tuple(cells.T)][:, None]
    vertices = np.asarray(low) + (cells + mean) * step
    faces = []
    for axis in range(3):
        u, v = [(1, 2), (2, 0), (0, 1)][axis]
        inner = tuple(slice(1, -1) if k != axis else slice(0, -1) for k in range(3))
        ahead = tuple(slice(1, -1) if k != axis else slice(1, None) for k in range(3))
        first, second = value[inner] < 0, value[ahead] < 0
        for rising in (True, False):
            at = np.argwhere((first != second) & (first == rising)) + np.array([k != axis for k in range(3)])
            du, dv = np.eye(3, dtype=int)[u], np.eye(3, dtype=int)[v]
            quad = np.stack([number[tuple((at - s).T)] for s in (du + dv, dv, 0 * du, du)], -1)
            quad = quad if rising else quad[:, ::-1]
            faces += [quad[:, [0, 1, 2]], quad[:, [0, 2, 3]]]
    mesh = Mesh(vertices, np.concatenate(faces))
    for _ in range(3):
        mesh.vertices = _relaxed(field, mesh)
    return mesh.facing(gradient(field, mesh.vertices))


def _corner(value: Array, corner: Ints, shape: tuple[int, ...]) -> Array:
    cube: Array = value[tuple(slice(o, o + n) for o, n in zip(corner, shape, strict=True))]
    return cube


def _relaxed(field: Field, mesh: Mesh) -> Array:
    """One step of Laplacian smoothing, drawn back to the surface."""
    adjacency = neighbours(mesh.faces, len(mesh.vertices))
    degree = np.maximum(np.asarray(adjacency.sum(1)).ravel(), 1.0)[:, None]
    moved = mesh.vertices + 0.5 * ((adjacency @ mesh.vertices) / degree - mesh.vertices)
    return project(field, moved, 1)
