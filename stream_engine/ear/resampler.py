"""Streaming resampling to 16 kHz that never holds a packet back.

FFmpeg's resampler (through PyAV) gives the same samples however the sound is cut up, but keeps half its filter's length
to itself: 960 samples at 48 kHz in, 304 out, and the tick would have to wait for the next packet. So its output is
delayed by those 16 samples (1 ms; at 8 kHz, where the filter spans more time, 2 ms) and every sample that is due is
there at once. soxr was measured too: it hands out blocks of its own, up to 40 ms late.
"""

from fractions import Fraction
from math import floor
from typing import Final

import av
import numpy as np
from numpy.typing import NDArray

from stream_engine.clock import MODEL_RATE
from stream_engine.frames import Pcm

MIN_RATE: Final = 8_000
"""Lowest sample rate heard, Hz."""
MAX_RATE: Final = 192_000
"""Highest sample rate heard, Hz."""
_HALF_FILTER: Final = 16  # libswresample's default filter_size is 32 taps at the lower of the two rates


class UnsupportedSoundError(ValueError):
    """Sound of a kind the ear cannot hear: an absurd rate, several channels, an unknown sample type."""


def check_rate(sample_rate: int) -> None:
    """Refuses rates nobody speaks at.

    Raises:
        UnsupportedSoundError: the rate is not within 8–192 kHz.
    """
    if not MIN_RATE <= sample_rate <= MAX_RATE:
        raise UnsupportedSoundError(f"sample rate {sample_rate} Hz; send {MIN_RATE} to {MAX_RATE} Hz, at best 48000")


def as_float(pcm: Pcm) -> NDArray[np.float32]:
    """Mono samples as float32 in -1..1; what is no number becomes silence.

    A single NaN would stay in a slot's caches for as long as they reach.

    Args:
        pcm: `[N]` int16 or float32.

    Raises:
        UnsupportedSoundError: another type or shape.
    """
    if pcm.ndim != 1:
        raise UnsupportedSoundError(f"sound of shape {pcm.shape}; mix it down to one channel, shape [N]")
    if pcm.dtype == np.int16:
        return pcm.astype(np.float32) / np.float32(32768)
    if pcm.dtype == np.float32:
        sound: NDArray[np.float32] = np.nan_to_num(pcm, nan=0.0, posinf=0.0, neginf=0.0)
        return np.clip(sound, np.float32(-1), np.float32(1))
    raise UnsupportedSoundError(f"samples of type {pcm.dtype}; send int16 or float32")


class Resampler:
    """Any rate to 16 kHz; after n samples in, floor(n · 16000 / rate) have come out.

    Attributes:
        sample_rate: of the sound that goes in, Hz.
        delay_samples: how late the sound comes out, in samples at 16 kHz.
    """

    def __init__(self, sample_rate: int) -> None:
        check_rate(sample_rate)
        self.sample_rate = sample_rate
        self.delay_samples = 0
        self._heard = 0
        self._given = 0
        self._resampler: av.AudioResampler | None = None
        self._held = np.zeros(0, np.float32)
        if sample_rate != MODEL_RATE:
            self._resampler = av.AudioResampler(format="flt", layout="mono", rate=MODEL_RATE)
            self.delay_samples = floor(Fraction(_HALF_FILTER * MODEL_RATE, min(sample_rate, MODEL_RATE)))
            self._held = np.zeros(self.delay_samples, np.float32)

    def push(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        """Resamples the next samples `[N]`; returns all that is due, `[M]`."""
        if self._resampler is None or not len(samples):
            return samples
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples)[None], format="flt", layout="mono")
        frame.sample_rate = self.sample_rate
        out: list[NDArray[np.float32]] = [self._held, *(f.to_ndarray()[0] for f in self._resampler.resample(frame))]
        self._heard += len(samples)
        due = self._heard * MODEL_RATE // self.sample_rate - self._given
        ready = np.concatenate(out)
        self._held = ready[due:]
        self._given += min(due, len(ready))
        return ready[:due]
