"""Takes from a video: the face's landmarks, fitted to the 61 channels, on the video's sound."""

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np

from models.corpus.face_landmarks import LandmarksError
from models.corpus.importers.detect_landmarks import DetectorError, detect
from models.corpus.importers.errors import ImportingError
from models.corpus.importers.imported import Imported, lay_together
from models.corpus.importers.landmark_file import LandmarkTrack, as_track
from models.corpus.importers.pieces import Piece, even_pieces
from models.corpus.importers.recorded_sound import read_sound
from models.corpus.landmark_fit import MEASURED, fit_landmarks
from models.face.importers.ict import IctFileError, load_ict
from models.face.importers.source_rig import RigImportError
from models.face.rig import Rig


def track_video(
    video: Path, *, mirrored: bool = False, progress: Callable[[float], None] = lambda seconds: None
) -> LandmarkTrack:
    """Follows the face through a video, in this process; it needs the extra `video`.

    Args:
        video: any file FFmpeg reads.
        mirrored: whether the picture is a mirror's.
        progress: told the seconds done, now and then.

    Raises:
        ImportingError: MediaPipe is missing, or the video cannot be read.
    """
    try:
        return as_track(detect(video, mirrored=mirrored, progress=progress), str(video))
    except DetectorError as error:
        raise ImportingError(str(error)) from error


def import_track(name: str, track: LandmarkTrack, sound: Path, *, sound_late_s: float | None = None) -> Imported:
    """Makes takes of a tracked face and the sound of its video.

    Frames without a face are gaps: short ones are bridged, long ones cut the take. One neutral face is found for the
    whole recording, so that it needs moments at rest: lips together, eyes open.

    Args:
        name: of the take.
        track: its landmarks.
        sound: the video, or its sound; picture and sound begin together.
        sound_late_s: seconds the sound is late; None: 0, or what opening and loudness say if they are sure.

    Raises:
        ImportingError: the face is never seen for a second on end or never at rest, the sound cannot be read, or the
            FaceKit, which landmarks are fitted to, is not on this machine.
    """
    track = track.fitted()
    seen = np.isfinite(track.points).all((1, 2))
    found = even_pieces(track.times[seen], track.points[seen])
    if not found.pieces:
        raise ImportingError(f"{name}: the face is never in view for a second on end; record with more light")
    starts = np.cumsum([0, *(len(piece.values) for piece in found.pieces)])
    points = np.concatenate([piece.values for piece in found.pieces])
    heard = read_sound(sound)
    try:
        fitted = fit_landmarks(
            points, track.landmark_index.tolist(), found.fps, _facekit(), starts=tuple(starts[:-1].tolist())
        )
    except (LandmarksError, IctFileError, RigImportError) as error:
        raise ImportingError(f"{name}: {error}") from error
    pieces = [
        Piece(piece.start, np.asarray(fitted.motion[a:b], np.float32))
        for piece, a, b in zip(found.pieces, starts, starts[1:], strict=False)
    ]
    notes = [f"{np.count_nonzero(~seen)} pictures without a face"] if not seen.all() else []
    notes.append(f"lips off the fit by {fitted.error_mm:.1f} mm")
    return lay_together(
        name, replace(found, pieces=pieces), heard, MEASURED, begin_s=None, told_s=sound_late_s, notes=notes
    )


@cache
def _facekit() -> Rig:
    return load_ict()
