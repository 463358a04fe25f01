"""The built-in head as a rig, read from the file that ships. Needs numpy alone."""

from pathlib import Path

from models.face.channels import BLENDSHAPES
from models.face.gltf import GltfFormatError, read_glb
from models.face.rig import Rig
from models.face.rig_file import morph_name, rig_of_glb

HEADS: tuple[str, ...] = ("mira", "kofi", "edda")
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


def load_head(path: Path | None = None, *, look: str = HEADS[0], light: bool = False) -> Rig:
    """Load a built-in head's skin.

    Args:
        path: a file written by `models.face.head.build`; None for the one that ships.
        look: which of `HEADS`, where no path is given.
        light: its light variant.

    Returns:
        The rig, in millimetres: named `head` if it is the first look's, else as the look.

    Raises:
        FileNotFoundError: there is no such file; build it with `python -m models.face build`.
        GltfFormatError: the file is no head of ours.
        ValueError: there is no such look.
    """
    path = head_path(look, light=light) if path is None else path
    glb = read_glb(path)
    skin, _ = glb.part("skin")
    if sorted(skin["extras"]["targetNames"]) != sorted(map(morph_name, BLENDSHAPES)):
        raise GltfFormatError(path, "its skin does not carry exactly ARKit's 52 morph targets")
    return rig_of_glb(glb, "head" if look == HEADS[0] else look)
