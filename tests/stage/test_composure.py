"""Eyes rest between saccades and the head is steady, whatever the network's noise."""

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from models.face.channels import CHANNEL_COUNT, channel_index, channel_indices
from stream_engine.stage.composure import Composure

TICKS = 1500
HEAD = channel_indices(["HeadYaw", "HeadPitch"])
LEFT = channel_indices(["LeftEyeYaw", "LeftEyePitch"])
RIGHT = channel_indices(["RightEyeYaw", "RightEyePitch"])
LOOKS = channel_indices(f"EyeLook{way}{side}" for way in ("Down", "In", "Out", "Up") for side in ("Left", "Right"))
TRAVEL_TICKS = 4


def frames() -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """What the network does: `[T, 61]` and the gaze it means, degrees `[T, 2]`: noise, sway, slow saccades."""
    rng = np.random.default_rng(5)
    meant = np.zeros((TICKS, 2))
    for start in range(0, TICKS, 60):
        target = rng.uniform(-7, 7, 2) if start % 120 else np.zeros(2)
        meant[start:] = target
    ramp = np.ones(TRAVEL_TICKS) / TRAVEL_TICKS
    travelled = np.stack([np.convolve(axis, ramp)[:TICKS] for axis in meant.T], 1)
    noise = np.zeros((TICKS, 2))
    for t in range(1, TICKS):
        noise[t] = 0.9 * noise[t - 1] + 0.12 * rng.standard_normal(2)
    head = np.stack([4 * np.sin(np.arange(TICKS) / 40), 2 * np.cos(np.arange(TICKS) / 25)], 1)
    channels = rng.uniform(0, 0.2, (TICKS, CHANNEL_COUNT)).astype(np.float32)
    channels[:, channel_indices(["HeadRoll", "LeftEyeRoll", "RightEyeRoll"])] = 0
    tremble = rng.normal(0, 0.06, head.shape)
    head = head + tremble
    channels[:, HEAD] = np.radians(head)
    eyes = np.radians(travelled + noise - head)
    channels[:, LEFT] = channels[:, RIGHT] = eyes
    channels[:, LOOKS] = 0
    return channels, meant


@pytest.fixture(scope="module")
def told() -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float64]]:
    channels, meant = frames()
    composure = Composure()
    return channels, np.stack([composure.frame(frame) for frame in channels]), meant


def gaze(channels: NDArray[np.float32]) -> NDArray[np.float64]:
    """Where the eyes look, head and all, degrees `[T, 2]`."""
    return np.degrees((channels[:, LEFT] + channels[:, HEAD]).astype(np.float64))


def speed(channels: NDArray[np.float32]) -> NDArray[np.float64]:
    """Of the gaze, degrees a second."""
    return np.asarray(np.hypot(*np.diff(gaze(channels), axis=0).T) * 50)


def test_eyes_rest_between_saccades(told: tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float64]]) -> None:
    before, after, _ = told
    assert np.median(speed(before)) > 5
    assert np.median(speed(after)) < 0.3
    assert (speed(after) < 1).mean() > 0.9


def test_saccades_are_as_short_as_an_eye_makes_them(
    told: tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float64]],
) -> None:
    moving = np.concatenate([[False], speed(told[1]) > 8, [False]])
    starts, ends = np.flatnonzero(np.diff(moving.astype(int)) == 1), np.flatnonzero(np.diff(moving.astype(int)) == -1)
    at = gaze(told[1])
    sizes = np.hypot(*(at[ends] - at[starts]).T)
    assert (sizes > 3).sum() >= 15
    wanted_ms = 21 + 2.2 * sizes
    assert np.all(np.abs((ends - starts) * 20 - wanted_ms) <= 21)


def test_the_gaze_arrives_where_the_network_looks(
    told: tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float64]],
) -> None:
    _, after, meant = told
    apart = np.hypot(*(gaze(after) - meant).T)
    settled = [tick for start in range(0, TICKS, 60) for tick in range(start + 15, start + 60)]
    assert np.median(apart[settled]) < 0.8
    assert np.percentile(apart[settled], 99) < 2.5


def test_lids_follow_the_eyes_and_nothing_else_moves(
    told: tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float64]],
) -> None:
    before, after, _ = told
    touched = np.zeros(CHANNEL_COUNT, bool)
    touched[[*LEFT, *RIGHT, *LOOKS, *HEAD, channel_index("HeadRoll")]] = True
    np.testing.assert_array_equal(after[:, ~touched], before[:, ~touched])
    turned = np.degrees(after[:, channel_index("LeftEyePitch")] - before[:, channel_index("LeftEyePitch")])
    look = after[:, channel_index("EyeLookDownLeft")] - after[:, channel_index("EyeLookUpLeft")]
    np.testing.assert_allclose(look, turned / 30, atol=1e-5)
    assert after[:, LOOKS].min() >= 0
    assert after[:, LOOKS].max() <= 1


def test_the_head_keeps_its_way_and_loses_its_tremble(
    told: tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float64]],
) -> None:
    before, after, _ = (np.degrees(part[:, HEAD]) if part.shape[1] > 2 else part for part in told)
    jolts = [np.median(np.abs(np.diff(angles, n=3, axis=0))) for angles in (before, after)]
    assert jolts[1] < 0.25 * jolts[0]
    late = 2
    assert np.abs(after[late:] - before[:-late]).max() < 0.35


def test_a_fresh_start_takes_the_gaze_as_it_is() -> None:
    composure = Composure()
    frame = np.zeros(CHANNEL_COUNT, np.float32)
    composure.frame(frame)
    moved = frame.copy()
    moved[LEFT[0]] = moved[RIGHT[0]] = math.radians(10)
    assert composure.frame(moved)[LEFT[0]] == pytest.approx(0, abs=1e-3)
    composure.restart()
    assert composure.frame(moved)[LEFT[0]] == pytest.approx(math.radians(10))
