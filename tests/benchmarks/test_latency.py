import numpy as np
import pytest

from benchmarks.latency_analysis import (
    AlignmentError,
    Microphone,
    align,
    first_shown,
    percentiles,
    since_captured,
    stages,
)
from benchmarks.speech_source import burst, speech_and_bursts


def blocks(count: int, rate: int = 44_100, first_ms: float = 100.0) -> list[list[float]]:
    """10 ms blocks, each arriving when its last sample is there."""
    size = rate // 100
    return [[first_ms + 10 * (i + 1), size * i, size] for i in range(count)]


def test_the_offset_is_found_though_each_side_misses_bursts_and_hears_others() -> None:
    rng = np.random.default_rng(0)
    positions = np.cumsum(rng.uniform(0.7, 1.3, 30)) * 48_000
    heard = positions + 123_456 + rng.normal(0, 10, 30)
    found = align(np.delete(positions, [3, 9]), np.append(np.delete(heard, [0, 20]), [7.0, 99_999.0]))
    assert found.offset == pytest.approx(123_456, abs=10)
    assert found.matches == 26
    assert found.spread_ms < 1


def test_unrelated_bursts_are_an_error() -> None:
    rng = np.random.default_rng(0)
    with pytest.raises(AlignmentError, match="bursts agree"):
        align(np.cumsum(rng.uniform(0.7, 1.3, 10)) * 48_000, np.cumsum(rng.uniform(0.7, 1.3, 10)) * 48_000)
    with pytest.raises(AlignmentError, match="0 in the page"):
        align([], [1.0, 2.0])


def test_a_sound_is_as_old_as_its_place_in_the_block_that_has_just_arrived() -> None:
    microphone = Microphone.of(blocks(10), 44_100)
    np.testing.assert_allclose(microphone.start[:3], [0, 480, 960])
    np.testing.assert_allclose(microphone.instant_of([0, 240, 480, 4752]), [100, 105, 110, 199])
    assert np.isnan(microphone.instant_of([-1, 4800])).all()


def test_a_microphone_that_lost_blocks_is_refused() -> None:
    complete = blocks(400)
    Microphone.of(complete, 44_100).check_complete()
    later = [[arrival + 20, start, count] for arrival, start, count in complete[200:]]  # two blocks never came
    with pytest.raises(AlignmentError, match="lost 20 ms"):
        Microphone.of([*complete[:200], *later], 44_100).check_complete()


def test_a_microphone_that_stutters_is_told_from_a_steady_one() -> None:
    steady = blocks(400)
    assert Microphone.of(steady, 44_100).unsteadiness_ms == pytest.approx(0, abs=0.1)
    stutters = [[arrival + 80 * (i % 50 < 5), start, count] for i, (arrival, start, count) in enumerate(steady)]
    assert Microphone.of(stutters, 44_100).unsteadiness_ms == pytest.approx(80, abs=1)


def test_latency_counts_from_the_sound() -> None:
    microphone = Microphone.of(blocks(300), 44_100)
    media = np.arange(0, 100) * 960 + 5000  # media time lies 5000 ahead of positions
    arrival = microphone.instant_of(media - 5000) + 83
    np.testing.assert_allclose(since_captured(media, arrival, microphone, 5000), 83)
    assert np.isnan(since_captured([0, 10**9], [500.0, 500.0], microphone, 5000)).all()  # before, and after, the record


def test_a_frame_is_shown_once_the_screen_has_reached_its_instant() -> None:
    drawn = [[10.0, 100.0], [26.0, 900.0], [42.0, 1700.0], [58.0, 100_000.0]]
    shown = first_shown([0, 900, 901, 1800, 200_000], drawn)
    np.testing.assert_allclose(shown, [10, 26, 42, np.nan, np.nan])
    assert np.isnan(first_shown([0, 1], [])).all()


def test_stages_and_network_add_up_to_the_whole() -> None:
    whole = np.full(10, 85.0)
    split = stages(whole, {"ear_queue": np.full(10, 2.0), "model": np.full(10, 5.0), "return": np.full(10, 1.0)}, 60)
    assert {name: value["p50"] for name, value in split.items()} == {
        "ear_queue": 2,
        "model": 5,
        "return": 1,
        "network": 17,
    }


def test_percentiles_are_ordered_and_want_samples() -> None:
    found = percentiles(np.arange(101))
    assert found == {"p50": 50, "p95": 95, "p99": 99}
    with pytest.raises(ValueError, match="no samples"):
        percentiles([])


def test_bursts_stand_out_of_the_speech_and_come_at_irregular_times() -> None:
    sound = speech_and_bursts(12)
    loud = np.flatnonzero(np.abs(sound) > 0.45)
    onsets = loud[np.flatnonzero(np.diff(loud, prepend=-48_000) > 4800)]
    assert 9 <= len(onsets) <= 16
    gaps = np.diff(onsets)
    assert gaps.min() > 0.65 * 48_000
    assert len(set((gaps // 480).tolist())) > 5
    assert np.abs(burst(0.01)).max() == pytest.approx(0.9, abs=0.02)
