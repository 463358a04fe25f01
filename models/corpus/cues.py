"""What prosody tells head, eyes and brows: the cues that the network learns to hear, from clean sound and its phones.

The network predicts them as `models.thunder.behaviour.CUES`; each is 0..1:

- *speaking*: speech goes on, pauses up to 120 ms counted in; edges of 80 ms.
- *effort*: loudness against the clip's own loud parts, smoothed over 160 ms; 0 where nobody speaks.
- *accent*: a pulse of 0.24 s about the middle of each prominent vowel, as high as the vowel stands out from those
  around it in pitch, loudness and length (the correlates of accent: Terken & Hermes 2000; Kochanski et al. 2005).
- *onset*: a pulse in the 0.3 s after a phrase has begun (after at least 0.3 s of silence), since sound with a
  look-ahead of 60 ms cannot tell earlier.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.corpus.phones import VOWELS, Phone
from models.ticks import SAMPLE_RATE

ACCENT_S: Final = 0.24
ONSET_S: Final = 0.3
PHRASE_PAUSE_S: Final = 0.3
"""Silence that parts phrases."""

_EDGE_S: Final = 0.08
_BRIDGED_S: Final = 0.12
_HOP: Final = SAMPLE_RATE // 100
_PITCH_FRAME: Final = 640
_PITCH_HZ: Final = (65.0, 400.0)
_VOICED: Final = 0.45
"""Autocorrelation at the pitch period from which a frame is voiced."""
_NEIGHBOURS_S: Final = 1.2
_ACCENT_GAP_S: Final = 0.22
"""Of two accents closer than this the weaker is none."""

Track = NDArray[np.float32]


def cues_of(pcm: Track, phones: Sequence[Phone], times: Track) -> Track:
    """The cues of a clip.

    Args:
        pcm: `[N]`, clean sound at 16 kHz, -1..1.
        phones: where its phones lie, seconds from the first sample, in order; none for no speech.
        times: `[T]`, the instants wanted, seconds.

    Returns:
        `[T, 4]` float32, 0..1, in the order of `models.thunder.behaviour.CUES`.
    """
    at = times.astype(np.float64)
    stretches = speech_stretches(phones, _BRIDGED_S)
    speaking = np.zeros(len(at))
    for start, end in stretches:
        inside = np.minimum(at - start, end - at) / _EDGE_S + 0.5
        speaking = np.maximum(speaking, _smooth(inside))
    accent = np.zeros(len(at))
    for centre, strength in accents(pcm, phones):
        accent = np.maximum(accent, strength * _pulse(at, centre - ACCENT_S / 2, ACCENT_S))
    onset = np.zeros(len(at))
    for start, _ in speech_stretches(phones, PHRASE_PAUSE_S):
        onset = np.maximum(onset, _pulse(at, start, ONSET_S))
    out = np.stack([speaking, _effort(pcm, at) * speaking, accent, onset], axis=-1)
    return out.astype(np.float32)


def speech_stretches(phones: Sequence[Phone], bridged_s: float) -> list[tuple[float, float]]:
    """Start and end, seconds, of each stretch of speech without a silence longer than `bridged_s`."""
    out: list[tuple[float, float]] = []
    for phone in phones:
        if phone.name == "SIL":
            continue
        if out and phone.start - out[-1][1] <= bridged_s:
            out[-1] = (out[-1][0], phone.end)
        else:
            out.append((phone.start, phone.end))
    return out


def accents(pcm: Track, phones: Sequence[Phone]) -> list[tuple[float, float]]:
    """The middle, seconds, and the strength, 0..1, of each accented vowel, in order."""
    seconds = len(pcm) / SAMPLE_RATE
    vowels = [phone for phone in phones if phone.name in VOWELS and max(phone.start, 0) < min(phone.end, seconds)]
    if not vowels:
        return []
    level, pitch = _level_db(pcm), pitch_track(pcm)
    features = np.array([_features(phone, level, pitch) for phone in vowels])
    middles = np.array([(phone.start + phone.end) / 2 for phone in vowels])
    ends = np.array([end for _, end in speech_stretches(phones, _BRIDGED_S)])
    # the last syllable before a pause is long whether it is accented or not
    final = np.array([np.abs(ends - phone.end).min() < 0.15 for phone in vowels])
    weights = np.where(final[:, None], [1.0, 1.0, 0.3], [1.0, 1.0, 1.0])
    scores = np.zeros(len(vowels))
    for i, middle in enumerate(middles):
        near = np.abs(middles - middle) < _NEIGHBOURS_S
        near[i] = False
        if near.any():
            scores[i] = np.nansum(weights[i] * (features[i] - _mean(features[near])))
    strength = np.clip((scores - 0.3) / 1.7, 0, 1)
    order, kept = np.argsort(-strength), np.zeros(len(vowels), bool)
    for i in order:
        kept[i] = strength[i] > 0.1 and not np.any(kept & (np.abs(middles - middles[i]) < _ACCENT_GAP_S))
    # stronger than 0.5 at least: who nods at all is to be heard
    return [(float(m), float(0.5 + 0.5 * s)) for m, s, k in zip(middles, strength, kept, strict=True) if k]


def pitch_track(pcm: Track) -> NDArray[np.float64]:
    """Pitch in semitones (of 1 Hz) every 10 ms by autocorrelation; NaN where nothing is voiced."""
    frames = _frames(pcm)
    frames = (frames - frames.mean(-1, keepdims=True)) * np.hanning(_PITCH_FRAME)
    size = 2 * _PITCH_FRAME
    spectrum = np.abs(np.fft.rfft(frames, size)) ** 2
    window = np.fft.irfft(np.abs(np.fft.rfft(np.hanning(_PITCH_FRAME), size)) ** 2)
    correlation = np.fft.irfft(spectrum)
    shortest, longest = (int(SAMPLE_RATE / hz) for hz in reversed(_PITCH_HZ))
    # over the window's own (Boersma 1993), so that long periods are not at a disadvantage
    lags = correlation[:, shortest:longest] / (window[shortest:longest] / window[0])
    lags = lags / (correlation[:, :1] + 1e-9)
    shorter = 1 - 0.1 * np.arange(longest - shortest) / (longest - shortest)  # two periods correlate like one
    best = np.argmax(lags * shorter, axis=-1)
    voiced = (lags[np.arange(len(lags)), best] > _VOICED) & (best > 0)
    semitones = 12 * np.log2(SAMPLE_RATE / (best + shortest))
    return np.where(voiced, semitones, np.nan)


def _features(phone: Phone, level: NDArray[np.float64], pitch: NDArray[np.float64]) -> tuple[float, float, float]:
    """Loudness, pitch and length of a vowel, each in units that make an accent."""
    first = min(max(int(phone.start * 100), 0), len(level) - 1)
    last = min(max(int(np.ceil(phone.end * 100)), first + 1), len(level))
    heard = pitch[first:last][~np.isnan(pitch[first:last])]
    height = float(np.percentile(heard, 80)) / 3.0 if len(heard) else float("nan")
    return float(level[first:last].max()) / 6.0, height, float(np.log2(phone.end - phone.start))


def _mean(features: NDArray[np.float64]) -> NDArray[np.float64]:
    known = ~np.isnan(features)
    count = known.sum(0)
    return np.where(count > 0, np.where(known, features, 0).sum(0) / np.maximum(count, 1), np.nan)


def _frames(pcm: Track) -> NDArray[np.float64]:
    """Overlapping frames of 40 ms, one every 10 ms, centred on `10 · k + 5` ms."""
    count = max(-(-len(pcm) // _HOP), 1)
    side = (_PITCH_FRAME - _HOP) // 2
    padded = np.zeros(count * _HOP + 2 * side)
    padded[side : side + len(pcm)] = pcm
    return np.lib.stride_tricks.sliding_window_view(padded, _PITCH_FRAME)[::_HOP]


def _level_db(pcm: Track) -> NDArray[np.float64]:
    level: NDArray[np.float64] = 10 * np.log10((_frames(pcm) ** 2).mean(-1) + 1e-8)
    return level


def _effort(pcm: Track, times: NDArray[np.float64]) -> NDArray[np.float64]:
    loud = np.sqrt((_frames(pcm)[:, ::4] ** 2).mean(-1))
    loud = np.minimum(loud / (np.percentile(loud, 92) + 1e-4), 1.2)
    window = np.hanning(18)[1:-1]
    smooth = np.convolve(loud, window / window.sum(), "same")[: len(loud)]
    effort: NDArray[np.float64] = np.interp(times, (np.arange(len(smooth)) + 0.5) / 100, smooth).clip(0, 1)
    return effort


def _smooth(share: NDArray[np.float64]) -> NDArray[np.float64]:
    share = np.clip(share, 0, 1)
    return share * share * (3 - 2 * share)


def _pulse(times: NDArray[np.float64], start: float, length: float) -> NDArray[np.float64]:
    share = np.clip((times - start) / length, 0, 1)
    pulse: NDArray[np.float64] = 0.5 - 0.5 * np.cos(2 * np.pi * share)
    return pulse
