"""What microphones and sound cards do: colour, band limits, automatic gain, gates. None of it delays anything."""

from typing import Any

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from models.corpus.sound import Samples, rms
from models.ticks import SAMPLE_RATE

_BLOCK = 160
"""Samples per decision of automatic gains: 10 ms."""


def _filtered(pcm: Samples, gain: NDArray[np.floating[Any]], size: int) -> Samples:
    spectrum = scipy.fft.rfft(np.asarray(pcm, np.float32), size) * gain.astype(np.float32)
    return np.asarray(scipy.fft.irfft(spectrum, size)[: len(pcm)], np.float32)


def _bins(count: int) -> tuple[int, NDArray[np.float64]]:
    """A transform's size with room for ringing, and the frequency of each bin in Hz."""
    size = scipy.fft.next_fast_len(count + 2048, real=True)
    return size, np.maximum(np.arange(size // 2 + 1) * (SAMPLE_RATE / size), 1.0)


def band(pcm: Samples, low: float, high: float, order: int = 4) -> Samples:
    """Keeps `low`–`high` Hz with Butterworth's magnitude and no phase, so without delay."""
    size, frequency = _bins(len(pcm))
    gain = 1 / np.sqrt((1 + (low / frequency) ** (2 * order)) * (1 + (frequency / high) ** (2 * order)))
    return _filtered(pcm, gain, size)


def equalised(pcm: Samples, rng: np.random.Generator) -> Samples:
    """The colour of a microphone, a case and a distance: a tilt, a wavy curve, resonances, sometimes a narrow band."""
    size, frequency = _bins(len(pcm))
    octaves = np.log2(frequency / 1000)
    points = np.linspace(-4.5, 3.2, 9)
    decibels = np.interp(octaves, points, rng.normal(0, rng.uniform(0.5, 5), 9)) + octaves * rng.uniform(-4, 4)
    for _ in range(rng.integers(0, 4)):
        decibels += rng.uniform(-12, 10) * np.exp(-(((octaves - rng.uniform(-3, 2.8)) / rng.uniform(0.08, 0.7)) ** 2))
    gain = 10 ** (np.clip(decibels, -40, 40) / 20)
    if rng.random() < 0.35:
        low, high = rng.uniform(40, 350), rng.uniform(3000, 7800)
        order = rng.integers(1, 9)
        gain = gain / np.sqrt((1 + (low / frequency) ** (2 * order)) * (1 + (frequency / high) ** (2 * order)))
    return _filtered(pcm, gain, size)


def automatic_gain(pcm: Samples, rng: np.random.Generator) -> Samples:
    """A compressor that pumps: loud parts down at once, quiet ones, noise among them, up over 0.1–2 s."""
    blocks = len(pcm) // _BLOCK + 1
    energy = np.add.reduceat(np.square(pcm), np.arange(0, len(pcm), _BLOCK)) / _BLOCK
    level = 10 * np.log10(energy + 1e-10)
    reference = 20 * np.log10(rms(pcm))
    attack, release = np.exp(-1 / rng.uniform(0.5, 5)), np.exp(-1 / rng.uniform(10, 200))
    followed, state = np.empty(blocks), float(level[0])
    for i, now in enumerate(level):
        keep = attack if now > state else release
        state = keep * state + (1 - keep) * float(now)
        followed[i] = state
    followed[len(level) :] = state
    decibels = np.clip((reference - followed) * rng.uniform(0.2, 0.8), -24, rng.uniform(6, 24))
    return _gained(pcm, decibels)


def gated(pcm: Samples, rng: np.random.Generator) -> Samples:
    """A noise gate, as calls have: what lies 15–35 dB below the loud parts sinks by another 6–40 dB after a moment."""
    energy = np.add.reduceat(np.square(pcm), np.arange(0, len(pcm), _BLOCK)) / _BLOCK
    level = 10 * np.log10(energy + 1e-10)
    threshold = np.percentile(level, 95) - rng.uniform(15, 35)
    is_open = level > threshold
    hold = int(rng.integers(3, 25))
    held = np.convolve(is_open, np.ones(hold + 1))[: len(is_open)] > 0  # opens at once, closes after the hold
    decibels = np.where(held, 0.0, -rng.uniform(6, 40))
    smooth = np.convolve(np.pad(decibels, 1, "edge"), [0.25, 0.5, 0.25], "valid")
    return _gained(pcm, np.append(smooth, smooth[-1:]))


def drifting(pcm: Samples, rng: np.random.Generator) -> Samples:
    """A talker who turns and moves: the level wanders by some decibels, or steps."""
    seconds = len(pcm) / SAMPLE_RATE
    points = max(3, int(seconds * rng.uniform(0.3, 1.5)) + 2)
    decibels = np.cumsum(rng.normal(0, rng.uniform(1, 5), points))
    wanted = np.interp(np.linspace(0, points - 1, len(pcm) // _BLOCK + 1), np.arange(points), decibels)
    return _gained(pcm, np.clip(wanted - wanted.mean(), -15, 15))


def _gained(pcm: Samples, decibels: NDArray[np.float64]) -> Samples:
    gain = 10 ** (decibels / 20)
    return np.asarray(pcm * np.interp(np.arange(len(pcm)) / _BLOCK, np.arange(len(gain)) + 0.5, gain), np.float32)
