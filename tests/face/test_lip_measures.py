from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from models.face.lip_measures import (
    Closures,
    closed_below,
    closures,
    gap_at,
    open_at_rest,
    peak_lag_ms,
    pearson,
    real_mouth,
    rest_open_share,
    silence_mask,
    speech_range,
)

PHONES = [
    (0.0, 400.0, "SIL"),
    (400.0, 500.0, "B"),
    (500.0, 900.0, "AA"),
    (900.0, 980.0, "M"),
    (980.0, 1180.0, "IY"),
    (1180.0, 1580.0, "AE"),
    (1580.0, 2000.0, "SIL"),
]


def mouth(closed_ms: Sequence[tuple[float, float]], duration_ms: float = 2000) -> NDArray[np.float64]:
    """A gap of 10 mm that is shut in the given stretches, 50 fps."""
    times = np.arange(0, duration_ms, 20.0)
    gap = np.full(times.shape, 10.0)
    for start, end in closed_ms:
        gap[(times >= start) & (times <= end)] = 0
    return gap


RIGHT = [(0, 500), (900, 980), (1580, 2000)]


def test_a_right_mouth_closes_on_every_stop_and_on_no_vowel() -> None:
    counts = closures(mouth(RIGHT), PHONES)
    assert counts == Closures(stops=2, closed=2, closed_loose=2, vowel_points=2 * 21, vowel_points_closed=0)
    assert (counts.recall, counts.false_closure) == (1.0, 0.0)


def test_a_missed_stop_and_a_shut_vowel_are_counted() -> None:
    counts = closures(mouth([(0, 500), (1200, 1560), (1580, 2000)]), PHONES)
    assert counts.recall == 0.5
    assert counts.vowel_points_closed == 21  # the whole middle half of AE, and none of AA
    assert counts.false_closure == 0.5


@pytest.mark.parametrize(
    ("shut_ms", "strict", "loose"), [(1060, 1, 1), (1080, 1, 1), (1100, 0, 1), (1120, 0, 1), (1140, 0, 0)]
)
def test_a_late_closure_counts_only_within_its_reach(shut_ms: float, strict: int, loose: int) -> None:
    phones = [(0.0, 1000.0, "IY"), (1000.0, 1080.0, "P"), (1080.0, 2000.0, "IY")]  # centre 1040: reach 1080 or 1120
    counts = closures(mouth([(0, 100), (shut_ms, shut_ms)]), phones)
    assert (counts.closed, counts.closed_loose) == (strict, loose)


def test_a_frozen_mouth_closes_nothing() -> None:
    assert closures(np.zeros(100), PHONES).recall == 0
    assert closures(np.full(100, 7.0), PHONES).recall == 0


def test_seeds_add_up_like_clips_of_their_own() -> None:
    right, wrong = mouth(RIGHT), mouth([(0, 400), (1580, 2000)])
    together = closures(np.stack([right, wrong]), PHONES)
    assert together == closures(right, PHONES) + closures(wrong, PHONES)
    assert together.recall == 0.5  # the silence before B ends 50 ms before its centre, out of reach


def test_thresholds_do_not_depend_on_the_unit() -> None:
    gap = mouth(RIGHT) + np.random.default_rng(0).uniform(0, 2, 100)
    assert closures(gap, PHONES) == closures(gap * 0.01 + 3, PHONES)
    assert closed_below(gap * 2) == pytest.approx(2 * closed_below(gap))


def test_the_threshold_lies_at_15_percent_of_the_range() -> None:
    assert closed_below(np.linspace(0, 100, 101)) == pytest.approx(2 + 0.15 * (95 - 2))


@pytest.mark.parametrize("late_ms", [-60, 0, 40, 100])
def test_the_lag_is_found_and_late_is_positive(late_ms: int) -> None:
    rng = np.random.default_rng(1)
    times = np.arange(0, 6000, 20.0)
    tones = [(rng.uniform(1, 4), rng.uniform(0, 6.28)) for _ in range(6)]

    def aperture(at_ms: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(sum(np.sin(2 * np.pi * hz * at_ms / 1000 + phase) for hz, phase in tones))

    found = real_mouth(aperture(times - late_ms), aperture(np.arange(0, 6000, 40.0)), 25)
    assert found.lag_ms == late_ms
    assert found.r_by_lag.max() > 0.99
    if late_ms:
        assert found.r < found.r_by_lag.max()
    else:
        assert found.r == pytest.approx(1, abs=1e-6)


def test_a_mouth_that_never_moves_correlates_with_nothing() -> None:
    assert real_mouth(np.zeros(150), np.random.default_rng(0).uniform(size=75), 25).r == 0
    assert pearson([1.0, 2.0, 3.0], [3.0, 2.0, 1.0]) == pytest.approx(-1)


def test_correlation_is_the_mean_over_seeds() -> None:
    real = np.random.default_rng(2).uniform(size=75)
    right = gap_at(real, np.arange(0, 3000, 20.0), 25)
    assert real_mouth(np.stack([right, -right]), real, 25).r == pytest.approx(0, abs=1e-9)


def test_too_short_a_prediction_is_an_error() -> None:
    with pytest.raises(ValueError, match="video frames"):
        real_mouth(np.ones(5), np.ones(75), 25)


def test_a_flat_curve_peaks_at_no_lag() -> None:
    assert peak_lag_ms(np.zeros(41)) == 0


def test_gaps_are_interpolated_between_frames_and_held_beyond() -> None:
    np.testing.assert_allclose(gap_at([0.0, 2.0], [-5, 0, 10, 20, 90]), [0, 0, 1, 2, 2])


def test_silence_keeps_its_distance_from_speech() -> None:
    mask = silence_mask(PHONES, [0, 199, 200, 201, 450, 1700, 1779, 1780, 2500])
    assert mask.tolist() == [True, True, True, False, False, False, False, True, True]


def test_rest_is_measured_against_the_range_in_speech() -> None:
    reference = speech_range([np.linspace(0, 10, 1001)])
    assert reference == pytest.approx((0.2, 9.5))
    gap = np.array([0, 1.39, 1.40, 5])  # 0.15 · 9.3 = 1.395
    assert open_at_rest(gap, reference).tolist() == [False, False, True, True]
    assert rest_open_share(gap, reference) == 0.5
    assert np.isnan(rest_open_share(np.array([]), reference))
