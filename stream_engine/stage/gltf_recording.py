"""Recording as an animated glTF: a head's own file with the take in it, as Blender and three.js open it.

Blendshapes become one `weights` animation per mesh that has them, the nine angles rotations of the head's and the
eyes' nodes, all keyed linearly on the 50 Hz grid; keys that a straight line replaces to within a thousandth are left
out. Source: Khronos glTF 2.0 specification, §3.11 (animations).
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from models.face.channels import BLENDSHAPE_COUNT, channel_index
from models.face.gltf import Glb, GltfFormatError, pack_glb, read_glb
from models.face.gltf_morphs import meaning_of, target_names
from stream_engine.stage.gltf_joints import Joint, joints_of
from stream_engine.stage.recording import ROWS_PER_SECOND, Recording, RecordingError

WEIGHT_TOLERANCE: Final = 1e-3
"""How far a weight may be from what was recorded."""
ROTATION_TOLERANCE: Final = 2e-4
"""How far a component of a quaternion may be: a fortieth of a degree."""
_FLOAT: Final = 5126


class GltfRecording(Recording):
    """Writes frames into a copy of a head; see `Recording`.

    The animation is named `take`, stands first, and says in its extras which sound it belongs to
    (`{"sound": {"name", "rate"}, "framesPerSecond": 50}`).

    Args:
        path: the binary glTF to write.
        face: the head, a binary glTF with morph targets named as ARKit names them.
        sound: name of the sound the take was made from.
        sound_rate: its samples per second.
    """

    def __init__(self, path: Path, face: Path, *, sound: str, sound_rate: int) -> None:
        super().__init__(path)
        self._face = face
        self._extras = {"sound": {"name": sound, "rate": sound_rate}, "framesPerSecond": ROWS_PER_SECOND}
        self._frames: list[NDArray[np.float32]] = []

    def _begin(self) -> bytes:
        try:
            self._glb = read_glb(self._face)
        except OSError as error:
            raise RecordingError(f"cannot read the face {self._face}: {error.strerror}") from error
        except (GltfFormatError, ValueError) as error:
            raise RecordingError(f"cannot read the face: {error}") from error
        self._morphs = _morphs_of(self._glb)
        self._joints = joints_of(self._glb.document)
        if not self._morphs:
            reason = "no morph target of it has an ARKit name such as jawOpen; docs/rigs.md says how to export them"
            raise RecordingError(f"cannot animate {self._face}: {reason}")
        return b""

    def _row(self, row: int, channels: NDArray[np.float32]) -> bytes:
        self._frames.append(channels)
        return b""

    def _end(self) -> bytes:
        frames = np.stack(self._frames) if self._frames else np.zeros((1, BLENDSHAPE_COUNT + 9), np.float32)
        return animated(self._glb, frames, self._morphs, self._joints, self._extras)


class _Morphs:
    """One node's morph targets.

    Attributes:
        node: its index.
        rest: `[T]` weights of its targets at rest.
        channel: `[T]` channel of each target, or -1.
    """

    def __init__(self, node: int, rest: Sequence[float], channel: Sequence[int]) -> None:
        self.node = node
        self.rest = np.array(rest, np.float32)
        self.channel = np.array(channel, np.int64)

    def weights(self, frames: NDArray[np.float32]) -> NDArray[np.float32]:
        """`[N, T]` for frames `[N, 61]`."""
        weights = np.repeat(self.rest[None], len(frames), axis=0)
        driven = self.channel >= 0
        weights[:, driven] = frames[:, self.channel[driven]]
        return weights


def _morphs_of(glb: Glb) -> list[_Morphs]:
    found = []
    for index, node in enumerate(glb.document.get("nodes", [])):
        if "mesh" not in node:
            continue
        mesh = glb.document["meshes"][node["mesh"]]
        meanings = [meaning_of(name) for name in target_names(glb.document, node["mesh"])]
        channel = [-1 if meaning is None else channel_index(meaning.channel) for meaning in meanings]
        if any(c >= 0 for c in channel):
            rest = node.get("weights") or mesh.get("weights") or [0.0] * len(channel)
            found.append(_Morphs(index, rest, channel))
    return found


def animated(
    glb: Glb,
    frames: NDArray[np.float32],
    morphs: Sequence[_Morphs],
    joints: Sequence[Joint],
    extras: Mapping[str, Any],
) -> bytes:
    """A head's file with an animation in it.

    Args:
        glb: the head.
        frames: `[N, 61]`, 50 a second; N is not 0.
        morphs: nodes whose weights move.
        joints: nodes that turn.
        extras: of the animation.

    Returns:
        The new file.
    """
    document = dict(glb.document)
    document["nodes"] = list(document["nodes"])
    blob = bytearray(glb.blob)
    document["accessors"] = accessors = list(document.get("accessors", []))
    document["bufferViews"] = views = list(document.get("bufferViews", []))

    def accessor(values: NDArray[np.float32], kind: str, **more: Any) -> int:
        blob.extend(b"\0" * (-len(blob) % 4))
        views.append({"buffer": 0, "byteOffset": len(blob), "byteLength": values.nbytes})
        blob.extend(values.astype("<f4").tobytes())
        count = values.size // {"SCALAR": 1, "VEC4": 4}[kind]
        accessors.append({"bufferView": len(views) - 1, "componentType": _FLOAT, "count": count, "type": kind, **more})
        return len(accessors) - 1

    samplers: list[dict[str, Any]] = []
    channels: list[dict[str, Any]] = []

    def add(node: int, path: str, values: NDArray[np.float32], tolerance: float, kind: str) -> None:
        keys = kept_keys(values, tolerance)
        times = (keys / ROWS_PER_SECOND).astype(np.float32)
        bounds = {"min": [float(times[0])], "max": [float(times[-1])]}
        sampler = {"input": accessor(times, "SCALAR", **bounds), "output": accessor(values[keys], kind)}
        samplers.append({**sampler, "interpolation": "LINEAR"})
        channels.append({"sampler": len(samplers) - 1, "target": {"node": node, "path": path}})

    for morph in morphs:
        add(morph.node, "weights", morph.weights(frames), WEIGHT_TOLERANCE, "SCALAR")
    for joint in joints:
        # A node with a matrix cannot be animated (§3.11): its matrix is taken apart.
        document["nodes"][joint.node] = joint.at_rest(document["nodes"][joint.node])
        add(joint.node, "rotation", joint.rotations(frames), ROTATION_TOLERANCE, "VEC4")
    take = {"name": "take", "samplers": samplers, "channels": channels, "extras": dict(extras)}
    document["animations"] = [take, *document.get("animations", [])]
    return pack_glb(document, bytes(blob))


def kept_keys(values: NDArray[np.float32], tolerance: float) -> NDArray[np.int64]:
    """Which rows to keep so that straight lines between them stay within a tolerance of all rows.

    One pass: from the last kept row, the slopes that pass every row since within the tolerance are an interval per
    column; a row that no such slope reaches ends the line at the row before it.

    Args:
        values: `[N, C]`; N is not 0.
        tolerance: largest difference in any column.

    Returns:
        `[K]` indices, ascending; the first and the last row are among them.
    """
    kept = [0]
    low, high = np.full(values.shape[1], -np.inf), np.full(values.shape[1], np.inf)
    for row in range(1, len(values)):
        steps = row - kept[-1]
        slope = (values[row].astype(np.float64) - values[kept[-1]]) / steps
        if ((slope < low) | (slope > high)).any():
            kept.append(row - 1)
            low, high = np.full(values.shape[1], -np.inf), np.full(values.shape[1], np.inf)
            steps = 1
            slope = values[row].astype(np.float64) - values[row - 1]
        low, high = np.maximum(low, slope - tolerance / steps), np.minimum(high, slope + tolerance / steps)
    if kept[-1] != len(values) - 1:
        kept.append(len(values) - 1)
    return np.array(kept, np.int64)
