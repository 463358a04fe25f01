"""The mouth on every built-in head: it seals, visemes can be told apart by the lips, lips and teeth never cross."""

from functools import cache
from itertools import combinations

import numpy as np
import pytest
from numpy.typing import NDArray

from models.face.channels import BLENDSHAPES
from models.face.gltf import read_glb
from models.face.head_rig import HEADS, head_path
from models.face.poses import EMOTIONS, VISEMES, Pose, both
from tests.face.parts import Array, Part, normals_of

Indices = NDArray[np.int_]

POSES: dict[str, Pose] = {
    **{name: {name: 1.0} for name in BLENDSHAPES},
    **VISEMES,
    **EMOTIONS,
    **{name: both(**{name: 1.0}) for name in ("MouthSmile", "MouthStretch", "MouthPress", "MouthDimple", "MouthFrown")},
}


@cache
def part(look: str, name: str) -> Part:
    return Part(read_glb(head_path(look)), name)


def posed(look: str, name: str, pose: Pose) -> Array:
    return part(look, name).posed({channel[0].lower() + channel[1:]: weight for channel, weight in pose.items()})


def gaps(look: str, pose: Pose) -> Array:
    loops = part(look, "skin").extras["loops"]
    skin = posed(look, "skin", pose)
    signed: Array = skin[loops["upperLip"], 1] - skin[loops["lowerLip"], 1]
    return signed


@pytest.mark.parametrize("look", HEADS)
def test_an_open_jaw_seals_at_every_weight(look: str) -> None:
    for x in np.linspace(0, 1, 101):
        assert (gaps(look, {"JawOpen": x, "MouthClose": x}) < 0.5).all(), x


@pytest.mark.parametrize("look", HEADS)
def test_the_whole_line_of_the_lips_seals(look: str) -> None:
    """Not at three points alone: along the mouth no lower rim is more than half a millimetre under its partner."""
    skin = part(look, "skin")
    lips = np.array(skin.extras["loops"]["lips"])
    rest = skin.rest[lips]
    upper_ids, lower_ids = _contact_rows(lips, rest, skin.extras["loops"])
    for x in (0.1, 0.25, 0.5, 0.75, 1.0):
        moved = posed(look, "skin", {"JawOpen": x, "MouthClose": x})
        assert (moved[upper_ids, 1] - moved[lower_ids, 1]).max() < 0.5, x


def _contact_rows(lips: Indices, rest: Array, loops: dict[str, list[int]]) -> tuple[Indices, Indices]:
    """Partners along the contact: for each x of the upper rim the lower vertex with the same x and z at rest."""
    upper_z = rest[np.isin(lips, loops["upperLip"])][:, 2].mean()
    near = np.abs(rest[:, 2] - upper_z) < 8
    pairs_u, pairs_l = [], []
    for i in np.flatnonzero(near):
        partner = near & (np.abs(rest[:, 0] - rest[i, 0]) < 0.01) & (np.abs(rest[:, 2] - rest[i, 2]) < 0.3)
        for j in np.flatnonzero(partner):
            if 0.27 < rest[j, 1] - rest[i, 1] < 0.33:  # at rest they overlap by 0.3
                pairs_u.append(lips[i])
                pairs_l.append(lips[j])
    assert len(pairs_u) >= 20
    return np.array(pairs_u), np.array(pairs_l)


def lip_shape(look: str, pose: Pose) -> Array:
    """What a lip-reader sees, millimetres: width, opening, how far each lip stands out, height of each lip's red."""
    loops = part(look, "skin").extras["loops"]
    skin = posed(look, "skin", pose)
    left, right = loops["mouthCorners"]
    lips = np.array(loops["lips"])
    middle = lips[np.abs(part(look, "skin").rest[lips, 0]) < 3]
    upper_rim, lower_rim = skin[loops["upperLip"][0], 1], skin[loops["lowerLip"][0], 1]
    resting = part(look, "skin").rest
    above = middle[resting[middle, 1] >= resting[loops["upperLip"][0], 1] - 0.01]
    below = middle[resting[middle, 1] <= resting[loops["lowerLip"][0], 1] + 0.01]
    width = np.linalg.norm(skin[left] - skin[right])
    return np.array([
        width, upper_rim - lower_rim, skin[above, 2].max(), skin[below, 2].max(),
        skin[above, 1].max() - upper_rim, lower_rim - skin[below, 1].min(),
    ])  # fmt: skip


@pytest.mark.parametrize("look", HEADS)
def test_visemes_can_be_told_apart_by_the_lips(look: str) -> None:
    """Any two differ by at least 1.2 mm in width, opening, protrusion and height of the red together."""
    shapes = {name: lip_shape(look, pose) for name, pose in VISEMES.items()}
    for one, other in combinations(shapes, 2):
        assert np.linalg.norm(shapes[one] - shapes[other]) > 1.2, (one, other)


@pytest.mark.parametrize("look", HEADS)
def test_visemes_have_the_shapes_they_are_named_for(look: str) -> None:
    shapes = {name: lip_shape(look, pose) for name, pose in VISEMES.items()}
    rest = shapes["sil"]
    width, opening, upper_out = 0, 1, 2
    assert shapes["PP"][opening] < 0.5
    assert shapes["FF"][opening] < 2.0
    assert shapes["aa"][opening] == max(shape[opening] for shape in shapes.values())
    assert shapes["ou"][width] == min(shape[width] for shape in shapes.values())
    assert shapes["ou"][upper_out] > rest[upper_out] + 4
    assert shapes["oh"][width] < 0.9 * rest[width]
    assert shapes["ih"][width] > 1.03 * rest[width]
    assert shapes["E"][opening] > shapes["ih"][opening]


@pytest.mark.parametrize("pose", POSES)
@pytest.mark.parametrize("look", HEADS)
def test_lips_stay_in_front_of_the_teeth(look: str, pose: str) -> None:
    """No lip vertex lies more than 0.75 mm behind the front of the nearest tooth."""
    lips = posed(look, "skin", POSES[pose])[part(look, "skin").extras["loops"]["lips"]]
    for name in ("teeth_upper", "teeth_lower"):
        teeth = posed(look, name, POSES[pose])
        rows = len(teeth) // 11
        front = slice(3 * rows, 7 * rows)
        points, normals = teeth[front], normals_of(teeth, part(look, name).faces)[front]
        distance = np.linalg.norm(lips[:, None] - points[None], axis=2)
        nearest = distance.argmin(1)
        depth = ((lips - points[nearest]) * normals[nearest]).sum(1)[distance.min(1) < 3]
        assert (depth > -0.75).all(), name
