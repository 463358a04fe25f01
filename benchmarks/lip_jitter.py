"""How much the lips tremble: the third difference of their vertices, ours beside the real talker's.

His motion comes at 25 frames a second and is as smooth as its measurement: landmarks tremble by a third of a pixel (0.4
mm), which the fit to channels averages over the mouth. So it is compared twice: both at 25 a second (every second frame
of ours), which is fair to what he shows, and both at 50, his interpolated by a cubic spline, which bounds what a smooth
path through his points can have and so catches a tremble of ours that lives between his frames.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.interpolate import CubicSpline

from benchmarks.lip_clips import Clip, Group
from benchmarks.lip_curves import third_difference
from benchmarks.lip_truth import CAMERA_FPS, Truth
from benchmarks.lip_vertices import Motion, MouthVertices
from models.face.lip_measures import MOTION_FPS, SILENCE, Phone, silence_mask

_EVERY = round(MOTION_FPS / CAMERA_FPS)


def jitter_figures(
    predictions: Mapping[str, Motion], clips: Sequence[Clip], truths: Sequence[Truth], mouth: MouthVertices
) -> dict[str, Any]:
    """Mean length of the third difference of the lips' vertices, millimetres a frame³.

    Returns:
        `speech_50_mm`, `rest_50_mm`, `speech_25_mm`, `rest_25_mm` of ours and, with `real_` before it, of the real
        talker, all on his sentences (rest: 200 ms and more from any phone), and `non_speech_50_mm` of ours on the clips
        without speech.
    """
    parts: dict[str, list[NDArray[np.float64]]] = {}

    def add(who: str, motion: Motion, fps: float, phones: Sequence[Phone]) -> None:
        third = third_difference(mouth.lips(motion))
        times = (np.arange(third.shape[-1]) + 1.5) * 1000 / fps
        for name, mask in (("speech", _spoken(phones, times)), ("rest", silence_mask(phones, times))):
            parts.setdefault(f"{who}{name}_{fps:.0f}_mm", []).append(third[..., mask].ravel())

    for truth in truths:
        ours, phones = predictions[truth.clip.name], truth.clip.phones
        seconds = np.arange(len(truth.motion)) / CAMERA_FPS
        spline = CubicSpline(seconds, truth.motion)(np.arange(len(truth.motion) * _EVERY - 1) / MOTION_FPS)
        add("", ours, MOTION_FPS, phones)
        add("", ours[:, ::_EVERY], CAMERA_FPS, phones)
        add("real_", spline.astype(np.float32), MOTION_FPS, phones)
        add("real_", truth.motion, CAMERA_FPS, phones)
    for clip in clips:
        if clip.group is Group.REST and clip.name in predictions:
            parts.setdefault("non_speech_50_mm", []).append(
                third_difference(mouth.lips(predictions[clip.name])).ravel()
            )
    pooled = {name: np.concatenate(values) for name, values in parts.items()}
    return {name: float(values.mean()) for name, values in pooled.items() if values.size}


def _spoken(phones: Sequence[Phone], times_ms: ArrayLike) -> NDArray[np.bool_]:
    times = np.asarray(times_ms, np.float64)
    spoken = [(start, end) for start, end, name in phones if name != SILENCE]
    if not spoken:
        return np.zeros(times.shape, bool)
    return (times >= spoken[0][0]) & (times <= spoken[-1][1])
