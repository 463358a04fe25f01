"""Lips are found where people put them."""

import numpy as np
import pytest

from models.face.channels import BLENDSHAPE_COUNT, BLENDSHAPES, channel_index
from models.face.gltf import read_glb
from models.face.head_rig import HEAD_PATH, load_head
from models.face.importers.ict import ict_path, load_ict, read_ict
from models.face.importers.lip_finder import find_lips
from models.face.importers.source_rig import Indices, RigImportError
from models.face.rig import Rig
from tests.face.importers.plain_face import MOUTH_HALF, MOUTH_Y, plain_face

JAW = channel_index("JawOpen")


def test_the_slit_of_a_plain_face() -> None:
    face = plain_face()
    lips = find_lips(face.vertices, face.faces, face.deltas["JawOpen"])
    assert set(lips.upper) <= set(face.upper)
    assert set(lips.lower) <= set(face.lower)
    upper, lower = face.vertices[list(lips.upper)], face.vertices[list(lips.lower)]
    np.testing.assert_allclose(upper, lower, atol=1e-9)
    assert upper[0, 0] == 0
    assert upper[1, 0] == pytest.approx(-upper[2, 0])
    corners = face.vertices[list(lips.corners)]
    assert corners[0, 0] == pytest.approx(MOUTH_HALF, abs=3)
    assert corners[1, 0] == pytest.approx(-MOUTH_HALF, abs=3)
    assert np.abs(corners[:, 1] - MOUTH_Y).max() < 3
    assert {*lips.upper, *lips.lower} <= set(lips.red)


def test_a_texture_seam_parts_nothing() -> None:
    """Every triangle with vertices of its own is still one skin."""
    face = plain_face()
    loose = face.faces.reshape(-1)
    lips = find_lips(face.vertices[loose], np.arange(len(loose)).reshape(-1, 3), face.deltas["JawOpen"][loose])
    assert set(loose[list(lips.upper)]) <= set(face.upper)
    assert set(loose[list(lips.lower)]) <= set(face.lower)


def test_teeth_behind_the_lips_are_not_lips() -> None:
    face = plain_face()
    x = np.arange(-15, 16, 2.5)
    row = np.stack([x, np.full_like(x, MOUTH_Y), np.full_like(x, 84.0)], axis=1)
    teeth = np.concatenate([row, row - [0, 0.1, 0]])
    still, open_ = np.zeros_like(row), np.tile([0.0, -25, 0], (len(row), 1))
    triangles = np.array([[i, i + 1, i + 2] for i in (*range(len(x) - 2), *range(len(x), 2 * len(x) - 2))])
    lips = find_lips(
        np.concatenate([teeth, face.vertices]),
        np.concatenate([triangles, face.faces + len(teeth)]),
        np.concatenate([still, open_, face.deltas["JawOpen"]]),
    )
    assert {i - len(teeth) for i in lips.upper} <= set(face.upper)


def assert_like(rig: Rig, faces: Indices, apart_mm: float) -> None:
    """Found pairs answer every channel as the known ones do."""
    lips = find_lips(rig.neutral.astype(np.float64), faces, rig.deltas[JAW].astype(np.float64))
    middle = rig.neutral[[lips.upper[0], lips.lower[0]]] - rig.neutral[[rig.upper_lip[0], rig.lower_lip[0]]]
    assert np.linalg.norm(middle, axis=1).max() < apart_mm
    corners = rig.neutral[list(lips.corners)] - rig.neutral[list(rig.mouth_corners)]
    assert np.linalg.norm(corners, axis=1).max() < 4
    found = Rig(
        "found", rig.neutral, rig.deltas, np.array(lips.upper), np.array(lips.lower), np.array(lips.red), lips.corners
    )
    frames = np.concatenate([np.zeros((1, BLENDSHAPE_COUNT)), np.eye(BLENDSHAPE_COUNT)]).astype(np.float32)
    ours, known = (r.signed_gaps(frames).mean(-1) for r in (found, rig))
    for name, difference in zip(("rest", *BLENDSHAPES), ours - known, strict=True):
        assert abs(difference) < 1.6, name
    share = len(set(lips.red) & set(rig.lips.tolist())) / len(rig.lips)
    assert share > 0.8


def test_the_built_in_heads_lips() -> None:
    assert_like(load_head(), read_glb(HEAD_PATH).triangles("skin"), apart_mm=1.5)


@pytest.mark.data
def test_the_human_faces_lips() -> None:
    if not ict_path().is_file():
        pytest.skip(f"no ICT FaceKit at {ict_path()}")
    assert_like(load_ict(), read_ict(ict_path()).faces, apart_mm=1.0)


def test_a_jaw_that_parts_no_lips_is_told() -> None:
    face = plain_face()
    with pytest.raises(RigImportError, match="moves nothing"):
        find_lips(face.vertices, face.faces, np.zeros_like(face.vertices))
    with pytest.raises(RigImportError, match="parts no lips"):
        find_lips(face.vertices, face.faces, face.deltas["BrowInnerUp"])
