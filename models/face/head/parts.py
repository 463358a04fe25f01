"""From sculpted meshes in millimetres to the parts of a glTF file in metres, in full or coarsened."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from models.face import gltf
from models.face.head.coarsen import Coarse, coarsen
from models.face.head.mesh import Mesh, vertex_normals
from models.face.head.proportions import Array, Ints, Mask, unit
from models.face.rig_file import morph_name

_MM_TO_M = 1e-3
_COLOUR_MM = 6.0
"""Coarsening counts a difference from black to white as this far."""
_MOTION = 1.2
"""…and one of displacements as this many times its length."""


@dataclass(frozen=True)
class Budget:
    """How a part is coarsened for the light variant.

    Attributes:
        vertices: how many to leave.
        keep: `[V]` vertices that stay.
        mirror: `[V]` partners on the other side, for parts that must stay symmetric.
    """

    vertices: int
    keep: Mask | None = None
    mirror: Ints | None = None


def part(
    name: str,
    mesh: Mesh,
    material: int,
    *,
    colours: Array | None = None,
    normals: Array | None = None,
    uv: Array | None = None,
    morphs: Mapping[str, Array] | None = None,
    over: Mapping[str, Array] | None = None,
    budget: Budget | None = None,
) -> tuple[gltf.MeshPart, Coarse]:
    """One mesh for the file, and which vertices of the sculpted one it is made of.

    Args:
        name: of the part.
        mesh: millimetres.
        material: one of `surfaces`.
        colours: linear RGB or RGBA, `[V, 3 or 4]` or one for all.
        normals: `[V, 3]`; the mesh's own by default.
        uv: `[V, 2]`; with them come tangents.
        morphs: displacements `[V, 3]`, millimetres.
        over: names morphs that are meant on top of another shape: their normals are taken there.
        budget: coarsen to it; None leaves every vertex, whether a triangle uses it or not.
    """
    vertices, faces = mesh.vertices, mesh.faces
    if colours is not None and colours.ndim == 1:
        colours = np.tile(colours, (len(vertices), 1))
    morphs = morphs or {}
    coarse = Coarse(np.arange(len(vertices)), faces)
    if budget is not None:
        traits = [np.zeros((len(vertices), 1)) if colours is None else np.sqrt(colours[:, :3]) * _COLOUR_MM]
        traits += [delta * _MOTION for delta in morphs.values()]
        coarse = coarsen(
            mesh, budget.vertices, keep=budget.keep, mirror=budget.mirror, traits=np.concatenate(traits, axis=1)
        )
    ids = coarse.ids
    deltas = {}
    for key, delta in morphs.items():
        base = vertices + (over or {}).get(key, 0.0)
        turned = vertex_normals(base + delta, faces) - vertex_normals(base, faces)
        deltas[morph_name(key)] = ((delta[ids] * _MM_TO_M).astype(np.float32), turned[ids].astype(np.float32))
    if normals is None:
        normals = vertex_normals(vertices, faces)
    # Where triangles have no area, at a film's corners, nothing is seen; but a normal must be one.
    normals = np.where(np.linalg.norm(normals, axis=1, keepdims=True) < 0.5, (0.0, 0.0, 1.0), normals)
    return gltf.MeshPart(
        name=name,
        positions=(vertices[ids] * _MM_TO_M).astype(np.float32),
        normals=normals[ids].astype(np.float32),
        faces=coarse.faces.astype(np.int64),
        material=material,
        colours=None if colours is None else colours[ids].astype(np.float32),
        uv=None if uv is None else uv[ids].astype(np.float32),
        tangents=None if uv is None else tangents(vertices, faces, normals, uv)[ids].astype(np.float32),
        morphs=deltas,
    ), coarse


def tangents(vertices: Array, faces: Ints, normals: Array, uv: Array) -> Array:
    """Directions in which u grows `[V, 4]`, orthogonal to the normals, and the bitangents' signs.

    Lengyel's method, the sum over a vertex's triangles (E. Lengyel, Foundations of Game Engine Development 2, §7.5).
    """
    a, b, c = (faces[:, k] for k in range(3))
    p, q = vertices[b] - vertices[a], vertices[c] - vertices[a]
    (s1, t1), (s2, t2) = (uv[b] - uv[a]).T, (uv[c] - uv[a]).T
    area = s1 * t2 - s2 * t1
    scale = np.where(np.abs(area) < 1e-12, 0.0, 1.0 / np.where(area == 0, 1.0, area))[:, None]
    along_u = (p * t2[:, None] - q * t1[:, None]) * scale
    along_v = (q * s1[:, None] - p * s2[:, None]) * scale
    total_u, total_v = np.zeros_like(vertices), np.zeros_like(vertices)
    for corner in (a, b, c):
        np.add.at(total_u, corner, along_u)
        np.add.at(total_v, corner, along_v)
    flat = total_u - (total_u * normals).sum(1, keepdims=True) * normals
    length = np.linalg.norm(flat, axis=1, keepdims=True)
    spare = unit(np.cross(np.where(np.abs(normals[:, 1:2]) < 0.9, (0.0, 1.0, 0.0), (1.0, 0.0, 0.0)), normals))
    tangent = np.where(length > 1e-9, flat / np.maximum(length, 1e-9), spare)
    sign = np.where((np.cross(normals, tangent) * total_v).sum(1) < 0, -1.0, 1.0)
    return np.concatenate([tangent, sign[:, None]], axis=1)


def joined(name: str, parts: Sequence[gltf.MeshPart]) -> gltf.MeshPart:
    """Parts of one material as one, so that they are drawn at once; `extras.parts` tells where each begins and ends.

    The first part's vertices keep their numbers, and its extras stay.
    """
    starts = np.cumsum([0] + [len(p.positions) for p in parts])
    total = int(starts[-1])
    names = list(dict.fromkeys(morph for p in parts for morph in p.morphs))
    morphs = {}
    for morph in names:
        moved, turned = np.zeros((total, 3), np.float32), np.zeros((total, 3), np.float32)
        for p, start in zip(parts, starts, strict=False):
            if morph in p.morphs:
                moved[start : start + len(p.positions)], turned[start : start + len(p.positions)] = p.morphs[morph]
        morphs[morph] = (moved, turned)
    ranges = {p.name: [int(a), int(b)] for p, a, b in zip(parts, starts, starts[1:], strict=False)}
    return replace(
        parts[0],
        name=name,
        positions=np.concatenate([p.positions for p in parts]),
        normals=np.concatenate([p.normals for p in parts]),
        faces=np.concatenate([p.faces + start for p, start in zip(parts, starts, strict=False)]),
        colours=_stacked([p.colours for p in parts], (1.0, 1.0, 1.0), parts),
        uv=_stacked([p.uv for p in parts], (0.5, 0.5), parts),
        tangents=_stacked([p.tangents for p in parts], (1.0, 0.0, 0.0, 1.0), parts),
        morphs=morphs,
        extras={**parts[0].extras, "parts": ranges},
    )


def _stacked(
    values: Sequence[gltf.Floats | None], missing: tuple[float, ...], parts: Sequence[gltf.MeshPart]
) -> gltf.Floats | None:
    if all(value is None for value in values):
        return None
    rows = [
        np.tile(np.array(missing, np.float32), (len(p.positions), 1)) if value is None else value
        for value, p in zip(values, parts, strict=True)
    ]
    return np.concatenate(rows)
