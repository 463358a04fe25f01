"""Sound of a recording, whatever container it came in, as takes want it: 16 kHz, one channel."""

from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from models.corpus.importers.errors import ImportingError
from models.ticks import SAMPLE_RATE


@dataclass(frozen=True, slots=True)
class RecordedSound:
    """The first sound of a file.

    Attributes:
        path: the file.
        pcm: `[N]` float32, −1..1, 16 kHz. Sample 0 is heard with the first picture if the file has pictures; what
            was recorded before it is cut off, and silence stands where the sound began later.
        timecode: of sample 0 as the file states it (`HH:MM:SS:FF`, `;` before FF if frames are dropped); None without.
        picture_rate: the file's nominal pictures a second; None if it has sound alone.
    """

    path: Path
    pcm: NDArray[np.float32]
    timecode: str | None
    picture_rate: float | None


def read_sound(path: Path) -> RecordedSound:
    """Decodes, mixes and resamples the first sound of any file FFmpeg reads.

    Raises:
        ImportingError: missing, unreadable, damaged, or without sound.
    """
    if not path.is_file():
        raise ImportingError(f"{path}: there is no such file; name the recording's sound or video with --sound")
    try:
        with av.open(str(path)) as container:
            return _decode(container, path)
    except (av.error.FFmpegError, OSError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise ImportingError(
            f"{path}: cannot be read ({reason}); copy it again, or convert its sound to WAV"
        ) from error


def _decode(container: av.container.InputContainer, path: Path) -> RecordedSound:
    if not container.streams.audio:
        raise ImportingError(f"{path}: has no sound; record with the microphone on, or name its sound with --sound")
    stream = container.streams.audio[0]
    resampler = av.AudioResampler(format="flt", layout="mono", rate=SAMPLE_RATE)
    began: float | None = None
    pieces: list[NDArray[np.float32]] = []
    for frame in container.decode(stream):
        if began is None:
            began = float(frame.time or 0.0)
        pieces += [np.asarray(out.to_ndarray(), np.float32).reshape(-1) for out in resampler.resample(frame)]
    pieces += [np.asarray(out.to_ndarray(), np.float32).reshape(-1) for out in resampler.resample(None)]
    if began is None or not sum(len(piece) for piece in pieces):
        raise ImportingError(f"{path}: its sound is empty; record it again")
    pcm = np.concatenate(pieces)
    video = container.streams.video[0] if container.streams.video else None
    if video is not None:
        first_picture = float((video.start_time or 0) * video.time_base) if video.time_base else 0.0
        pcm = _moved(pcm, began - first_picture)
    tags = [container.metadata, *(s.metadata for s in container.streams)]
    timecode = next((tag["timecode"] for tag in tags if "timecode" in tag), None)
    rate = float(video.average_rate) if video is not None and video.average_rate else None
    return RecordedSound(path, np.clip(pcm, -1, 1), timecode, rate)


def _moved(pcm: NDArray[np.float32], later_s: float) -> NDArray[np.float32]:
    """The sound as if it had begun at 0 though it began `later_s` after, or before."""
    samples = round(later_s * SAMPLE_RATE)
    return np.pad(pcm, (samples, 0)) if samples > 0 else pcm[-samples:]
