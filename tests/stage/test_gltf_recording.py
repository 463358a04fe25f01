"""A take as animated glTF, read back with another library and compared with what was recorded."""

from pathlib import Path
from typing import Any

import numpy as np
import pygltflib
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation, Slerp

from models.face.channels import CHANNELS, channel_index
from models.face.gltf import MeshPart, Node, write_glb
from models.face.head_rig import HEAD_PATH
from stream_engine.frames import MotionFrame
from stream_engine.stage.gltf_recording import WEIGHT_TOLERANCE, GltfRecording, kept_keys
from stream_engine.stage.recording import RecordingError
from stream_engine.stage.recording_choice import recording_for
from tests.stage.small_face import small_face

Motion = NDArray[np.float32]


def motion(rows: int, seed: int = 0) -> Motion:
    """Smooth motion `[rows, 61]`: weights within 0..1, angles within half a radian."""
    rng = np.random.default_rng(seed)
    rate, phase = rng.uniform(0.05, 0.4, 61), rng.uniform(0, 6, 61)
    waves = np.sin(np.arange(rows)[:, None] * rate + phase)
    waves[:, :52] = waves[:, :52] * 0.5 + 0.5
    waves[:, 52:] *= 0.5
    return waves.astype(np.float32)


def record(path: Path, face: Path, frames: Motion) -> pygltflib.GLTF2:
    with GltfRecording(path, face, sound="speech.wav", sound_rate=44_100) as recording:
        for k, channels in enumerate(frames):
            recording.write(MotionFrame(channels, k * 960, k))
    gltf = pygltflib.GLTF2.load(str(path))
    assert gltf is not None
    return gltf


def floats(gltf: pygltflib.GLTF2, index: int) -> NDArray[np.float64]:
    accessor = gltf.accessors[index]
    view = gltf.bufferViews[accessor.bufferView]
    width = {"SCALAR": 1, "VEC4": 4}[accessor.type]
    data = np.frombuffer(gltf.binary_blob(), "<f4", accessor.count * width, view.byteOffset)
    return data.reshape(-1, width).astype(np.float64)


def curves(gltf: pygltflib.GLTF2, rows: int) -> dict[tuple[str, str], NDArray[np.float64]]:
    """(node, path) → values at every fiftieth of a second, as a viewer computes them."""
    out: dict[tuple[str, str], NDArray[np.float64]] = {}
    for channel in gltf.animations[0].channels:
        sampler = gltf.animations[0].samplers[channel.sampler]
        assert sampler.interpolation == "LINEAR"
        times = floats(gltf, sampler.input)[:, 0]
        assert (np.diff(times) > 0).all()
        assert gltf.accessors[sampler.input].min == [times[0]]
        assert gltf.accessors[sampler.input].max == pytest.approx([times[-1]])
        values, at = floats(gltf, sampler.output), np.minimum(np.arange(rows) / 50, times[-1])
        node = gltf.nodes[channel.target.node]
        if channel.target.path == "rotation":
            np.testing.assert_allclose(np.linalg.norm(values, axis=1), 1, atol=1e-5)
            out[node.name, "rotation"] = Slerp(times, Rotation.from_quat(values))(at).as_matrix()
        else:
            values = values.reshape(len(times), -1)
            out[node.name, "weights"] = np.stack([np.interp(at, times, column) for column in values.T], axis=1)
    return out


def euler(frames: Motion, first: str) -> NDArray[np.float64]:
    """Turns as the channels mean them: yaw about +Y, then pitch about +X, then roll about +Z."""
    yaw = channel_index(first)
    return Rotation.from_euler("YXZ", frames[:, yaw : yaw + 3].astype(np.float64)).as_matrix()


def test_the_built_in_head_moves_as_recorded(tmp_path: Path) -> None:
    frames = motion(200)
    gltf = record(tmp_path / "take.glb", HEAD_PATH, frames)
    found = curves(gltf, 200)
    meshes = {node.name: gltf.meshes[node.mesh] for node in gltf.nodes if node.mesh is not None}
    moving = {name for name, mesh in meshes.items() if mesh.primitives[0].targets}
    assert {name for name, path in found if path == "weights"} == moving
    assert "skin" in moving
    for name in moving:
        targets = [target[0].upper() + target[1:] for target in meshes[name].extras["targetNames"]]
        wanted = frames[:, [CHANNELS.index(target) for target in targets]]
        np.testing.assert_allclose(found[name, "weights"], wanted, atol=WEIGHT_TOLERANCE * 1.01)
    for name, first in (("head", "HeadYaw"), ("eye_left", "LeftEyeYaw"), ("eye_right", "RightEyeYaw")):
        np.testing.assert_allclose(found[name, "rotation"], euler(frames, first), atol=2e-3)


def test_the_rest_of_the_head_is_as_it_was(tmp_path: Path) -> None:
    gltf = record(tmp_path / "take.glb", HEAD_PATH, motion(3))
    head = pygltflib.GLTF2.load(str(HEAD_PATH))
    assert head is not None
    assert gltf.materials == head.materials
    assert [mesh.name for mesh in gltf.meshes] == [mesh.name for mesh in head.meshes]
    assert gltf.binary_blob()[: len(head.binary_blob())] == head.binary_blob()
    assert gltf.buffers[0].byteLength == len(gltf.binary_blob())
    assert gltf.animations[0].name == "take"
    extras = {"sound": {"name": "speech.wav", "rate": 44_100}, "framesPerSecond": 50}
    assert gltf.animations[0].extras == extras


def test_bones_turn_about_the_faces_axes_whatever_their_own(tmp_path: Path) -> None:
    frames = motion(60)
    gltf = record(tmp_path / "take.glb", small_face(tmp_path / "face.glb"), frames)
    found = curves(gltf, 60)
    lying = Rotation.from_euler("x", -90, degrees=True).as_matrix()
    head = lying @ found["Head", "rotation"]
    np.testing.assert_allclose(head, euler(frames, "HeadYaw"), atol=2e-3)
    np.testing.assert_allclose(
        head @ found["LeftEye", "rotation"], euler(frames, "HeadYaw") @ euler(frames, "LeftEyeYaw"), atol=4e-3
    )
    bone = next(node for node in gltf.nodes if node.name == "Head")
    assert bone.matrix is None
    assert bone.translation == pytest.approx([0.5, 0, 0])
    assert bone.scale == pytest.approx([1, 1, 1])


def test_names_in_other_spellings_are_driven_and_others_left_alone(tmp_path: Path) -> None:
    frames = motion(40)
    weights = curves(record(tmp_path / "take.glb", small_face(tmp_path / "face.glb"), frames), 40)["skin", "weights"]
    for column, name in enumerate(("JawOpen", "BrowInnerUp", None, "EyeBlinkRight")):
        wanted = np.full(40, 0.25) if name is None else frames[:, channel_index(name)]
        np.testing.assert_allclose(weights[:, column], wanted, atol=WEIGHT_TOLERANCE * 1.01)


def test_a_vrm_0_turns_the_other_way_round(tmp_path: Path) -> None:
    """It looks along -Z: turning to its left is the same, looking down is the other way about +X."""
    frames = np.zeros((2, 61), np.float32)
    frames[1, channel_index("HeadPitch")] = 0.3
    vrm: dict[str, Any] = {"VRM": {"humanoid": {"humanBones": [{"bone": "head", "node": 2}]}}}
    gltf = record(tmp_path / "take.glb", small_face(tmp_path / "face.glb", extensions=vrm), frames)
    assert gltf.nodes[2].name == "Head"
    head = Rotation.from_euler("x", -90, degrees=True).as_matrix() @ curves(gltf, 2)["Head", "rotation"][1]
    np.testing.assert_allclose(head, Rotation.from_euler("x", -0.3).as_matrix(), atol=1e-5)


def test_a_still_face_needs_two_keys(tmp_path: Path) -> None:
    frames = np.repeat(motion(1), 500, axis=0)
    gltf = record(tmp_path / "take.glb", HEAD_PATH, frames)
    assert {gltf.accessors[sampler.input].count for sampler in gltf.animations[0].samplers} == {2}


@given(
    arrays(np.float32, st.tuples(st.integers(1, 60), st.integers(1, 4)), elements=st.floats(-1, 1, width=32)),
    st.sampled_from([1e-4, 1e-2, 0.3]),
)
def test_lines_between_kept_keys_pass_near_every_row(values: Motion, tolerance: float) -> None:
    keys = kept_keys(values, tolerance)
    assert keys[0] == 0
    assert keys[-1] == len(values) - 1
    assert (np.diff(keys) > 0).all()
    for column in values.T:
        between = np.interp(np.arange(len(values)), keys, column[keys])
        assert np.abs(between - column).max() <= tolerance * (1 + 1e-5) + 1e-7


def test_straight_lines_lose_their_middle() -> None:
    ramp = np.concatenate([np.linspace(0, 1, 50), np.linspace(1, 0, 50)[1:]]).astype(np.float32)[:, None]
    assert kept_keys(ramp, 1e-4).tolist() == [0, 49, 98]


def test_a_take_that_fails_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "take.glb"
    path.write_text("an older take")

    def fail() -> None:
        with GltfRecording(path, HEAD_PATH, sound="s", sound_rate=1) as recording:
            recording.write(MotionFrame(motion(1)[0], 0, 0))
            raise RuntimeError("the sound ended in noise")

    with pytest.raises(RuntimeError, match="ended in noise"):
        fail()
    assert path.read_text() == "an older take"
    assert [p.name for p in tmp_path.iterdir()] == ["take.glb"]


def test_a_face_that_cannot_be_animated_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    corners = np.eye(3, dtype=np.float32)
    stone = tmp_path / "stone.glb"
    write_glb(stone, Node("stone", MeshPart("stone", corners, corners, np.array([[0, 1, 2]]), 0)), [{}])
    text = tmp_path / "text.glb"
    text.write_text("this is not a binary glTF file at all")
    for face, reason in ((stone, "ARKit name"), (text, "not a binary glTF"), (tmp_path, "cannot read the face")):
        with (
            pytest.raises(RecordingError, match=reason),
            GltfRecording(tmp_path / "t.glb", face, sound="", sound_rate=1),
        ):
            pass
    assert sorted(p.name for p in tmp_path.iterdir()) == ["stone.glb", "text.glb"]


def test_the_suffix_chooses(tmp_path: Path) -> None:
    assert isinstance(recording_for(tmp_path / "a.GLB", None, "s", 1), GltfRecording)
    for name, chosen, reason in (
        ("a.fbx", None, r"\.csv .* \.glb"),
        ("a.csv", "mira", "leave out --face"),
        ("a.glb", "nobody", "there is no face nobody"),
    ):
        with pytest.raises(RecordingError, match=reason):
            recording_for(tmp_path / name, chosen, "s", 1)
    face = small_face(tmp_path / "face.glb")
    with pytest.raises(RecordingError, match="overwrite the face"):
        recording_for(face, str(face), "s", 1)
