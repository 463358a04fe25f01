"""Landmark files: what a face tracker saw in a video, frame by frame (see `detect_landmarks.py` for the format)."""

from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from models.corpus.importers.errors import ImportingError


@dataclass(frozen=True, slots=True)
class LandmarkTrack:
    """A tracked face.

    Attributes:
        points: `[F, N, 3]` float32 pixels (x right, y down) and depth in the same scale; NaN where no face was seen.
        landmark_index: `[N]`, which of MediaPipe's 478 landmarks each is.
        times: `[F]` seconds from the first picture, strictly ascending.
    """

    points: NDArray[np.float32]
    landmark_index: NDArray[np.int64]
    times: NDArray[np.float64]


def save_landmarks(path: Path, track: LandmarkTrack) -> None:
    """Writes a landmark file."""
    with path.open("wb") as file:
        np.savez_compressed(file, points=track.points, landmark_index=track.landmark_index, times=track.times)


def load_landmarks(path: Path) -> LandmarkTrack:
    """Reads a landmark file.

    Raises:
        ImportingError: it is missing or no such file, or its arrays do not fit each other.
    """
    if not path.is_file():
        raise ImportingError(f"{path}: there is no such file; make it with models/corpus/importers/detect_landmarks.py")
    try:
        with np.load(path) as data:
            track = as_track({name: data[name] for name in ("points", "landmark_index", "times")}, str(path))
    except (BadZipFile, KeyError, OSError, EOFError, ValueError) as error:
        if isinstance(error, ImportingError):
            raise
        raise ImportingError(
            f"{path}: is no landmark file ({error}); it needs points, landmark_index, times"
        ) from error
    return track


def as_track(data: dict[str, NDArray[np.generic]], where: str) -> LandmarkTrack:
    """Arrays of a landmark file as a track.

    Args:
        data: `points`, `landmark_index` and `times`.
        where: the file, for messages.

    Raises:
        ImportingError: they do not fit each other.
    """
    points, index = np.asarray(data["points"], np.float32), np.asarray(data["landmark_index"], np.int64)
    times = np.asarray(data["times"], np.float64)
    if points.ndim != 3 or points.shape[2] != 3 or index.shape != points.shape[1:2] or times.shape != points.shape[:1]:
        raise ImportingError(
            f"{where}: points {points.shape}, landmark_index {index.shape} and times {times.shape} must be "
            "[F, N, 3], [N] and [F]"
        )
    if not np.isfinite(times).all() or (np.diff(times) <= 0).any():
        raise ImportingError(f"{where}: times must rise from frame to frame")
    return LandmarkTrack(points, index, times)
