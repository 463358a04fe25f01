"""Whether the face around the mouth lives: head, gaze, lids and brows in five minutes of talk and five of rest.

Scenes, figures and ranges are those of `benchmarks.life`, which also tells what the network's ear adds or takes away.
"""

from collections.abc import Sequence
from typing import Any, Final

from benchmarks.life import clip_cues, mean_figures, outside, rest, talk
from benchmarks.lip_clips import Clip
from benchmarks.lip_predict import predict
from models.thunder import Thunder

SECONDS: Final = 300.0
SEEDS: Final = (0, 1, 2, 3)
"""Twenty minutes of each scene: the blinks of ten still err by one a minute."""


def life(model: Thunder, sentences: Sequence[Clip], look_ahead_ms: int) -> dict[str, Any]:
    """Figures of a face in talk and at rest, means over seeds, as the network gives them: before the stage.

    Returns:
        Per scene the figures of `models.face.life_measures.life_figures`, and `outside`: those that lie outside
        `benchmarks.life.RANGES`, in words.
    """
    scenes = {"talk": talk([*sentences, *sentences], SECONDS), "rest": rest(SECONDS)}
    motion = predict(model, list(scenes.values()), SEEDS, look_ahead_ms=look_ahead_ms)
    figures = {name: mean_figures(motion[name], clip_cues(clip)) for name, clip in scenes.items()}
    return {**figures, "outside": [f"{name}: {said}" for name, said in outside(figures).items()]}
