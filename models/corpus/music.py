"""Music enough to sit behind a voice: chords, bass, a melody, drums; no vocals."""

from typing import Final

import numpy as np

from models.corpus.sound import Samples, rms
from models.ticks import SAMPLE_RATE

_SCALES: Final = ((0, 2, 4, 5, 7, 9, 11), (0, 2, 3, 5, 7, 8, 10), (0, 2, 4, 7, 9))


def music(count: int, rng: np.random.Generator) -> Samples:
    """A few bars at 60–170 beats a minute, of unit level: any of chords, bass, melody and drums."""
    beat = 60 / rng.uniform(60, 170)
    scale, key = _SCALES[rng.integers(len(_SCALES))], 36 + int(rng.integers(12))
    sound = np.zeros(count + 3 * SAMPLE_RATE, np.float32)
    parts = rng.random(4) < (0.7, 0.5, 0.6, 0.6)
    if not parts.any():
        parts[rng.integers(4)] = True
    begin = -rng.uniform(0, beat)
    beats = np.arange(0, count / SAMPLE_RATE + beat, beat) + begin
    brightness = rng.uniform(0.3, 0.85, 3)
    sustain = rng.uniform(0.3, 2.5, 3)
    degree = 0
    for i, start in enumerate(beats):
        if i % 4 == 0:
            degree = int(rng.integers(len(scale)))
            if parts[0]:
                for step in (0, 2, 4):
                    _note(
                        sound, start, _pitch(scale, key + 12, degree + step), beat * 4, brightness[0], sustain[0], rng
                    )
        if parts[1]:
            _note(sound, start, _pitch(scale, key - 12, degree), beat, brightness[1], sustain[1], rng)
        if parts[2]:
            for half in range(rng.integers(1, 3)):
                pitch = _pitch(scale, key + 24, degree + int(rng.integers(-3, 6)))
                _note(sound, start + half * beat / 2, pitch, beat, brightness[2], sustain[2], rng)
        if parts[3]:
            _drum(sound, start, i % 2 == 1, rng)
            _hat(sound, start + beat / 2, rng)
    return np.asarray(sound[:count] / rms(sound[:count]), np.float32)


def _pitch(scale: tuple[int, ...], key: int, degree: int) -> float:
    return 440 * 2 ** ((key + scale[degree % len(scale)] + 12 * (degree // len(scale)) - 69) / 12)


def _add(sound: Samples, start: float, part: Samples) -> None:
    first = round(start * SAMPLE_RATE)
    part = part[max(0, -first) :]
    first = max(0, first)
    part = part[: len(sound) - first]
    sound[first : first + len(part)] += part


def _note(
    sound: Samples, start: float, pitch: float, seconds: float, bright: float, sustain: float, rng: np.random.Generator
) -> None:
    time = np.arange(int(min(seconds, 2.0) * SAMPLE_RATE), dtype=np.float32) / np.float32(SAMPLE_RATE)
    part = np.zeros(len(time), np.float32)
    for k in range(1, 6):
        if pitch * k < SAMPLE_RATE / 2:
            part += np.float32(bright ** (k - 1)) * np.sin(np.float32(2 * np.pi * pitch * k) * time + k)
    part *= np.exp(-time / np.float32(sustain)) * np.minimum(1, time / np.float32(0.008))
    part[-200:] *= np.linspace(1, 0, 200, dtype=np.float32)
    _add(sound, start, part * np.float32(rng.uniform(0.5, 1)))


def _drum(sound: Samples, start: float, snare: bool, rng: np.random.Generator) -> None:
    time = np.arange(int(0.25 * SAMPLE_RATE)) / SAMPLE_RATE
    if snare:
        part = rng.standard_normal(len(time)) * np.exp(-time / 0.06) + np.sin(2 * np.pi * 190 * time) * np.exp(
            -time / 0.05
        )
    else:
        part = 2 * np.sin(2 * np.pi * (50 * time + 4 * (1 - np.exp(-time / 0.03)))) * np.exp(-time / 0.1)
    _add(sound, start, (part * rng.uniform(0.7, 1.3)).astype(np.float32))


def _hat(sound: Samples, start: float, rng: np.random.Generator) -> None:
    time = np.arange(int(0.08 * SAMPLE_RATE)) / SAMPLE_RATE
    part = np.diff(rng.standard_normal(len(time)), prepend=0.0) * np.exp(-time / 0.02)
    _add(sound, start, (part * rng.uniform(0.1, 0.5)).astype(np.float32))
