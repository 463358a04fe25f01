"""Takes of one's own face as training wants them: motion at any instants, and where the lips were shut.

Nobody knows their phones, so only what was measured counts: where the lips were shut for a moment, as in p, b and m,
they are sealed, since neither a phone nor a camera shows the pressure that a blurred prediction needs to close.
"""

from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.corpus.articulation import (
    GAP_MM,
    GAP_MM_AT_AY,
    REST_RIG_GAP_MM,
    SEALED_GAP,
    gap_coefficients,
    motion_from_take,
)
from models.corpus.takes import Take, TakeError, load_take
from models.face.channels import channel_index

SHUT_SHARE: Final = 0.06
"""Lips are shut below this share of the take's own range of gaps, 2nd to 95th percentile. On the real talker nine in
ten of p, b and m are found so; r and w, which he nearly closes, are found too."""
LONGEST_CLOSURE_S: Final = 0.25
"""Lips shut for longer rest: nothing is pressed."""
_RAMP_S: Final = 0.035
_GRID_S: Final = 0.005


def own_takes(folder: Path) -> list[Take]:
    """Every take of a folder, by name of its file.

    Raises:
        TakeError: there are none, or a file holds none.
    """
    files = sorted(folder.glob("*.npz")) if folder.is_dir() else []
    if not files:
        raise TakeError(f"{folder} holds no takes; make some with `python -m models.corpus import`")
    return [load_take(file) for file in files]


def measured_closures(take: Take) -> list[tuple[float, float]]:
    """When the lips were shut for a moment between two openings, `(start, end)` in seconds."""
    opening = take.motion @ gap_coefficients()
    low, high = np.percentile(opening, [2, 95])
    grid = np.arange(0, (len(opening) - 1) / take.fps, _GRID_S)
    fine = np.interp(grid, np.arange(len(opening)) / take.fps, opening)
    edges = np.flatnonzero(np.diff(fine < low + SHUT_SHARE * (high - low)))
    if len(edges) and fine[edges[0]] < fine[edges[0] + 1]:
        edges = edges[1:]  # shut from the beginning: nobody knows for how long
    runs = [(float(grid[a]), float(grid[b])) for a, b in zip(edges[::2], edges[1::2], strict=False)]
    return [(start, end) for start, end in runs if end - start <= LONGEST_CLOSURE_S]


def own_motion(take: Take, times: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """What the talker of a take showed, its closures sealed.

    Args:
        take: with or without phones.
        times: `[T]` seconds.

    Returns:
        Motion `[T, 61]` and the seal due `[T]`, 0..1.
    """
    motion, seal = (np.asarray(track, np.float32) for track in motion_from_take(take, times))
    if take.phones:
        return motion, seal
    for start, end in measured_closures(take):
        inside = np.minimum(times - start, end - times)
        seal = np.maximum(seal, np.clip(inside / _RAMP_S + 1, 0, 1)).astype(np.float32)
    gap = motion @ gap_coefficients() + REST_RIG_GAP_MM
    too_open = np.maximum(gap - GAP_MM_AT_AY * SEALED_GAP, 0) * seal
    close = channel_index("MouthClose")
    motion[:, close] = np.clip(motion[:, close] + too_open / -GAP_MM["MouthClose"], 0, 1)
    return motion, seal
