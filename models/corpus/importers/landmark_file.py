"""Landmark files: what a face tracker saw in a video, frame by frame (see `detect_landmarks.py` for the format)."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from models.corpus.importers.errors import ImportingError

FITTED: Final = frozenset({
    0, 1, 2, 4, 5, 6, 7, 10, 13, 14, 17, 18, 19, 21, 33, 37, 39, 40, 43, 46, 48, 50, 52, 53, 54, 55, 57, 58, 61, 63,
    65, 66, 67, 70, 78, 80, 81, 82, 83, 84, 87, 88, 91, 92, 93, 94, 95, 98, 103, 105, 106, 107, 109, 115, 127, 132,
    133, 136, 144, 145, 146, 148, 149, 150, 152, 153, 154, 155, 157, 158, 159, 160, 161, 162, 163, 164, 165, 167, 168,
    172, 173, 175, 176, 178, 181, 182, 185, 187, 191, 194, 195, 197, 199, 200, 201, 204, 205, 206, 212, 216, 234, 246,
    249, 251, 263, 267, 269, 270, 273, 276, 278, 280, 282, 283, 284, 285, 287, 288, 291, 293, 295, 296, 297, 300, 308,
    310, 311, 312, 313, 314, 317, 318, 321, 322, 323, 324, 327, 332, 334, 335, 336, 338, 344, 356, 361, 362, 365, 373,
    374, 375, 377, 378, 379, 380, 381, 382, 384, 385, 386, 387, 388, 389, 390, 391, 393, 397, 398, 400, 402, 405, 406,
    409, 411, 415, 418, 421, 424, 425, 426, 432, 436, 454, 466, 468, 469, 470, 471, 472, 473, 474, 475, 476, 477,
})  # fmt: skip
"""MediaPipe's landmarks that motion is read from: lips, eyes, brows, irises, outline, nose, chin and cheeks, as the
fit was made and tested with. The others would only pull at it."""


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

    def fitted(self) -> "LandmarkTrack":
        """The same with landmarks of `FITTED` alone."""
        rows = np.isin(self.landmark_index, sorted(FITTED))
        return LandmarkTrack(self.points[:, rows], self.landmark_index[rows], self.times)


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
