"""Faces in glTF: every way to store numbers, every usual spelling, nodes and skeletons at rest."""

from pathlib import Path

import numpy as np
import pytest

from models.face.gltf_morphs import Meaning, meaning_of
from models.face.importers.gltf_source import read_gltf
from models.face.importers.importing import import_rig
from models.face.importers.source_rig import Floats, RigImportError, SourceRig
from tests.face.importers.gltf_writing import Document
from tests.face.importers.plain_face import PlainFace, plain_face


@pytest.fixture(scope="module")
def face() -> PlainFace:
    return plain_face()


def simple(face: PlainFace, turn: Floats | None = None, stride: int = 0, sparse: bool = False) -> Document:
    """The plain face in metres, one mesh, names as ARKit writes them; `turn` `[3, 3]` is applied to row vectors."""
    turn = np.eye(3) if turn is None else turn
    document = Document()
    targets = {
        name[0].lower() + name[1:]: document.numbers(
            (delta @ turn / 1000).astype(np.float32), stride=stride, sparse=sparse
        )
        for name, delta in face.deltas.items()
    }
    indices = document.numbers(face.faces.astype(np.uint16).reshape(-1))
    positions = document.numbers((face.vertices @ turn / 1000).astype(np.float32), stride=24)
    document.mesh("Face", targets, indices=indices, POSITION=positions)
    document.node(mesh=0)
    return document


def assert_is(source: SourceRig, face: PlainFace, atol: float = 1e-5) -> None:
    np.testing.assert_allclose(source.vertices * 1000, face.vertices, atol=atol)
    np.testing.assert_array_equal(source.faces, face.faces)
    assert set(source.deltas) == set(face.deltas)
    for name, delta in face.deltas.items():
        np.testing.assert_allclose(source.deltas[name] * 1000, delta, atol=atol)


@pytest.mark.parametrize(("stride", "sparse"), [(0, False), (0, True), (20, False)])
@pytest.mark.parametrize("file", ["face.glb", "face.gltf", "embedded.gltf"])
def test_numbers_are_read_however_they_are_stored(
    tmp_path: Path, face: PlainFace, file: str, stride: int, sparse: bool
) -> None:
    path = simple(face, stride=stride, sparse=sparse).write(tmp_path / file, embedded=file.startswith("embedded"))
    assert_is(read_gltf(path), face, atol=1e-4)


def test_quantized_numbers_are_scaled_by_their_node(tmp_path: Path, face: PlainFace) -> None:
    document = Document()
    positions = document.numbers(np.round(face.vertices / 200 * 32767).astype(np.int16), normalized=True)
    delta = np.round(face.deltas["JawOpen"] / 200 * 32767).astype(np.int16)
    targets = {"jawOpen": document.numbers(delta, normalized=True, sparse=True)}
    indices = document.numbers(face.faces.astype(np.uint16).reshape(-1))
    document.mesh("Face", targets, indices=indices, POSITION=positions)
    child = document.node(root=False, mesh=0, scale=[0.2, 0.2, 0.2])
    document.node(children=[child], translation=[0.0, 1.5, 0.0], rotation=[0.0, 0.0, 1.0, 0.0])
    source = read_gltf(document.write(tmp_path / "face.glb"))
    upside_down = np.array([-1.0, -1.0, 1.0])
    np.testing.assert_allclose((source.vertices - [0, 1.5, 0]) * 1000, face.vertices * upside_down, atol=0.01)
    np.testing.assert_allclose(source.deltas["JawOpen"] * 1000, face.deltas["JawOpen"] * upside_down, atol=0.01)


def test_a_skeleton_is_held_at_rest(tmp_path: Path, face: PlainFace) -> None:
    """Bones a hundred times as large as the mesh, as some exporters make them; the mesh's own node does not count."""
    document = Document()
    count = len(face.vertices)
    attributes = {
        "POSITION": document.numbers((face.vertices / 1000).astype(np.float32)),
        "JOINTS_0": document.numbers(np.zeros((count, 4), np.uint8)),
        "WEIGHTS_0": document.numbers(np.tile(np.array([1, 0, 0, 0], np.float32), (count, 1))),
    }
    targets = {"jawOpen": document.numbers((face.deltas["JawOpen"] / 1000).astype(np.float32))}
    document.mesh("Face", targets, indices=document.numbers(face.faces.astype(np.uint16).reshape(-1)), **attributes)
    bind = np.eye(4, dtype=np.float32) * np.array([100, 100, 100, 1], np.float32)
    bone = document.node(root=False, translation=[0.0, 5.0, 0.0])
    document.node(scale=[0.01, 0.01, 0.01], children=[bone])
    document.node(mesh=0, skin=0, translation=[7.0, 7.0, 7.0])
    document.json["skins"] = [{"joints": [bone], "inverseBindMatrices": document.numbers(bind.reshape(1, 16))}]
    source = read_gltf(document.write(tmp_path / "face.glb"))
    np.testing.assert_allclose((source.vertices - [0, 0.05, 0]) * 1000, face.vertices, atol=1e-3)
    np.testing.assert_allclose(source.deltas["JawOpen"] * 1000, face.deltas["JawOpen"], atol=1e-3)
    assert any("skeleton" in note for note in source.notes)


def test_meshes_add_up_and_strangers_are_named(tmp_path: Path, face: PlainFace) -> None:
    document = simple(face)
    square = np.array([[0, 0, 0], [0.01, 0, 0], [0, 0.01, 0]], np.float32)
    lowered = square * 0 + np.array([0, -0.01, 0], np.float32)
    targets = {"jawOpen": document.numbers(lowered), "Grumpy": document.numbers(lowered)}
    positions = document.numbers(square)
    document.mesh("Teeth", targets, indices=document.numbers(np.arange(3, dtype=np.uint8)), POSITION=positions)
    document.mesh("Stone", {}, indices=document.numbers(np.arange(3, dtype=np.uint8)), POSITION=positions)
    document.node(mesh=1)
    document.node(mesh=2)
    source = read_gltf(document.write(tmp_path / "face.glb"))
    count = len(face.vertices)
    assert len(source.vertices) == count + 3
    assert source.faces[-1].tolist() == [count, count + 1, count + 2]
    np.testing.assert_allclose(source.deltas["JawOpen"][count:], lowered)
    assert not source.deltas["EyeBlinkLeft"][count:].any()
    assert any("Grumpy" in note for note in source.notes)
    assert "meshes read: Face, Teeth" in source.notes


def test_halves_add_up_and_pairs_are_divided(tmp_path: Path, face: PlainFace) -> None:
    document = simple(face)
    names = document.json["meshes"][0]["extras"]["targetNames"]
    targets = document.json["meshes"][0]["primitives"][0]["targets"]
    raised = targets[names.index("browInnerUp")]
    smiles = (face.deltas["MouthSmileLeft"] + face.deltas["MouthSmileRight"]) / 1000
    kept = [name for name in names if "Smile" not in name and "brow" not in name]
    both = {"POSITION": document.numbers(smiles.astype(np.float32))}
    document.json["meshes"][0]["extras"]["targetNames"] = [
        *kept,
        "browInnerUp_L",
        "browInnerUp_R",
        "mouthSmile",
        "jawopen",
    ]
    kept_targets = [targets[names.index(name)] for name in kept]
    document.json["meshes"][0]["primitives"][0]["targets"] = [*kept_targets, raised, raised, both, raised]
    imported = import_rig(document.write(tmp_path / "face.glb"))
    source = imported.source
    np.testing.assert_allclose(source.deltas["BrowInnerUp"], 2 * face.deltas["BrowInnerUp"], atol=1e-3)
    np.testing.assert_allclose(source.deltas["JawOpen"], face.deltas["JawOpen"], atol=1e-3)
    assert "second targets of a channel, left out: jawopen" in imported.report
    for name in ("MouthSmileLeft", "MouthSmileRight"):
        np.testing.assert_allclose(source.deltas[name], face.deltas[name], atol=0.2)
    assert "approximate (2 of 52): MouthSmileLeft (half of mouthSmile), MouthSmileRight" in imported.report


@pytest.mark.parametrize(
    ("name", "meaning"),
    [
        ("jawOpen", Meaning("JawOpen")),
        ("JAW_OPEN", Meaning("JawOpen")),
        ("eyeBlink_L", Meaning("EyeBlinkLeft")),
        ("eyeBlink.R", Meaning("EyeBlinkRight")),
        ("EyeBlinkR", Meaning("EyeBlinkRight")),
        ("eye_blink_left", Meaning("EyeBlinkLeft")),
        ("blendShape1.mouthSmile_L", Meaning("MouthSmileLeft")),
        ("Face_M_F00|mouthPucker", Meaning("MouthPucker")),
        ("mouth_L", Meaning("MouthLeft")),
        ("browInnerUp_L", Meaning("BrowInnerUp", half=True)),
        ("cheekPuffRight", Meaning("CheekPuff", half=True)),
        ("mouthOpen", None),
        ("Fcl_MTH_A", None),
        ("eyeBlink", None),
        ("", None),
    ],
)
def test_spellings(name: str, meaning: Meaning | None) -> None:
    assert meaning_of(name) == meaning


def test_what_cannot_be_read_is_said(tmp_path: Path, face: PlainFace) -> None:
    (tmp_path / "text.glb").write_text("a text that is long enough to be a file header")
    (tmp_path / "text.gltf").write_text("{")
    simple(face).write(tmp_path / "alone.gltf")
    (tmp_path / "the numbers.bin").unlink()
    compressed = simple(face)
    compressed.json["extensionsRequired"] = ["KHR_draco_mesh_compression"]
    compressed.write(tmp_path / "draco.glb")
    stranger = simple(face)
    names = stranger.json["meshes"][0]["extras"]["targetNames"]
    stranger.json["meshes"][0]["extras"]["targetNames"] = [f"shape {i}" for i in range(len(names))]
    stranger.write(tmp_path / "stranger.glb")
    short = simple(face)
    short.json["accessors"][0]["count"] = 10**6
    short.write(tmp_path / "short.glb")
    for file, reason in {
        "text.glb": "no glTF", "text.gltf": "no glTF", "alone.gltf": "needs .*the numbers.bin",
        "draco.glb": "without compression", "stranger.glb": "it has shape 0", "short.glb": "ends before",
        "absent.glb": "there is no",
    }.items():  # fmt: skip
        with pytest.raises(RigImportError, match=reason):
            read_gltf(tmp_path / file)
