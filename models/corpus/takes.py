"""A take: a stretch of real speech with the motion of the face that spoke it, whoever measured it and how.

Importers of one's own recordings, the corpus's real talker and training all speak of takes.
"""

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from models.corpus.phones import PHONE_INDEX, Phone
from models.face.channels import CHANNEL_COUNT, CHANNELS
from models.ticks import SAMPLE_RATE


class TakeError(ValueError):
    """A take that cannot be used; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Take:
    """Real speech and the face that spoke it.

    Attributes:
        name: what messages call it.
        pcm: `[N]` float32 in −1..1, mono, 16 kHz; sample 0 and frame 0 lie at the same instant.
        phones: where its phones lie, in seconds; empty if nobody knows.
        motion: `[F, 61]` float32, the order, units and ranges of `models.face.channels.CHANNELS`.
        fps: frames of `motion` a second; frame k shows the instant k / fps.
        measured: names of the channels that were really measured; the others of `motion` are 0 and mean nothing.
        sound_late_s: by how much its import took the recording's sound as late in all, seconds; NaN if nobody knows.
        source: the recording it was made of, a path; empty if nobody knows.

    Raises:
        TakeError: the arrays do not fit this description.
    """

    name: str
    pcm: NDArray[np.float32]
    phones: list[Phone]
    motion: NDArray[np.float32]
    fps: float
    measured: tuple[str, ...] = field(default=CHANNELS)
    sound_late_s: float = float("nan")
    source: str = ""

    def __post_init__(self) -> None:
        """Refuses what would poison a training."""
        if self.pcm.ndim != 1 or self.pcm.dtype != np.float32:
            raise TakeError(f"{self.name}: sound must be [N] float32 at 16 kHz; decode and resample it first")
        if self.motion.ndim != 2 or self.motion.shape[1] != CHANNEL_COUNT or self.motion.dtype != np.float32:
            raise TakeError(f"{self.name}: motion must be [F, {CHANNEL_COUNT}] float32, it is {self.motion.shape}")
        if not self.fps > 0:
            raise TakeError(f"{self.name}: {self.fps} frames a second; give the camera's rate")
        if not (np.isfinite(self.pcm).all() and np.isfinite(self.motion).all()):
            raise TakeError(f"{self.name}: has values that are no numbers; leave this take out or repair it")
        if unknown := sorted(set(self.measured) - set(CHANNELS)):
            raise TakeError(f"{self.name}: {', '.join(unknown)} are no channels; see models.face.channels.CHANNELS")
        if strange := sorted({phone.name for phone in self.phones} - PHONE_INDEX.keys()):
            raise TakeError(
                f"{self.name}: {', '.join(strange)} are no ARPABET phones; map them to models.corpus.phones"
            )

    @property
    def seconds(self) -> float:
        """How long it lasts: the shorter of its sound and its motion."""
        return min(len(self.pcm) / SAMPLE_RATE, len(self.motion) / self.fps)

    @property
    def digest(self) -> str:
        """Tells it from a take of the same name that teaches something else."""
        known = repr((self.phones, self.fps, self.measured)).encode()
        return hashlib.sha256(self.pcm.tobytes() + self.motion.tobytes() + known).hexdigest()[:16]


def save_take(path: Path, take: Take) -> None:
    """Writes a take as one compressed `.npz`.

    Args:
        path: the file, replaced if it exists; its folder must exist.
        take: what to write.
    """
    # An opened file, since numpy adds a suffix of its own to names.
    with path.open("wb") as file:
        np.savez_compressed(
            file,
            name=np.array(take.name),
            pcm=take.pcm,
            phone_times=np.array([(p.start, p.end) for p in take.phones], np.float64).reshape(-1, 2),
            phone_names=np.array([p.name for p in take.phones], np.str_),
            motion=take.motion,
            fps=np.array(take.fps, np.float64),
            measured=np.array(take.measured, np.str_),
            sound_late_s=np.array(take.sound_late_s, np.float64),
            source=np.array(take.source),
        )


def load_take(path: Path) -> Take:
    """Reads a take that :func:`save_take` wrote.

    Args:
        path: the `.npz`.

    Returns:
        The take.

    Raises:
        FileNotFoundError: there is no such file.
        TakeError: it holds no take.
    """
    if not path.is_file():
        raise FileNotFoundError(f"there is no take {path}; make one with `python -m models.corpus`")
    try:
        with np.load(path) as data:
            times, names = data["phone_times"], data["phone_names"].tolist()
            return Take(
                name=str(data["name"]),
                pcm=data["pcm"],
                phones=[Phone(float(a), float(b), str(n)) for (a, b), n in zip(times, names, strict=True)],
                motion=data["motion"],
                fps=float(data["fps"]),
                measured=tuple(data["measured"].tolist()),
                sound_late_s=float(data.get("sound_late_s", np.nan)),
                source=str(data.get("source", "")),
            )
    except (BadZipFile, EOFError, OSError, KeyError, ValueError) as error:
        if isinstance(error, TakeError):
            raise
        raise TakeError(f"{path} holds no take ({error}); import the recording again") from error


def source_of(path: Path) -> str:
    """The recording a file's take was made of, without reading the take; empty if it is none or does not say."""
    try:
        with np.load(path) as data:
            return str(data.get("source", ""))
    except (BadZipFile, EOFError, OSError, ValueError):
        return ""
