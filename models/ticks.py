"""How the networks' time is cut: one tick of sound in, one frame of motion out."""

from typing import Final

SAMPLE_RATE: Final = 16_000
"""Samples a second of all sound that networks hear and are taught with."""
TICK_SAMPLES: Final = 320
"""Samples of a tick."""
TICK_S: Final = TICK_SAMPLES / SAMPLE_RATE
"""Length of a tick, seconds; also the time between two frames."""
TICK_MS: Final = TICK_SAMPLES * 1000 // SAMPLE_RATE
