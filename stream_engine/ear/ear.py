"""Any sound in, 16 kHz ticks aligned to media time out."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from stream_engine.clock import MEDIA_RATE, MODEL_RATE, TICK_MEDIA, TICK_SAMPLES
from stream_engine.ear.resampler import Resampler, UnsupportedSoundError, as_float
from stream_engine.ear.tick import AudioTick
from stream_engine.frames import AudioChunk

MAX_GAP_MEDIA: Final = 2 * MEDIA_RATE
"""Gaps up to this long (two seconds) are filled with silence; a longer jump, or one back by as much, starts afresh."""
_MEDIA_PER_SAMPLE: Final = MEDIA_RATE // MODEL_RATE
_ROUNDING: Final = _MEDIA_PER_SAMPLE + 1
"""Deviations of media time up to this are rounding: a unit at the door, a sample at a change of rate."""


class Ear:
    """Cuts one voice into ticks.

    Media time rules: what is missing becomes silence, what comes twice is trimmed, so a tick's samples are always
    those of its media time (plus the resampler's delay of 1 ms). What deviates by a
    sample at 16 kHz is rounding.
    """

    def __init__(self) -> None:
        self._resampler: Resampler | None = None
        self._index = 0  # of the tick being gathered
        self._gathered: list[NDArray[np.float32]] = []
        self._count = 0  # samples gathered for it
        self._anchor = 0  # media time at which the resampler's input began
        self._pushed = 0  # samples the resampler was given since
        self._received_at = 0.0

    @property
    def next_tick(self) -> int:
        """Index of the tick being gathered."""
        return self._index

    @property
    def next_media_time(self) -> int:
        """Media time up to which sound was heard."""
        if self._resampler is None:
            return 0
        return self._anchor + self._pushed * MEDIA_RATE // self._resampler.sample_rate

    def push(self, chunk: AudioChunk) -> list[AudioTick]:
        """Hears a chunk; returns the ticks it completes, often one, sometimes none or several.

        After a jump (see `MAX_GAP_MEDIA`) the first tick's index does not follow the last one's: whoever keeps a state
        over ticks starts afresh there.

        Raises:
            UnsupportedSoundError: a rate, type or shape the ear cannot hear, or a negative media time; nothing changed.
        """
        samples = as_float(chunk.pcm)
        if chunk.media_time < 0:
            raise UnsupportedSoundError(f"media time {chunk.media_time}; it counts from 0")
        if self._resampler is None or self._resampler.sample_rate != chunk.sample_rate:
            self._start(Resampler(chunk.sample_rate), chunk.media_time)
        self._received_at = chunk.received_at
        gap = chunk.media_time - self.next_media_time
        if abs(gap) > MAX_GAP_MEDIA:
            self._start(Resampler(chunk.sample_rate), chunk.media_time, jump=True)
        elif gap > _ROUNDING:
            ticks = self._hear(np.zeros(round(gap * chunk.sample_rate / MEDIA_RATE), np.float32))
            return ticks + self._hear(samples)
        elif gap < -_ROUNDING:
            samples = samples[round(-gap * chunk.sample_rate / MEDIA_RATE) :]
        return self._hear(samples)

    def flush(self) -> list[AudioTick]:
        """Completes the tick being gathered with silence, together with what the resampler still delays."""
        if self._resampler is None:
            return []
        delayed = self._resampler.delay_samples
        if not self._count and not delayed:
            return []
        missing = -(self._count + delayed) % TICK_SAMPLES + delayed
        return self._hear(np.zeros(-(-missing * self._resampler.sample_rate // MODEL_RATE), np.float32))

    def _start(self, resampler: Resampler, media_time: int, *, jump: bool = False) -> None:
        """Goes on with another resampler: at a jump, at a change of rate, and for the first chunk."""
        first = self._resampler is None
        if first or jump:
            self._index, offset = divmod(media_time, TICK_MEDIA)
            lead = offset // _MEDIA_PER_SAMPLE
            self._gathered, self._count = [np.zeros(lead, np.float32)], lead
            self._anchor = media_time
        else:
            self._anchor = self._index * TICK_MEDIA + self._count * _MEDIA_PER_SAMPLE
        self._resampler = resampler
        self._pushed = 0

    def _hear(self, samples: NDArray[np.float32]) -> list[AudioTick]:
        if self._resampler is None:
            raise AssertionError("the ear hears nothing before its first chunk")
        self._pushed += len(samples)
        ready = self._resampler.push(samples)
        self._gathered.append(ready)
        self._count += len(ready)
        if self._count < TICK_SAMPLES:
            return []
        sound: NDArray[np.float32] = np.concatenate(self._gathered)
        ticks = []
        for start in range(0, self._count - TICK_SAMPLES + 1, TICK_SAMPLES):
            ticks.append(AudioTick(sound[start : start + TICK_SAMPLES], self._index, self._received_at))
            self._index += 1
        rest = sound[len(ticks) * TICK_SAMPLES :]
        self._gathered, self._count = [rest], len(rest)
        return ticks
