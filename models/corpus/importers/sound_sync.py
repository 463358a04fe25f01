"""How far a recording's sound lies from its motion, by ear and eye: loud is open, mostly.

A mouth's opening and its loudness rise and fall together; where their correlation peaks, sound and motion belong
together. On the real talker (GRID s1) opening correlates best with the level, at most 30 dB below its loudest, 10 ms
later; the spread of that estimate is 9 ms over 30 s of speech and 6 ms over a minute, but 100 ms over 9 s.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.corpus.articulation import gap_coefficients
from models.ticks import SAMPLE_RATE

LOUDNESS_FOLLOWS_S: Final = 0.01
"""By how much loudness follows opening where nothing is wrong."""
SURE_AFTER_S: Final = 20.0
"""Speech an estimate must rest on to be acted upon: sound well above the floor, and the pauses between its words."""
SURE_R: Final = 0.3
"""Correlation at the peak an estimate must have to be acted upon; the real talker's is 0.5."""
_FARTHEST_S: Final = 0.6
_STEP_S: Final = 0.01
_RANGE_DB: Final = 30.0
_FLOOR_PERCENTILE: Final = 10
_ABOVE_FLOOR_DB: Final = 8.0
_PAUSE_S: Final = 0.2
"""Longer pauses are no speech, as in ITU-T P.56. So counted, unbroken sentences of the real talker are 97 % speech, in
quiet as in noise 30 dB below them, and steady noise is none."""
_AWAY_S: Final = 0.2
_CLEARER: Final = 0.05


@dataclass(frozen=True, slots=True)
class Sync:
    """What opening and loudness say.

    Attributes:
        late_s: by how much the sound lags the motion, seconds; negative: it leads. NaN if nothing moves or sounds.
        r: their correlation with the sound moved so.
        r_as_is: their correlation with the sound where it is.
        sure: whether this may be acted upon.
    """

    late_s: float
    r: float
    r_as_is: float
    sure: bool


def opening_mm(motion: NDArray[np.float32]) -> NDArray[np.float32]:
    """Inner-lip gap of a human rig, `[F]` millimetres over rest, of motion `[F, 61]`."""
    return np.asarray(motion @ gap_coefficients(), np.float32)


def level_db(pcm: NDArray[np.float32], times: NDArray[np.float64]) -> NDArray[np.float64]:
    """Level of sound around the given instants (30 ms), at most 30 dB below its loudest; outside it is silent."""
    half = int(0.015 * SAMPLE_RATE)
    energy = np.concatenate([[0.0], np.cumsum(np.square(pcm, dtype=np.float64))])
    at = np.round(times * SAMPLE_RATE).astype(np.int64)
    low, high = (np.clip(at + edge, 0, len(pcm)) for edge in (-half, half))
    level = 10 * np.log10((energy[high] - energy[low]) / (2 * half) + 1e-9)
    return np.asarray(np.maximum(level, level.max() - _RANGE_DB), np.float64)


def estimate_sync(
    pcm: NDArray[np.float32], motion: NDArray[np.float32], fps: float, first_frame_s: float = 0.0
) -> Sync:
    """Looks for the lag, up to 0.6 s either way, at which opening and loudness agree best.

    Args:
        pcm: `[N]` at 16 kHz.
        motion: `[F, 61]`.
        fps: of the motion.
        first_frame_s: where in the sound frame 0 is believed to be, seconds.

    Returns:
        The estimate; never sure of less than 20 s of speech or where the peak is low or not clear.
    """
    duration = (len(motion) - 1) / fps
    times = np.arange(0, duration, _STEP_S)
    opening = np.interp(times, np.arange(len(motion)) / fps, opening_mm(motion))
    lags = np.arange(-round(_FARTHEST_S / _STEP_S), round(_FARTHEST_S / _STEP_S) + 1) * _STEP_S
    everywhere = level_db(pcm, np.arange(lags[0], duration + lags[-1] + _STEP_S, _STEP_S) + first_frame_s)
    r = np.array([_correlation(opening, everywhere[k : k + len(times)]) for k in range(len(lags))])
    usual = int(np.argmin(np.abs(lags - LOUDNESS_FOLLOWS_S)))
    if not np.isfinite(r).any():
        return Sync(float("nan"), float("nan"), float("nan"), sure=False)
    best = int(np.nanargmax(r))
    away = np.abs(lags - lags[best]) > _AWAY_S
    clear = float(r[best] - np.nanmax(r[away])) > _CLEARER
    at = times + lags[best] + first_frame_s
    heard = everywhere[best : best + len(times)][(at >= 0) & (at < len(pcm) / SAMPLE_RATE)]
    sure = bool(_speech_s(heard) >= SURE_AFTER_S and r[best] >= SURE_R and clear)
    return Sync(round(float(lags[best]) - LOUDNESS_FOLLOWS_S, 6), float(r[best]), float(r[usual]), sure)


def _speech_s(level: NDArray[np.float64]) -> float:
    """Seconds of speech in a level every 10 ms."""
    if not len(level):
        return 0.0
    loud = level > np.percentile(level, _FLOOR_PERCENTILE) + _ABOVE_FLOOR_DB
    lately = np.convolve(loud, np.ones(round(_PAUSE_S / _STEP_S) + 1))[: len(loud)]
    return float(np.count_nonzero(lately) * _STEP_S)


def _correlation(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    a, b = a - a.mean(), b - b.mean()
    scale = float(np.sqrt((a @ a) * (b @ b)))
    return float(a @ b) / scale if scale > 1e-9 else float("nan")
