"""Unit, axes and sides are told from how a face moves."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from models.face.importers.placement import place
from models.face.importers.source_rig import Fit, Quality, RigImportError, SourceRig
from tests.face.importers.plain_face import EYE_X, plain_face

FACE = plain_face()
TURNS = {
    "as glTF": np.eye(3),
    "z up, looking along -y": np.array([[1.0, 0, 0], [0, 0, 1], [0, -1, 0]]),
    "looking along -z": np.diag([-1.0, 1, -1]),
    "looking along +x": np.array([[0.0, 0, -1], [0, 1, 0], [1, 0, 0]]),
}
"""Where a face's left, up and forward are, as rows."""


def source(turn: NDArray[np.float64], scale: float = 1.0) -> SourceRig:
    deltas = {name: delta @ turn * scale for name, delta in FACE.deltas.items()}
    fits = {name: Fit(Quality.EXACT) for name in deltas}
    return SourceRig("test", FACE.vertices @ turn * scale, FACE.faces, deltas, fits)


@pytest.mark.parametrize("turn", TURNS)
def test_however_a_face_stands_it_is_turned_to_look_along_z(turn: str) -> None:
    placed, placement = place(source(TURNS[turn], 0.1))
    np.testing.assert_allclose(placed.vertices, FACE.vertices, atol=1e-6)
    for name, delta in FACE.deltas.items():
        np.testing.assert_allclose(placed.deltas[name], delta, atol=1e-6)
    np.testing.assert_array_equal(placement.axes, TURNS[turn])
    assert placement.notes == ()


@pytest.mark.parametrize(("unit", "scale"), [("m", 0.001), ("cm", 0.1), ("mm", 1.0), ("inch", 1 / 25.4)])
def test_the_eyes_tell_the_unit(unit: str, scale: float) -> None:
    placed, placement = place(source(np.eye(3), scale))
    assert placement.unit == unit
    np.testing.assert_allclose(placed.vertices, FACE.vertices, atol=1e-6)
    assert placement.pupil_distance_mm == pytest.approx(2 * EYE_X, abs=3)


def test_a_giant_is_scaled_to_human_size_and_told() -> None:
    placed, placement = place(source(np.eye(3), 0.017))
    assert "scaled" in placement.unit
    assert placement.pupil_distance_mm == pytest.approx(63)
    assert np.ptp(placed.vertices[:, 0]) == pytest.approx(120, rel=0.05)
    assert any("no common unit" in note for note in placement.notes)


def test_a_unit_may_be_told() -> None:
    placed, _ = place(source(np.eye(3)), mm_per_unit=2.0)
    np.testing.assert_allclose(placed.vertices, 2 * FACE.vertices)


def test_sides_named_from_the_viewers_side_are_swapped() -> None:
    right = source(np.eye(3))
    wrong = {
        name.replace("Left", "?").replace("Right", "Left").replace("?", "Right"): delta
        for name, delta in right.deltas.items()
    }
    placed, placement = place(replace(right, deltas=wrong))
    np.testing.assert_allclose(placed.deltas["EyeBlinkLeft"], FACE.deltas["EyeBlinkLeft"])
    np.testing.assert_allclose(placed.vertices, FACE.vertices)
    assert any("viewer's left" in note for note in placement.notes)


def test_without_eyes_gltfs_axes_and_metres_are_taken() -> None:
    jaw = source(np.eye(3), 0.001)
    placed, placement = place(replace(jaw, deltas={"JawOpen": jaw.deltas["JawOpen"]}))
    np.testing.assert_allclose(placed.vertices, FACE.vertices)
    assert len(placement.notes) == 2


def test_a_point_is_no_face() -> None:
    with pytest.raises(RigImportError, match="in one place"):
        place(replace(source(np.eye(3)), vertices=np.zeros_like(FACE.vertices)))
