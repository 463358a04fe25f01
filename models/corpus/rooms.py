"""Rooms: early reflections from near walls, then a tail that dies away, duller as it goes."""

import numpy as np
from scipy.signal import fftconvolve, lfilter

from models.corpus.sound import Samples, rms
from models.ticks import SAMPLE_RATE


def room_response(rng: np.random.Generator) -> Samples:
    """The answer of a room to a click, whose direct sound is sample 0 with weight 1.

    Reverberation time is 0.15–0.8 s (less for treble), direct sound lies 0 to 18 dB over all reverberation, and the
    first 6–14 reflections come within 2–50 ms, as in rooms of 2–10 m.
    """
    seconds = rng.uniform(0.15, 0.8)
    count = int(seconds * SAMPLE_RATE)
    time = np.arange(count) / SAMPLE_RATE
    noise = rng.standard_normal(count)
    dull = rng.uniform(0.3, 0.8)
    bass = lfilter([1 - dull], [1, -dull], noise)
    tail = bass * np.exp(-6.9 * time / seconds)
    tail += (noise - bass) * rng.uniform(0.3, 1) * np.exp(-6.9 * time / (seconds * rng.uniform(0.35, 0.7)))
    size = rng.uniform(0.002, 0.012)  # the first wall, seconds away
    tail *= 1 - np.exp(-time / (2 * size))
    reverb = tail / rms(tail) * np.sqrt(1 / count)
    for delay in size * (1 + rng.gamma(1.2, 1.5, rng.integers(6, 15))):
        first = int(delay * SAMPLE_RATE)
        if first + 1 < count:
            strength = rng.choice([1.0, 1.0, -1.0]) * rng.uniform(0.2, 0.8) * size / delay
            between = delay * SAMPLE_RATE - first
            reverb[first : first + 2] += strength * np.array([1 - between, between])
    reverb *= 10 ** (-rng.uniform(0, 18) / 20) / np.sqrt(np.sum(reverb**2))
    reverb = np.clip(reverb, -0.5, 0.5)  # no echo is louder than what it echoes
    reverb[0] += 1.0
    return np.asarray(reverb, np.float32)


def in_a_room(pcm: Samples, rng: np.random.Generator) -> Samples:
    """The sound as it arrives across a room: same length, the direct sound undelayed."""
    return np.asarray(fftconvolve(np.asarray(pcm, np.float32), room_response(rng))[: len(pcm)], np.float32)
