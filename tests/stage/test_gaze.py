"""Gaze targets: eyes go there in a saccade, the head a third of the way and later, and everything comes back."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from models.face.channels import CHANNEL_COUNT, channel_index
from stream_engine.stage.style import MAX_TARGET_PITCH, MAX_TARGET_YAW, GazeTarget, Style
from stream_engine.stage.style_motion import StyleGlide

TICK_S = 0.02
REST = np.zeros(CHANNEL_COUNT, np.float32)
targets = st.builds(
    GazeTarget, st.floats(-MAX_TARGET_YAW, MAX_TARGET_YAW), st.floats(-MAX_TARGET_PITCH, MAX_TARGET_PITCH)
)


def looking(target: GazeTarget, **changes: object) -> Style:
    return Style().changed(gaze="target", gaze_target=target, **changes)


def angles(frame: NDArray[np.float32], axis: str) -> tuple[float, float]:
    """The head's angle, and the left eye's within it."""
    return float(frame[channel_index(f"Head{axis}")]), float(frame[channel_index(f"LeftEye{axis}")])


def path(glide: StyleGlide, ticks: int) -> list[NDArray[np.float32]]:
    return [glide.frame(REST) for _ in range(ticks)]


@given(targets)
def test_eyes_and_head_reach_the_target_together(target: GazeTarget) -> None:
    glide = StyleGlide(Style())
    glide.turn(looking(target))
    settled = path(glide, 100)[-1]
    for axis, wanted in (("Yaw", target.yaw), ("Pitch", target.pitch)):
        head, eye = angles(settled, axis)
        assert head == pytest.approx(wanted / 3, abs=1e-4)
        assert head + eye == pytest.approx(wanted, abs=1e-3)
    np.testing.assert_allclose(StyleGlide(looking(target)).frame(REST), settled, atol=1e-4)


def test_the_eyes_are_there_in_a_saccade_and_the_head_follows() -> None:
    glide = StyleGlide(Style())
    glide.turn(looking(GazeTarget(0.5, 0.1)))
    frames = path(glide, 60)
    gaze = [sum(angles(frame, "Yaw")) for frame in frames]
    head = [angles(frame, "Yaw")[0] for frame in frames]
    assert gaze[4] == pytest.approx(0.5, abs=0.01)
    assert all(at == pytest.approx(0.5, abs=0.01) for at in gaze[4:])  # the head's turn does not carry it off
    assert head[4] < 0.05
    assert 10 < next(i for i, angle in enumerate(head) if angle > 0.15) < 30
    assert np.abs(np.diff(head, 2)).max() / TICK_S**2 < 15  # radians per second squared: no jerk of the neck
    outward = frames[-1][channel_index("EyeLookOutLeft")]
    assert outward == pytest.approx(angles(frames[-1], "Yaw")[1] / np.deg2rad(30), abs=1e-3)


def test_a_target_that_is_dragged_is_followed_without_a_jump() -> None:
    glide = StyleGlide(looking(GazeTarget()))
    frames = []
    for step in range(40):
        glide.turn(looking(GazeTarget(0.02 * step)))
        frames += path(glide, 5)
    gaze = [sum(angles(frame, "Yaw")) for frame in frames]
    assert np.abs(np.diff(gaze)).max() < 0.03
    assert gaze[-1] == pytest.approx(0.78, abs=0.01)


def test_a_gaze_let_go_is_the_networks_again() -> None:
    glide = StyleGlide(looking(GazeTarget(-0.6, 0.3)))
    glide.turn(Style())
    frames = path(glide, 120)
    assert frames[-1] is REST
    gaze = [sum(angles(frame, "Yaw")) for frame in frames]
    assert gaze[4] == pytest.approx(0, abs=1e-3)
    assert np.abs(np.diff(gaze)).max() < 0.36


def test_the_eyes_stay_alive_on_the_target() -> None:
    glide = StyleGlide(looking(GazeTarget(0.3)))
    glances = np.zeros((2, CHANNEL_COUNT), np.float32)
    glances[1, channel_index("LeftEyeYaw")] = 0.1
    still, moved = (sum(angles(glide.frame(glance), "Yaw")) for glance in glances)
    assert 0.003 < moved - still < np.deg2rad(1)


def test_a_head_held_still_leaves_it_to_the_eyes() -> None:
    head, eye = angles(StyleGlide(looking(GazeTarget(0.4), head_motion=0)).frame(REST), "Yaw")
    assert head == 0
    assert eye == pytest.approx(0.4, abs=1e-3)
    assert angles(StyleGlide(looking(GazeTarget(0.9), head_motion=0)).frame(REST), "Yaw")[1] < np.deg2rad(36)


@pytest.mark.parametrize("wrong", [(1.0, 0.0), (0.0, -0.7), (float("nan"), 0.0)])
def test_a_target_out_of_reach_is_refused(wrong: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="gaze target's"):
        GazeTarget(*wrong)
