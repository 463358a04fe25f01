# /// script
# requires-python = ">=3.9,<3.13"
# dependencies = ["av>=14", "mediapipe==0.10.21"]
# ///
"""Finds the face's landmarks in a video with MediaPipe and writes them to a file that `models.corpus` imports.

    uv run models/corpus/importers/detect_landmarks.py talk.mp4 --out talk.landmarks.npz

MediaPipe 0.10.21 is the last to carry the face mesh's network in its wheel, so it needs no network connection; it
wants NumPy 1 and Python up to 3.12. That is why this file imports nothing of the project: it runs in an environment of
its own (the lines above tell `uv run` and `pipx run` which) as well as in one made with the extra `video`.

The file (`.npz`; another tracker may write it too):

- `points` float32 `[F, N, 3]`: x to the right and y downwards in pixels, z in the same scale, smaller nearer to the
  camera; NaN in frames without a face. The picture is not mirrored.
- `landmark_index` int `[N]`: which of MediaPipe's 478 landmarks each point is.
- `times` float64 `[F]`: seconds from the first picture, ascending.
"""

import argparse
import importlib
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import numpy as np

LANDMARKS = 478


class DetectorError(ValueError):
    """A video in which no landmarks can be looked for; the text says why and what to do."""


def detect(
    video: Path, *, mirrored: bool = False, progress: "Callable[[float], None]" = lambda seconds: None
) -> "dict[str, np.ndarray[Any, Any]]":
    """Follows the face through a video.

    Args:
        video: any file FFmpeg reads; turned upright as the file says.
        mirrored: whether the picture is a mirror's, as some webcam programs record.
        progress: told the seconds done, now and then.

    Returns:
        The arrays of the file, as the module says.

    Raises:
        DetectorError: MediaPipe is missing or too new, or the video cannot be read.
    """
    mesh = _face_mesh()
    points, times = [], []
    try:
        with av.open(str(video)) as container:
            if not container.streams.video:
                raise DetectorError(f"{video}: has no pictures; name a video")
            for frame in container.decode(container.streams.video[0]):
                upright = np.rot90(frame.to_ndarray(format="rgb24"), round(getattr(frame, "rotation", 0) / 90))
                points.append(_landmarks(mesh, np.ascontiguousarray(upright[:, ::-1] if mirrored else upright)))
                times.append(float(frame.time or 0.0))
                if len(times) % 50 == 0:
                    progress(times[-1] - times[0])
    except (av.error.FFmpegError, OSError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise DetectorError(f"{video}: cannot be read ({reason}); convert it to MP4") from error
    finally:
        mesh.close()
    if not points:
        raise DetectorError(f"{video}: has no pictures; record it again")
    return {
        "points": np.stack(points).astype(np.float32),
        "landmark_index": np.arange(LANDMARKS),
        "times": np.asarray(times, np.float64) - times[0],
    }


def _face_mesh() -> Any:
    try:
        solutions = importlib.import_module("mediapipe").solutions
    except ImportError as error:
        raise DetectorError(
            f"MediaPipe is not installed here ({error}); install the extra `video` (Python 3.11 or 3.12), or run "
            "`uv run models/corpus/importers/detect_landmarks.py VIDEO --out FILE` and import that file"
        ) from error
    except AttributeError as error:
        raise DetectorError("this MediaPipe has no face mesh any more; install mediapipe==0.10.21") from error
    return solutions.face_mesh.FaceMesh(refine_landmarks=True, max_num_faces=1)


def _landmarks(mesh: Any, picture: "np.ndarray[Any, Any]") -> "np.ndarray[Any, Any]":
    """`[478, 3]` pixels; NaN without a face."""
    faces = mesh.process(picture).multi_face_landmarks
    if not faces:
        return np.full((LANDMARKS, 3), np.nan)
    height, width = picture.shape[:2]
    return np.array([(p.x * width, p.y * height, p.z * width) for p in faces[0].landmark])


def main() -> int:
    """Runs the command; returns its exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("video", type=Path)
    parser.add_argument("--out", type=Path, required=True, help="landmark file to write, .npz")
    parser.add_argument("--mirrored", action="store_true", help="the picture is a mirror's")
    args = parser.parse_args()
    try:
        found = detect(args.video, mirrored=args.mirrored, progress=lambda s: print(f"{s:.0f} s", file=sys.stderr))
    except DetectorError as error:
        print(error, file=sys.stderr)
        return 2
    with args.out.open("wb") as file:
        np.savez_compressed(file, **found)  # type: ignore[arg-type]  # NumPy's stubs take keywords for flags
    seen = int(np.isfinite(found["points"]).all((1, 2)).sum())
    print(f"a face in {seen} of {len(found['times'])} pictures: {args.out}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
