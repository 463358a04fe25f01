"""How often a slot blinks: its noise, bent so that the network's own blinks start more or less often.

A network starts a blink where one number of a tick's noise is above a threshold (`ModelFacts.blink_threshold`). Moving
that number moves the rate, and every other number stays as the seed has it.
"""

from statistics import NormalDist
from typing import Final

from stream_engine.clock import TICK_S
from stream_engine.stage.style import Style

NATURAL_RATE: Final = Style().blinks_per_minute
"""At this rate the noise is left as drawn."""
REFRACTORY_S: Final = 0.4
"""No blink starts so soon after another, or at high rates they would melt together."""
_REFRACTORY_TICKS: Final = round(REFRACTORY_S / TICK_S)


class BlinkRate:
    """One slot's.

    Args:
        threshold: of the network.
        per_minute: blinks, 0..60.
    """

    def __init__(self, threshold: float, per_minute: float = NATURAL_RATE) -> None:
        self._threshold = threshold
        self._since = _REFRACTORY_TICKS
        self.turn(per_minute)

    def turn(self, per_minute: float) -> None:
        """Blinks at another rate from the next tick on."""
        self._bent = per_minute != NATURAL_RATE
        if self._bent and per_minute > 0:
            # What of a gap is free to chance is shorter by the time in which no blink may start.
            chance = TICK_S / (60 / per_minute - REFRACTORY_S)
            self._shift = self._threshold - NormalDist().inv_cdf(1 - chance)
        else:
            self._shift = 0.0
        self._never = per_minute <= 0

    def bend(self, drawn: float) -> float:
        """The number the network gets for the one drawn for this tick."""
        value = drawn + self._shift
        resting = self._bent and self._since < _REFRACTORY_TICKS
        if value > self._threshold and (self._never or resting):
            value = 0.0
        self._since = 0 if value > self._threshold else self._since + 1
        return value
