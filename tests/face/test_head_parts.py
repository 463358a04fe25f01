"""The shipped head's anatomy: each morph in its region, sides mirrored, nothing passing through what it must not."""

from functools import cache

import numpy as np
import pytest

from models.face.channels import BLENDSHAPES
from models.face.gltf import Glb, read_glb
from models.face.head_rig import HEAD_PATH
from tests.face.parts import Array, Part, both

NAMES = [name[0].lower() + name[1:] for name in BLENDSHAPES]
EYE_NODES = {node["name"]: node for node in read_glb(HEAD_PATH).document["nodes"] if node["name"].startswith("eye_")}
EYE_CENTRE = np.array(EYE_NODES["eye_left"]["translation"]) * 1000.0


@pytest.fixture(scope="module")
def glb() -> Glb:
    return read_glb(HEAD_PATH)


@cache
def part(name: str) -> Part:
    return Part(read_glb(HEAD_PATH), name)


@pytest.fixture(scope="module")
def skin() -> Part:
    return part("skin")


def vertices(glb: Glb) -> int:
    meshes = glb.document["meshes"]
    return sum(len(glb.array(m["primitives"][0]["attributes"]["POSITION"])) for m in meshes)


def test_the_file_is_small_and_within_its_budget(glb: Glb) -> None:
    assert HEAD_PATH.stat().st_size < 3e6
    assert 10_000 <= vertices(glb) <= 25_000
    assert len(glb.document["meshes"]) <= 10  # as many draw calls


def test_nodes_are_named_and_eyes_turn_about_their_centres(glb: Glb) -> None:
    nodes = {node["name"]: node for node in glb.document["nodes"]}
    root = glb.document["nodes"][glb.document["scenes"][0]["nodes"][0]]
    assert root["name"] == "bust"
    assert "shirt" in {glb.document["nodes"][i]["name"] for i in root["children"]}  # it stays when the head turns
    root = nodes["head"]
    assert {"skin", "mouth_bag", "teeth", "tongue", "eye_left", "eye_right", "highlights", "brows", "hair"} == {
        glb.document["nodes"][i]["name"] for i in root["children"]
    }
    for name, mesh in (("ears", "skin"), ("teeth_upper", "teeth"), ("teeth_lower", "teeth"), ("lashes", "brows")):
        assert glb.part(name)[0]["name"] == mesh
    for name, sign in (("eye_left", 1), ("eye_right", -1)):
        assert nodes[name]["translation"] == pytest.approx(EYE_CENTRE * (sign, 1, 1) / 1000.0)
        radius = np.linalg.norm(part(name).rest, axis=1)
        assert np.ptp(radius) < 0.02
        assert 21 < radius.mean() < 26


def test_the_skin_has_exactly_arkits_names(skin: Part) -> None:
    assert list(skin.morphs) == NAMES


def test_other_parts_use_the_same_names(glb: Glb) -> None:
    for mesh in glb.document["meshes"]:
        assert set(mesh.get("extras", {}).get("targetNames", [])) <= set(NAMES)


def test_the_jaw_takes_lower_teeth_and_tongue_but_not_the_upper() -> None:
    assert not part("teeth_upper").morphs
    for name in ("teeth_lower", "tongue"):
        assert {"jawOpen", "jawForward", "jawLeft", "jawRight"} <= set(part(name).morphs)
    lower = part("teeth_lower")
    incisor = int(np.argmax(lower.rest[:, 2]))
    assert lower.morphs["jawOpen"][incisor, 1] < -20
    tongue = part("tongue")
    tip = int(np.argmax(tongue.rest[:, 2]))
    lip = float(part("skin").rest[part("skin").extras["loops"]["upperLip"][0], 2])
    assert tongue.posed({"tongueOut": 1})[tip, 2] > lip + 10


def test_a_blink_closes_the_eye(skin: Part) -> None:
    """Seen from the front, closed lids leave no ray to the eyeball."""
    shut, faces = skin.posed(both("eyeBlink", 1.0)), skin.faces
    ball = part("eye_left")
    front = ball.posed({"eyeBlinkLeft": 1.0}) + EYE_CENTRE
    front = front[ball.rest[:, 2] > 0.6 * ball.rest[:, 2].max()]
    triangles = shut[faces]
    near = (np.abs(triangles[:, :, 0] - 33).min(1) < 30) & (np.abs(triangles[:, :, 1]).min(1) < 30)
    triangles = triangles[near & (triangles[:, :, 2].max(1) > 60)]
    a, b, c = (triangles[:, k, :2] for k in range(3))
    for p in front:
        w = [_cross(b - a, p[:2] - a), _cross(c - b, p[:2] - b), _cross(a - c, p[:2] - c)]
        over = (w[0] >= 0) & (w[1] >= 0) & (w[2] >= 0)
        assert triangles[over][:, :, 2].max() > p[2]


def _cross(u: Array, v: Array) -> Array:
    product: Array = u[:, 0] * v[:, 1] - u[:, 1] * v[:, 0]
    return product
