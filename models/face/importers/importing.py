"""From somebody's file to a rig of ours."""

import json
from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from models.face.channels import BLENDSHAPES
from models.face.importers.flame import read_flame
from models.face.importers.ict import NEUTRAL_FILE, PACKED_ENTRY, read_ict
from models.face.importers.lip_finder import find_lips
from models.face.importers.placement import Placement, place
from models.face.importers.report import report
from models.face.importers.source_rig import Lips, RigImportError, SourceRig, divided
from models.face.rig import Rig

GLTF_SUFFIXES = frozenset({".glb", ".gltf", ".vrm"})


@dataclass(frozen=True)
class ImportedRig:
    """A face brought in.

    Attributes:
        rig: what measurement needs.
        source: the placed face, in millimetres.
        placement: what was guessed about unit and axes.
        report: lines for a person.
    """

    rig: Rig
    source: SourceRig
    placement: Placement
    report: str


def import_rig(
    path: Path, *, name: str | None = None, lips: Path | None = None, mm_per_unit: float | None = None
) -> ImportedRig:
    """Imports a face: ICT FaceKit, FLAME, or a glTF with ARKit morph targets, told apart by what they are.

    Args:
        path: folder or file.
        name: of the rig; None for the source's own.
        lips: JSON that names the lips' vertices; None to find them.
        mm_per_unit: scale; None to guess it from the distance of the eyes.

    Raises:
        RigImportError: it cannot be imported; the text says why and what to do.
    """
    source, placement = place(read_source(path), mm_per_unit)
    source = divided(source)
    if lips is not None:
        mouth = read_lips(lips, len(source.vertices))
    elif source.lips is not None:
        mouth = source.lips
    elif "JawOpen" in source.deltas:
        mouth = find_lips(source.vertices, source.faces, source.deltas["JawOpen"])
    else:
        raise RigImportError("it has no JawOpen, so its lips cannot be found; name them with --lips (docs/rigs.md)")
    neutral = source.vertices.astype(np.float32)
    deltas = np.zeros((len(BLENDSHAPES), *neutral.shape), np.float32)
    for channel, blendshape in enumerate(BLENDSHAPES):
        if blendshape in source.deltas:
            deltas[channel] = source.deltas[blendshape]
    rig = Rig(
        name=name or path.stem,
        neutral=neutral,
        deltas=deltas,
        upper_lip=np.array(mouth.upper, np.int64),
        lower_lip=np.array(mouth.lower, np.int64),
        lips=np.array(mouth.red or (*mouth.upper, *mouth.lower, *mouth.corners), np.int64),
        mouth_corners=mouth.corners,
    )
    return ImportedRig(rig, source, placement, report(source, placement, rig, lips_found=mouth.found))


def read_source(path: Path) -> SourceRig:
    """Reads a face with the importer it needs.

    Raises:
        RigImportError: there is nothing there, or nothing that is known.
    """
    if not path.exists():
        raise RigImportError(f"there is no {path}")
    suffix = path.suffix.lower()
    if suffix in GLTF_SUFFIXES:
        from models.face.importers.gltf_source import read_gltf  # needs pygltflib

        return read_gltf(path)
    if (path / NEUTRAL_FILE).is_file() or (suffix == ".npz" and PACKED_ENTRY in _entries(path)):
        return read_ict(path)
    if suffix in (".pkl", ".npz"):
        return read_flame(path)
    if path.is_dir():
        raise RigImportError(f"{path} has no {NEUTRAL_FILE}; name the ICT FaceKit's folder FaceXModel")
    raise RigImportError(
        f"{path} is of no known kind; known are the ICT FaceKit, FLAME (.pkl, .npz), .glb, .gltf and .vrm"
    )


def _entries(path: Path) -> list[str]:
    try:
        with np.load(path) as data:
            return list(data.files)
    except (BadZipFile, OSError, ValueError, AttributeError) as error:
        raise RigImportError(f"{path} is no npz file ({error})") from error


def read_lips(path: Path, vertices: int) -> Lips:
    """Lips named by hand: `{"upperLip": […], "lowerLip": […], "mouthCorners": [left, right], "lips": […]}`.

    Args:
        path: a JSON file; `lips`, the red, may be left out.
        vertices: how many there are.

    Raises:
        RigImportError: it is not that.
    """
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        upper, lower, corners, red = (
            tuple(int(i) for i in told.get(key, ())) for key in ("upperLip", "lowerLip", "mouthCorners", "lips")
        )
    except OSError as error:
        raise RigImportError(f"cannot read {path}: {error.strerror}") from error
    except (ValueError, TypeError, AttributeError) as error:
        raise RigImportError(f"{path} names no lips ({error}); docs/rigs.md shows how") from error
    if not upper or len(upper) != len(lower) or len(corners) != 2:
        raise RigImportError(f"{path} needs as many upperLip as lowerLip, and two mouthCorners")
    if not all(0 <= vertex < vertices for vertex in (*upper, *lower, *corners, *red)):
        raise RigImportError(f"{path} names vertices beyond the face's {vertices}")
    return Lips(upper, lower, (corners[0], corners[1]), red)
