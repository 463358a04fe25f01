"""What a mouth is measured by: pure functions of lip gaps, phones and real apertures.

A *gap* is the inner-lip gap of a rig in millimetres (`models.face.rig.Rig.lip_gap`), `[..., T]`, at instants k / fps
seconds, k = 0 … T − 1; motion has fps = 50. Units of the gap never matter: every threshold is relative to the clip's or
the speaker's own range. Nothing here knows of files, models or rigs, so that training can call it on raw predictions.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats: TypeAlias = NDArray[np.float64]
Phone: TypeAlias = tuple[float, float, str]
"""`(start_ms, end_ms, ARPABET)`; `SIL` is silence."""

MOTION_FPS = 50.0
GRID_MS = 10.0
"""Step of the grid on which closures and lags are looked for."""
CLOSED_SHARE = 0.15
"""A mouth is closed below this share of its own 2nd to 95th percentile range."""
CLOSURE_REACH_MS = 40.0
SPEECH_MARGIN_MS = 200.0
"""Silence counts as rest only this far from speech: mouths prepare for a word, and finish it."""
SEALED = frozenset({"P", "B", "M"})
OPEN_VOWELS = frozenset({"AA", "AE", "AH", "AO", "AW", "AY", "EH", "EY", "OW", "OY"})
SILENCE = "SIL"
LAGS_MS: tuple[int, ...] = tuple(range(-200, 201, 10))


@dataclass(frozen=True, slots=True)
class RealMouth:
    """How a predicted gap follows a real mouth.

    Attributes:
        r: Pearson correlation at lag 0, mean over seeds.
        r_by_lag: `[41]` correlation at each of `LAGS_MS`, mean over seeds.
    """

    r: float
    r_by_lag: Floats

    @property
    def lag_ms(self) -> int:
        """Lag at which the correlation peaks; positive: our mouth is late."""
        return peak_lag_ms(self.r_by_lag)


@dataclass(frozen=True, slots=True)
class Closures:
    """Counts that add up over clips and seeds.

    Attributes:
        stops: p, b and m seen.
        closed: of them, those whose gap falls below the threshold within ±40 ms of the phone's centre.
        closed_loose: the same, anywhere from 40 ms before the phone's start to 40 ms after its end.
        vowel_points: grid points in the middle half of open vowels.
        vowel_points_closed: of them, those below the threshold.
    """

    stops: int = 0
    closed: int = 0
    closed_loose: int = 0
    vowel_points: int = 0
    vowel_points_closed: int = 0

    def __add__(self, other: "Closures") -> "Closures":
        return Closures(
            self.stops + other.stops,
            self.closed + other.closed,
            self.closed_loose + other.closed_loose,
            self.vowel_points + other.vowel_points,
            self.vowel_points_closed + other.vowel_points_closed,
        )

    @property
    def recall(self) -> float:
        """Share of p b m that close, strict reading (±40 ms of the centre); NaN without any."""
        return self.closed / self.stops if self.stops else float("nan")

    @property
    def recall_loose(self) -> float:
        """Share of p b m that close, from 40 ms before the phone to 40 ms after it; NaN without any."""
        return self.closed_loose / self.stops if self.stops else float("nan")

    @property
    def false_closure(self) -> float:
        """Share of the middle half of open vowels during which the mouth is closed; NaN without any."""
        return self.vowel_points_closed / self.vowel_points if self.vowel_points else float("nan")


def gap_at(gap: ArrayLike, times_ms: ArrayLike, fps: float = MOTION_FPS) -> Floats:
    """Linear interpolation of gaps `[..., T]` at times `[N]` (ms); held beyond the ends.

    Returns:
        `[..., N]` in the unit of `gap`.
    """
    values = np.asarray(gap, np.float64)
    position = np.clip(np.asarray(times_ms, np.float64) * fps / 1000, 0, values.shape[-1] - 1)
    left = np.minimum(position.astype(np.int64), max(values.shape[-1] - 2, 0))
    right = np.minimum(left + 1, values.shape[-1] - 1)
    share = position - left
    return values[..., left] * (1 - share) + values[..., right] * share


def pearson(a: ArrayLike, b: ArrayLike) -> Floats:
    """Pearson correlation along the last axis; 0 where either side does not move at all."""
    x, y = np.asarray(a, np.float64), np.asarray(b, np.float64)
    x, y = x - x.mean(-1, keepdims=True), y - y.mean(-1, keepdims=True)
    norm = np.sqrt((x**2).sum(-1) * (y**2).sum(-1))
    return np.where(norm > 1e-12, (x * y).sum(-1) / np.maximum(norm, 1e-12), 0.0)


def real_mouth(pred_gap: ArrayLike, aperture: ArrayLike, fps: float) -> RealMouth:
    """Compares one talker's predicted gap with the aperture measured in video.

    The prediction is interpolated linearly to the video's frame times (frame i at i / fps) plus the lag. Frames that a
    lag would shift out of the prediction are left out at that lag.

    Args:
        pred_gap: `[T]` or `[seeds, T]`, 50 a second, frame k at 20·k ms.
        aperture: `[F]` measured opening, any unit.
        fps: video frames per second.

    Raises:
        ValueError: fewer than two video frames lie within the prediction.
    """
    pred = np.atleast_2d(np.asarray(pred_gap, np.float64))
    real = np.asarray(aperture, np.float64)
    times = np.arange(len(real)) * 1000 / fps
    end = (pred.shape[-1] - 1) * 1000 / MOTION_FPS
    curve = np.empty(len(LAGS_MS))
    for i, lag in enumerate(LAGS_MS):
        # At lag 0 every video frame counts; a clip's last one may lie up to a motion frame past the last prediction.
        inside = np.ones(len(real), bool) if lag == 0 else (times + lag >= 0) & (times + lag <= end)
        if inside.sum() < 2:
            raise ValueError(f"only {inside.sum()} of {len(real)} video frames fall within the prediction at {lag} ms")
        curve[i] = pearson(gap_at(pred, times[inside] + lag), real[inside]).mean()
    return RealMouth(float(curve[LAGS_MS.index(0)]), curve)


def peak_lag_ms(r_by_lag: ArrayLike) -> int:
    """Lag (ms, on the 10 ms grid of `LAGS_MS`) with the highest correlation; the smallest in size of equals."""
    curve = np.asarray(r_by_lag, np.float64)
    best = curve.max()
    return min((lag for lag, r in zip(LAGS_MS, curve, strict=True) if r >= best - 1e-12), key=abs)


def speech_range(gaps: Iterable[ArrayLike]) -> tuple[float, float]:
    """2nd and 95th percentile of all values of all gaps, pooled."""
    pooled = np.concatenate([np.asarray(gap, np.float64).ravel() for gap in gaps])
    low, high = np.percentile(pooled, [2, 95])
    return float(low), float(high)


def closed_below(gap: ArrayLike) -> Floats:
    """Gap below which a clip's mouth counts as closed: p2 + 0.15 · (p95 − p2) of that clip, `[...]` for `[..., T]`."""
    low, high = np.percentile(np.asarray(gap, np.float64), [2, 95], axis=-1)
    return np.asarray(low + CLOSED_SHARE * (high - low))


def closures(gap: ArrayLike, phones: Sequence[Phone], fps: float = MOTION_FPS) -> Closures:
    """Counts closures on p b m and false closures on open vowels, on a 10 ms grid.

    A p, b or m is closed if the gap falls below the clip's threshold (see :func:`closed_below`) at any grid point
    within ±40 ms of the phone's centre. Open vowels (AA AE AH AO AW AY EH EY OW OY) count at the grid points of their
    middle half. A mouth that never moves has no range, falls below nothing, and so closes nothing.

    Args:
        gap: `[T]` or `[seeds, T]`; seeds are counted like clips of their own.
        phones: of the whole clip.
        fps: frames of `gap` per second (25 for measured video).
    """
    rows = np.atleast_2d(np.asarray(gap, np.float64))
    duration_ms = (rows.shape[-1] - 1) * 1000 / fps
    grid = np.arange(0, duration_ms + 1e-6, GRID_MS)
    values = gap_at(rows, grid, fps)
    closed = values < closed_below(values)[:, None]
    total = Closures()
    for start, end, phone in phones:
        if phone in SEALED:
            centre = (start + end) / 2
            near = _between(grid, centre - CLOSURE_REACH_MS, centre + CLOSURE_REACH_MS)
            around = _between(grid, start - CLOSURE_REACH_MS, end + CLOSURE_REACH_MS)
            total += Closures(
                stops=len(rows),
                closed=int(closed[:, near].any(1).sum()),
                closed_loose=int(closed[:, around].any(1).sum()),
            )
        elif phone in OPEN_VOWELS:
            quarter = (end - start) / 4
            middle = _between(grid, start + quarter, end - quarter)
            total += Closures(
                vowel_points=int(closed[:, middle].size), vowel_points_closed=int(closed[:, middle].sum())
            )
    return total


def silence_mask(
    phones: Sequence[Phone], times_ms: ArrayLike, margin_ms: float = SPEECH_MARGIN_MS
) -> NDArray[np.bool_]:
    """Which times lie in silence and at least `margin_ms` from any phone that is not `SIL`.

    Times outside every phone (before the first, after the last) count as silence.

    Returns:
        `[N]` bool for `times_ms` `[N]`.
    """
    times = np.asarray(times_ms, np.float64)
    silent = np.ones(times.shape, bool)
    for start, end, phone in phones:
        if phone != SILENCE:
            silent &= (times <= start - margin_ms) | (times >= end + margin_ms)
    return silent


def open_at_rest(gap: ArrayLike, range_of_speech: tuple[float, float]) -> NDArray[np.bool_]:
    """Which frames hang open: gap above 15 % of the mouth's own range in speech, `[...]` bool for `[...]`.

    The threshold is 0.15 · (p95 − p2), without p2: a mouth that never shuts in speech does not rest either.

    Args:
        gap: frames of non-speech.
        range_of_speech: p2 and p95 of the same model's gap on speech (:func:`speech_range`).
    """
    low, high = range_of_speech
    return np.asarray(gap, np.float64) > CLOSED_SHARE * (high - low)


def rest_open_share(gap: ArrayLike, range_of_speech: tuple[float, float]) -> float:
    """Share of non-speech frames whose mouth hangs open (see :func:`open_at_rest`); NaN without frames."""
    hanging = open_at_rest(gap, range_of_speech)
    return float(hanging.mean()) if hanging.size else float("nan")


def _between(grid: Floats, start: float, end: float) -> NDArray[np.bool_]:
    return (grid >= start - 1e-6) & (grid <= end + 1e-6)
