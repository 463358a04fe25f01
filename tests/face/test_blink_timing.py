"""A rate of blinks and the shift of the noise that gives it are each other's inverse, and cost nothing to ask for."""

from time import perf_counter

import numpy as np
import pytest

from models.face.blink_timing import BLINK_THRESHOLD, BlinkRateError, blink_shift, blinks_per_minute


@pytest.mark.parametrize("threshold", [1.8, BLINK_THRESHOLD])
@pytest.mark.parametrize("rate", [0.1, 1, 7.3, 16, 30, 60, 90])
def test_the_shift_for_a_rate_gives_that_rate(rate: float, threshold: float) -> None:
    assert blinks_per_minute(blink_shift(rate, threshold), threshold) == pytest.approx(rate, rel=0.005)


def test_rates_rise_with_the_shift() -> None:
    shifts = [blink_shift(float(rate)) for rate in np.geomspace(1e-9, 90, 500)]
    assert (np.diff(shifts) >= 0).all()
    assert shifts[0] < -4


def test_a_slider_may_ask_for_any_rate_while_voices_wait() -> None:
    blink_shift(16)
    began_s = perf_counter()
    for rate in np.linspace(1, 60, 200):
        blink_shift(float(rate))
    assert perf_counter() - began_s < 0.1  # one search for one rate took a tenth of that


@pytest.mark.parametrize("rate", [0, -1, 90.1, float("nan")])
def test_rates_beyond_the_noise_are_refused(rate: float) -> None:
    with pytest.raises(BlinkRateError, match="0 and up to 90"):
        blink_shift(rate)
