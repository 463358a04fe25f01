"""The clips a mouth is measured on: held-out speech with phones or real mouths, a real talker, and non-speech.

The data lie outside the project (`STREAM_ENGINE_DATA`, by default `../shared/data` beside the checkout); none of it is
committed. Synthetic non-speech (silence, noise) is seeded.
"""

import json
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from numpy.typing import NDArray

from benchmarks.lip_landmarks import landmark_shapes
from models.face.lip_measures import Floats, Phone
from models.measured_data import DataMissingError, data_root
from models.ticks import SAMPLE_RATE

REST_SECONDS = 12.0
NOISE_DBFS = -40.0


class Group(StrEnum):
    """Where a clip comes from. Choose checkpoints by `GRID_VAL` alone: the others are held out."""

    MOUTHS = "mouths"
    SPEECH = "speech"
    GRID_VAL = "grid_s1_val"
    UNSEEN = "unseen_voices"
    REST = "rest"


@dataclass(frozen=True, slots=True)
class Clip:
    """One sound and what is known about the mouth that made it.

    Attributes:
        name: unique over all clips.
        group: where it comes from.
        audio: float32 `[N]` at 16 kHz, -1..1.
        phones: forced alignment; empty where unknown.
        aperture: measured opening `[F]` per video frame, in the source's own unit; None where there was no camera.
        fps: video frames per second of `aperture`.
    """

    name: str
    group: Group
    audio: NDArray[np.float32]
    phones: tuple[Phone, ...] = ()
    aperture: Floats | None = None
    fps: float = 25.0

    @property
    def frames(self) -> int:
        """Motion frames a model gives for the clip: ceil(duration / 20 ms)."""
        return -(-len(self.audio) // 320)


class Clips:
    """Loads the clips, each group when first asked for.

    Args:
        root: data folder; None for `STREAM_ENGINE_DATA` or its default.

    Raises:
        DataMissingError: the folder, or a part of it, is absent; raised here for the folder itself.
    """

    def __init__(self, root: Path | None = None) -> None:
        self.root = data_root() if root is None else root
        if not self.root.is_dir():
            raise DataMissingError(self.root)

    def all(self) -> list[Clip]:
        """Every clip of every group."""
        return [*self.mouths, *self.speech, *self.grid_val, *self.rest]

    @cached_property
    def mouths(self) -> list[Clip]:
        """Four talkers with measured apertures (held out)."""
        clips = []
        for path in self._glob("mouths", "*.json"):
            measured = json.loads(path.read_text())
            audio = _read(path.with_suffix(".wav"))
            aperture = np.array(measured["aperture"], np.float64)
            clips.append(Clip(path.stem, Group.MOUTHS, audio, aperture=aperture, fps=float(measured["fps"])))
        return clips

    @cached_property
    def speech(self) -> list[Clip]:
        """Human sentences with phones (held out)."""
        clips = []
        for path in self._glob("speech", "*.phones.json"):
            name = path.name.removesuffix(".phones.json")
            clips.append(
                Clip(name, Group.SPEECH, _read(path.with_name(f"{name}.wav")), _phones(json.loads(path.read_text())))
            )
        return clips

    @cached_property
    def grid_val(self) -> list[Clip]:
        """The real talker's 88 validation sentences, with phones and measured apertures; choose checkpoints here."""
        folder = self.root / "grid_s1"
        if not (folder / "val.npz").is_file():
            raise DataMissingError(folder / "val.npz")
        texts = json.loads((folder / "phones.json").read_text())
        with np.load(folder / "val.npz") as data:
            shapes, fps = landmark_shapes(data), float(data["fps"])
        clips = []
        for name, shape in shapes.items():
            phones, audio = _phones(texts[name]["phones"]), _read(folder / "audio" / f"{name}.flac")
            clips.append(Clip(name, Group.GRID_VAL, audio, phones, shape.gap, fps))
        return clips

    @cached_property
    def rest(self) -> list[Clip]:
        """Non-speech, 12 s each: digital silence, white and pink noise at -40 dBFS, room tone of two recordings."""
        count = int(REST_SECONDS * SAMPLE_RATE)
        jfk = self._glob("speech", "jfk.wav")[0]
        reader = [tone for clip in self.speech for tone in _silences(clip)]
        sounds = {
            "digital_silence": np.zeros(count, np.float32),
            "white_noise": noise(count, exponent=0.0),
            "pink_noise": noise(count, exponent=1.0),
            "room_tone_jfk": stitch(quiet_stretches(_read(jfk)), count),
            "room_tone_librivox": stitch(reader, count),
        }
        return [Clip(name, Group.REST, audio) for name, audio in sounds.items()]

    def _glob(self, folder: str, pattern: str) -> list[Path]:
        found = sorted((self.root / folder).glob(pattern))
        if not found:
            raise DataMissingError(self.root / folder / pattern)
        return found


def noise(count: int, *, exponent: float, seed: int = 0) -> NDArray[np.float32]:
    """Seeded noise at -40 dBFS RMS whose power falls as 1 / f^exponent (0 white, 1 pink), `[count]`."""
    spectrum = np.fft.rfft(np.random.default_rng(seed).standard_normal(count))
    frequency = np.fft.rfftfreq(count, 1 / SAMPLE_RATE)
    spectrum[0] = 0
    spectrum[1:] /= np.maximum(frequency[1:], 20.0) ** (exponent / 2)
    sound = np.fft.irfft(spectrum, count)
    return np.asarray(sound * 10 ** (NOISE_DBFS / 20) / np.sqrt((sound**2).mean()), np.float32)


def quiet_stretches(audio: NDArray[np.float32], shortest_ms: int = 300, trim_ms: int = 60) -> list[NDArray[np.float32]]:
    """Pauses of a noisy recording without phones: runs of 20 ms frames within 5 dB of its quiet level.

    The quiet level is the 10th percentile of the frames that are not digitally silent; runs are trimmed at both ends,
    where words decay.
    """
    frames = audio[: len(audio) // 320 * 320].reshape(-1, 320)
    level = 20 * np.log10(np.sqrt((frames**2).mean(1)) + 1e-9)
    live = level > -70
    quiet = live & (level < np.percentile(level[live], 10) + 5)
    edges = np.flatnonzero(np.diff(np.concatenate([[False], quiet, [False]]).astype(np.int8)))
    trim = trim_ms * SAMPLE_RATE // 1000
    return [
        audio[start * 320 + trim : end * 320 - trim]
        for start, end in edges.reshape(-1, 2)
        if (end - start) * 20 >= shortest_ms
    ]


def stitch(pieces: list[NDArray[np.float32]], count: int, fade: int = 160) -> NDArray[np.float32]:
    """One sound `[count]` of the pieces, in turn and again, cross-faded over `fade` samples.

    Raises:
        ValueError: no piece is longer than two fades.
    """
    pieces = [piece for piece in pieces if len(piece) > 2 * fade]
    if not pieces:
        raise ValueError("no pause is long enough to make room tone of")
    # Equal power: pieces of noise are uncorrelated, a linear fade would dip by 3 dB.
    rise = np.sin(np.linspace(0, np.pi / 2, fade)).astype(np.float32)
    out = np.zeros(count + max(map(len, pieces)), np.float32)
    at = turn = 0
    while at < count:
        piece = pieces[turn % len(pieces)].copy()
        if turn:
            piece[:fade] *= rise
        piece[-fade:] *= rise[::-1]
        out[at : at + len(piece)] += piece
        at, turn = at + len(piece) - fade, turn + 1
    return out[:count]


def _silences(clip: Clip, trim_ms: float = 60) -> list[NDArray[np.float32]]:
    per_ms = SAMPLE_RATE / 1000
    return [
        clip.audio[int((start + trim_ms) * per_ms) : int((end - trim_ms) * per_ms)]
        for start, end, phone in clip.phones
        if phone == "SIL" and end - start > 2 * trim_ms
    ]


def _phones(rows: list[list[Any]]) -> tuple[Phone, ...]:
    return tuple((float(start), float(end), str(phone)) for start, end, phone in rows)


def _read(path: Path) -> NDArray[np.float32]:
    if not path.is_file():
        raise DataMissingError(path)
    audio, rate = soundfile.read(path, dtype="float32", always_2d=True)
    if rate != SAMPLE_RATE:
        raise ValueError(f"{path} is at {rate} Hz; the measurement data come at {SAMPLE_RATE} Hz")
    return np.ascontiguousarray(audio.mean(1), np.float32)
