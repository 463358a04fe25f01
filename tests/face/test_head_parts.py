"""The shipped head's anatomy: each morph in its region, sides mirrored, nothing passing through what it must not."""

from functools import cache

import numpy as np
import pytest

from models.face.channels import BLENDSHAPES
from models.face.gltf import Glb, read_glb
from models.face.head_rig import HEAD_PATH
from tests.face.parts import VISEMES, Array, Part, both, normals_of

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


def test_the_file_is_small_and_within_its_budget(glb: Glb) -> None:
    assert HEAD_PATH.stat().st_size < 3e6
    counts = {m["name"]: len(part(m["name"]).rest) for m in glb.document["meshes"]}
    assert 10_000 <= sum(counts.values()) <= 25_000


def test_nodes_are_named_and_eyes_turn_about_their_centres(glb: Glb) -> None:
    nodes = {node["name"]: node for node in glb.document["nodes"]}
    root = glb.document["nodes"][glb.document["scenes"][0]["nodes"][0]]
    assert root["name"] == "bust"
    assert "shirt" in {glb.document["nodes"][i]["name"] for i in root["children"]}  # it stays when the head turns
    root = nodes["head"]
    assert {"skin", "teeth_upper", "teeth_lower", "tongue", "eye_left", "eye_right", "brows", "lashes", "hair"} <= {
        glb.document["nodes"][i]["name"] for i in root["children"]
    }
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


# Where a morph may move the skin by more than half a millimetre: y from, y to (None: no limit).
UPPER, LOWER, ALL = (-45.0, None), (None, -10.0), (None, None)
REGION: dict[str, tuple[float | None, float | None]] = {
    **dict.fromkeys((n for n in NAMES if n.startswith("eye")), (-40.0, 45.0)),
    **dict.fromkeys((n for n in NAMES if n.startswith("brow")), (0.0, 90.0)),
    **dict.fromkeys((n for n in NAMES if n.startswith("jaw")), (-120.0, -20.0)),
    **dict.fromkeys((n for n in NAMES if n.startswith("mouth")), (-100.0, -5.0)),
    **dict.fromkeys((n for n in NAMES if n.startswith("cheekSquint")), (-55.0, 12.0)),
    **dict.fromkeys((n for n in NAMES if n.startswith("noseSneer")), (-62.0, 18.0)),
    "cheekPuff": (-85.0, 0.0),
    "tongueOut": (-85.0, -40.0),
}


@pytest.mark.parametrize("name", NAMES)
def test_a_morph_moves_its_region_and_no_other(skin: Part, name: str) -> None:
    moved = np.abs(skin.morphs[name]).max(1) > 0.5
    assert moved.any()
    low, high = REGION[name]
    y, x, z = skin.rest[moved, 1], skin.rest[moved, 0], skin.rest[moved, 2]
    assert low is None or y.min() >= low
    assert high is None or y.max() <= high
    if not name.startswith(("jaw", "mouth", "tongue")):
        assert z.min() > -5
    if name.endswith("Left") and not name.startswith(("jaw", "mouth")):
        assert x.min() > -15
    if name.endswith("Right") and not name.startswith(("jaw", "mouth")):
        assert x.max() < 15


def test_left_and_right_mirror_each_other(skin: Part) -> None:
    mirror = np.array(skin.extras["loops"]["mirror"])
    flip = np.array([-1.0, 1.0, 1.0])
    assert np.abs(skin.rest[mirror] * flip - skin.rest).max() < 1e-3
    for name, morph in skin.morphs.items():
        twin = name.removesuffix("Left") + "Right" if name.endswith("Left") else name
        if name.endswith("Right"):
            continue
        assert np.abs(morph[mirror] * flip - skin.morphs[twin]).max() < 0.05, name


@pytest.mark.parametrize("name", [n for n in NAMES if n.startswith("eye") and n.endswith("Left")])
@pytest.mark.parametrize("weight", [0.1, 0.25, 0.5, 0.75, 1.0])
def test_lids_never_touch_the_eyeball(skin: Part, name: str, weight: float) -> None:
    reach = np.linalg.norm(skin.posed({name: weight}) - EYE_CENTRE, axis=1).min()
    ball = part("eye_left")
    assert reach > np.linalg.norm(ball.posed({name: weight}), axis=1).max() + 0.1


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


POSES = {name: {name: 1.0} for name in NAMES} | VISEMES | {
    name: both(name, 1.0) for name in ("mouthSmile", "mouthStretch", "mouthPress", "mouthDimple", "mouthFrown")
}  # fmt: skip


@pytest.mark.parametrize("pose", POSES)
def test_lips_stay_in_front_of_the_teeth(skin: Part, pose: str) -> None:
    """No lip vertex lies more than 0.75 mm behind the front of the nearest tooth."""
    weights = POSES[pose]
    lips = skin.posed(weights)[skin.extras["loops"]["lips"]]
    for name in ("teeth_upper", "teeth_lower"):
        teeth = part(name)
        posed = teeth.posed(weights)
        rows = len(posed) // 11
        front = slice(3 * rows, 7 * rows)
        points, normals = posed[front], normals_of(posed, teeth.faces)[front]
        distance = np.linalg.norm(lips[:, None] - points[None], axis=2)
        nearest = distance.argmin(1)
        depth = ((lips - points[nearest]) * normals[nearest]).sum(1)[distance.min(1) < 3]
        assert (depth > -0.75).all()


def test_visemes_differ_in_the_lips(skin: Part) -> None:
    """Every two visemes differ by more than a millimetre somewhere that a lip-reader looks."""
    lips = skin.extras["loops"]["lips"]
    shapes = {name: skin.posed(weights)[lips] for name, weights in VISEMES.items()}
    names = list(shapes)
    for i, one in enumerate(names):
        for other in names[:i]:
            difference = np.linalg.norm(shapes[one] - shapes[other], axis=1)
            assert difference.max() > 1.2, (one, other)


@pytest.mark.parametrize("pose", VISEMES)
def test_normals_stay_near_the_surface_they_shade(skin: Part, pose: str) -> None:
    """Rest normals plus their morphs point within 35° of the posed mesh's, for all but a few vertices."""
    weights = VISEMES[pose]
    shaded = skin.normals + sum((w * skin.turns[n] for n, w in weights.items()), np.zeros_like(skin.normals))
    shaded = shaded / np.linalg.norm(shaded, axis=1, keepdims=True)
    used = np.unique(skin.faces)
    agreement = (shaded * normals_of(skin.posed(weights), skin.faces)).sum(1)[used]
    assert np.quantile(agreement, 0.02) > np.cos(np.radians(35))
