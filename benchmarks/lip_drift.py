"""Whether a face is after half an hour what it was at first: one slot, thirty minutes of speech, no reset.

The real talker's validation sentences, with their own pauses, follow each other; the last two minutes say what the
first two said, so that the same words are compared.
"""

from collections.abc import Sequence
from itertools import cycle, islice
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.lip_clips import Clip, Group
from benchmarks.lip_curves import third_difference
from benchmarks.lip_predict import predict
from benchmarks.lip_vertices import Motion, MouthVertices
from models.face.lip_measures import Closures, closures, real_mouth
from models.thunder import Thunder

SEEDS: Final = (0, 1)
MINUTES: Final = 30.0
_SENTENCE_TICKS: Final = 150
_TICK: Final = 320
_BLOCK: Final = 40
"""Sentences in the first and in the last two minutes."""


def programme(sentences: Sequence[Clip], minutes: float = MINUTES, block: int = _BLOCK) -> list[Clip]:
    """Sentences in the order they are said: the first `block` of them, then all in turn, then the first block again.

    Raises:
        ValueError: the time is too short for both blocks.
    """
    count = round(minutes * 60 * 50 / _SENTENCE_TICKS)
    if count < 2 * block:
        raise ValueError(f"{minutes} minutes hold {count} sentences, {2 * block} are needed")
    opening = list(sentences[:block])
    rest = islice(cycle([*sentences[block:], *opening]), count - len(opening) - block)
    return [*opening, *rest, *opening]


def drift(
    model: Thunder, sentences: Sequence[Clip], mouths: Sequence[MouthVertices], look_ahead_ms: int
) -> dict[str, Any]:
    """Figures of the first and the last two of thirty minutes, per rig.

    Returns:
        rig → `{"first": figures, "last": figures, "finite": bool}`, the figures being `grid_val_r`, `closure_recall`,
        `false_closure`, `gap_mean_mm`, `gap_std_mm` and `jitter_mm` (third difference of the lips at 50 a second).
    """
    said = programme(sentences)
    sound = np.concatenate([_one_length(clip.audio) for clip in said])
    name = "half an hour"
    motion = predict(model, [Clip(name, Group.GRID_VAL, sound)], SEEDS, look_ahead_ms=look_ahead_ms)[name]
    finite = bool(np.isfinite(motion).all())
    parts = motion.reshape(len(SEEDS), len(said), _SENTENCE_TICKS, -1)
    return {
        mouth.rig.name: {
            "first": _figures(said[:_BLOCK], parts[:, :_BLOCK], mouth),
            "last": _figures(said[-_BLOCK:], parts[:, -_BLOCK:], mouth),
            "finite": finite,
        }
        for mouth in mouths
    }


def _one_length(audio: NDArray[np.float32]) -> NDArray[np.float32]:
    out = np.zeros(_SENTENCE_TICKS * _TICK, np.float32)
    out[: len(audio)] = audio[: len(out)]
    return out


def _figures(said: Sequence[Clip], parts: Motion, mouth: MouthVertices) -> dict[str, float]:
    gaps = mouth.rig.lip_gap(parts)
    counts, correlations = Closures(), []
    for i, clip in enumerate(said):
        counts += closures(gaps[:, i], clip.phones)
        if clip.aperture is not None:
            correlations.append(real_mouth(gaps[:, i], clip.aperture, clip.fps).r)
    tremble = [third_difference(mouth.lips(parts[:, i])).mean() for i in range(len(said))]
    return {
        "grid_val_r": float(np.mean(correlations)),
        "closure_recall": counts.recall,
        "false_closure": counts.false_closure,
        "gap_mean_mm": float(gaps.mean()),
        "gap_std_mm": float(gaps.std()),
        "jitter_mm": float(np.mean(tremble)),
    }
