"""Another talker saying the same: how one real face and a few synthesizers carry to any voice.

Throat and pitch are changed apart from each other, and from time, by Praat's "Change gender" (pitch-synchronous
overlap-add; Moulines & Charpentier 1990), so whatever is known of the mouth stays known: an instant t of the original
lies at exactly `ratio * t`. Whispers keep the envelope that the mouth gives a sound (linear prediction; Makhoul 1975)
and lose the voice. All sound is 16 kHz, mono, in -1..1.
"""

import warnings
from typing import Any, Final, NamedTuple

import numpy as np
import parselmouth
from numpy.typing import NDArray
from parselmouth.praat import call, run
from scipy.signal import butter, sosfiltfilt

from models.corpus.sound import Samples, rms
from models.ticks import SAMPLE_RATE

_FLOOR_HZ: Final = 60.0
_CEILING_HZ: Final = 500.0
_MAN_HZ: Final = 115.0
_FORMANTS_PER_OCTAVE: Final = 0.17
"""Women speak about an octave above men with formants 17 % higher, children go further (Peterson & Barney 1952)."""
_ORDER: Final = 18
"""Of linear prediction: four or five formants below 8 kHz and the tilt of the source."""
_WINDOW: Final = 480
_HOP: Final = 120
_TRANSFORM: Final = 1024


class TooShortError(ValueError):
    """Sound too short to find a pitch in."""


class Throat(NamedTuple):
    """How to change a talker.

    Attributes:
        formants: ratio of the new formants to the old ones; above 1 is a shorter throat.
        pitch_hz: new median of the pitch; 0 keeps it.
        pitch_range: how far the pitch strays from its median, as a multiple; 1 keeps it, 0 is a monotone.
        duration: length of the result as a multiple.
    """

    formants: float = 1.0
    pitch_hz: float = 0.0
    pitch_range: float = 1.0
    duration: float = 1.0


def change_throat(pcm: Samples, throat: Throat, seed: int = 0) -> Samples:
    """The same words from another throat, at the same level.

    Args:
        pcm: at least 0.1 s of sound.
        throat: what to change.
        seed: of the pulses that stand for voiceless sound.

    Returns:
        `round(len(pcm) * throat.duration)` samples; an instant t of `pcm` lies at `throat.duration * t`.

    Raises:
        TooShortError: there is less than 0.1 s; leave such clips out, or join them to others first.
    """
    return _changed(pcm, *_pitched(pcm), throat, seed)


def _pitched(pcm: Samples) -> tuple[parselmouth.Sound, Any]:
    if len(pcm) < SAMPLE_RATE // 10:
        raise TooShortError(f"{len(pcm)} samples are too few to find a pitch in; give at least {SAMPLE_RATE // 10}")
    sound = parselmouth.Sound(np.asarray(pcm, np.float64), SAMPLE_RATE)
    return sound, sound.to_pitch_ac(pitch_floor=_FLOOR_HZ, pitch_ceiling=_CEILING_HZ)


def _changed(pcm: Samples, sound: parselmouth.Sound, pitch: Any, throat: Throat, seed: int) -> Samples:
    run(f"random_initializeWithSeedUnsafelyButPredictably ({seed})")  # else Praat's own dice are thrown
    with warnings.catch_warnings():
        # Praat mentions that a whisper or a pause has no voice to shift; its formants and time change all the same.
        warnings.simplefilter("ignore", parselmouth.PraatWarning)
        changed = call([sound, pitch], "Change gender", *throat)
    count = round(len(pcm) * throat.duration)
    out = np.zeros(count, np.float32)
    values = changed.values[0][:count]
    out[: len(values)] = values
    return out * np.float32(rms(pcm) / rms(out))


def draw_throat(rng: np.random.Generator, source_hz: float) -> Throat:
    """A plausible other talker for a voice of a given median pitch.

    Small throats are high-pitched, with spread: size is drawn once, pitch and formants follow it with their own
    scatter, and a tenth of the talkers are odd.

    Args:
        rng: source of every choice.
        source_hz: median pitch of the voice to change, from which the size of its throat is guessed; 0 if unknown.

    Returns:
        Formants 0.8–1.3 times, pitch 70–330 Hz, range 0.5–1.6 times, duration 0.85–1.2 times.
    """
    octaves = rng.uniform(-0.5, 1.4)  # above a man's pitch
    source_octaves = float(np.clip(np.log2(source_hz / _MAN_HZ), -0.5, 1.4)) if source_hz else 0.0
    spread = 0.12 if rng.random() < 0.1 else 0.05
    formants = np.exp(_FORMANTS_PER_OCTAVE * (octaves - source_octaves) + rng.normal(0, spread))
    return Throat(
        formants=float(np.clip(formants, 0.8, 1.3)),
        pitch_hz=float(np.clip(_MAN_HZ * 2 ** (octaves + rng.normal(0, 0.2)), 70, 330)),
        pitch_range=float(np.clip(np.exp(rng.normal(0, 0.3)), 0.5, 1.6)),
        duration=float(np.exp(rng.uniform(np.log(0.85), np.log(1.2)))),
    )


def revoice(pcm: Samples, rng: np.random.Generator) -> tuple[Samples, float]:
    """Another talker, drawn at random, saying the same; now and then breathily.

    Args:
        pcm: at least 0.1 s of clean sound.
        rng: source of every choice.

    Returns:
        The sound and `ratio`: its length, and every instant in it, as a multiple of the original's.

    Raises:
        TooShortError: there is less than 0.1 s.
    """
    sound, pitch = _pitched(pcm)
    voiced = pitch.selected_array["frequency"]
    voiced = voiced[voiced > 0]
    throat = draw_throat(rng, float(np.median(voiced)) if len(voiced) else 0.0)
    out = _changed(pcm, sound, pitch, throat, int(rng.integers(1 << 30)))
    if rng.random() < 0.2:
        out = breathy(out, rng)
    return out, len(out) / len(pcm)


def whisper(pcm: Samples, rng: np.random.Generator) -> Samples:
    """The same words whispered: noise in place of the voice, shaped by the same mouth.

    The envelope is applied without phase, so nothing moves in time. Without the folds' falling spectrum a whisper is
    flatter, and vowels fade against consonants; both are drawn.

    Args:
        pcm: clean sound.
        rng: source of every choice.

    Returns:
        As many samples at the same level.
    """
    flatter, even = rng.uniform(0.0, 0.97), rng.uniform(0.65, 1.0)
    tilted = np.append(pcm[:1], pcm[1:] - flatter * pcm[:-1])
    padded = np.pad(tilted, _WINDOW)
    starts = np.arange(0, len(padded) - _WINDOW + 1, _HOP)
    hann = np.hanning(_WINDOW + 1)[:-1]
    frames = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW)[starts] * hann
    envelope = _envelopes(frames)
    level = np.sqrt(np.mean(envelope**2, 1, keepdims=True))
    envelope *= (level + 1e-9) ** (even - 1)
    noise = np.lib.stride_tricks.sliding_window_view(rng.standard_normal(len(padded)), _WINDOW)[starts]
    spectrum = np.fft.rfft(noise * np.sqrt(hann), _TRANSFORM) * envelope
    pieces = np.fft.irfft(spectrum, _TRANSFORM)
    half = (_TRANSFORM - _WINDOW) // 2
    pieces = np.roll(pieces, half, axis=1)  # an envelope without phase rings both ways
    out = np.zeros(len(padded) + 2 * half + _HOP)
    for k, start in enumerate(starts):
        out[start : start + _TRANSFORM] += pieces[k]
    voice = out[half + _WINDOW : half + _WINDOW + len(pcm)]
    return np.asarray(voice * (rms(pcm) / rms(voice)), np.float32)


def _envelopes(frames: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
    """Magnitude `[frames, bins]` of what linear prediction says shaped each windowed frame, its level included."""
    power = np.abs(np.fft.rfft(frames, _TRANSFORM)) ** 2
    correlation = np.fft.irfft(power)[:, : _ORDER + 1] / _TRANSFORM
    correlation[:, 0] = correlation[:, 0] * 1.0005 + 1e-12  # white noise 33 dB down: stable on silence and pure tones
    lags = np.abs(np.subtract.outer(np.arange(_ORDER), np.arange(_ORDER)))
    predictor = np.linalg.solve(correlation[:, lags], correlation[:, 1:, None])[..., 0]
    residual = np.maximum(correlation[:, 0] - np.sum(predictor * correlation[:, 1:], 1), 1e-14)
    inverse = np.concatenate([np.ones((len(frames), 1)), -predictor], 1)
    return np.asarray(np.sqrt(residual)[:, None] / np.abs(np.fft.rfft(inverse, _TRANSFORM)))


def breathy(pcm: Samples, rng: np.random.Generator) -> Samples:
    """The voice with air beside it: a whisper of the same words above 1–3 kHz, 20 to 4 dB below.

    Args:
        pcm: clean sound.
        rng: source of every choice.

    Returns:
        As many samples at the same level.
    """
    high = butter(2, rng.uniform(800, 3000), "highpass", fs=SAMPLE_RATE, output="sos")
    air = sosfiltfilt(high, whisper(pcm, rng))
    mixed = pcm + air * (rms(pcm) / rms(air)) * 10 ** (-rng.uniform(4, 20) / 20)
    return np.asarray(mixed * (rms(pcm) / rms(mixed)), np.float32)
