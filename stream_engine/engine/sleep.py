"""When a slot's network may sleep: after seconds without speech, with the sound near the room's noise floor.

    awake ──▶ dozing ──▶ asleep        dozing: still stepped, while the face goes over to idle life
      ◀─────────┴──────────┘           at once, with the first tick that is louder, or speech

The level is that of the sound with its low frequencies turned down: a soft first consonant shows there, and the hum of
a room does not. The floor falls at once to the quietest tick and rises slowly, so steady noise is no reason to wake.
"""

from enum import Enum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from stream_engine.clock import TICK_S

DOZE_TICKS: Final = 15
"""How long the network still steps once the slot is to sleep: the cross-fade to idle life, 300 ms."""
PRE_ROLL_TICKS: Final = 10
"""Sound before the wake that the network catches up on, 200 ms: soft beginnings of a word."""
CATCH_UP_S: Final = 0.012
"""And how long it may take over that."""
QUIET_PROBABILITY: Final = 0.25
"""Voice activity under which there is no speech, as for turns."""
SHORT_NAP_S: Final = 2.0
"""A slot woken by what was no speech sleeps again after so long."""

_PRE_EMPHASIS: Final = np.float32(0.95)
_ABOVE_FLOOR_DB: Final = 6.0
_LOWEST_FLOOR_DB: Final = -76.0
_FLOOR_RISE_DB: Final = 2.0 * TICK_S
_FAINTEST: Final = 1e-12


class Wakefulness(Enum):
    """A slot's state."""

    AWAKE = 0
    DOZING = 1
    ASLEEP = 2


def levels(audio: NDArray[np.float32]) -> NDArray[np.float32]:
    """Pre-emphasised level of each tick.

    Args:
        audio: `[B, 320]`, -1..1.

    Returns:
        `[B]`, dBFS, not under -120.
    """
    sharp = audio[:, 1:] - _PRE_EMPHASIS * audio[:, :-1]
    power = np.einsum("bn,bn->b", sharp, sharp) / sharp.shape[1]
    level: NDArray[np.float32] = 10 * np.log10(power + _FAINTEST)
    return level


class Sleeper:
    """One slot's way between waking and sleep.

    Args:
        after_s: quiet seconds until it dozes off.
    """

    def __init__(self, after_s: float) -> None:
        self._after = round(after_s / TICK_S)
        self._nap = min(self._after, round(SHORT_NAP_S / TICK_S))
        self._needed = self._after
        self._quiet = 0
        self._floor: float | None = None
        self._voice = 0.0

    def hear(self, level_db: float, voice: float) -> Wakefulness:
        """Takes one tick in.

        Args:
            level_db: see :func:`levels`.
            voice: probability of speech, 0..1; NaN if the tick completed no chunk.
        """
        if voice == voice:  # a number
            self._voice = voice
        floor = level_db if self._floor is None else min(level_db, self._floor + _FLOOR_RISE_DB)
        self._floor = max(floor, _LOWEST_FLOOR_DB)
        speech = self._voice >= QUIET_PROBABILITY
        if speech:
            self._needed = self._after
        if speech or level_db > self._floor + _ABOVE_FLOOR_DB:
            self._quiet = 0
            return Wakefulness.AWAKE
        self._quiet += 1
        if self._quiet <= self._needed:
            return Wakefulness.AWAKE
        if self._quiet <= self._needed + DOZE_TICKS:
            return Wakefulness.DOZING
        self._needed = self._nap
        self._quiet = self._nap + DOZE_TICKS  # stays asleep, and counts no further
        return Wakefulness.ASLEEP
