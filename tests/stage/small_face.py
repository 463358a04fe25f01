"""A face of one triangle, its head bone under an armature that lies down, as Blender's do."""

from pathlib import Path
from typing import Any

import numpy as np

from models.face.gltf import MeshPart, Node, pack_glb, read_glb, write_glb

TARGETS = ("jawOpen", "browInnerUp_L", "Smug", "eyeBlink_R")


def small_face(path: Path, **changes: Any) -> Path:
    """Writes it; `changes` replace entries of the document."""
    corners = np.array([[0, 0, 0], [0.1, 0, 0], [0, 0.1, 0]], np.float32)
    still = np.zeros_like(corners)
    lowered = np.array([[0, -0.02, 0], [0, 0, 0], [0, 0, 0]], np.float32)
    normals = np.tile(np.array([0, 0, 1], np.float32), (3, 1))
    part = MeshPart("skin", corners, normals, np.array([[0, 1, 2]]), 0, morphs=dict.fromkeys(TARGETS, (lowered, still)))
    eye = Node("LeftEye", translation=(0.03, 0.0, 0.05))
    write_glb(path, Node("armature", children=[Node("Head", children=[Node("skin", part), eye])]), [{"name": "m"}])
    glb = read_glb(path)
    document = glb.document
    for node in document["nodes"]:
        if node["name"] == "armature":
            node["rotation"] = [-(0.5**0.5), 0.0, 0.0, 0.5**0.5]
        if node["name"] == "Head":  # stands up again, by a matrix, and a little to the left
            node["matrix"] = [1, 0, 0, 0, 0, 0, 1, 0, 0, -1, 0, 0, 0.5, 0, 0, 1]
    document["meshes"][0]["weights"] = [0, 0, 0.25, 0]
    path.write_bytes(pack_glb({**document, **changes}, glb.blob))
    return path
