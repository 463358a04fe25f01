"""When blinks start: a threshold on noise that a blink raises, so that gaps are log-normal-like and their rate a dial.

A blink starts at a tick whose standard normal number, plus a shift, less what the last blink left behind, is above
`BLINK_THRESHOLD`. What a blink leaves behind dies away; for `REFRACTORY_S` none starts at all. Gaps then rise steeply
from nothing, peak, and have the long tail of the log-normal ones of people (Bentivoglio et al. 1997).
"""

import math
from functools import cache
from statistics import NormalDist
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.ticks import TICK_S

REFRACTORY_S: Final = 0.4
"""No blink starts so soon after another, or at high rates they would melt together."""
RECOVERY_DEPTH: Final = 1.5
"""What a blink takes off the noise when it starts, standard deviations."""
RECOVERY_S: Final = 1.1
"""Time constant with which that dies away."""
RECOVERY_DECAY: Final = math.exp(-TICK_S / RECOVERY_S)
BLINK_THRESHOLD: Final = 2.33
"""Without a shift 16 blinks a minute start at rest."""

SWING_URGE: Final = 0.9
"""What a large gaze shift adds to the noise in the tick it starts: blinks like to go with it."""
_SWINGS: Final = 27 / 3000
"""Share of ticks at which one starts, at rest."""

_LONGEST_TICKS: Final = 60_000
_REFRACTORY_TICKS: Final = round(REFRACTORY_S / TICK_S)
_NORMAL: Final = NormalDist()
_LIFTS: Final = np.arange(161) / 16 - 6.5
"""Shifts less the threshold for which rates are tabled: from a blink in months to more than anyone may ask for."""


class BlinkRateError(ValueError):
    """A rate that no shift of the noise can reach."""


def blinks_per_minute(shift: float, threshold: float = BLINK_THRESHOLD) -> float:
    """How many blinks start in a minute at rest, with a shift added to the noise."""
    gap, going = 0.0, 1.0
    for tick in range(1, _LONGEST_TICKS):
        gap += going
        if tick >= _REFRACTORY_TICKS:
            left = RECOVERY_DEPTH * RECOVERY_DECAY**tick
            height = shift - left - threshold
            chance = (1 - _SWINGS) * _NORMAL.cdf(height) + _SWINGS * _NORMAL.cdf(height + SWING_URGE)
            going *= 1 - chance
            if left < 1e-3:  # from here on the chance stays as it is
                gap += going / max(chance, 1e-12)
                break
    return 60 / (gap * TICK_S)


@cache
def _log_rates() -> NDArray[np.float64]:
    """`[161]`: logarithms of the rates at `_LIFTS`, rising."""
    return np.log([blinks_per_minute(lift, 0.0) for lift in _LIFTS.tolist()])


def blink_shift(per_minute: float, threshold: float = BLINK_THRESHOLD) -> float:
    """What to add to the noise for a rate; the inverse of :func:`blinks_per_minute`, within half a percent.

    The first call makes a table, which takes a moment (some 50 ms); every other reads it.

    Args:
        per_minute: above 0, up to 90.
        threshold: of the network.

    Raises:
        BlinkRateError: no such rate can be had.
    """
    if not 0 < per_minute <= 90:
        raise BlinkRateError(f"{per_minute:g} blinks a minute; the noise gives more than 0 and up to 90")
    # A network's threshold only moves the noise as a whole, so one table serves them all.
    return threshold + float(np.interp(math.log(per_minute), _log_rates(), _LIFTS))
