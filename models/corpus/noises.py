"""Noise of many colours, hums and knocks: what a microphone hears when nobody speaks."""

import numpy as np
import scipy.fft
from scipy.signal import lfilter

from models.corpus.sound import Samples, rms
from models.ticks import SAMPLE_RATE


def coloured_noise(count: int, rng: np.random.Generator) -> Samples:
    """Noise of unit level: any slope from blue to brown, resonant, or limited to a band; often with a hum.

    A third of it breathes, as traffic and ventilation do.
    """
    kind = rng.random()
    if kind < 0.4:
        noise = lfilter([1.0], [1.0, -rng.uniform(-0.3, 0.985)], rng.standard_normal(count))
    else:
        size = scipy.fft.next_fast_len(count, real=True)
        frequency = np.maximum(np.arange(size // 2 + 1) * SAMPLE_RATE / size, 20.0)
        shape = (frequency / 1000) ** rng.uniform(-1.4, 0.4)
        if kind < 0.7:  # a room, a fan, a fridge: a few broad resonances
            for _ in range(rng.integers(1, 4)):
                octaves = np.log2(frequency / (100 * 2 ** rng.uniform(0, 5.5)))
                shape = shape * (1 + 10 ** rng.uniform(0, 1.2) * np.exp(-((octaves / rng.uniform(0.05, 0.6)) ** 2)))
        elif kind < 0.85:
            low = 50 * 2 ** rng.uniform(0, 5)
            high = low * 2 ** rng.uniform(1, 5)
            shape = shape / (1 + (low / frequency) ** 4) / (1 + (frequency / high) ** 4)
        white = np.exp(2j * np.pi * rng.random(len(frequency)))
        noise = scipy.fft.irfft(shape * white, size)[:count]
    noise /= noise.std() + 1e-9
    if rng.random() < 0.33:
        noise *= _breathing(count, rng)
    if rng.random() < 0.25:
        noise = noise * rng.uniform(0.2, 1) + hum(count, rng)
    return np.asarray(noise / (noise.std() + 1e-9), np.float32)


def _breathing(count: int, rng: np.random.Generator) -> Samples:
    """A level that wanders by a few decibels over tenths of seconds."""
    points = max(4, int(count / SAMPLE_RATE * rng.uniform(1, 8)))
    decibels = rng.normal(0, rng.uniform(0.5, 4), points)
    return np.asarray(10 ** (np.interp(np.linspace(0, points - 1, count), np.arange(points), decibels) / 20))


def hum(count: int, rng: np.random.Generator) -> Samples:
    """The mains or a machine: a low tone and its harmonics, of about unit level."""
    time = np.arange(count) / SAMPLE_RATE
    tone = float(rng.choice([50.0, 60.0, 100.0, 120.0, rng.uniform(30, 400)]))
    sound = np.zeros(count)
    for k in range(1, 8):
        sound += rng.uniform(0, 1) / k * np.sin(2 * np.pi * tone * k * time + rng.uniform(0, 6))
    return np.asarray(sound / rms(sound), np.float32)


def noise_like(pcm: Samples, count: int, rng: np.random.Generator) -> Samples:
    """Steady noise of unit level with the long-term spectrum of a sound: a room's tone, or speech nobody speaks."""
    size = 1024
    frames = np.lib.stride_tricks.sliding_window_view(np.pad(pcm, (0, size)), size)[:: size // 2]
    magnitude = np.sqrt(np.mean(np.abs(np.fft.rfft(frames * np.hanning(size))) ** 2, axis=0))
    bins = count // 2 + 1
    spread = np.interp(np.linspace(0, 1, bins), np.linspace(0, 1, len(magnitude)), magnitude)
    noise = np.fft.irfft(spread * np.exp(2j * np.pi * rng.random(bins)), count)
    return np.asarray(noise / rms(noise), np.float32)


def knocks(count: int, rng: np.random.Generator) -> Samples:
    """Keys, mice, cups and tables: short ringing bursts, single or in the rhythm of typing, of unit level.

    A key is pressed and, a tenth of a second later and more softly, let go.
    """
    sound = np.zeros(count + SAMPLE_RATE)
    seconds = count / SAMPLE_RATE
    typing = rng.random() < 0.6
    times = np.cumsum(rng.gamma(2.0, rng.uniform(0.06, 0.15), int(12 * seconds) + 4) if typing else
                      rng.exponential(rng.uniform(0.3, 2), int(4 * seconds) + 4))  # fmt: skip
    times = times[times < seconds]
    if not len(times):
        times = rng.uniform(0, seconds, 1)
    time = np.arange(int(0.1 * SAMPLE_RATE)) / SAMPLE_RATE
    decay = rng.uniform(0.002, 0.02)
    bodies = 2 * np.pi * rng.uniform(150, 5000, (6, 1)) * time
    for start in times:
        body = rng.normal(0, 1, 6) @ np.sin(bodies + rng.uniform(0, 6)) * rng.uniform(0.05, 0.5)
        hit = np.exp(-time / (decay * rng.uniform(0.6, 1.6))) * (rng.standard_normal(len(time)) + body)
        first = int(start * SAMPLE_RATE)
        sound[first : first + len(hit)] += hit * rng.uniform(0.3, 1)
        if typing:
            first += int(rng.uniform(0.05, 0.12) * SAMPLE_RATE)
            sound[first : first + len(hit)] += hit * rng.uniform(0.05, 0.4)
    return np.asarray(sound[:count] / rms(sound[:count]), np.float32)
