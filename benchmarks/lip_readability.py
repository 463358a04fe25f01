"""Whether the phones can be read off the lips: AUC of open, rounded and labiodental phones, predicted and human."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from benchmarks.lip_clips import Clip, Group
from benchmarks.lip_landmarks import landmark_shapes
from models.face.lip_measures import MOTION_FPS, Floats
from models.face.phone_measures import CONTRASTS, MouthShape, auc
from models.measured_data import measured

_HUMAN: Final = (Group.SPEECH, Group.GRID_VAL)


def readability(shapes: Mapping[str, MouthShape], clips: Sequence[Clip], fps: float = MOTION_FPS) -> dict[str, Any]:
    """AUC of each contrast over all phones of the clips that have a shape, pooled, and for each group of clips.

    Args:
        shapes: clip name → tracks `[seeds, T]` or `[T]`.
        clips: what was said in them; those without a shape, or not of a human with known phones, are left out.
        fps: frames of the tracks per second.

    Returns:
        `{"open_auc": …, "rounding_auc": …, "labiodental_auc": …}` and the same under each group's name. A contrast of
        which one side never occurs is NaN.
    """
    known = [clip for clip in clips if clip.phones and clip.name in shapes and clip.group in _HUMAN]
    groups = sorted({clip.group.value for clip in known})
    out: dict[str, Any] = {group: {} for group in groups}
    for contrast in CONTRASTS:
        sides: dict[str, list[tuple[Floats, Floats]]] = {group: [] for group in groups}
        for clip in known:
            sides[clip.group.value].append(contrast.tokens(shapes[clip.name], clip.phones, fps))
        for group in groups:
            out[group][contrast.name] = _auc(sides[group])
        out[contrast.name] = _auc([side for found in sides.values() for side in found])
    return out


def human_readability(clips: Sequence[Clip]) -> dict[str, Any]:
    """The same of the real talker's own mouth in `grid_s1` val, from its landmarks at 25 fps."""
    with np.load(measured("grid_s1/val.npz")) as data:
        shapes, fps = landmark_shapes(data), float(data["fps"])
    return {name: value for name, value in readability(shapes, clips, fps).items() if name.endswith("_auc")}


def _auc(tokens: Sequence[tuple[Floats, Floats]]) -> float:
    if not tokens:
        return float("nan")
    positive, negative = (np.concatenate(side) for side in zip(*tokens, strict=True))
    return auc(positive, negative)
