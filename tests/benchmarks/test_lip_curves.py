from itertools import pairwise

import numpy as np
import pytest

from benchmarks.lip_curves import concordance, dtw_distance, misalignment, third_difference, warp_costs, warp_path
from models.face.lip_measures import Floats


def talk(shift_s: float = 0.0, count: int = 200) -> Floats:
    """A wandering curve at 50 a second, of three sines between 1 and 2.5 Hz."""
    t = np.arange(count) / 50 - shift_s
    return np.asarray(np.sin(2 * np.pi * 1.0 * t) + 0.7 * np.sin(2 * np.pi * 1.7 * t + 1) + 0.5 * np.sin(16 * t))


@pytest.mark.parametrize("delay_ms", [0, 20, 60])
def test_the_misalignment_of_a_delayed_copy_is_its_delay(delay_ms: int) -> None:
    truth = talk()
    late, early = (talk(sign * delay_ms / 1000) for sign in (1, -1))
    for found in misalignment(np.stack([late, early]), truth, 50):
        assert found.mean_ms == pytest.approx(delay_ms, abs=5)
        assert found.matched > 0.8


def test_a_mouth_that_never_moves_has_nothing_to_match() -> None:
    (found,) = misalignment(np.zeros(200), talk(), 50)
    assert np.isnan(found.mean_ms)
    assert found.matched == 0


def test_warping_undoes_a_change_of_tempo_but_not_of_size() -> None:
    slow = np.interp(np.arange(0, 199, 0.8), np.arange(200), talk())
    assert dtw_distance(slow, talk())[0] < 0.05
    np.testing.assert_allclose(dtw_distance(np.stack([talk(), talk() + 10]), talk())[0], 0)
    assert dtw_distance(talk() + 10, talk())[0] == pytest.approx(10, abs=2)


def test_a_path_through_costs_runs_from_corner_to_corner() -> None:
    cost = np.random.default_rng(0).random((1, 5, 7))
    (total,) = warp_costs(cost)
    path = warp_path(total)
    assert path[0] == (0, 0)
    assert path[-1] == (4, 6)
    assert sum(cost[0, i, j] for i, j in path) == pytest.approx(total[-1, -1])
    assert all(0 <= b[0] - a[0] <= 1 and 0 <= b[1] - a[1] <= 1 and a != b for a, b in pairwise(path))


def test_concordance_is_one_only_for_equals() -> None:
    assert concordance(talk(), talk()) == pytest.approx(1)
    assert concordance(talk() + 1, talk()) < 0.7
    assert concordance(0.5 * talk(), talk()) == pytest.approx(0.8)  # 2 · 0.5 / (1 + 0.25)
    assert concordance(np.zeros(200), talk()) == 0


def test_the_third_difference_sees_tremble_and_not_parabolas() -> None:
    t = np.arange(50.0)
    points = np.stack([t**2, 3 * t, np.ones(50)], -1)[:, None]
    np.testing.assert_allclose(third_difference(points), 0, atol=1e-9)
    points[:, 0, 2] = (-1.0) ** t
    np.testing.assert_allclose(third_difference(points), 8, atol=1e-9)
