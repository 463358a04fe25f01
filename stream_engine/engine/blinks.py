"""How often a slot blinks: its noise, bent so that the network's own blinks start more or less often.

A network starts a blink where one number of a tick's noise is above a threshold (`ModelFacts.blink_threshold`), the
sooner after the last one the less likely (`models.face.blink_timing`). Moving that number moves the rate, and every
other number stays as the seed has it. The rate is that of a face at rest; in talk it blinks more often by itself.
"""

from typing import Final

from models.face.blink_timing import blink_shift
from stream_engine.stage.style import Style

NATURAL_RATE: Final = Style().blinks_per_minute
"""At this rate the noise is left as drawn."""
_NEVER: Final = -50.0
"""So far below any threshold that nothing in the network makes up for it."""


class BlinkRate:
    """One slot's.

    Args:
        threshold: of the network.
        per_minute: blinks, 0..60.
    """

    def __init__(self, threshold: float, per_minute: float = NATURAL_RATE) -> None:
        self._threshold = threshold
        self.turn(per_minute)

    def turn(self, per_minute: float) -> None:
        """Blinks at another rate from the next tick on."""
        if per_minute == NATURAL_RATE:
            self._shift = 0.0
        elif per_minute > 0:
            self._shift = blink_shift(per_minute, self._threshold)
        else:
            self._shift = _NEVER

    def bend(self, drawn: float) -> float:
        """The number the network gets for the one drawn for this tick."""
        return drawn + self._shift
