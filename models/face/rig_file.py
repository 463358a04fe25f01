"""Rigs in files: `.npz`, what measurement needs, and `.glb`, which can be shown as well. Needs numpy alone."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from models.face.channels import BLENDSHAPES
from models.face.gltf import Glb, GltfFormatError, read_glb
from models.face.rig import Rig

M_TO_MM = 1000.0


class RigFileError(ValueError):
    """A file that holds no rig of ours; the text says what to do."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path} {reason}; import the face with `python -m models.face import`")


def morph_name(blendshape: str) -> str:
    """Name of a blendshape's morph target: `JawOpen` → `jawOpen`."""
    return blendshape[0].lower() + blendshape[1:]


def save_rig(path: Path, rig: Rig) -> None:
    """Writes a rig as `.npz`.

    Args:
        path: the file.
        rig: what to write.
    """
    # An opened file, since numpy adds a suffix of its own to names.
    with path.open("wb") as file:
        np.savez_compressed(
            file,
            name=np.array(rig.name),
            channels=np.array(BLENDSHAPES),
            neutral=rig.neutral,
            deltas=rig.deltas,
            upper_lip=rig.upper_lip,
            lower_lip=rig.lower_lip,
            lips=rig.lips,
            mouth_corners=np.array(rig.mouth_corners, np.int64),
        )


def load_rig(path: Path) -> Rig:
    """Loads a rig that `python -m models.face import` or `build` wrote.

    Args:
        path: `.npz` or `.glb`.

    Returns:
        The rig; channels the face does not have, have zero deltas.

    Raises:
        FileNotFoundError: there is no such file.
        RigFileError: it holds no rig.
    """
    if path.suffix.lower() == ".npz":
        return _load_npz(path)
    try:
        return rig_of_glb(read_glb(path), path.stem)
    except GltfFormatError as error:
        raise RigFileError(path, f"holds no rig ({error})") from error


def rig_of_glb(glb: Glb, name: str) -> Rig:
    """The rig in a GLB of ours: its mesh `skin`, whose `extras.loops` say which vertices are lips.

    Args:
        glb: opened.
        name: of the rig.

    Returns:
        The rig in millimetres; channels without a morph target have zero deltas.

    Raises:
        GltfFormatError: there is no such mesh, or it does not say where the lips are.
    """
    skin, own = glb.part("skin")
    primitive = skin["primitives"][0]
    extras: Mapping[str, Any] = skin.get("extras", {})
    loops = extras.get("loops")
    if loops is None:
        raise GltfFormatError(glb.path, "its skin does not say which vertices are lips")
    neutral = _millimetres(glb, primitive["attributes"]["POSITION"])[own]
    deltas = np.zeros((len(BLENDSHAPES), *neutral.shape), np.float32)
    targets = dict(zip(extras.get("targetNames", []), primitive.get("targets", []), strict=True))
    for channel, blendshape in enumerate(BLENDSHAPES):
        if target := targets.get(morph_name(blendshape)):
            deltas[channel] = _millimetres(glb, target["POSITION"])[own]
    left, right = loops["mouthCorners"]
    return Rig(
        name=name,
        neutral=neutral,
        deltas=deltas,
        upper_lip=np.array(loops["upperLip"], np.int64),
        lower_lip=np.array(loops["lowerLip"], np.int64),
        lips=np.array(loops["lips"], np.int64),
        mouth_corners=(int(left), int(right)),
    )


def _millimetres(glb: Glb, accessor: int) -> NDArray[np.float32]:
    return (glb.array(accessor) * M_TO_MM).astype(np.float32)


def _load_npz(path: Path) -> Rig:
    if not path.is_file():
        raise FileNotFoundError(f"there is no rig {path}; make it with `python -m models.face import`")
    try:
        with np.load(path) as data:
            missing = {"name", "channels", "neutral", "deltas", "upper_lip", "lower_lip", "lips"} - set(data.files)
            if missing:
                raise RigFileError(path, f"holds no rig (it lacks {', '.join(sorted(missing))})")
            if tuple(data["channels"].tolist()) != BLENDSHAPES:
                raise RigFileError(path, "was made for other channels")
            left, right = data["mouth_corners"].tolist()
            return Rig(
                name=str(data["name"]),
                neutral=data["neutral"],
                deltas=data["deltas"],
                upper_lip=data["upper_lip"],
                lower_lip=data["lower_lip"],
                lips=data["lips"],
                mouth_corners=(int(left), int(right)),
            )
    except RigFileError:
        raise
    except (BadZipFile, OSError, ValueError) as error:
        raise RigFileError(path, f"is no npz file ({error})") from error
