"""The ICT FaceKit: a human face to measure against (USC ICT FaceKit Light, MIT licence; Li et al. 2020).

Two layouts are read: the published folder of OBJ files (`generic_neutral_mesh.obj` beside one file per expression)
and the packed `ict_facekit.npz` of our measurement data. Its 57 expressions carry ARKit's names split into `_L` and
`_R`; two pairs belong to one ARKit channel each (`browInnerUp`, `cheekPuff`), four have no ARKit channel
(`PupilDilate`, `cheekRaiser`), and ARKit's `TongueOut` has no expression. Its `_L` is the character's left (+X), as
ours. Centimetres.
"""

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.face.channels import BLENDSHAPES
from models.face.importers.source_rig import Fit, Floats, Indices, Lips, Quality, RigImportError, SourceRig
from models.face.rig import Rig
from models.measured_data import data_root

ICT_MISSING: tuple[str, ...] = ("TongueOut",)
"""Blendshapes the FaceKit has no expression for; their deltas are zero."""

_CM_TO_MM = 10.0
NEUTRAL_FILE = "generic_neutral_mesh.obj"
"""What the published folder is known by."""

PACKED_ENTRY = "delta_offset"
"""What the packed file is known by."""

_VERTICES = 26719
_LEFT_EYE, _RIGHT_EYE = (21451, 23021), (23021, 24591)
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
    """Load the ICT FaceKit for measurement.

    Args:
        path: the `.npz` file; None for `ict_path()`.

    Returns:
        The rig named `ict`, 26,719 vertices in millimetres. Channels of `ICT_MISSING` have zero deltas.

    Raises:
        IctFileError: the file does not exist.
        RigImportError: it is no FaceKit.
    """
    path = ict_path() if path is None else path
    if not path.is_file():
        raise IctFileError(path)
    source = read_ict(path)
    neutral = (source.vertices * _CM_TO_MM).astype(np.float32)
    deltas = np.zeros((len(BLENDSHAPES), *neutral.shape), np.float32)
    for channel, name in enumerate(BLENDSHAPES):
        if name in source.deltas:
            deltas[channel] = source.deltas[name] * _CM_TO_MM
    return Rig(
        name="ict",
        neutral=neutral,
        deltas=deltas,
        upper_lip=np.array(_UPPER_INNER_LIP, np.int64),
        lower_lip=np.array(_LOWER_INNER_LIP, np.int64),
        lips=_lip_vertices(neutral),
        mouth_corners=(_LEFT_CORNER, _RIGHT_CORNER),
    )


def read_ict(source: Path) -> SourceRig:
    """The FaceKit, as published or packed.

    Args:
        source: folder of OBJ files, or `.npz`.

    Raises:
        RigImportError: files are missing or do not fit together.
    """
    vertices, faces, expression, names = _read_folder(source) if source.is_dir() else _read_packed(source)
    deltas: dict[str, Floats] = {}
    for blendshape in BLENDSHAPES:
        parts = _expressions(blendshape, names)
        if parts:
            deltas[blendshape] = np.sum([expression(part) for part in parts], axis=0)
    whole = len(vertices) == _VERTICES
    lips = Lips(_UPPER_INNER_LIP, _LOWER_INNER_LIP, (_LEFT_CORNER, _RIGHT_CORNER)) if whole else None
    if lips is not None:
        red = _lip_vertices((vertices * _CM_TO_MM).astype(np.float32))
        lips = Lips(lips.upper, lips.lower, lips.corners, tuple(red.tolist()))
    return SourceRig(
        kind="ICT FaceKit",
        vertices=vertices,
        faces=faces,
        deltas=deltas,
        fits={name: Fit(Quality.EXACT) for name in deltas},
        eyeballs=(np.arange(*_LEFT_EYE), np.arange(*_RIGHT_EYE)) if whole else None,
        lips=lips,
        notes=() if whole else (f"{len(vertices)} vertices instead of {_VERTICES}: not the published mesh",),
    )


Expression = Callable[[str], Floats]


def _read_packed(path: Path) -> tuple[Floats, Indices, Expression, list[str]]:
    with np.load(path) as data:
        missing = {"vertices", "triangles", "expression_names", "delta_index", "delta", "delta_offset"} - set(
            data.files
        )
        if missing:
            raise RigImportError(f"{path} is no packed FaceKit: it lacks {', '.join(sorted(missing))}")
        vertices, faces = data["vertices"].astype(np.float64), data["triangles"].astype(np.int64)
        names = [str(name) for name in data["expression_names"]]
        index, packed, offset = data["delta_index"], data["delta"].astype(np.float32), data["delta_offset"]

    def expression(name: str) -> Floats:
        at = names.index(name)
        part = slice(offset[at], offset[at + 1])
        delta: Floats = np.zeros_like(vertices)
        delta[index[part]] = packed[part]
        return delta

    return vertices, faces, expression, names


def _read_folder(folder: Path) -> tuple[Floats, Indices, Expression, list[str]]:
    neutral = folder / NEUTRAL_FILE
    if not neutral.is_file():
        raise RigImportError(f"{folder} has no {NEUTRAL_FILE}; name the FaceKit's folder FaceXModel")
    files: Mapping[str, Path] = {
        path.stem: path for path in sorted(folder.glob("*.obj")) if path != neutral and "identity" not in path.stem
    }
    vertices, faces = _read_obj(neutral)

    def expression(name: str) -> Floats:
        moved, _ = _read_obj(files[name])
        if len(moved) != len(vertices):
            counts = f"{len(moved)} vertices, the neutral face {len(vertices)}"
            raise RigImportError(f"{files[name]} has {counts}; export both from one mesh, keeping the vertices' order")
        return moved - vertices

    return vertices, faces, expression, list(files)


def _read_obj(path: Path) -> tuple[Floats, Indices]:
    """Vertices and faces of a Wavefront OBJ; polygons become fans."""
    vertices: list[list[str]] = []
    faces: list[list[int]] = []
    with path.open(encoding="utf-8", errors="replace") as file:
        for line in file:
            if line.startswith("v "):
                vertices.append(line.split()[1:4])
            elif line.startswith("f "):
                corners = [int(corner.partition("/")[0]) for corner in line.split()[1:]]
                corners = [corner - 1 if corner > 0 else len(vertices) + corner for corner in corners]
                faces += [[corners[0], corners[k], corners[k + 1]] for k in range(1, len(corners) - 1)]
    try:
        points = np.array(vertices, np.float64).reshape(-1, 3)
    except ValueError as error:
        raise RigImportError(f"{path} is no Wavefront OBJ this reader understands ({error}); export it anew") from error
    if not len(points):
        raise RigImportError(f"{path} has no vertices; export it as Wavefront OBJ")
    return points, np.array(faces, np.int64).reshape(-1, 3)


def _expressions(blendshape: str, names: list[str]) -> list[str]:
    """The FaceKit's expressions that add up to one ARKit blendshape."""
    whole = blendshape[0].lower() + blendshape[1:]
    if whole in names:
        return [whole]
    for side, suffix in (("Left", "_L"), ("Right", "_R")):
        if whole.endswith(side):
            return [name for name in (whole.removesuffix(side) + suffix,) if name in names]
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
