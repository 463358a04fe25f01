"""Whether the lips follow a talker whose voice is disguised: `robust_r`."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from benchmarks.lip_clips import Clip, Clips
from benchmarks.lip_predict import predict
from benchmarks.lip_revoicing import Samples, shift_pitch, telephone, whispered, with_babble
from benchmarks.lip_score import score
from models.face.rig import Rig
from models.thunder import Thunder

CONDITIONS = ("pitch_up_4", "pitch_down_4", "whispered", "babble_10_db", "telephone")


def disguised(audio: Samples, condition: str, others: Sequence[Samples]) -> Samples:
    """A talker's sound in one of `CONDITIONS`; `others` are the voices of the babble."""
    match condition:
        case "pitch_up_4":
            return shift_pitch(audio, 4)
        case "pitch_down_4":
            return shift_pitch(audio, -4)
        case "whispered":
            return whispered(audio)
        case "babble_10_db":
            return with_babble(audio, others)
        case "telephone":
            return telephone(audio)
    raise ValueError(f"no condition is called {condition!r}; there are {', '.join(CONDITIONS)}")


def robustness(
    model: Thunder, clips: Clips, rigs: Sequence[Rig], seeds: Sequence[int], look_ahead_ms: int
) -> dict[str, Any]:
    """Correlation with the four held-out talkers' mouths, as `real_mouth_r`, their voices disguised.

    Returns:
        Per rig: `robust_r` (mean over conditions), `robust_r_by_condition` and `robust_lag_ms_by_condition`.
    """
    others = [clip.audio for clip in clips.speech]
    spoken: dict[str, list[Clip]] = {
        condition: [
            replace(clip, name=f"{clip.name} {condition}", audio=disguised(clip.audio, condition, others))
            for clip in clips.mouths
        ]
        for condition in CONDITIONS
    }
    motion = predict(model, [clip for group in spoken.values() for clip in group], seeds, look_ahead_ms=look_ahead_ms)
    return {rig.name: _figures(spoken, motion, rig) for rig in rigs}


def _figures(spoken: Mapping[str, list[Clip]], motion: Mapping[str, Any], rig: Rig) -> dict[str, Any]:
    scores = {condition: score(motion, group, rig).mouths for condition, group in spoken.items()}
    found = {condition: mouths for condition, mouths in scores.items() if mouths}
    return {
        "robust_r": float(np.mean([mouths.real_mouth_r for mouths in found.values()])),
        "robust_r_by_condition": {condition: mouths.real_mouth_r for condition, mouths in found.items()},
        "robust_lag_ms_by_condition": {condition: mouths.real_mouth_lag_ms for condition, mouths in found.items()},
    }
