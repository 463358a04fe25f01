"""The glTF writer and reader agree, and the file says what the specification asks."""

import struct
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from models.face.gltf import GltfFormatError, MeshPart, Node, png, read_glb, write_glb


def tetrahedron() -> MeshPart:
    positions = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]], np.float32)
    up = np.zeros_like(positions)
    up[3] = [0, 0, 0.5]
    tangents = np.tile(np.array([1, 0, 0, -1], np.float32), (4, 1))
    return MeshPart(
        "tetra",
        positions,
        np.tile(np.array([0, 0, 1], np.float32), (4, 1)),
        np.array([[0, 2, 1], [0, 1, 3], [1, 2, 3], [2, 0, 3]]),
        material=0,
        colours=np.full((4, 3), 0.5, np.float32),
        uv=np.full((4, 2), 0.25, np.float32),
        tangents=tangents,
        morphs={"up": (up, np.zeros_like(up)), "still": (np.zeros_like(up), np.zeros_like(up))},
        extras={"loops": [1, 2]},
    )


def test_what_is_written_is_read(tmp_path: Path) -> None:
    path = tmp_path / "t.glb"
    part = tetrahedron()
    image = png(np.zeros((2, 3, 3), np.uint8))
    unlit = {"name": "m", "extensions": {"KHR_materials_unlit": {}}}
    write_glb(path, Node("root", children=[Node("n", part, (1.0, 2.0, 3.0))]), [unlit], images=[image])
    glb = read_glb(path)
    mesh = glb.mesh("tetra")
    primitive = mesh["primitives"][0]
    np.testing.assert_array_equal(glb.array(primitive["attributes"]["POSITION"]), part.positions)
    np.testing.assert_array_equal(glb.array(primitive["indices"]).reshape(-1, 3), part.faces)
    np.testing.assert_allclose(glb.array(primitive["attributes"]["COLOR_0"])[:, :3], 0.5, atol=1e-5)
    np.testing.assert_allclose(glb.array(primitive["attributes"]["NORMAL"]), part.normals, atol=2e-5)
    np.testing.assert_allclose(glb.array(primitive["attributes"]["TEXCOORD_0"]), 0.25, atol=1e-5)
    np.testing.assert_array_equal(glb.array(primitive["attributes"]["TANGENT"]), part.tangents)
    np.testing.assert_allclose(glb.array(primitive["targets"][0]["POSITION"]), part.morphs["up"][0], atol=1.6e-5)
    np.testing.assert_array_equal(glb.array(primitive["targets"][1]["POSITION"]), 0)
    assert mesh["extras"] == {"targetNames": ["up", "still"], "loops": [1, 2]}
    assert glb.document["extensionsUsed"] == ["KHR_mesh_quantization", "KHR_materials_unlit"]
    assert glb.document["extensionsRequired"] == ["KHR_mesh_quantization"]
    assert glb.document["nodes"][glb.document["scenes"][0]["nodes"][0]]["name"] == "root"


def test_the_container_is_well_formed(tmp_path: Path) -> None:
    path = tmp_path / "t.glb"
    write_glb(path, Node("n", tetrahedron()), [{"name": "m"}])
    data = path.read_bytes()
    magic, version, length = struct.unpack_from("<4sII", data)
    assert (magic, version, length) == (b"glTF", 2, len(data))
    assert len(data) % 4 == 0
    document = read_glb(path).document
    for view in document["bufferViews"]:
        assert view["byteOffset"] % 4 == 0
        assert view["byteOffset"] + view["byteLength"] <= document["buffers"][0]["byteLength"]
    for accessor in document["accessors"]:
        assert accessor.get("sparse", {"count": 1})["count"] > 0
    bounds = document["accessors"][0]
    assert (bounds["min"], bounds["max"]) == ([0, 0, 0], [1, 1, 1])


def test_a_normal_that_turns_far_keeps_its_direction(tmp_path: Path) -> None:
    path = tmp_path / "t.glb"
    turn = np.zeros((4, 3), np.float32)
    turn[1] = [0.75, 0, -1.5]
    part = replace(tetrahedron(), morphs={"turn": (np.zeros_like(turn), turn)})
    write_glb(path, Node("n", part), [{"name": "m"}])
    glb = read_glb(path)
    read = glb.array(glb.mesh("tetra")["primitives"][0]["targets"][0]["NORMAL"])
    np.testing.assert_allclose(read[1], [0.5, 0, -1], atol=5e-3)


def test_foreign_files_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "t.glb"
    path.write_bytes(b"not a model, but long enough to look")
    with pytest.raises(GltfFormatError, match="not a binary glTF"):
        read_glb(path)


def test_missing_mesh_is_named(tmp_path: Path) -> None:
    path = tmp_path / "t.glb"
    write_glb(path, Node("n", tetrahedron()), [{"name": "m"}])
    with pytest.raises(GltfFormatError, match="skin"):
        read_glb(path).mesh("skin")
