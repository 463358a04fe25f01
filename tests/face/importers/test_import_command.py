"""The command: what it writes can be loaded, what it prints is true, what it refuses it explains."""

import json
import re
from pathlib import Path

import numpy as np
import pytest

from models.face.__main__ import main
from models.face.channels import channel_index
from models.face.gltf import read_glb
from models.face.head_rig import HEAD_PATH, load_head
from models.face.importers.command import EXIT_UNUSABLE
from models.face.rig import Rig
from models.face.rig_file import RigFileError, load_rig, save_rig
from stream_engine.frames import MotionFrame
from stream_engine.stage.gltf_recording import GltfRecording
from tests.face.importers.plain_face import JAW_MM, MOUTH_HALF, PlainFace, plain_face


@pytest.fixture(scope="module")
def face() -> PlainFace:
    return plain_face()


@pytest.fixture
def kit(tmp_path: Path, face: PlainFace) -> Path:
    """The plain face as the ICT FaceKit is published, in centimetres."""
    folder = tmp_path / "FaceXModel"
    folder.mkdir()
    quads = "".join(f"f {a + 1}/1/1 {b + 1}/1/1 {c + 1}/1/1\n" for a, b, c in face.faces.tolist())

    def write(name: str, vertices: np.ndarray) -> None:
        lines = "".join(f"v {x:.6f} {y:.6f} {z:.6f}\n" for x, y, z in (vertices / 10).tolist())
        (folder / f"{name}.obj").write_text(f"# made for a test\n{lines}vt 0 0\nvn 0 0 1\n{quads}")

    write("generic_neutral_mesh", face.vertices)
    write("identity000", face.vertices + 1)
    for name, delta in face.deltas.items():
        stem = name[0].lower() + name[1:]
        if name == "BrowInnerUp":
            write("browInnerUp_L", face.vertices + delta / 2)
            write("browInnerUp_R", face.vertices + delta / 2)
            continue
        for side in ("Left", "Right"):
            stem = stem.removesuffix(side) + f"_{side[0]}" if stem.endswith(side) else stem
        write(stem, face.vertices + delta)
    return folder


def assert_plain(rig: Rig, face: PlainFace, atol: float) -> None:
    np.testing.assert_allclose(rig.neutral, face.vertices, atol=atol)
    for name, delta in face.deltas.items():
        np.testing.assert_allclose(rig.deltas[channel_index(name)], delta, atol=atol)
    assert not rig.deltas[channel_index("TongueOut")].any()
    frame = np.zeros(52, np.float32)
    assert rig.lip_gap(frame) == pytest.approx(0, abs=0.1)
    assert rig.mouth_width(frame) == pytest.approx(2 * MOUTH_HALF, abs=6)
    frame[channel_index("JawOpen")] = 1
    assert rig.lip_gap(frame) == pytest.approx(0.97 * JAW_MM, rel=0.05)
    frame[channel_index("MouthClose")] = 1
    assert rig.lip_gap(frame) < 0.1


@pytest.mark.parametrize("kind", ["npz", "glb"])
def test_a_published_facekit_becomes_a_rig(
    tmp_path: Path, kit: Path, face: PlainFace, kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / f"plain.{kind}"
    assert main(["import", str(kit), "--out", str(out), "--name", "plain"]) == 0
    assert_plain(load_rig(out), face, atol=0.04 if kind == "glb" else 1e-4)
    assert load_rig(out).name == "plain"
    told = capsys.readouterr().out
    assert f"plain: ICT FaceKit, {len(face.vertices)} vertices" in told
    assert "unit cm, left +X, up +Y, forward +Z" in told
    assert "lips found: 3 pairs" in told
    assert "JawOpen = MouthClose: sealed" in told
    assert "exact (7 of 52)" in told
    assert "approximate (0 of 52): none" in told
    assert "missing (45 of 52)" in told
    assert "not the published mesh" in told


def test_an_unsealed_mouth_is_told(tmp_path: Path, kit: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (kit / "mouthClose.obj").unlink()
    assert main(["import", str(kit), "--out", str(tmp_path / "rig.npz")]) == 0
    assert re.search(r"not sealed: MouthClose leaves the lips 2[234]\.\d mm apart", capsys.readouterr().out)


def test_lips_may_be_named(tmp_path: Path, kit: Path, face: PlainFace, capsys: pytest.CaptureFixture[str]) -> None:
    lips = tmp_path / "lips.json"
    told = {"upperLip": [int(face.upper[3])], "lowerLip": [int(face.lower[3])], "mouthCorners": [5, 6]}
    lips.write_text(json.dumps(told))
    assert main(["import", str(kit), "--out", str(tmp_path / "rig.npz"), "--lips", str(lips)]) == 0
    rig = load_rig(tmp_path / "rig.npz")
    assert rig.upper_lip.tolist() == told["upperLip"]
    assert rig.mouth_corners == (5, 6)
    assert "lips given: 1 pairs" in capsys.readouterr().out


def test_our_own_head_comes_back_as_it_was(tmp_path: Path) -> None:
    out = tmp_path / "rig.npz"
    assert main(["import", str(HEAD_PATH), "--out", str(out)]) == 0
    rig, head = load_rig(out), load_head()
    frames = np.random.default_rng(0).uniform(0, 1, (20, 52)).astype(np.float32)
    np.testing.assert_allclose(rig.lip_gap(frames), head.lip_gap(frames), atol=0.01)
    np.testing.assert_allclose(rig.mouth_width(frames), head.mouth_width(frames), atol=0.01)
    np.testing.assert_allclose(load_rig(HEAD_PATH).neutral, head.neutral)


def test_an_imported_face_can_be_animated(tmp_path: Path, kit: Path) -> None:
    out, take = tmp_path / "rig.glb", tmp_path / "take.glb"
    assert main(["import", str(kit), "--out", str(out)]) == 0
    with GltfRecording(take, out, sound="s", sound_rate=1) as recording:
        recording.write(MotionFrame(np.full(61, 0.5, np.float32), 0, 0))
    assert read_glb(take).document["animations"][0]["channels"]


def refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    assert main(["import", *arguments]) == EXIT_UNUSABLE
    output = capsys.readouterr()
    assert output.out == ""
    return output.err


def test_what_cannot_be_is_refused(tmp_path: Path, kit: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = ["--out", str(tmp_path / "rig.npz")]
    assert "there is no" in refused([str(tmp_path / "absent.glb"), *out], capsys)
    assert "generic_neutral_mesh" in refused([str(tmp_path), *out], capsys)
    (tmp_path / "face.fbx").write_text("x")
    assert "no known kind" in refused([str(tmp_path / "face.fbx"), *out], capsys)
    assert "an .npz or a .glb" in refused([str(kit), "--out", str(tmp_path / "rig.obj")], capsys)
    assert "No such file" in refused([str(kit), "--out", str(tmp_path / "no" / "rig.npz")], capsys)
    lips = tmp_path / "lips.json"
    for text, reason in (
        ("[1, 2]", "names no lips"),
        ('{"upperLip": [1], "lowerLip": []}', "as many upperLip as lowerLip"),
        ('{"upperLip": [1], "lowerLip": [99999], "mouthCorners": [1, 2]}', "beyond the face's"),
    ):
        lips.write_text(text)
        assert reason in refused([str(kit), *out, "--lips", str(lips)], capsys)
    (kit / "mouthClose.obj").write_text("v 0 0 0\n")
    assert "keeping the vertices' order" in refused([str(kit), *out], capsys)
    (kit / "jawOpen.obj").unlink()
    (kit / "mouthClose.obj").unlink()
    assert "--lips" in refused([str(kit), *out], capsys)
    (kit / "generic_neutral_mesh.obj").write_text("# nothing\n")
    assert "no vertices" in refused([str(kit), *out], capsys)
    assert not (tmp_path / "rig.npz").exists()


def test_files_that_are_no_rigs_are_refused(tmp_path: Path, kit: Path) -> None:
    np.savez(tmp_path / "other.npz", a=np.zeros(3))
    (tmp_path / "text.npz").write_text("text")
    (tmp_path / "text.glb").write_text("text that is long enough for a header")
    for name, reason in (("other.npz", "lacks channels"), ("text.npz", "no npz"), ("text.glb", "not a binary glTF")):
        with pytest.raises(RigFileError, match=reason):
            load_rig(tmp_path / name)
    with pytest.raises(FileNotFoundError, match="there is no rig"):
        load_rig(tmp_path / "absent.npz")
    save_rig(tmp_path / "head.npz", load_head())
    np.testing.assert_array_equal(load_rig(tmp_path / "head.npz").lips, load_head().lips)
