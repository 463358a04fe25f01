"""The ICT FaceKit as a rig: a human face to measure against (USC ICT FaceKit Light, MIT licence; Li et al. 2020).

Its 57 expressions carry ARKit's names split into `_L` and `_R`; two pairs belong to one ARKit channel each
(`browInnerUp`, `cheekPuff`), four have no ARKit channel (`PupilDilate`, `cheekRaiser`), and ARKit's `TongueOut` has no
expression. Its `_L` is the character's left (+X), as ours.
"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.face.channels import BLENDSHAPES
from models.face.rig import Rig
from models.measured_data import data_root

ICT_MISSING: tuple[str, ...] = ("TongueOut",)
"""Blendshapes the FaceKit has no expression for; their deltas are zero."""

_CM_TO_MM = 10.0
_FACE_VERTICES = 9409
"""Vertices 0..9408 are the face's skin, lips and mouth bag; teeth, tongue and eyes follow."""

_UPPER_INNER_LIP = (5533, 5711, 6216)
_LOWER_INNER_LIP = (5517, 5966, 6470)
_LEFT_CORNER, _RIGHT_CORNER = 6213, 5708
_OUTER_LIP_LANDMARKS = (5708, 5695, 2081, 0, 4275, 6200, 6213, 6346, 6461, 5518, 5957, 5841)
_INNER_LIP_LANDMARKS = (5702, 5711, 5533, 6216, 6207, 6470, 5517, 5966)
_BORDER_MM = 0.5
"""How far outside the polygon of landmarks a vertex still belongs to the red of the lips."""

_ROLL_DEPTH_MM = 2.0
"""How far behind the inner landmarks the lips' inner rims reach."""


class IctFileError(FileNotFoundError):
    """The FaceKit's data file is not there."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"no ICT FaceKit at {path}; set STREAM_ENGINE_DATA to the folder that holds face/ict_facekit.npz"
        )


def ict_path() -> Path:
    """Where the FaceKit is looked for: `$STREAM_ENGINE_DATA/face/ict_facekit.npz`, by default beside the repository."""
    return data_root() / "face" / "ict_facekit.npz"


def load_ict(path: Path | None = None) -> Rig:
    """Load the ICT FaceKit.

    Args:
        path: the `.npz` file; None for `ict_path()`.

    Returns:
        The rig named `ict`, 26,719 vertices in millimetres. Channels of `ICT_MISSING` have zero deltas.

    Raises:
        IctFileError: the file does not exist.
    """
    path = ict_path() if path is None else path
    if not path.is_file():
        raise IctFileError(path)
    with np.load(path) as data:
        neutral = data["vertices"].astype(np.float32) * np.float32(_CM_TO_MM)
        names = [str(name) for name in data["expression_names"]]
        index, delta, offset = data["delta_index"], data["delta"].astype(np.float32), data["delta_offset"]
    deltas = np.zeros((len(BLENDSHAPES), *neutral.shape), np.float32)
    for channel, blendshape in enumerate(BLENDSHAPES):
        for name in _expressions(blendshape, names):
            expression = names.index(name)
            part = slice(offset[expression], offset[expression + 1])
            deltas[channel, index[part]] += delta[part] * np.float32(_CM_TO_MM)
    return Rig(
        name="ict",
        neutral=neutral,
        deltas=deltas,
        upper_lip=np.array(_UPPER_INNER_LIP, np.int64),
        lower_lip=np.array(_LOWER_INNER_LIP, np.int64),
        lips=_lip_vertices(neutral),
        mouth_corners=(_LEFT_CORNER, _RIGHT_CORNER),
    )


def _expressions(blendshape: str, names: list[str]) -> list[str]:
    """The FaceKit's expressions that add up to one ARKit blendshape."""
    whole = blendshape[0].lower() + blendshape[1:]
    if whole in names:
        return [whole]
    for side, suffix in (("Left", "_L"), ("Right", "_R")):
        if whole.endswith(side):
            return [whole.removesuffix(side) + suffix]
    return [name for name in (whole + "_L", whole + "_R") if name in names]


def _lip_vertices(neutral: NDArray[np.float32]) -> NDArray[np.int64]:
    """Vertices inside the outer lip landmarks, seen from the front, as deep as the inner rim."""
    skin = neutral[:_FACE_VERTICES]
    outline = neutral[list(_OUTER_LIP_LANDMARKS), :2]
    centre = outline.mean(0)
    radial = outline - centre
    outline = outline + _BORDER_MM * radial / np.linalg.norm(radial, axis=1, keepdims=True)
    depth = np.interp(
        np.abs(skin[:, 0]),
        *_sorted_columns(np.abs(neutral[list(_INNER_LIP_LANDMARKS), 0]), neutral[list(_INNER_LIP_LANDMARKS), 2]),
    )
    chosen = _inside(skin[:, :2], outline) & (skin[:, 2] > depth - _ROLL_DEPTH_MM)
    chosen[list(_OUTER_LIP_LANDMARKS + _INNER_LIP_LANDMARKS + _LOWER_INNER_LIP)] = True
    return np.flatnonzero(chosen).astype(np.int64)


def _sorted_columns(x: NDArray[np.float32], y: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    order = np.argsort(x, kind="stable")
    return x[order], y[order]


def _inside(points: NDArray[np.float32], polygon: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Even-odd rule: which of `points` `[N, 2]` lie inside `polygon` `[K, 2]`."""
    inside = np.zeros(len(points), np.bool_)
    for a, b in zip(polygon, np.roll(polygon, 1, axis=0), strict=True):
        crosses = (a[1] > points[:, 1]) != (b[1] > points[:, 1])
        run = (b[0] - a[0]) * (points[:, 1] - a[1]) / (b[1] - a[1]) + a[0] if a[1] != b[1] else a[0]
        inside ^= crosses & (points[:, 0] < run)
    return inside
