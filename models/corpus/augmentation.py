"""Carries one voice to many, and a studio to a room: what training does to sound, never to time order.

Everything takes and returns 16 kHz samples in -1..1. Speed, and with it pitch and vocal tract, is changed
by `resample`, which the caller must apply to the phones as well.
"""

import numpy as np
from scipy.signal import butter, fftconvolve, lfilter, sosfilt

from models.corpus.sound import RATE as RATE
from models.corpus.sound import Samples as Samples
from models.corpus.sound import resample as resample
from models.corpus.sound import rms as rms


def coloured_noise(count: int, rng: np.random.Generator) -> Samples:
    """Noise of unit level, from white to brown, sometimes with a hum."""
    noise = rng.standard_normal(count)
    if rng.random() < 0.7:
        noise = lfilter([1.0], [1.0, -rng.uniform(0.4, 0.985)], noise)
    noise /= noise.std() + 1e-9
    if rng.random() < 0.25:
        time = np.arange(count) / RATE
        mains = rng.choice([50.0, 60.0, 100.0, 120.0])
        hum = sum(rng.uniform(0, 1) / k * np.sin(2 * np.pi * mains * k * time + rng.uniform(0, 6)) for k in range(1, 7))
        noise = noise * rng.uniform(0.2, 1) + hum
    return np.asarray(noise / (noise.std() + 1e-9), np.float32)


def _room(pcm: Samples, rng: np.random.Generator) -> Samples:
    seconds = rng.uniform(0.08, 0.5)
    count = int(seconds * RATE)
    response = rng.standard_normal(count) * np.exp(-6.9 * np.arange(count) / count)
    response *= rng.uniform(0.05, 0.5) / (np.sqrt((response**2).sum()) + 1e-9)
    response[0] = 1.0
    return fftconvolve(pcm, response)[: len(pcm)].astype(np.float32)


def _microphone(pcm: Samples, rng: np.random.Generator) -> Samples:
    for _ in range(rng.integers(1, 4)):
        pcm = lfilter([1.0, rng.uniform(-0.8, 0.8)], [1.0, rng.uniform(-0.6, 0.6)], pcm)
    if rng.random() < 0.3:
        low, high = rng.uniform(60, 320), rng.uniform(3300, 7600)
        pcm = sosfilt(butter(2, [low, high], "bandpass", fs=RATE, output="sos"), pcm)
    return np.asarray(pcm, np.float32)


def degrade(pcm: Samples, babble: Samples | None, rng: np.random.Generator) -> Samples:
    """A take as a real microphone in a real room would deliver it, at -45 to -10 dBFS.

    Args:
        pcm: clean sound.
        babble: other voices, at least as long, or None.
        rng: source of every choice.
    """
    if rng.random() < 0.35:
        pcm = _room(pcm, rng)
    if rng.random() < 0.8:
        pcm = _microphone(pcm, rng)
    level = rms(pcm)
    pcm = pcm + coloured_noise(len(pcm), rng) * level * 10 ** (-rng.uniform(8, 55) / 20)
    if babble is not None and rng.random() < 0.2:
        voices = babble[: len(pcm)]
        pcm = pcm + voices * (level / rms(voices)) * 10 ** (-rng.uniform(8, 25) / 20)
    pcm = pcm * (10 ** (rng.uniform(-45, -10) / 20) / rms(pcm))
    if rng.random() < 0.05:
        pcm = pcm * rng.uniform(2, 6)
    return np.clip(pcm, -1, 1).astype(np.float32)


def noise_like(pcm: Samples, count: int, rng: np.random.Generator) -> Samples:
    """Steady noise of unit level with the long-term spectrum of a sound: a room's tone, or speech nobody speaks."""
    size = 1024
    frames = np.lib.stride_tricks.sliding_window_view(np.pad(pcm, (0, size)), size)[:: size // 2]
    magnitude = np.sqrt(np.mean(np.abs(np.fft.rfft(frames * np.hanning(size))) ** 2, axis=0))
    bins = count // 2 + 1
    spread = np.interp(np.linspace(0, 1, bins), np.linspace(0, 1, len(magnitude)), magnitude)
    noise = np.fft.irfft(spread * np.exp(2j * np.pi * rng.random(bins)), count)
    return np.asarray(noise / rms(noise), np.float32)


def non_speech(count: int, rng: np.random.Generator) -> Samples:
    """Sound that is nobody speaking: silence, noise, keys, breath, tones."""
    kind = rng.integers(0, 6)
    sound: Samples
    time = np.arange(count) / RATE
    if kind == 0:
        return (rng.standard_normal(count) * 10 ** (-rng.uniform(60, 100) / 20)).astype(np.float32)
    if kind == 1:
        sound = coloured_noise(count, rng)
    elif kind == 2:  # keys and knocks
        sound = np.zeros(count, np.float32)
        for start in rng.integers(0, count - 800, rng.integers(3, 24)):
            decay = np.exp(-np.arange(800) / rng.uniform(20, 200))
            sound[start : start + 800] += (decay * rng.standard_normal(800)).astype(np.float32)
    elif kind == 3:  # breath: band-passed noise that swells
        swell = np.maximum(0, np.sin(2 * np.pi * rng.uniform(0.2, 0.5) * time + rng.uniform(0, 6))) ** 2
        band = butter(2, [rng.uniform(200, 900), rng.uniform(1800, 5000)], "bandpass", fs=RATE, output="sos")
        sound = (sosfilt(band, rng.standard_normal(count)) * swell).astype(np.float32)
    elif kind == 4:  # chords
        sound = np.zeros(count, np.float32)
        for start in np.arange(0, count, int(rng.uniform(0.2, 0.8) * RATE)):
            part = time[: count - start]
            for _ in range(rng.integers(1, 4)):
                pitch = 110 * 2 ** (rng.integers(0, 36) / 12)
                sound[start:] += (np.sin(2 * np.pi * pitch * part) * np.exp(-part * 4)).astype(np.float32)
    else:  # a fan with a blade
        sound = coloured_noise(count, rng) * (1 + 0.5 * np.sin(2 * np.pi * rng.uniform(3, 40) * time))
    sound = sound + coloured_noise(count, rng) * rms(sound) * 10 ** (-rng.uniform(5, 40) / 20)
    return np.asarray(np.clip(sound * (10 ** (rng.uniform(-65, -15) / 20) / rms(sound)), -1, 1), np.float32)
