"""Every look in both variants: what a page or a rig may count on, and what keeps files and frames small."""

from functools import cache

import numpy as np
import pytest

from models.face.channels import BLENDSHAPES, CHANNEL_COUNT, channel_index
from models.face.gltf import Glb, read_glb
from models.face.head_rig import HEADS, head_path, load_head
from models.face.rig import Rig
from tests.face.parts import Part

NAMES = [name[0].lower() + name[1:] for name in BLENDSHAPES]
VARIANTS = [pytest.param(look, light, id=f"{look}{'-light' if light else ''}") for look in HEADS for light in (0, 1)]


@cache
def glb(look: str, light: bool) -> Glb:
    return read_glb(head_path(look, light=bool(light)))


@cache
def rig(look: str, light: bool) -> Rig:
    return load_head(look=look, light=bool(light))


def count(file: Glb, mesh: str) -> int:
    return len(file.array(file.mesh(mesh)["primitives"][0]["attributes"]["POSITION"]))


@pytest.mark.parametrize(("look", "light"), VARIANTS)
def test_vertices_and_draw_calls_are_within_the_budget(look: str, light: bool) -> None:
    file = glb(look, light)
    names = [mesh["name"] for mesh in file.document["meshes"]]
    total = sum(count(file, name) for name in names)
    assert total <= 8000 if light else 10_000 <= total <= 25_000
    assert count(file, "hair") <= (1500 if light else 5000)
    assert sum(len(mesh["primitives"]) for mesh in file.document["meshes"]) <= 10


def test_all_files_together_are_small() -> None:
    assert sum(head_path(look, light=light).stat().st_size for look in HEADS for light in (False, True)) < 8e6


@pytest.mark.parametrize(("look", "light"), VARIANTS)
def test_every_variant_has_the_same_parts_and_morphs(look: str, light: bool) -> None:
    first, file = glb(HEADS[0], False).document, glb(look, light).document
    assert [node["name"] for node in file["nodes"]] == [node["name"] for node in first["nodes"]]
    assert [material["name"] for material in file["materials"]] == [material["name"] for material in first["materials"]]
    for mesh, model in zip(file["meshes"], first["meshes"], strict=True):
        assert mesh["name"] == model["name"]
        assert mesh.get("extras", {}).get("targetNames") == model.get("extras", {}).get("targetNames")
        assert set(mesh.get("extras", {}).get("parts", {})) == set(model.get("extras", {}).get("parts", {}))
    assert Part(glb(look, light), "skin").extras["targetNames"] == NAMES


@pytest.mark.parametrize(("look", "light"), VARIANTS)
def test_lips_seal_at_every_opening_of_the_jaw(look: str, light: bool) -> None:
    frames = np.zeros((41, CHANNEL_COUNT), np.float32)
    frames[:, channel_index("JawOpen")] = frames[:, channel_index("MouthClose")] = np.linspace(0, 1, 41)
    gaps = rig(look, light).signed_gaps(frames)
    assert gaps.max() < 0.5
    frames[:, channel_index("MouthClose")] = 0
    assert (rig(look, light).lip_gap(frames)[8:] > 0.5).all()


@pytest.mark.parametrize("look", HEADS)
def test_the_light_variant_keeps_lips_and_lids_exactly(look: str) -> None:
    full, light = rig(look, False), rig(look, True)
    for a, b in ((full.upper_lip, light.upper_lip), (full.lower_lip, light.lower_lip), (full.lips, light.lips)):
        np.testing.assert_array_equal(full.neutral[a], light.neutral[b])
        np.testing.assert_array_equal(full.deltas[:, a], light.deltas[:, b])
    corners = list(full.mouth_corners), list(light.mouth_corners)
    np.testing.assert_array_equal(full.neutral[corners[0]], light.neutral[corners[1]])


@pytest.mark.parametrize("look", HEADS)
def test_the_light_skin_is_part_of_the_full_one_and_as_symmetric(look: str) -> None:
    full, light = rig(look, False), Part(glb(look, True), "skin")
    known = {tuple(p) for p in full.neutral.tolist()}
    rest = rig(look, True).neutral
    assert all(tuple(p) in known for p in rest.tolist())
    mirror = np.array(light.extras["loops"]["mirror"])
    np.testing.assert_allclose(rest[mirror] * (-1, 1, 1), rest, atol=1e-3)
    triangles = {tuple(sorted(f)) for f in light.faces.tolist()}
    assert {tuple(sorted(f)) for f in mirror[light.faces].tolist()} == triangles


@pytest.mark.parametrize(("look", "light"), VARIANTS)
def test_hair_keeps_out_of_eyes_mouth_and_nose(look: str, light: bool) -> None:
    """No hair before the middle of the face: it would hide what a face is read by."""
    hair = Part(glb(look, light), "hair").rest
    x, y, z = np.abs(hair[:, 0]), hair[:, 1], hair[:, 2]
    assert not ((z > 40) & (y < 22) & (x < 56)).any()


@pytest.mark.parametrize(("look", "light"), VARIANTS)
def test_normals_and_tangents_are_unit_and_orthogonal(look: str, light: bool) -> None:
    file = glb(look, light)
    for mesh in file.document["meshes"]:
        attributes = mesh["primitives"][0]["attributes"]
        normals = file.array(attributes["NORMAL"])
        np.testing.assert_allclose(np.linalg.norm(normals, axis=1), 1, atol=2e-3)
        if "TANGENT" in attributes:
            tangents = file.array(attributes["TANGENT"])
            np.testing.assert_allclose(np.linalg.norm(tangents[:, :3], axis=1), 1, atol=2e-2)
            assert set(np.unique(tangents[:, 3])) <= {-1.0, 1.0}
            assert np.abs((tangents[:, :3] * normals).sum(1)).max() < 0.03
    assert "TANGENT" in file.mesh("skin")["primitives"][0]["attributes"]
