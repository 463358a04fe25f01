"""Recordings the tests make up: syllables that are loud where the mouth is open, and files as phones write them."""

import wave
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.face.channels import CHANNELS, channel_index
from models.ticks import SAMPLE_RATE

JAW = channel_index("JawOpen")


def syllables(seconds: float, seed: int = 0) -> NDArray[np.float32]:
    """Opening 0..1 at 1 kHz: bumps of 80 to 250 ms with pauses between."""
    rng = np.random.default_rng(seed)
    opening = np.zeros(int(1000 * seconds), np.float32)
    at = 200
    while at < len(opening) - 600:
        length = int(rng.integers(80, 250))
        opening[at : at + length] = rng.uniform(0.4, 1) * np.sin(np.linspace(0, np.pi, length)) ** 2
        at += length + int(rng.integers(20, 90) if rng.random() < 0.8 else rng.integers(200, 600))
    return opening


def sound_of(opening: NDArray[np.float32], late_s: float = 0.0, seed: int = 1) -> NDArray[np.float32]:
    """Noise as loud as the mouth is open, 10 ms after it (as mouths are) and `late_s` more."""
    rng = np.random.default_rng(seed)
    times = np.arange(len(opening) * SAMPLE_RATE // 1000) / SAMPLE_RATE - 0.01 - late_s
    level = np.interp(times, np.arange(len(opening)) / 1000, opening, left=0, right=0)
    return (rng.standard_normal(len(times)) * (0.001 + 0.2 * level)).astype(np.float32)


def motion_of(opening: NDArray[np.float32], times: NDArray[np.float64]) -> NDArray[np.float32]:
    motion = np.zeros((len(times), len(CHANNELS)), np.float32)
    motion[:, JAW] = 0.4 * np.interp(times, np.arange(len(opening)) / 1000, opening)
    motion[:, channel_index("HeadYaw")] = 0.1 * np.sin(times)
    return motion


def write_wav(path: Path, pcm: NDArray[np.float32], rate: int = SAMPLE_RATE) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes((np.clip(pcm, -1, 1) * 32767).astype("<i2").tobytes())
    return path


def write_csv(
    path: Path,
    codes: Iterable[str],
    motion: NDArray[np.float32],
    names: tuple[str, ...] = CHANNELS,
    titles: tuple[str, ...] | None = None,
) -> Path:
    """A CSV as the app writes it.

    Args:
        path: of the file.
        codes: timecode of each row.
        motion: `[n, 61]`; a row of NaN is written as the app writes one without a face.
        names: channels to write, in this order.
        titles: what to call them.
    """
    columns = [channel_index(name) for name in names]
    lines = [",".join(("Timecode", "BlendShapeCount", *(titles or names)))]
    for code, row in zip(codes, motion, strict=True):
        seen = np.isfinite(row).all()
        lines.append(f"{code},{61 if seen else 0}," + ",".join(f"{row[c]:.8f}" if seen else "" for c in columns))
    path.write_text("\n".join(lines) + "\n")
    return path


def codes_of(frames: Iterable[int], nominal: int = 60, fraction: float = 0.0, begin_s: int = 50_000) -> list[str]:
    """Timecodes of frame numbers counted from `begin_s`, without dropped numbers."""
    out = []
    for number in frames:
        second, frame = divmod(number, nominal)
        second += begin_s
        h, m, s = second // 3600 % 24, second // 60 % 60, second % 60
        out.append(f"{h:02}:{m:02}:{s:02}:{frame + fraction:06.3f}")
    return out


def drop_frame_codes(count: int, nominal: int, begin: int = 0, mark: str = ":") -> list[str]:
    """Drop-frame timecodes of the frames from `begin`, by counting on as SMPTE ST 12-1 says."""
    out = []
    minute = second = frame = 0
    for number in range(begin + count):
        if number >= begin:
            out.append(f"{minute // 60:02}:{minute % 60:02}:{second:02}{mark}{frame:02}.000")
        frame += 1
        if frame == nominal:
            second, frame = second + 1, 0
        if second == 60:
            minute, second = minute + 1, 0
            frame = nominal // 15 if minute % 10 else 0
    return out
