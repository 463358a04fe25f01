"""Tables: what look-ahead, flow steps and size are worth, in the figures that decide."""

import copy
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from benchmarks.lip_budget import step_budget
from benchmarks.lip_clips import Clips
from benchmarks.lip_motion import motion_figures
from benchmarks.lip_predict import predict
from benchmarks.lip_readability import readability
from benchmarks.lip_score import score
from benchmarks.lip_truth import Truth
from benchmarks.lip_vertices import MouthVertices
from models.thunder import Thunder, load_thunder
from models.ticks import TICK_MS

SEEDS: Final = (0, 1)
LOOK_AHEADS_MS: Final = (0, 20, 40, 60, 80, 100)
FLOW_STEPS: Final = (1, 2, 4, 16)
_MOTION: Final = ("lve_mm", "l_pcc", "mtm_ms", "s_div_lower_mm")


@dataclass(frozen=True, slots=True)
class Bench:
    """What every row of a table is measured on: held-out speech and mouths, and the real talker's sentences.

    Attributes:
        clips: the sounds.
        truths: the real talker's motion.
        mouths: the rigs.
    """

    clips: Clips
    truths: Sequence[Truth]
    mouths: Sequence[MouthVertices]

    def headline(self, model: Thunder, look_ahead_ms: int) -> dict[str, Any]:
        """The deciding figures per rig, seeds 0 and 1."""
        clips = [*self.clips.mouths, *self.clips.speech, *self.clips.grid_val]
        motion = predict(model, clips, SEEDS, look_ahead_ms=look_ahead_ms)
        out: dict[str, Any] = {}
        for mouth in self.mouths:
            found = score(motion, clips, mouth.rig)
            figures = found.as_json()
            read = readability({name: mouth.shape(frames) for name, frames in motion.items()}, clips)
            moved = motion_figures(motion, self.truths, mouth)
            names = ("real_mouth_r", "real_mouth_lag_ms", "closure_recall", "false_closure")
            out[mouth.rig.name] = {
                **{name: figures[name] for name in names},
                "grid_val_r": found.grid_val.real_mouth_r if found.grid_val else None,
                "open_auc": read["open_auc"],
                **{name: moved[name] for name in _MOTION},
            }
        return out


def look_aheads_ms(model: Thunder) -> list[int]:
    """The look-aheads of the table that a network offers."""
    return [ms for ms in LOOK_AHEADS_MS if ms // TICK_MS in model.spec.look_ahead_ticks]


def size_row(weights: str) -> dict[str, Any]:
    """What one network of the table of sizes weighs: `parameters`, `p50_ms` and `p95_ms` of a tick."""
    budget = step_budget(load_thunder(weights), weights)
    return {name: budget[name] for name in ("parameters", "p50_ms", "p95_ms")}


def with_flow_steps(model: Thunder, steps: int) -> Thunder:
    """The same network, sharing its weights, that samples in so many steps."""
    other = copy.copy(model)
    other.config = replace(model.config, flow_steps=steps)
    return other
