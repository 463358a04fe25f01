"""The only place that reads the wall clock, and the arithmetic of media time.

Media time is a count of 48 kHz samples since the session's first sample. One tick is 20 ms: 960 samples at 48 kHz,
320 at 16 kHz, one motion frame. Everything that needs "now" is handed a :class:`Clock`, so that tests can turn it.
"""

import time
from typing import Final, Protocol

from models import ticks

MEDIA_RATE: Final = 48_000
"""Media-time units per second."""
TICK_MEDIA: Final = 960
"""Media-time units per tick (20 ms)."""
MODEL_RATE: Final = ticks.SAMPLE_RATE
"""Sample rate the ear and the models hear, Hz."""
TICK_SAMPLES: Final = ticks.TICK_SAMPLES
"""Samples at `MODEL_RATE` per tick (20 ms)."""
TICK_S: Final = ticks.TICK_S
TICK_MS: Final = ticks.TICK_MS


class Clock(Protocol):
    """Source of time; injected everywhere."""

    def monotonic(self) -> float:
        """Seconds that never jump; shared by all processes of one machine."""
        ...

    def wall(self) -> float:
        """Seconds since the Unix epoch, for logs and timecodes."""
        ...


class SystemClock:
    """The real clock."""

    def monotonic(self) -> float:
        """Seconds from `time.monotonic` (CLOCK_MONOTONIC: comparable across processes)."""
        return time.monotonic()

    def wall(self) -> float:
        """Seconds since the Unix epoch."""
        return time.time()


class ManualClock:
    """A clock that only moves when told to, for tests.

    Attributes:
        now: current monotonic time in seconds.
    """

    def __init__(self, now: float = 0.0, epoch: float = 1_700_000_000.0) -> None:
        self.now = now
        self._epoch = epoch

    def monotonic(self) -> float:
        """Seconds since the clock was made, as advanced by hand."""
        return self.now

    def wall(self) -> float:
        """Epoch offset plus monotonic time."""
        return self._epoch + self.now

    def advance(self, seconds: float) -> None:
        """Moves the clock forward.

        Raises:
            ValueError: seconds is negative.
        """
        if seconds < 0:
            raise ValueError("a clock does not run backwards")
        self.now += seconds


def media_to_ms(media_time: int) -> float:
    """Media-time units to milliseconds."""
    return media_time * 1000 / MEDIA_RATE
