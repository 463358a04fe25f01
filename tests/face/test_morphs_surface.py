"""The skin's surface in motion, on every built-in head: no fold-overs, shading that follows, lids clear of the eyes."""

from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray

from models.face.channels import BLENDSHAPES
from models.face.gltf import read_glb
from models.face.head_rig import HEADS, head_path
from models.face.poses import EMOTIONS, VISEMES, Pose
from tests.face.parts import Array, Part, normals_of

Indices = NDArray[np.int_]

POSES: dict[str, Pose] = {**{name: {name: 1.0} for name in BLENDSHAPES if name != "MouthClose"}, **VISEMES, **EMOTIONS}
"""MouthClose alone passes the lips through each other by design: it is meant on top of an open jaw."""

LIDS = [name for name in BLENDSHAPES if name.startswith("Eye") and name.endswith("Left")]


@cache
def part(look: str, name: str) -> Part:
    return Part(read_glb(head_path(look)), name)


@cache
def outer_faces(look: str) -> Indices:
    """Faces one can see at rest: neither the lips' inner side nor the pockets behind the lids."""
    skin = part(look, "skin")
    lips = np.array(skin.extras["loops"]["lips"])
    hidden = np.zeros(len(skin.rest), np.bool_)
    contact = skin.rest[skin.extras["loops"]["upperLip"], 2].min()
    hidden[lips[skin.rest[lips, 2] < contact]] = True
    for name in ("eye_left", "eye_right"):
        away = np.linalg.norm(skin.rest - eye_centre(look, name), axis=1)
        hidden[away < 1.045 * radius(look, name)] = True
    outer: Indices = skin.faces[~hidden[skin.faces].any(1)]
    return outer


def eye_centre(look: str, name: str) -> Array:
    nodes = {node["name"]: node for node in read_glb(head_path(look)).document["nodes"]}
    return np.array(nodes[name]["translation"]) * 1000.0


def radius(look: str, name: str) -> float:
    return float(np.linalg.norm(part(look, name).rest, axis=1).mean())


@cache
def rim(look: str) -> NDArray[np.bool_]:
    """Which vertices are the edge of the left eye's lids: on the eyeball, and joined to the lids' outer skin."""
    skin = part(look, "skin")
    on_ball = np.linalg.norm(skin.rest - eye_centre(look, "eye_left"), axis=1) < 1.03 * radius(look, "eye_left")
    mixed = on_ball[skin.faces].any(1) & ~on_ball[skin.faces].all(1)
    edge = np.zeros(len(skin.rest), np.bool_)
    edge[skin.faces[mixed]] = True
    joined: NDArray[np.bool_] = edge & on_ball
    return joined


def arkit(pose: Pose) -> dict[str, float]:
    return {name[0].lower() + name[1:]: weight for name, weight in pose.items()}


def areas(vertices: Array, faces: Indices) -> Array:
    """Of faces, mm²."""
    a, b, c = (vertices[faces[:, k]] for k in range(3))
    area: Array = 0.5 * np.linalg.norm(np.cross(b - a, c - a), axis=1)
    return area


def face_normals(vertices: Array, faces: Indices) -> Array:
    a, b, c = (vertices[faces[:, k]] for k in range(3))
    normal = np.cross(b - a, c - a)
    unit: Array = normal / np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-9)
    return unit


def neighbour_pairs(faces: Indices) -> Indices:
    """Pairs of faces that share an edge, `[N, 2]`."""
    edges = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    owner = np.tile(np.arange(len(faces)), 3)
    key = np.sort(edges, axis=1)
    order = np.lexsort((key[:, 1], key[:, 0]))
    same = (key[order][1:] == key[order][:-1]).all(1)
    return np.stack([owner[order][:-1][same], owner[order][1:][same]], -1)


@pytest.mark.parametrize("pose", POSES)
@pytest.mark.parametrize("look", HEADS)
def test_the_skin_never_folds_over(look: str, pose: str) -> None:
    """Neighbouring faces one can see never turn more than 100° from each other, nearly all within 60°."""
    faces = outer_faces(look)
    posed = part(look, "skin").posed(arkit(POSES[pose]))
    faces = faces[areas(posed, faces) > 0.05]  # a closing lid's corner may squeeze faces to threads
    normal, pairs = face_normals(posed, faces), neighbour_pairs(faces)
    angle = np.degrees(np.arccos(np.clip((normal[pairs[:, 0]] * normal[pairs[:, 1]]).sum(1), -1, 1)))
    assert (angle > 100).sum() <= 2  # a shut lid's inner corner is a crease
    assert (angle > 60).mean() < 0.006


@pytest.mark.parametrize("pose", [*VISEMES, *EMOTIONS])
@pytest.mark.parametrize("look", HEADS)
def test_shading_follows_the_surface(look: str, pose: str) -> None:
    """Rest normals plus their morphs point within 35° of the posed mesh's, for all but a fiftieth of the vertices."""
    skin, weights = part(look, "skin"), arkit(POSES[pose])
    shaded = skin.normals + sum((w * skin.turns[n] for n, w in weights.items()), np.zeros_like(skin.normals))
    shaded = shaded / np.linalg.norm(shaded, axis=1, keepdims=True)
    used = np.unique(skin.faces)
    agreement = (shaded * normals_of(skin.posed(weights), skin.faces)).sum(1)[used]
    assert np.quantile(agreement, 0.02) > np.cos(np.radians(35))


@pytest.mark.parametrize("name", LIDS)
@pytest.mark.parametrize("look", HEADS)
def test_lids_slide_clear_of_the_eyeball(look: str, name: str) -> None:
    skin, ball = part(look, "skin"), part(look, "eye_left")
    for weight in (0.1, 0.25, 0.5, 0.75, 1.0):
        pose = arkit({name: weight})
        reach = np.linalg.norm(skin.posed(pose) - eye_centre(look, "eye_left"), axis=1).min()
        assert reach > np.linalg.norm(ball.posed(pose), axis=1).max() + 0.1


@pytest.mark.parametrize("pose", [*VISEMES, *EMOTIONS])
@pytest.mark.parametrize("look", HEADS)
def test_no_pose_brings_lids_to_the_eyeball(look: str, pose: str) -> None:
    weights = arkit(POSES[pose])
    for name in ("eye_left", "eye_right"):
        reach = np.linalg.norm(part(look, "skin").posed(weights) - eye_centre(look, name), axis=1).min()
        assert reach > np.linalg.norm(part(look, name).posed(weights), axis=1).max()


@pytest.mark.parametrize("look", HEADS)
def test_the_upper_lid_covers_the_top_of_the_iris_at_rest_and_no_more(look: str) -> None:
    """The lid's edge over the pupil lies half to three and a half millimetres under the iris's top."""
    skin, centre, size = part(look, "skin"), eye_centre(look, "eye_left"), radius(look, "eye_left")
    offset = skin.rest - centre
    above = rim(look) & (np.abs(offset[:, 0]) < 4) & (offset[:, 1] > 0)
    iris_top = size * np.sin(np.radians(28.5))
    assert above.sum() >= 2
    assert 0.5 < iris_top - offset[above, 1].mean() < 3.5


@pytest.mark.parametrize("look", HEADS)
def test_a_blink_brings_the_rims_together(look: str) -> None:
    """Rims meet along the whole opening: every column's upper edge is at or below its lower one."""
    skin, centre = part(look, "skin"), eye_centre(look, "eye_left")
    offset, shut = skin.rest - centre, skin.posed({"eyeBlinkLeft": 1.0}) - centre
    edge = rim(look) & (np.abs(offset[:, 0]) < 15)
    upper, lower = edge & (offset[:, 1] > 3), edge & (offset[:, 1] < -3)
    assert upper.sum() >= 8
    assert lower.sum() >= 8
    across = np.argsort(shut[lower, 0])
    x, y = shut[lower, 0][across], shut[lower, 1][across]
    inside = upper & (shut[:, 0] > x[0]) & (shut[:, 0] < x[-1])
    assert (shut[inside, 1] <= np.interp(shut[inside, 0], x, y) + 0.05).all()
