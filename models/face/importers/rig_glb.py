"""An imported face as binary glTF: what `load_rig` reads, the studio shows and `animate --face` moves."""

from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from models.face.channels import BLENDSHAPES
from models.face.gltf import MeshPart, Node, write_glb
from models.face.importers.importing import ImportedRig
from models.face.importers.source_rig import Floats, Indices
from models.face.rig_file import M_TO_MM, morph_name

_SKIN: Final[dict[str, Any]] = {
    "name": "skin",
    "pbrMetallicRoughness": {
        "baseColorFactor": [0.78, 0.58, 0.49, 1.0],
        "metallicFactor": 0.0,
        "roughnessFactor": 0.55,
    },
    "doubleSided": True,
}
_EYE: Final[dict[str, Any]] = {
    "name": "eye",
    "pbrMetallicRoughness": {"metallicFactor": 0.0, "roughnessFactor": 0.2},
}
_EYE_RINGS: Final = ((12.0, (0.01, 0.01, 0.01)), (27.0, (0.10, 0.16, 0.22)), (180.0, (0.82, 0.82, 0.80)))
"""Pupil, iris and white: degrees from straight ahead, and the colour up to there (linear)."""


def save_rig_glb(path: Path, imported: ImportedRig) -> None:
    """Writes an imported face: node `head`, mesh `skin` with the morphs it has, eyeballs as nodes where they are known.

    Args:
        path: the `.glb` to write.
        imported: the face; its textures are not kept.
    """
    rig, source = imported.rig, imported.source
    keep = np.ones(len(rig.neutral), bool)
    children: list[Node] = []
    if source.eyeballs is not None:
        for name, eyeball in zip(("eye_left", "eye_right"), source.eyeballs, strict=True):
            keep[eyeball] = False
            children.append(_eye(name, rig.neutral[eyeball].astype(np.float64), _inside(source.faces, eyeball)))
    kept = np.flatnonzero(keep)
    faces = _inside(source.faces, kept)
    neutral = rig.neutral[kept].astype(np.float64) / M_TO_MM
    normals = _normals(neutral, faces)
    morphs = {}
    for channel, blendshape in enumerate(BLENDSHAPES):
        delta = rig.deltas[channel][kept].astype(np.float64) / M_TO_MM
        if delta.any():
            turned = _normals(neutral + delta, faces) - normals
            morphs[morph_name(blendshape)] = (delta.astype(np.float32), turned.astype(np.float32))
    place = np.full(len(keep), -1)
    place[kept] = np.arange(len(kept))
    loops = {
        "upperLip": place[rig.upper_lip].tolist(),
        "lowerLip": place[rig.lower_lip].tolist(),
        "lips": place[rig.lips].tolist(),
        "mouthCorners": place[list(rig.mouth_corners)].tolist(),
    }
    skin = MeshPart(
        "skin", neutral.astype(np.float32), normals.astype(np.float32), faces, 0, morphs=morphs, extras={"loops": loops}
    )
    root = Node("bust", children=[Node("head", children=[Node("skin", skin), *children])])
    write_glb(path, root, [_SKIN, _EYE], asset={"extras": {"rig": rig.name, "source": source.kind}})


def _eye(name: str, vertices: Floats, faces: Indices) -> Node:
    centre = (vertices.min(0) + vertices.max(0)) / 2
    around = (vertices - centre) / M_TO_MM
    ahead = np.degrees(np.arccos(around[:, 2] / np.maximum(np.linalg.norm(around, axis=1), 1e-12)))
    ring = np.searchsorted([angle for angle, _ in _EYE_RINGS], ahead)
    colours = np.array([colour for _, colour in _EYE_RINGS], np.float32)[ring]
    normals = _normals(around, faces).astype(np.float32)
    part = MeshPart(name, around.astype(np.float32), normals, faces, 1, colours=colours)
    x, y, z = (float(value) / M_TO_MM for value in centre)
    return Node(name, part, (x, y, z))


def _inside(faces: Indices, vertices: NDArray[np.int64]) -> Indices:
    """The faces among some vertices, numbered anew."""
    place = np.full(int(max(faces.max(), vertices.max())) + 1, -1)
    place[vertices] = np.arange(len(vertices))
    corners = place[faces]
    return corners[(corners >= 0).all(1)]


def _normals(vertices: Floats, faces: Indices) -> Floats:
    """Unit normals, triangles weighted by area; up where a vertex has no triangle."""
    a, b, c = (vertices[faces[:, k]] for k in range(3))
    total = np.zeros_like(vertices)
    face_normals = np.cross(b - a, c - a)
    for k in range(3):
        for axis in range(3):
            total[:, axis] += np.bincount(faces[:, k], face_normals[:, axis], len(vertices))
    length = np.linalg.norm(total, axis=1, keepdims=True)
    unit: Floats = np.where(length > 1e-20, total / np.maximum(length, 1e-20), (0.0, 1.0, 0.0))
    return unit
