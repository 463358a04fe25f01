"""Whether the face around the mouth lives: head, gaze, lids and brows in five minutes of talk and five of rest.

Scenes, figures and ranges are those of `benchmarks.life`, which also tells what the network's ear adds or takes away.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from benchmarks.life import RANGES, clip_cues, mean_figures, rest, talk
from benchmarks.lip_clips import Clip
from benchmarks.lip_predict import predict
from models.face.life_measures import Figures
from models.thunder import Thunder

SECONDS: Final = 300.0
SEEDS: Final = (0, 1)


def life(model: Thunder, sentences: Sequence[Clip], look_ahead_ms: int) -> dict[str, Any]:
    """Figures of a face in talk and at rest, means over seeds, as the network gives them: before the stage.

    Returns:
        Per scene the figures of `models.face.life_measures.life_figures`, and `outside`: those that lie outside
        `benchmarks.life.RANGES`, in words.
    """
    scenes = {"talk": talk([*sentences, *sentences], SECONDS), "rest": rest(SECONDS)}
    motion = predict(model, list(scenes.values()), SEEDS, look_ahead_ms=look_ahead_ms)
    figures = {name: mean_figures(motion[name], clip_cues(clip)) for name, clip in scenes.items()}
    return {**figures, "outside": outside(figures)}


def outside(figures: Mapping[str, Mapping[str, Figures]]) -> list[str]:
    """Figures that lie outside their range, in words; one that could not be measured does."""
    found = []
    for scene, ranges in RANGES.items():
        for name, (least, most) in ranges.items():
            part, _, figure = name.partition(".")
            value = figures[scene][part][figure]
            if value is None or not least <= value <= most:
                said = "nothing to measure" if value is None else f"{value:.3g}"
                found.append(f"{scene} {name}: {said}, people {least:g} to {most:g}")
    return found
