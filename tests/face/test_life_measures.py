"""Measures of life find what was planted, and say nothing where there is nothing."""

import numpy as np
import pytest
from numpy.typing import NDArray

from models.face.channels import CHANNEL_COUNT, channel_index, channel_indices
from models.face.life_measures import MotionShapeError, life_figures

Motion = NDArray[np.float32]


def still(ticks: int = 3000) -> Motion:
    return np.zeros((ticks, CHANNEL_COUNT), np.float32)


def put(motion: Motion, names: tuple[str, ...], values: NDArray[np.floating]) -> None:
    for name in names:
        motion[:, channel_index(name)] = values


def test_a_mask_does_not_live() -> None:
    figures = life_figures(still())
    assert figures["blinks"]["per_minute"] == 0
    assert figures["blinks"]["closing_ms"] is None
    assert figures["gaze"]["on_listener"] == 1
    assert figures["gaze"]["fixation_s_p50"] is None
    assert figures["head"]["under_3hz"] is None
    assert figures["brows"]["raises_per_minute"] == 0
    assert set(figures["jitter"].values()) == {0.0}


def test_blinks_are_counted_and_timed() -> None:
    motion, lids = still(), np.full(3000, 0.05)
    shape = [0.25, 0.5, 0.75, 1, 1, 1, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1]
    for k in range(20):
        lids[100 + 140 * k : 115 + 140 * k] = 0.05 + 0.95 * np.array(shape)
    put(motion, ("EyeBlinkLeft", "EyeBlinkRight"), lids)
    blinks = life_figures(motion)["blinks"]
    assert blinks["per_minute"] == 20
    assert blinks["gap_s_p50"] == blinks["gap_shortest_s"] == pytest.approx(2.8)
    assert blinks["closing_ms"] == pytest.approx(64, abs=1)  # 0.1 to 0.9 at a quarter a tick
    assert blinks["shut_ms"] == pytest.approx(68, abs=1)
    assert blinks["opening_ms"] == pytest.approx(160, abs=1)


def test_gaze_is_that_in_the_world() -> None:
    motion = still()
    head = np.deg2rad(5) * np.sin(2 * np.pi * 0.5 * np.arange(3000) / 50)
    gaze = np.where(np.arange(3000) % 200 < 140, 0.0, np.deg2rad(10))
    gaze[140::200] = np.deg2rad(5)  # on the way
    put(motion, ("HeadYaw",), head)
    put(motion, ("LeftEyeYaw",), gaze - head - 0.01)
    put(motion, ("RightEyeYaw",), gaze - head + 0.01)
    figures = life_figures(motion)["gaze"]
    assert figures["on_listener"] == pytest.approx(0.7, abs=0.001)
    assert figures["saccade_ms"] == pytest.approx(30, abs=0.5)  # 40 there, 20 back
    assert figures["saccade_deg"] == pytest.approx(10, abs=0.01)
    assert figures["peak_deg_s"] == pytest.approx(250, abs=1)  # 15 of these, 14 of 500
    assert figures["saccades_per_minute"] == 29
    assert figures["fixation_s_p10"] == pytest.approx(1.16, abs=0.001)
    assert figures["micro_per_second"] == 0
    assert life_figures(motion)["jitter"]["gaze"] == pytest.approx(0, abs=1e-4)


def test_the_heads_spectrum_and_tremble() -> None:
    t = np.arange(3000) / 50
    motion = still()
    put(motion, ("HeadPitch",), np.deg2rad(3) * np.sin(2 * np.pi * t) + np.deg2rad(1) * np.sin(2 * np.pi * 10 * t))
    calm = still()
    put(calm, ("HeadPitch",), np.deg2rad(3) * np.sin(2 * np.pi * t))
    shaken, steady = life_figures(motion), life_figures(calm)
    assert shaken["head"]["under_3hz"] == pytest.approx(0.9, abs=0.005)
    assert shaken["head"]["over_6hz"] == pytest.approx(0.1, abs=0.005)
    assert steady["head"]["under_3hz"] == pytest.approx(1, abs=1e-4)
    assert steady["head"]["pitch_p99_deg"] == pytest.approx(3, abs=0.01)
    assert steady["head"]["speed_rms_deg_s"] == pytest.approx(3 * 2 * np.pi / np.sqrt(2), rel=0.01)
    # a sine's third difference: (2 sin(w/2))³ times its size
    expected = 3 * (2 * np.sin(np.pi / 50)) ** 3 / np.sqrt(2) / np.sqrt(3)
    assert steady["jitter"]["head"] == pytest.approx(expected, rel=0.01)


def test_brows_and_the_accents_they_follow() -> None:
    motion, brow, cues = still(), np.zeros(3000), np.zeros((3000, 4), np.float32)
    for k in range(10):
        brow[100 + 250 * k : 130 + 250 * k] = 0.4 * np.hanning(30)
        if k < 6:
            cues[105 + 250 * k : 110 + 250 * k, 2] = 1
    put(motion, ("BrowInnerUp", "BrowOuterUpLeft", "BrowOuterUpRight"), brow)
    brows = life_figures(motion, cues)["brows"]
    assert brows["raises_per_minute"] == 10
    assert brows["raise"] == pytest.approx(0.4, abs=0.01)
    assert brows["on_accent"] == pytest.approx(0.6)
    assert life_figures(motion)["brows"]["on_accent"] is None
    put(motion, ("BrowInnerUp", "BrowOuterUpLeft", "BrowOuterUpRight"), brow / 5)
    assert life_figures(motion)["brows"]["raises_per_minute"] == 0


def test_a_raise_counts_from_the_deepest_valley_before_it() -> None:
    motion = still(200)
    put(motion, ("BrowInnerUp", "BrowOuterUpLeft", "BrowOuterUpRight"), np.repeat([0.1, 0.15, 0.0, 0.2, 0.0], 40))
    brows = life_figures(motion)["brows"]
    assert brows["raises_per_minute"] == 15  # one in four seconds
    assert brows["raise"] == pytest.approx(0.2)


@pytest.mark.parametrize("shape", [(3000, 52), (99, 61), (3000,)])
def test_other_motion_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(MotionShapeError, match="T from 100 on"):
        life_figures(np.zeros(shape, np.float32))


def test_every_region_has_its_tremble() -> None:
    motion = still()
    motion[::2, channel_indices(("EyeBlinkLeft", "BrowInnerUp", "MouthSmileRight"))] = 0.1
    jitter = life_figures(motion)["jitter"]
    assert jitter["lids"] == pytest.approx(0.4 / np.sqrt(2), rel=0.01)
    assert jitter["brows"] == pytest.approx(0.4 / np.sqrt(5), rel=0.01)
    assert jitter["smile"] == pytest.approx(0.4 / 2, rel=0.01)
