"""FLAME's model file (Li, Bolkart, Black, Li, Romero 2017), in every published version."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from zipfile import BadZipFile

import numpy as np

from models.face.importers.pickled_arrays import load_arrays
from models.face.importers.source_rig import Floats, Indices, RigImportError

SHAPE_COMPONENTS: Final = 300
"""FLAME's shape components come first; its expressions begin behind them, in every published version."""
_JOINTS: Final = 5
_ENTRIES: Final = ("v_template", "f", "shapedirs", "posedirs", "J_regressor", "weights")


@dataclass(frozen=True)
class FlameModel:
    """What an import needs of FLAME; metres, +X the character's left, +Y up, +Z out of the face.

    Attributes:
        vertices: `[V, 3]` mean face.
        faces: `[F, 3]`.
        expressions: `[E, V, 3]`, displacement per standard deviation of each component.
        pose_correctives: `[V, 3, 36]`, displacement per entry of the joints' rotations less the identity.
        joints: `[5, 3]`: root, neck, jaw, left eye, right eye.
        weights: `[V, 5]`, how much each joint carries of each vertex.
        eyelids: displacements `[2, V, 3]` that shut the left and the right eye; None where no file has them.
    """

    vertices: Floats
    faces: Indices
    expressions: Floats
    pose_correctives: Floats
    joints: Floats
    weights: Floats
    eyelids: Floats | None


def read_flame_file(path: Path) -> FlameModel:
    """Reads FLAME.

    Args:
        path: `generic_model.pkl`, `flame2023.pkl` and their like, or an `.npz` of the same entries. Files
            `l_eyelid.npy` and `r_eyelid.npy` beside it, as trackers add them, are read too.

    Raises:
        RigImportError: unreadable, not FLAME, or a pickle that asks for more than arrays.
    """
    entries = load_arrays(path, _ENTRIES) if path.suffix.lower() == ".pkl" else _packed(path)
    missing = [name for name in _ENTRIES if name not in entries]
    if missing:
        raise RigImportError(f"{path} is no FLAME model: it lacks {', '.join(missing)}")
    vertices, shapes = entries["v_template"].astype(np.float64), entries["shapedirs"]
    count = len(vertices)
    regressor, weights = entries["J_regressor"].astype(np.float64), entries["weights"].astype(np.float64)
    correctives = entries["posedirs"].astype(np.float64)
    wanted = {"weights": (count, _JOINTS), "J_regressor": (_JOINTS, count), "posedirs": (count, 3, 9 * (_JOINTS - 1))}
    for name, shape in wanted.items():
        if entries[name].shape != shape:
            found = " × ".join(map(str, entries[name].shape))
            raise RigImportError(f"{path} is no FLAME model: its {name} is {found}; another body model, perhaps?")
    if shapes.ndim != 3 or shapes.shape[:2] != (count, 3) or shapes.shape[2] <= SHAPE_COMPONENTS:
        found = shapes.shape[-1]
        raise RigImportError(f"{path} has {found} components; FLAME's expressions begin after {SHAPE_COMPONENTS}")
    return FlameModel(
        vertices=vertices,
        faces=entries["f"].astype(np.int64),
        expressions=shapes[:, :, SHAPE_COMPONENTS:].astype(np.float64).transpose(2, 0, 1),
        pose_correctives=correctives,
        joints=regressor @ vertices,
        weights=weights,
        eyelids=_eyelids(path.parent, count),
    )


def _packed(path: Path) -> Mapping[str, Any]:
    try:
        with np.load(path) as data:
            return {name: data[name] for name in data.files if name in _ENTRIES}
    except (BadZipFile, OSError, ValueError) as error:
        raise RigImportError(f"{path} cannot be read ({error})") from error


def _eyelids(folder: Path, count: int) -> Floats | None:
    files = [folder / f"{side}_eyelid.npy" for side in "lr"]
    if not all(file.is_file() for file in files):
        return None
    try:
        lids = np.stack([np.load(file).astype(np.float64).reshape(-1, 3) for file in files])
    except (OSError, ValueError) as error:
        raise RigImportError(
            f"the eyelids in {folder} cannot be read ({error}); take them away, or replace them"
        ) from error
    if lids.shape[1] != count:
        raise RigImportError(f"the eyelids in {folder} have {lids.shape[1]} vertices, the model {count}")
    return lids
