"""How alive a face moves: blinks, gaze, head, brows and tremble, measured on any motion at 50 frames a second.

Gaze is that in the world (the mean of both eyes, plus the head's turn), since eyes hold their target while the head
moves. All thresholds are on what is seen, none on how it was made, so that recorded faces measure alike.
"""

from collections.abc import Callable
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.face.channels import channel_indices

FPS: Final = 50
Figures = dict[str, float | None]
Track = NDArray[np.float64]

_SHUT: Final = 0.5
"""Closure above rest from which lids count as blinking."""
_SACCADE_SPEED: Final = 8.0
"""Degrees a second from which eyes jump."""
_SACCADE_DEG: Final = 1.0
"""Smaller jumps are micro-saccades and end no fixation."""
_LISTENER_DEG: Final = 4.0
"""Gaze this near to straight ahead is on the listener."""
_RAISE: Final = 0.12
"""A brow that comes up so far, and falls as far again, has been raised."""
_ACCENT: Final = 0.3
_ACCENT_S: Final = 0.3
"""A raise that peaks so soon after an accent falls on it."""
_HEAD: Final = channel_indices(("HeadYaw", "HeadPitch", "HeadRoll"))
_EYES: Final = tuple(channel_indices((f"LeftEye{axis}", f"RightEye{axis}")) for axis in ("Yaw", "Pitch"))
_LIDS: Final = channel_indices(("EyeBlinkLeft", "EyeBlinkRight"))
_BROWS: Final = channel_indices(("BrowInnerUp", "BrowOuterUpLeft", "BrowOuterUpRight"))
_REGIONS: Final = {
    "lids": _LIDS,
    "brows": [*_BROWS, *channel_indices(("BrowDownLeft", "BrowDownRight"))],
    "smile": channel_indices(("MouthSmileLeft", "MouthSmileRight", "CheekSquintLeft", "CheekSquintRight")),
}


class MotionShapeError(ValueError):
    """Motion that is not `[T, 61]`, or too short to say anything about."""


def life_figures(motion: NDArray[np.floating], cues: NDArray[np.floating] | None = None) -> dict[str, Figures]:
    """All figures of one stretch of motion.

    Args:
        motion: `[T, 61]` at 50 Hz, at least two seconds; blendshapes 0..1, angles in radians.
        cues: `[T, 4]`, in the order of `models.thunder.behaviour.CUES`, for the figures that need them.

    Returns:
        Figures by part of the face: `blinks`, `gaze`, `head`, `brows`, `jitter`; None where there is nothing to
        measure. Times in seconds or (`…_ms`) milliseconds, angles in degrees; jitter is the root mean square of the
        third difference, in degrees per tick³ for `head` and `gaze` (jumps left out), else in shares of a shape.

    Raises:
        MotionShapeError: motion of another shape, or shorter than two seconds.
    """
    if motion.ndim != 2 or motion.shape[1] != 61 or len(motion) < 2 * FPS:
        raise MotionShapeError(f"motion of shape {motion.shape}; life is measured on [T, 61] with T from {2 * FPS} on")
    track: Track = motion.astype(np.float64)
    eyes = np.stack([track[:, both].mean(-1) for both in _EYES], axis=-1)
    gaze = np.degrees(eyes + track[:, _HEAD[:2]])
    jumps = _jumps(gaze)
    accent = None if cues is None else cues[:, 2].astype(np.float64)
    return {
        "blinks": _blinks(track[:, _LIDS].mean(-1)),
        "gaze": _gaze(gaze, jumps),
        "head": _head(np.degrees(track[:, _HEAD])),
        "brows": _brows(track[:, _BROWS].mean(-1), accent),
        "jitter": _jitter(track, gaze, jumps),
    }


def _blinks(lids: Track) -> Figures:
    rest = float(np.median(lids))
    closure = (lids - rest) / max(1 - rest, 1e-6)
    starts = [first for first, last in _runs(closure > _SHUT) if first > 0 and last < len(closure)]
    closing, shut, opening = [], [], []
    for start in starts:
        before, after = closure[max(start - 15, 0) : start + 1], closure[start : start + 25]
        peak = int(after.argmax())
        top = after[peak]
        began = _crossing(before[::-1], 0.1 * top)
        full = _crossing(closure[max(start - 15, 0) : start + peak + 1], 0.9 * top) - (start - max(start - 15, 0))
        left = peak + _crossing(after[peak:], 0.9 * top)
        closing.append(full + began)
        shut.append(left - full)
        opening.append(peak + _crossing(after[peak:], 0.1 * top) - left)
    gaps = np.diff(starts) / FPS
    return {
        "per_minute": len(starts) * 60 * FPS / len(lids),
        **_spread("gap_s", gaps),
        "gap_shortest_s": _value(gaps, np.min),
        "log_gap_sd": float(np.log(gaps).std()) if len(gaps) > 4 else None,
        "closing_ms": _value(np.array(closing) * 20, np.median),
        "shut_ms": _value(np.array(shut) * 20, np.median),
        "opening_ms": _value(np.array(opening) * 20, np.median),
    }


def _jumps(gaze: Track) -> list[tuple[int, int]]:
    """Runs of frame steps (step k leads from frame k to k + 1) in which the eyes jump."""
    return _runs(np.linalg.norm(np.diff(gaze, axis=0), axis=-1) * FPS > _SACCADE_SPEED)


def _gaze(gaze: Track, jumps: list[tuple[int, int]]) -> Figures:
    sizes = np.array([np.linalg.norm(gaze[last] - gaze[first]) for first, last in jumps])
    speed = np.linalg.norm(np.diff(gaze, axis=0), axis=-1) * FPS
    large = [jump for jump, size in zip(jumps, sizes, strict=True) if size >= _SACCADE_DEG]
    fixations = np.array([after[0] - before[1] for before, after in pairwise(large)]) / FPS
    minutes = len(gaze) / FPS / 60
    wide = [(first, last) for first, last in large if np.linalg.norm(gaze[last] - gaze[first]) >= 5]
    return {
        "on_listener": float((np.linalg.norm(gaze, axis=-1) < _LISTENER_DEG).mean()),
        **_spread("fixation_s", fixations),
        "saccades_per_minute": len(large) / minutes,
        "micro_per_second": (len(jumps) - len(large)) / minutes / 60,
        "saccade_ms": _value(np.array([last - first for first, last in large]) * 20, np.mean),
        "saccade_deg": _value(sizes[sizes >= _SACCADE_DEG], np.median),
        "peak_deg_s": _value(np.array([speed[first:last].max() for first, last in wide]), np.median),
    }


def _head(angles: Track) -> Figures:
    window = min(len(angles), 10 * FPS)
    moving = angles[: len(angles) // window * window].reshape(-1, window, 3)
    moving = moving - moving.mean(1, keepdims=True)
    power = (np.abs(np.fft.rfft(np.hanning(window)[:, None] * moving, axis=1)) ** 2).mean((0, 2))
    hertz = np.fft.rfftfreq(window, 1 / FPS)
    speed = np.diff(angles, axis=0) * FPS
    figures: Figures = {
        f"{name}_p99_deg": float(np.percentile(np.abs(angles[:, i]), 99))
        for i, name in enumerate(("yaw", "pitch", "roll"))
    }
    return figures | {
        "under_3hz": float(power[hertz < 3].sum() / power.sum()) if power.sum() > 0 else None,
        "over_6hz": float(power[hertz > 6].sum() / power.sum()) if power.sum() > 0 else None,
        "speed_rms_deg_s": float(np.sqrt((speed**2).sum(-1).mean())),
        "speed_p99_deg_s": float(np.percentile(np.linalg.norm(speed, axis=-1), 99)),
    }


def _brows(height: Track, accent: Track | None) -> Figures:
    peaks = _raises(height)
    on_accent = None
    if accent is not None and len(peaks):
        reach = round(_ACCENT_S * FPS)
        on_accent = float(np.mean([accent[max(p - reach, 0) : p + 3].max() > _ACCENT for p in peaks]))
    return {
        "raises_per_minute": len(peaks) * 60 * FPS / len(height),
        "raise": _value(height[peaks], np.median),
        "on_accent": on_accent,
    }


def _raises(height: Track) -> list[int]:
    """Peaks that stand `_RAISE` above the valleys on both sides; what was up from the first frame on is none."""
    peaks, low, high = [], 0, 0
    raised = False
    for k, value in enumerate(height):
        if not raised:
            low = k if value < height[low] else low
            if value - height[low] > _RAISE:
                raised, high = True, k
        elif value > height[high]:
            high = k
        elif height[high] - value > _RAISE:
            peaks.append(high)
            raised, low = False, k
    return peaks


def _jitter(motion: Track, gaze: Track, jumps: list[tuple[int, int]]) -> Figures:
    still = np.ones(len(gaze) - 3, bool)
    for first, last in jumps:
        still[max(first - 3, 0) : last + 1] = False
    held = np.diff(gaze, 3, axis=0)[still]
    parts = {"head": np.diff(np.degrees(motion[:, _HEAD]), 3, axis=0), "gaze": held}
    parts |= {name: np.diff(motion[:, channels], 3, axis=0) for name, channels in _REGIONS.items()}
    return {name: float(np.sqrt((part**2).mean())) if part.size else None for name, part in parts.items()}


def _runs(flags: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """First and one past the last index of each run of true."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], flags.astype(np.int8), [0]])))
    return [(int(first), int(last)) for first, last in edges.reshape(-1, 2)]


def _crossing(values: Track, level: float) -> float:
    """Index, between samples, at which values first pass a level from where they begin; their length where never."""
    above = values[0] > level
    passed = np.flatnonzero((values > level) != above)
    if len(passed) == 0:
        return float(len(values))
    k = int(passed[0])
    step = values[k] - values[k - 1]
    return float(k - 1 + (level - values[k - 1]) / step)


def _spread(name: str, values: Track) -> Figures:
    if len(values) == 0:
        return {f"{name}_p{p}": None for p in (10, 50, 90)}
    return {f"{name}_p{p}": float(np.percentile(values, p)) for p in (10, 50, 90)}


def _value(values: Track, statistic: Callable[[Track], np.floating]) -> float | None:
    return float(statistic(values)) if len(values) else None
