"""Sound that is nobody speaking, to which the answer is rest."""

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
from scipy.signal import butter, sosfilt

from models.corpus.coding import mp3, opus
from models.corpus.microphones import band, equalised, gated
from models.corpus.music import music
from models.corpus.noises import coloured_noise, hum, knocks, noise_like
from models.corpus.rooms import in_a_room
from models.corpus.sound import Samples, at_level, rms
from models.ticks import SAMPLE_RATE


def non_speech(count: int, rng: np.random.Generator, pauses: Sequence[Samples] = ()) -> Samples:
    """Silence, rooms, noise, keys, breath, laughter, coughs, hums and music, one of them or two.

    Args:
        count: samples wanted, at 16 kHz; at least 0.2 s.
        rng: source of every choice.
        pauses: what takes hold between their words, 60 ms or more from any: the truest rooms there are. May be none.

    Returns:
        `count` samples in -1..1 at −100 to −12 dBFS.
    """
    kind = rng.random()
    if kind < 0.06:
        return np.asarray(at_level(rng.standard_normal(count), -rng.uniform(60, 100)), np.float32)
    if kind < 0.4:
        return room_tone(count, rng, pauses)
    names = list(_KINDS)
    sound = _KINDS[names[rng.integers(len(names))]](count, rng)
    if rng.random() < 0.2:
        sound = sound + _KINDS[names[rng.integers(len(names))]](count, rng) * 10 ** (-rng.uniform(0, 20) / 20)
    if rng.random() < 0.25:
        sound = in_a_room(sound, rng)
    if rng.random() < 0.4:
        sound = equalised(sound, rng)
    floor = room_tone(count, rng, pauses)
    sound = sound / rms(sound) + floor * (10 ** (-rng.uniform(5, 45) / 20) / rms(floor))
    if rng.random() < 0.06:
        sound = opus(at_level(sound, -25), int(rng.integers(6_000, 24_001)))
    return np.asarray(np.clip(at_level(sound, -rng.uniform(12, 65)), -1, 1), np.float32)


def room_tone(count: int, rng: np.random.Generator, pauses: Sequence[Samples] = ()) -> Samples:
    """What a recording of speech holds between its sentences, at −80 to −35 dBFS.

    Coloured noise that breathes a little, rumble and mains below it; what is left of a voice in the room, dying away;
    breath, lips and tongue unsticking, faint clicks; cuts from one level to another; swallowed now and then by a gate,
    or the band limit and rounding of a codec.

    Args:
        count: samples wanted, at 16 kHz; at least 0.2 s.
        rng: source of every choice.
        pauses: real pauses, used end to end or as models of colour.
    """
    kind = rng.random() if pauses else 1.0
    if kind < 0.3:
        sound = stitched(pauses, count, rng)
    elif kind < 0.6:
        sound = noise_like(pauses[int(rng.integers(len(pauses)))], count, rng)
    else:
        sound = coloured_noise(count, rng)
    sound = sound / rms(sound)
    if rng.random() < 0.25:
        sound = sound * _cuts(count, rng)
    if rng.random() < 0.3:
        sound = sound + _remains(count, rng) * rng.uniform(0.5, 8)
    if rng.random() < 0.25:
        sound = sound + smacks(count, rng) * 10 ** (rng.uniform(-20, 20) / 20)
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


def stitched(pauses: Sequence[Samples], count: int, rng: np.random.Generator) -> Samples:
    """Pauses of recordings drawn at random, laid end to end over 5 ms."""
    fade = 80
    sound, at = np.zeros(count, np.float32), 0
    while at < count:
        piece = np.array(pauses[int(rng.integers(len(pauses)))], np.float32)
        edge = min(fade, len(piece) // 2)
        piece[:edge] *= np.linspace(0, 1, edge, dtype=np.float32)
        piece[len(piece) - edge :] *= np.linspace(1, 0, edge, dtype=np.float32)
        part = piece[: count - at]
        sound[at : at + len(part)] += part
        at += max(len(piece) - edge, 1)
    return sound


def _cuts(count: int, rng: np.random.Generator) -> Samples:
    """A level that jumps by some decibels every few tenths of a second, as edited recordings do."""
    gain, at, spread = np.ones(count), 0, rng.uniform(2, 12)
    while at < count:
        length = int(rng.uniform(0.1, 1.0) * SAMPLE_RATE)
        gain[at : at + length] = 10 ** (rng.normal(0, spread) / 20)
        at += length
    return np.convolve(gain, np.full(64, 1 / 64), "same")


def _remains(count: int, rng: np.random.Generator) -> Samples:
    """What is left of words in a room: coloured like vowels, dying away in 30–150 ms; the loudest starts at about 1."""
    sound, start = np.zeros(count), rng.uniform(0, 0.5)
    while start < count / SAMPLE_RATE:
        first, length = int(start * SAMPLE_RATE), int(rng.uniform(0.15, 0.6) * SAMPLE_RATE)
        length = min(length, count - first)
        low = rng.uniform(100, 300)
        echo = band(rng.standard_normal(length), low, low * 2 ** rng.uniform(2, 4.5), 2)
        echo = echo * np.exp(-np.arange(length) / (SAMPLE_RATE * rng.uniform(0.03, 0.15)))
        sound[first : first + length] += echo / rms(echo[:400]) * rng.uniform(0.1, 1)
        start += rng.uniform(0.25, 1.5)
    return sound


def smacks(count: int, rng: np.random.Generator) -> Samples:
    """Lips and tongue coming unstuck, of unit level: clusters of clicks that ring for 1–6 ms."""
    sound = np.zeros(count + SAMPLE_RATE // 10)
    for first in rng.integers(0, count, max(1, int(count / SAMPLE_RATE * rng.uniform(0.3, 2.5)))):
        length = int(rng.uniform(0.01, 0.06) * SAMPLE_RATE)
        time = np.arange(length) / SAMPLE_RATE
        for begin in rng.integers(0, length, rng.integers(1, 6)):
            part = time[: length - begin]
            ring = np.sin(2 * np.pi * rng.uniform(800, 5000) * part) * np.exp(-part / rng.uniform(0.001, 0.006))
            sound[first + begin : first + length] += ring * rng.uniform(0.2, 1)
    part = sound[:count] + 1e-4 * rng.standard_normal(count)
    return np.asarray(part / rms(part), np.float32)


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
    seconds = count / SAMPLE_RATE
    instants = np.arange(count) / SAMPLE_RATE
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
    sound, start = np.zeros(count + 2 * SAMPLE_RATE), rng.uniform(0, 0.5)
    formants = np.array([rng.uniform(450, 900), rng.uniform(1100, 1800), rng.uniform(2300, 3200)])
    while start < count / SAMPLE_RATE:
        pitch, rate, loud = rng.uniform(140, 480), rng.uniform(4, 6), 1.0
        for _ in range(rng.integers(3, 10)):
            call = _call(pitch * rng.uniform(0.92, 1.08), rng.uniform(0.06, 0.14), formants, rng)
            first = int(start * SAMPLE_RATE)
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
    time = np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    phase = np.cumsum(2 * np.pi * pitch * (1 + 0.15 * np.sin(np.pi * time / seconds)) / SAMPLE_RATE)
    harmonics = np.arange(1, int(min(5000, SAMPLE_RATE / 2.2) / pitch))
    distance = (np.log2(harmonics[:, None] * pitch / formants) / 0.25) ** 2
    weights = (0.05 + np.exp(-distance).sum(1)) / harmonics**0.7
    voiced = weights @ np.sin(harmonics[:, None] * phase + rng.uniform(0, 6, (len(harmonics), 1)))
    air = sosfilt(butter(1, [500, 4000], "bandpass", fs=SAMPLE_RATE, output="sos"), rng.standard_normal(len(time)))
    shape = np.sin(np.pi * np.linspace(0, 1, len(time)) ** 0.7) ** 1.5
    return np.asarray((voiced / rms(voiced) + air / rms(air) * rng.uniform(0.05, 0.6)) * shape)


def coughs(count: int, rng: np.random.Generator) -> Samples:
    """Coughs, sniffs and clearing throats, of unit level: an explosion of noise, a hiss, sometimes voice at the end."""
    sound, start = np.zeros(count + SAMPLE_RATE), rng.uniform(0, 0.6)
    while start < count / SAMPLE_RATE:
        time = np.arange(int(rng.uniform(0.15, 0.45) * SAMPLE_RATE)) / SAMPLE_RATE
        loud = np.minimum(1, time / 0.005) * (np.exp(-time / rng.uniform(0.02, 0.06)) + 0.3 * np.exp(-time / 0.15))
        body = band(rng.standard_normal(len(time)), rng.uniform(150, 600), rng.uniform(2000, 6000), 1)
        if rng.random() < 0.4:
            rough = np.sin(
                2 * np.pi * np.cumsum(rng.uniform(60, 180) * (1 + rng.normal(0, 0.3, len(time)))) / SAMPLE_RATE
            )
            body = body + np.sign(rough) * rms(body) * rng.uniform(0.2, 1)
        first = int(start * SAMPLE_RATE)
        sound[first : first + len(time)] += body * loud * rng.uniform(0.4, 1)
        start += rng.uniform(0.25, 0.6) if rng.random() < 0.6 else rng.uniform(1, 4)
    return np.asarray(sound[:count] / rms(sound[:count]), np.float32)


def _fan(count: int, rng: np.random.Generator) -> Samples:
    time = np.arange(count) / SAMPLE_RATE
    beat = 1 + rng.uniform(0.1, 0.8) * np.sin(2 * np.pi * rng.uniform(2, 40) * time + rng.uniform(0, 6))
    return np.asarray(coloured_noise(count, rng) * beat, np.float32)


def _tones(count: int, rng: np.random.Generator) -> Samples:
    """Rings, beeps and warnings: tones that come and go."""
    time = np.arange(count) / SAMPLE_RATE
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
    "smacks": smacks,
    "hum": hum,
    "tones": _tones,
    "music": music,
}
