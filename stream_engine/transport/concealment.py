"""Sound in place of what was lost: the last of it repeated and faded.

After ITU-T G.711 Appendix I: the last pitch period goes round, at full strength for 10 ms, then fading to silence at
70 ms. Periods meet where the waveform fits and are cross-faded, the step at the start is bent away, and the sound that
follows is faded in over the repetition, so no join clicks. Nothing is delayed: what has been played is never touched.
"""

from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from stream_engine.clock import MEDIA_RATE

HOLD_SAMPLES: Final = MEDIA_RATE * 10 // 1000
"""Samples before the fade begins (10 ms)."""
SILENT_SAMPLES: Final = MEDIA_RATE * 70 // 1000
"""Samples after which nothing is left (70 ms)."""
JOIN_SAMPLES: Final = MEDIA_RATE * 4 // 1000
"""Length of the cross-fade back to real sound (4 ms)."""

_BEND_SAMPLES = MEDIA_RATE * 2 // 1000
_DECIMATION = 6  # the pitch is sought at 8 kHz, then refined
_SHORTEST_PERIOD = MEDIA_RATE // 400
_LONGEST_PERIOD = MEDIA_RATE // 66
_TEMPLATE = MEDIA_RATE * 10 // 1000
_HISTORY = (_LONGEST_PERIOD + _LONGEST_PERIOD // 4 + _TEMPLATE + _DECIMATION) // _DECIMATION * _DECIMATION
_RISE = np.linspace(0.0, 1.0, JOIN_SAMPLES, endpoint=False, dtype=np.float32)

_Floats: TypeAlias = NDArray[np.float32]


class Concealer:
    """Conceals the losses of one stream of mono 48 kHz int16 sound."""

    def __init__(self) -> None:
        self._history = np.zeros(_HISTORY, np.int16)
        self._loop: _Floats | None = None  # the period going round, while sound is being made up
        self._bend = 0.0
        self._played = 0  # samples made up since the last real one

    def hear(self, pcm: NDArray[np.int16]) -> NDArray[np.int16]:
        """Takes real sound, and joins it to what was made up before it.

        Args:
            pcm: int16 `[N]`, the samples next in time.

        Returns:
            int16 `[N]`, the same but for a fade of 4 ms after a loss.
        """
        joined = pcm
        if self._loop is not None and len(pcm):
            n = min(JOIN_SAMPLES, len(pcm))
            rise = _RISE[:n]
            joined = pcm.copy()
            joined[:n] = np.rint(pcm[:n] * rise + self._made_up(n) * (1 - rise)).astype(np.int16)
            self._loop = None
        if len(pcm) >= _HISTORY:
            self._history = pcm[-_HISTORY:].copy()
        else:
            self._history = np.concatenate((self._history[len(pcm) :], pcm))
        return joined

    def conceal(self, samples: int) -> NDArray[np.int16]:
        """Makes up the samples next in time.

        Args:
            samples: how many, 48 kHz.

        Returns:
            int16 `[samples]`.
        """
        if self._loop is None:
            self._start_loop()
        made_up: NDArray[np.int16] = np.rint(self._made_up(samples)).astype(np.int16)
        self._played += samples
        return made_up

    def _start_loop(self) -> None:
        heard = self._history.astype(np.float32)
        period = _pitch_period(heard)
        fade = period // 4
        rise = np.linspace(0.0, 1.0, fade, endpoint=False, dtype=np.float32)
        loop = heard[-period:].copy()
        # The end of the loop turns into what came before its beginning, so that it goes round without a step.
        loop[-fade:] = loop[-fade:] * (1 - rise) + heard[-period - fade : -period] * rise
        self._loop = loop
        self._bend = float(heard[-1] - heard[-period - 1])
        self._played = 0

    def _made_up(self, samples: int) -> _Floats:
        """The next `samples` of the repetition, faded; does not move on."""
        if self._loop is None or self._played >= SILENT_SAMPLES:
            return np.zeros(samples, np.float32)
        at = np.arange(self._played, self._played + samples)
        sound = self._loop[at % len(self._loop)] + self._bend * np.clip(1 - at / _BEND_SAMPLES, 0, 1)
        gain = np.clip((SILENT_SAMPLES - at) / (SILENT_SAMPLES - HOLD_SAMPLES), 0, 1)
        return np.clip(sound * gain, -32768, 32767).astype(np.float32)


def _pitch_period(heard: _Floats) -> int:
    """Samples after which the end of `heard` resembles itself most, 120..727 (400..66 Hz)."""
    coarse = heard.reshape(-1, _DECIMATION).mean(axis=1)
    lags = np.arange(_SHORTEST_PERIOD // _DECIMATION, _LONGEST_PERIOD // _DECIMATION + 1)
    best = int(lags[np.argmax(_resemblance(coarse, lags, _TEMPLATE // _DECIMATION))]) * _DECIMATION
    near = np.arange(max(_SHORTEST_PERIOD, best - _DECIMATION), min(_LONGEST_PERIOD, best + _DECIMATION) + 1)
    return int(near[np.argmax(_resemblance(heard, near, _TEMPLATE))])


def _resemblance(heard: _Floats, lags: NDArray[np.int64], length: int) -> _Floats:
    """Normalized correlation of the last `length` samples with those `lags` before; lags ascend by one."""
    template = heard[-length:]
    span = heard[len(heard) - length - int(lags[-1]) : len(heard) - int(lags[0])]
    correlation = np.correlate(span, template, "valid")[::-1]
    energy = np.convolve(span * span, np.ones(length, np.float32), "valid")[::-1]
    return np.asarray(correlation / np.sqrt(energy + 1.0), np.float32)
