"""Two curves in time compared: warped distance, misalignment of extrema, concordance, jitter. Pure functions."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike
from scipy.ndimage import gaussian_filter1d
from scipy.signal import find_peaks

from models.face.lip_measures import Floats, pearson

SMOOTHING_MS: Final = 200 / 3
"""Standard deviation of the Gaussian before extrema are sought: MTM's published two frames at 30 fps."""
PROMINENCE: Final = 0.02
"""Ripples under this share of a curve's range are no extrema."""


def concordance(a: ArrayLike, b: ArrayLike) -> Floats:
    """Lin's concordance correlation along the last axis: Pearson's, lowered where mean or spread differ.

    0 where either side does not move at all.
    """
    x, y = np.asarray(a, np.float64), np.asarray(b, np.float64)
    spread = x.std(-1) * y.std(-1)
    total = x.var(-1) + y.var(-1) + (x.mean(-1) - y.mean(-1)) ** 2
    return np.where(total > 1e-12, 2 * pearson(x, y) * spread / np.maximum(total, 1e-12), 0.0)


def warp_costs(cost: Floats) -> Floats:
    """Least accumulated cost of warping, `[B, N + 1, M + 1]` for point costs `[B, N, M]`; steps right, down, both.

    Row and column 0 are infinite but for their corner: a path begins at the first point of both.
    """
    size, rows, columns = cost.shape
    total = np.full((size, rows + 1, columns + 1), np.inf)
    total[:, 0, 0] = 0
    for diagonal in range(2, rows + columns + 1):
        i = np.arange(max(1, diagonal - columns), min(rows, diagonal - 1) + 1)
        j = diagonal - i
        best = np.minimum(np.minimum(total[:, i - 1, j], total[:, i, j - 1]), total[:, i - 1, j - 1])
        total[:, i, j] = cost[:, i - 1, j - 1] + best
    return total


def warp_path(total: Floats) -> list[tuple[int, int]]:
    """Pairs of indices along the best path through accumulated costs `[N + 1, M + 1]`, first to last."""
    i, j = total.shape[0] - 1, total.shape[1] - 1
    path = []
    while i > 0 and j > 0:
        path.append((i - 1, j - 1))
        both, up, left = total[i - 1, j - 1], total[i - 1, j], total[i, j - 1]
        if both <= up and both <= left:
            i, j = i - 1, j - 1
        elif up <= left:
            i -= 1
        else:
            j -= 1
    return path[::-1]


def dtw_distance(curves: ArrayLike, truth: ArrayLike) -> Floats:
    """Dynamic time warping distance of each of `curves` `[B, T]` to `truth` `[F]`, `[B]`, in their unit.

    The sum of absolute differences along the best path, over the path's length: a mean per point that clips of any
    length can be compared by.
    """
    a, b = np.atleast_2d(np.asarray(curves, np.float64)), np.asarray(truth, np.float64)
    totals = warp_costs(np.abs(a[:, :, None] - b[None, None, :]))
    return np.array([total[-1, -1] / len(warp_path(total)) for total in totals])


@dataclass(frozen=True, slots=True)
class Misalignment:
    """How far apart in time two curves' matched extrema are.

    Attributes:
        mean_ms: mean |Δt| over the matched extrema; NaN without any.
        matched: share of the truth's extrema that found a partner.
    """

    mean_ms: float
    matched: float


def misalignment(curves: ArrayLike, truth: ArrayLike, fps: float) -> list[Misalignment]:
    """Mean temporal misalignment (MTM) of each of `curves` `[B, T]` against `truth` `[T]`.

    Chae-Yeon et al., CVPR 2025: both are smoothed (Gaussian, 67 ms), aligned by derivative dynamic time warping (of
    first differences, Keogh & Pazzani 2001), and wherever the path pairs a maximum with a maximum, or a minimum with a
    minimum, and the partner lies between the truth's neighbouring extrema, their distance in time counts. Published
    figures are quantized to frames of 30 a second; here curves should come at 50.
    """
    sigma = SMOOTHING_MS * fps / 1000
    smooth = gaussian_filter1d(np.atleast_2d(np.asarray(curves, np.float64)), sigma, axis=-1)
    real = gaussian_filter1d(np.asarray(truth, np.float64), sigma)
    slope, real_slope = np.diff(smooth, prepend=smooth[:, :1], axis=-1), np.diff(real, prepend=real[:1])
    totals = warp_costs(np.abs(slope[:, :, None] - real_slope[None, None, :]))
    kinds = _extrema(real)
    order = sorted(kinds)
    neighbours = dict(zip(order, zip([0, *order[:-1]], [*order[1:], len(real) - 1], strict=True), strict=True))
    out = []
    for curve, total in zip(smooth, totals, strict=True):
        found = _extrema(curve)
        pairs = [
            (ours, theirs)
            for ours, theirs in warp_path(total)
            if theirs in kinds
            and found.get(ours) == kinds[theirs]
            and neighbours[theirs][0] <= ours <= neighbours[theirs][1]
        ]
        offsets = [abs(ours - theirs) * 1000 / fps for ours, theirs in pairs]
        matched = len({theirs for _, theirs in pairs}) / len(kinds) if kinds else float("nan")
        out.append(Misalignment(float(np.mean(offsets)) if offsets else float("nan"), matched))
    return out


def _extrema(curve: Floats) -> dict[int, int]:
    """Index → 1 (maximum) or -1 (minimum)."""
    prominence = max(PROMINENCE * float(np.ptp(curve)), 1e-9)
    return {
        int(index): sign for sign in (1, -1) for index in find_peaks(sign * curve, prominence=prominence)[0]
    }  # fmt: skip


def third_difference(positions: ArrayLike) -> Floats:
    """Length of the third difference in time of points `[..., T, V, 3]`, mean over points: `[..., T - 3]`.

    A tremble shows here first: the third difference of a smooth path sampled n times as densely is n³ times smaller,
    that of white noise stays.
    """
    third = np.diff(np.asarray(positions, np.float64), n=3, axis=-3)
    return np.asarray(np.linalg.norm(third, axis=-1).mean(-1))
