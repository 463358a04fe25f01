"""The built-in head as a rig, read from the file that ships. Needs numpy alone."""

from pathlib import Path

import numpy as np

from models.face.channels import BLENDSHAPES
from models.face.gltf import GltfFormatError, read_glb
from models.face.rig import Rig

HEADS: tuple[str, ...] = ("mira",)
"""Names of the built-in heads, as in `models.face.head.looks`; the first is the one that is measured."""


def head_path(look: str = HEADS[0], *, light: bool = False) -> Path:
    """Where the output of `python -m models.face build --look LOOK [--light]` is kept.

    Raises:
        ValueError: there is no such look.
    """
    if look not in HEADS:
        raise ValueError(f"no built-in head is called {look!r}; there are {', '.join(HEADS)}")
    return Path(__file__).with_name("head") / f"{look}{'.light' if light else ''}.glb"


HEAD_PATH = head_path()
"""The first built-in head."""

_M_TO_MM = 1000.0


def load_head(path: Path = HEAD_PATH) -> Rig:
    """Load the built-in head's skin.

    Args:
        path: a file written by `models.face.head.build`.

    Returns:
        The rig named `head`, in millimetres.

    Raises:
        FileNotFoundError: there is no such file; build it with `python -m models.face build`.
        GltfFormatError: the file is no head of ours.
    """
    glb = read_glb(path)
    skin = glb.mesh("skin")
    primitive = skin["primitives"][0]
    names = skin["extras"]["targetNames"]
    wanted = [name[0].lower() + name[1:] for name in BLENDSHAPES]
    if sorted(names) != sorted(wanted):
        raise GltfFormatError(path, "its skin does not carry exactly ARKit's 52 morph targets")
    neutral = (glb.array(primitive["attributes"]["POSITION"]) * _M_TO_MM).astype(np.float32)
    targets = [primitive["targets"][names.index(name)]["POSITION"] for name in wanted]
    deltas = np.stack([glb.array(target) * _M_TO_MM for target in targets]).astype(np.float32)
    loops = skin["extras"].get("loops")
    if loops is None:
        raise GltfFormatError(path, "its skin does not say which vertices are lips")
    left, right = loops["mouthCorners"]
    return Rig(
        name="head",
        neutral=neutral,
        deltas=deltas,
        upper_lip=np.array(loops["upperLip"], np.int64),
        lower_lip=np.array(loops["lowerLip"], np.int64),
        lips=np.array(loops["lips"], np.int64),
        mouth_corners=(int(left), int(right)),
    )
