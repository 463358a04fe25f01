"""What every file on sound needs: 16 kHz samples in -1..1, their level and their speed."""

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Samples: TypeAlias = NDArray[np.floating[Any]]
"""Mono sound, nominally in -1..1."""


def resample(pcm: Samples, ratio: float) -> Samples:
    """Plays sound `ratio` times as fast (linear interpolation): pitch, formants and tempo move together."""
    count = int(len(pcm) / ratio)
    return np.asarray(np.interp(np.arange(count) * ratio, np.arange(len(pcm)), pcm), np.float32)


def rms(pcm: Samples) -> float:
    """Root mean square, never 0."""
    return float(np.sqrt(np.mean(np.square(pcm, dtype=np.float64)))) + 1e-7


def at_level(pcm: Samples, decibels: float) -> Samples:
    """The same sound at a level in dBFS (root mean square; not clipped)."""
    return np.asarray(pcm * (10 ** (decibels / 20) / rms(pcm)), np.float32)
