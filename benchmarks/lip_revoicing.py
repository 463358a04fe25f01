"""The same speech in another voice or over another line, every instant where it was.

Written apart from the training corpus' augmentation, so that what is measured here was not trained on. All functions
keep the number of samples; linear-phase or zero-phase filters only, so nothing is delayed.
"""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solve_toeplitz
from scipy.signal import butter, lfilter, sosfiltfilt

from models.ticks import SAMPLE_RATE

Samples = NDArray[np.float32]
_LPC_ORDER: Final = 20
_PRAAT_SEED: Final = 7
_FRAME: Final = 480
_HOP: Final = 160
_PITCH_FLOOR_HZ, _PITCH_CEILING_HZ = 60.0, 600.0


def shift_pitch(audio: Samples, semitones: float) -> Samples:
    """Another pitch, formants and timing as they were (Praat's overlap-add, "Change gender" with formant ratio 1).

    A sound without a voiced part comes back as it is: it has no pitch to shift.

    Raises:
        ModuleNotFoundError: praat-parselmouth is absent; it comes with the `train` extra.
    """
    import parselmouth  # GPL: a tool of measuring and training, never of the engine

    # Praat fills what is unvoiced with random pieces; without a seed no two runs would measure the same sound.
    parselmouth.praat.run(f"random_initializeWithSeedUnsafelyButPredictably ({_PRAAT_SEED})")
    sound = parselmouth.Sound(audio.astype(np.float64), SAMPLE_RATE)
    pitch: Any = sound.to_pitch(pitch_floor=_PITCH_FLOOR_HZ, pitch_ceiling=_PITCH_CEILING_HZ)
    hertz = pitch.selected_array["frequency"]
    if not (hertz > 0).any():
        return audio.copy()
    median = float(np.median(hertz[hertz > 0]))
    shifted: Any = parselmouth.praat.call(
        sound, "Change gender", _PITCH_FLOOR_HZ, _PITCH_CEILING_HZ, 1.0, median * 2 ** (semitones / 12), 1.0, 1.0
    )
    return _fitted(shifted.values[0], len(audio))


def whispered(audio: Samples, seed: int = 0) -> Samples:
    """The voice's throat excited by noise: linear prediction, its residual replaced by white noise of equal power.

    Order 20 on 30 ms Hann windows every 10 ms, overlap-added; seeded.
    """
    rng = np.random.default_rng(seed)
    window = np.hanning(_FRAME + 1)[:-1]
    padded = np.concatenate([np.zeros(_FRAME), audio.astype(np.float64), np.zeros(_FRAME)])
    excitation = rng.standard_normal(len(padded))
    out, weight = np.zeros_like(padded), np.zeros_like(padded)
    for start in range(0, len(padded) - _FRAME, _HOP):
        part = slice(start, start + _FRAME)
        frame = padded[part] * window
        correlation = np.correlate(frame, frame, "full")[_FRAME - 1 : _FRAME + _LPC_ORDER]
        if correlation[0] > 1e-9:
            correlation[0] *= 1 + 1e-6  # keeps the equations solvable for a pure tone
            predictor = solve_toeplitz(correlation[:_LPC_ORDER], correlation[1:])
            noise = lfilter([1.0], np.concatenate([[1.0], -predictor]), excitation[part] * window)
            level = np.sqrt(correlation[0] / np.maximum((noise**2).sum(), 1e-12))
            out[part] += noise * level * window
        weight[part] += window**2
    return _fitted((out / np.maximum(weight, 1e-3))[_FRAME:], len(audio))


def with_babble(audio: Samples, voices: Sequence[Samples], snr_db: float = 10.0, seed: int = 0) -> Samples:
    """Speech among talkers: each voice looped from a seeded offset, twice over, at equal levels.

    Args:
        audio: the speech, not silent throughout.
        voices: other speech; each is used twice, from different offsets.
        snr_db: power of `audio` over that of all voices together.
        seed: of the offsets.
    """
    rng = np.random.default_rng(seed)
    babble = np.zeros(len(audio))
    for voice in (*voices, *voices):
        at = (int(rng.integers(len(voice))) + np.arange(len(audio))) % len(voice)
        babble += voice[at] / np.sqrt((voice**2).mean())
    gain = np.sqrt((audio.astype(np.float64) ** 2).mean() / (babble**2).mean()) * 10 ** (-snr_db / 20)
    return _fitted(audio + gain * babble, len(audio))


def telephone(audio: Samples) -> Samples:
    """300 to 3400 Hz: a Butterworth band-pass of order 8, forwards and backwards."""
    band = butter(4, (300.0, 3400.0), "bandpass", fs=SAMPLE_RATE, output="sos")
    return _fitted(sosfiltfilt(band, audio.astype(np.float64)), len(audio))


def _fitted(sound: NDArray[np.floating[Any]], count: int) -> Samples:
    out = np.zeros(count, np.float32)
    out[: len(sound)] = sound[:count]
    return np.clip(out, -1, 1)
