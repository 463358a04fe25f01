"""Whether the face around the mouth lives: blinks, gaze and head in five minutes of speech and five of silence.

The network's own motion is measured, as it comes out of it: not what the stage does to it afterwards.
"""

from collections.abc import Mapping, Sequence
from itertools import cycle, islice
from typing import Any, Final

import numpy as np

from benchmarks.lip_clips import SAMPLE_RATE, Clip, Group
from benchmarks.lip_predict import predict
from models.face.life_measures import life_figures
from models.thunder import Thunder

MINUTES: Final = 5
SEEDS: Final = (0, 1)

_BLINK_SHAPE: Final = {
    "blinks.closing_ms": (65.0, 110.0),
    "blinks.shut_ms": (10.0, 60.0),
    "blinks.opening_ms": (140.0, 260.0),
}
_HEAD: Final = {
    "head.yaw_p99_deg": (0.0, 12.0),
    "head.pitch_p99_deg": (0.0, 12.0),
    "head.roll_p99_deg": (0.0, 12.0),
    "head.under_3hz": (0.8, 1.0),
}
RANGES: Final[dict[str, dict[str, tuple[float, float]]]] = {
    "speech": {
        "blinks.per_minute": (20.0, 32.0),
        **_BLINK_SHAPE,
        "gaze.on_listener": (0.4, 0.6),
        "gaze.fixation_s_p50": (0.3, 3.0),
        **_HEAD,
    },
    "silence": {
        "blinks.per_minute": (13.0, 22.0),
        **_BLINK_SHAPE,
        "gaze.on_listener": (0.6, 0.8),
        "gaze.fixation_s_p50": (0.3, 3.0),
        **_HEAD,
    },
}
"""What people show (15 to 20 blinks a minute at rest and about 26 in conversation; 75–100 ms to close, 20–50 shut,
150–250 to open; gaze on the listener 70 % of the time listening and 40–60 % talking, fixations of 0.3–3 s; a head
within ten degrees, moving mostly under 3 Hz), widened by half a frame and by what ten minutes leave to chance."""


def life(model: Thunder, sentences: Sequence[Clip], look_ahead_ms: int) -> dict[str, Any]:
    """Figures of a face in speech and in silence, means over seeds.

    Returns:
        `speech` and `silence`, each the figures of `models.face.life_measures.life_figures`, and `outside`: those
        that lie outside `RANGES`, in words.
    """
    length = MINUTES * 60 * SAMPLE_RATE
    count = -(-length // min(len(clip.audio) for clip in sentences))
    spoken = np.concatenate([clip.audio for clip in islice(cycle(sentences), count)])[:length]
    clips = [
        Clip("speech", Group.GRID_VAL, spoken),
        Clip("silence", Group.REST, np.zeros(length, np.float32)),
    ]
    motion = predict(model, clips, SEEDS, look_ahead_ms=look_ahead_ms)
    out: dict[str, Any] = {name: _mean([life_figures(frames) for frames in motion[name]]) for name in RANGES}
    return out | {"outside": outside(out)}


def outside(figures: Mapping[str, Mapping[str, Mapping[str, float | None]]]) -> list[str]:
    """Figures that lie outside `RANGES`, in words; one that could not be measured does."""
    found = []
    for state, ranges in RANGES.items():
        for name, (low, high) in ranges.items():
            part, figure = name.split(".")
            value = figures[state][part][figure]
            if value is None or not low <= value <= high:
                said = "nothing to measure" if value is None else f"{value:.3g}"
                found.append(f"{state} {name}: {said}, people {low:g} to {high:g}")
    return found


def _mean(seeds: Sequence[Mapping[str, Mapping[str, float | None]]]) -> dict[str, dict[str, float | None]]:
    def mean(part: str, name: str) -> float | None:
        values = [value for figures in seeds if (value := figures[part][name]) is not None]
        return float(np.mean(values)) if values else None

    return {part: {name: mean(part, name) for name in names} for part, names in seeds[0].items()}
