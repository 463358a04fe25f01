"""From what a tracker saw, with its jitter and its holes, to runs of evenly spaced frames."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

LONGEST_BRIDGED_GAP_S: Final = 0.125
"""A hole up to this long is bridged by straight lines; across a longer one a closure could have come and gone."""
SHORTEST_PIECE_S: Final = 1.0
"""Shorter runs say too little about speech to be kept."""
_RATES: Final = (15.0, 20.0, 24 / 1.001, 24.0, 25.0, 30 / 1.001, 30.0, 48.0, 50.0, 60 / 1.001, 60.0, 90.0, 120.0)


@dataclass(frozen=True, slots=True)
class Piece:
    """Frames without a hole.

    Attributes:
        start: seconds of the recording at frame 0.
        values: `[F, …]` float32, frame k at start + k / fps.
    """

    start: float
    values: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Pieces:
    """All runs of a recording.

    Attributes:
        pieces: in order.
        fps: frames a second of every piece.
        bridged: holes bridged.
        seconds: from the first to the last frame seen, with everything left out between.
    """

    pieces: list[Piece]
    fps: float
    bridged: int
    seconds: float


def frame_rate(times: NDArray[np.float64]) -> float:
    """The camera's rate from the instants of its frames, `[n ≥ 2]` ascending: a usual one if within 2 %.

    Even steps are averaged, so that time stamps rounded to milliseconds do not turn 30 frames a second into 29.97;
    between two rates that both fit, the nearer is taken.
    """
    steps = np.diff(times)
    usual = steps[np.abs(steps - np.median(steps)) < 0.5 * np.median(steps)]
    rate = 1 / float(usual.mean())
    nearest = min(_RATES, key=lambda known: abs(np.log(known / rate)))
    return nearest if abs(nearest / rate - 1) < 0.02 else rate


def even_pieces(times: NDArray[np.float64], values: NDArray[np.float32]) -> Pieces:
    """Resamples frames to an even rate, bridging short holes and cutting at long ones.

    Args:
        times: `[n]` seconds, strictly ascending, of the frames in which the face was seen.
        values: `[n, …]` what was seen.

    Returns:
        The runs; none if the face was never seen for a second on end.
    """
    if len(times) < 2:
        return Pieces([], 1.0, 0, 0.0)
    fps = frame_rate(times)
    steps = np.diff(times)
    allowed = max(LONGEST_BRIDGED_GAP_S, 1.5 / fps)
    edges = np.flatnonzero(steps > allowed + 1e-6) + 1
    bridged = int(np.count_nonzero((steps > 1.5 / fps) & (steps <= allowed + 1e-6)))
    flat = values.reshape(len(values), -1)
    pieces: list[Piece] = []
    for rows in np.split(np.arange(len(times)), edges):
        span = times[rows[-1]] - times[rows[0]]
        count = int(span * fps + 1e-3) + 1
        if count < SHORTEST_PIECE_S * fps:
            continue
        grid = times[rows[0]] + np.arange(count) / fps
        even = np.stack([np.interp(grid, times[rows], flat[rows, k]) for k in range(flat.shape[1])], axis=1)
        pieces.append(Piece(float(grid[0]), even.astype(np.float32).reshape(count, *values.shape[1:])))
    return Pieces(pieces, fps, bridged, float(times[-1] - times[0]) + 1 / fps)
