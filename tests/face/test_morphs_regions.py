"""Each of the 52 morphs, on every built-in head, moves its own part of the skin alone, the same on both sides."""

from functools import cache

import numpy as np
import pytest

from models.face.channels import BLENDSHAPES
from models.face.gltf import read_glb
from models.face.head_rig import HEADS, head_path
from tests.face.parts import Array, Part

MOVED_MM = 0.5
SIDED = {"JawLeft", "JawRight", "MouthLeft", "MouthRight"}
"""These end in a side's name but move both halves."""

Box = tuple[tuple[float, float], tuple[float, float], float]
"""x from and to (of the left morph), y from and to, the least z; millimetres, the eyes' centres at y = 0."""

EYE: Box = ((6, 62), (-26, 32), 54)
LIPS: Box = ((-36, 36), (-80, -30), 28)
CORNER: Box = ((-7, 48), (-82, -28), 16)
AROUND_MOUTH: Box = ((-48, 48), (-98, -26), 14)
JAW: Box = ((-72, 72), (-122, -24), -18)
REGIONS: dict[str, Box] = {
    **dict.fromkeys(("EyeBlink", "EyeLookDown", "EyeLookIn", "EyeLookOut", "EyeLookUp", "EyeWide"), EYE),
    "EyeSquint": ((6, 62), (-36, 32), 54),  # the pouch under the lid rises too
    "BrowDown": ((-12, 68), (4, 62), 40),
    "BrowOuterUp": ((10, 76), (8, 70), 14),
    "BrowInnerUp": ((-42, 42), (6, 70), 60),
    "CheekSquint": ((8, 66), (-50, -6), 44),
    "CheekPuff": ((-72, 72), (-86, -8), -2),
    "NoseSneer": ((-14, 36), (-58, 14), 30),
    **dict.fromkeys(("JawOpen", "JawForward", "JawLeft", "JawRight"), JAW),
    **dict.fromkeys(("MouthClose", "MouthFunnel", "MouthPucker", "MouthLeft", "MouthRight"), AROUND_MOUTH),
    "MouthShrugLower": AROUND_MOUTH,  # the chin's muscle
    "MouthSmile": ((-7, 62), (-84, -8), 14),  # the cheek rises
    **dict.fromkeys(("MouthFrown", "MouthDimple", "MouthStretch"), CORNER),
    **dict.fromkeys(("MouthRollLower", "MouthPress"), LIPS),
    "MouthLowerDown": ((-16, 38), (-82, -42), 28),
    **dict.fromkeys(("MouthRollUpper", "MouthShrugUpper"), ((-36, 36), (-60, -26), 28)),
    "MouthUpperUp": ((-16, 48), (-58, -16), 28),
    "TongueOut": ((-20, 20), (-76, -44), 44),
}


@cache
def skin(look: str) -> Part:
    return Part(read_glb(head_path(look)), "skin")


def morph(look: str, name: str) -> Array:
    return skin(look).morphs[name[0].lower() + name[1:]]


def stem(name: str) -> str:
    return name if name in SIDED else name.removesuffix("Left").removesuffix("Right")


def twin(name: str) -> str:
    """The same on the other side."""
    if name.endswith("Left"):
        return name.removesuffix("Left") + "Right"
    return name.removesuffix("Right") + "Left" if name.endswith("Right") else name


@pytest.mark.parametrize("name", BLENDSHAPES)
@pytest.mark.parametrize("look", HEADS)
def test_it_moves_its_region_and_no_other(look: str, name: str) -> None:
    moved = np.linalg.norm(morph(look, name), axis=1) > MOVED_MM
    assert moved.sum() > 60
    (left, right), (low, high), back = REGIONS[stem(name)]
    if name.endswith("Right") and name not in SIDED:
        left, right = -right, -left
    x, y, z = skin(look).rest[moved].T
    assert left <= x.min()
    assert x.max() <= right
    assert low <= y.min()
    assert y.max() <= high
    assert back <= z.min()


@pytest.mark.parametrize("name", BLENDSHAPES)
@pytest.mark.parametrize("look", HEADS)
def test_left_mirrors_right(look: str, name: str) -> None:
    mirror = np.array(skin(look).extras["loops"]["mirror"])
    mirrored = morph(look, name)[mirror] * (-1, 1, 1)
    assert np.abs(mirrored - morph(look, twin(name))).max() < 0.05


@pytest.mark.parametrize("look", HEADS)
def test_the_skin_at_rest_is_symmetric(look: str) -> None:
    rest = skin(look).rest
    mirror = np.array(skin(look).extras["loops"]["mirror"])
    assert np.abs(rest[mirror] * (-1, 1, 1) - rest).max() < 0.02


@pytest.mark.parametrize("look", HEADS)
def test_the_jaw_turns_about_its_joints(look: str) -> None:
    """The chin at JawOpen goes down and back on a circle; the upper lip and the brow stay."""
    part = skin(look)
    chin = int(np.argmin(np.abs(part.rest - (0, -84, 66)).sum(1)))
    down, back = morph(look, "JawOpen")[chin, 1:]
    assert down < -22
    assert back < -4
    lip = part.extras["loops"]["upperLip"][0]
    assert np.linalg.norm(morph(look, "JawOpen")[lip]) < 1.5
    forward = morph(look, "JawForward")[chin]
    assert forward[2] > 4
    assert abs(forward[1]) < 1
    assert morph(look, "JawLeft")[chin, 0] > 6


# Which way a morph takes its landmark (of the left side), the largest component's sign: what ARKit means by it.
DIRECTIONS: dict[str, tuple[tuple[float, float, float], tuple[float, float, float]]] = {
    "BrowDownLeft": ((14, 30, 76), (0, -1, 0)),
    "BrowInnerUp": ((10, 34, 78), (0, 1, 0)),
    "BrowOuterUpLeft": ((44, 36, 66), (0, 1, 0)),
    "CheekSquintLeft": ((37, -27, 68), (0, 1, 0)),
    "CheekPuff": ((44, -46, 52), (1, 0, 1)),
    "NoseSneerLeft": ((11, -25, 84), (0, 1, 0)),
    "MouthPucker": ((0, -56, 84), (0, 0, 1)),
    "MouthFunnel": ((0, -58, 84), (0, 0, 1)),
    "MouthShrugLower": ((0, -56, 84), (0, 1, 1)),
    "MouthRollLower": ((0, -52, 82), (0, 0, -1)),
    "MouthRollUpper": ((0, -50, 82), (0, 0, -1)),
    "MouthLowerDownLeft": ((12, -57, 80), (0, -1, 0)),
    "MouthUpperUpLeft": ((12, -46, 80), (0, 1, 0)),
    "MouthSmileLeft": ((25, -49, 72), (1, 1, 0)),
    "MouthFrownLeft": ((25, -49, 72), (0, -1, 0)),
    "MouthStretchLeft": ((25, -49, 72), (1, 0, 0)),
    "MouthDimpleLeft": ((25, -49, 72), (1, 0, -1)),
    "MouthLeft": ((0, -52, 82), (1, 0, 0)),
    "TongueOut": ((0, -57, 84), (0, 0, 1)),
}


@pytest.mark.parametrize("name", DIRECTIONS)
@pytest.mark.parametrize("look", HEADS)
def test_it_goes_the_way_arkit_means(look: str, name: str) -> None:
    place, way = DIRECTIONS[name]
    near = np.linalg.norm(skin(look).rest - place, axis=1).argsort()[:12]
    mean = morph(look, name)[near].mean(0)
    for component, sign in zip(mean, way, strict=True):
        assert component * sign >= 0.35 * abs(sign), (name, mean)
