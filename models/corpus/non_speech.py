"""Sound that is nobody speaking, to which the answer is rest."""

from collections.abc import Callable
from typing import Final

import numpy as np
from scipy.signal import butter, sosfilt

from models.corpus.coding import mp3, opus
from models.corpus.microphones import band, equalised, gated
from models.corpus.music import music
from models.corpus.noises import coloured_noise, hum, knocks, noise_like
from models.corpus.rooms import in_a_room
from models.corpus.sound import RATE, Samples, at_level, rms


def non_speech(count: int, rng: np.random.Generator, take: Samples | None = None) -> Samples:
    """Silence, rooms, noise, keys, breath, laughter, coughs, hums and music, one of them or two.

    Args:
        count: samples wanted, at 16 kHz; at least 0.2 s.
        rng: source of every choice.
        take: a recording whose own tone (a pause in it) or spectrum may colour the noise, or None.

    Returns:
        `count` samples in -1..1 at −100 to −12 dBFS.
    """
    kind = rng.random()
    if kind < 0.06:
        return np.asarray(at_level(rng.standard_normal(count), -rng.uniform(60, 100)), np.float32)
    if kind < 0.4:
        return room_tone(count, rng, take)
    names = list(_KINDS)
    sound = _KINDS[names[rng.integers(len(names))]](count, rng)
    if rng.random() < 0.2:
        sound = sound + _KINDS[names[rng.integers(len(names))]](count, rng) * 10 ** (-rng.uniform(0, 20) / 20)
    if rng.random() < 0.25:
        sound = in_a_room(sound, rng)
    if rng.random() < 0.4:
        sound = equalised(sound, rng)
    floor = room_tone(count, rng, take)
    sound = sound / rms(sound) + floor * (10 ** (-rng.uniform(5, 45) / 20) / rms(floor))
    if rng.random() < 0.06:
        sound = opus(at_level(sound, -25), int(rng.integers(6_000, 24_001)))
    return np.asarray(np.clip(at_level(sound, -rng.uniform(12, 65)), -1, 1), np.float32)


def room_tone(count: int, rng: np.random.Generator, take: Samples | None = None) -> Samples:
    """What a recording of speech holds between its sentences, at −80 to −35 dBFS.

    Coloured noise that breathes a little, rumble and mains below it, faint clicks of lips and cables, swallowed by a
    gate or the band limit and rounding of a codec now and then.
    """
    sound = noise_like(take, count, rng) if take is not None and rng.random() < 0.5 else coloured_noise(count, rng)
    if rng.random() < 0.5:
        rumble = band(rng.standard_normal(count), 15, rng.uniform(60, 200))
        sound = sound + rumble * (10 ** (rng.uniform(-15, 15) / 20) / rms(rumble))
    if rng.random() < 0.3:
        sound = sound + hum(count, rng) * 10 ** (-rng.uniform(0, 25) / 20)
    if rng.random() < 0.3:
        sound = sound + _clicks(count, rng) * rng.uniform(1, 8)
    if rng.random() < 0.3:
        sound = sound + breath(count, rng) * 10 ** (-rng.uniform(0, 20) / 20)
    if rng.random() < 0.3:
        sound = equalised(sound, rng)
    level = -rng.uniform(35, 80)
    sound = at_level(sound, level)
    coded = rng.random()
    if coded < 0.07:
        sound = mp3(sound, int(rng.choice([16_000, 24_000, 32_000, 48_000, 64_000])))
    elif coded < 0.3:
        sound = band(sound, rng.uniform(20, 120), rng.uniform(3400, 7600), int(rng.integers(6, 30)))
    if rng.random() < 0.05:
        sound = gated(sound, rng)
    if rng.random() < 0.2:  # sixteen bits, or fewer
        steps = 2.0 ** rng.integers(10, 16)
        sound = np.round(sound * steps) / steps
    return np.asarray(np.clip(sound, -1, 1), np.float32)


def _clicks(count: int, rng: np.random.Generator) -> Samples:
    """A few single clicks of 0.2–3 ms; the loudest is 1."""
    sound = np.zeros(count, np.float32)
    for start in rng.integers(0, count - 100, rng.integers(1, 8)):
        length = int(rng.integers(3, 50))
        sound[start : start + length] += rng.uniform(-1, 1) * np.hanning(length + 2)[1:-1] * rng.choice([-1, 1], length)
    return sound


def breath(count: int, rng: np.random.Generator) -> Samples:
    """Breathing of unit level: in fast and bright, out slow and dull, through a throat's resonances."""
    swell, time = np.zeros(count), 0.0 - rng.uniform(0, 2)
    seconds = count / RATE
    instants = np.arange(count) / RATE
    while time < seconds:
        for length in (rng.uniform(0.25, 1.2), rng.uniform(0.5, 2)):
            inside = np.clip((instants - time) / length, 0, 1)
            swell += rng.uniform(0.2, 1) * np.sin(np.pi * inside ** rng.uniform(0.5, 1.5)) ** 2
            time += length + rng.uniform(0, 0.3)
        time += rng.uniform(0.2, 2)
    noise = band(rng.standard_normal(count), rng.uniform(150, 800), rng.uniform(1500, 6000), 1)
    for _ in range(2):
        centre = rng.uniform(500, 3500)
        noise = noise + 2 * band(noise, centre * 0.9, centre * 1.1, 2)
    sound = noise * (swell + 10 ** (-rng.uniform(25, 50) / 20))
    return np.asarray(sound / rms(sound), np.float32)


def laughter(count: int, rng: np.random.Generator) -> Samples:
    """Laughs of unit level: bursts of voice at 4–6 a second that fall and fade, breath between them.

    Bachorowski, Smoski & Owren (2001): calls about 0.1 s long, 4–5 a second, pitch well above speech, formants of a
    mouth that does not articulate.
    """
    sound, start = np.zeros(count + 2 * RATE), rng.uniform(0, 0.5)
    formants = np.array([rng.uniform(450, 900), rng.uniform(1100, 1800), rng.uniform(2300, 3200)])
    while start < count / RATE:
        pitch, rate, loud = rng.uniform(140, 480), rng.uniform(4, 6), 1.0
        for _ in range(rng.integers(3, 10)):
            call = _call(pitch * rng.uniform(0.92, 1.08), rng.uniform(0.06, 0.14), formants, rng)
            first = int(start * RATE)
            if first + len(call) > len(sound):
                break
            sound[first : first + len(call)] += call * loud
            start += 1 / rate * rng.uniform(0.9, 1.15)
            pitch, loud = pitch * rng.uniform(0.9, 1.0), loud * rng.uniform(0.75, 1.0)
        start += rng.uniform(0.3, 1.8)
    part = sound[:count] + breath(count, rng) * rms(sound[:count]) * rng.uniform(0.02, 0.3)
    return np.asarray(part / rms(part), np.float32)


def _call(pitch: float, seconds: float, formants: Samples, rng: np.random.Generator) -> Samples:
    """One "ha": a breath of noise, then a voiced burst."""
    time = np.arange(int(seconds * RATE)) / RATE
    phase = np.cumsum(2 * np.pi * pitch * (1 + 0.15 * np.sin(np.pi * time / seconds)) / RATE)
    harmonics = np.arange(1, int(min(5000, RATE / 2.2) / pitch))
    distance = (np.log2(harmonics[:, None] * pitch / formants) / 0.25) ** 2
    weights = (0.05 + np.exp(-distance).sum(1)) / harmonics**0.7
    voiced = weights @ np.sin(harmonics[:, None] * phase + rng.uniform(0, 6, (len(harmonics), 1)))
    air = sosfilt(butter(1, [500, 4000], "bandpass", fs=RATE, output="sos"), rng.standard_normal(len(time)))
    shape = np.sin(np.pi * np.linspace(0, 1, len(time)) ** 0.7) ** 1.5
    return np.asarray((voiced / rms(voiced) + air / rms(air) * rng.uniform(0.05, 0.6)) * shape)


def coughs(count: int, rng: np.random.Generator) -> Samples:
    """Coughs, sniffs and clearing throats, of unit level: an explosion of noise, a hiss, sometimes voice at the end."""
    sound, start = np.zeros(count + RATE), rng.uniform(0, 0.6)
    while start < count / RATE:
        time = np.arange(int(rng.uniform(0.15, 0.45) * RATE)) / RATE
        loud = np.minimum(1, time / 0.005) * (np.exp(-time / rng.uniform(0.02, 0.06)) + 0.3 * np.exp(-time / 0.15))
        body = band(rng.standard_normal(len(time)), rng.uniform(150, 600), rng.uniform(2000, 6000), 1)
        if rng.random() < 0.4:
            rough = np.sin(2 * np.pi * np.cumsum(rng.uniform(60, 180) * (1 + rng.normal(0, 0.3, len(time)))) / RATE)
            body = body + np.sign(rough) * rms(body) * rng.uniform(0.2, 1)
        first = int(start * RATE)
        sound[first : first + len(time)] += body * loud * rng.uniform(0.4, 1)
        start += rng.uniform(0.25, 0.6) if rng.random() < 0.6 else rng.uniform(1, 4)
    return np.asarray(sound[:count] / rms(sound[:count]), np.float32)


def _fan(count: int, rng: np.random.Generator) -> Samples:
    time = np.arange(count) / RATE
    beat = 1 + rng.uniform(0.1, 0.8) * np.sin(2 * np.pi * rng.uniform(2, 40) * time + rng.uniform(0, 6))
    return np.asarray(coloured_noise(count, rng) * beat, np.float32)


def _tones(count: int, rng: np.random.Generator) -> Samples:
    """Rings, beeps and warnings: tones that come and go."""
    time = np.arange(count) / RATE
    on = np.sin(2 * np.pi * rng.uniform(0.3, 6) * time + rng.uniform(0, 6)) > rng.uniform(-0.7, 0.7)
    edge = np.convolve(on, np.hanning(160) / np.hanning(160).sum(), "same")
    tones = sum(np.sin(2 * np.pi * 300 * 2 ** rng.uniform(0, 3.5) * time) for _ in range(rng.integers(1, 4)))
    return np.asarray(tones * edge + 1e-4 * rng.standard_normal(count), np.float32)


_KINDS: Final[dict[str, Callable[[int, np.random.Generator], Samples]]] = {
    "noise": coloured_noise,
    "fan": _fan,
    "knocks": knocks,
    "breath": breath,
    "laughter": laughter,
    "coughs": coughs,
    "hum": hum,
    "tones": _tones,
    "music": music,
}
