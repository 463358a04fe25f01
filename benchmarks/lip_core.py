"""The figures of one network on all clips, eight seeds: mouths, closures, rest, readability, motion and jitter."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from benchmarks.lip_clips import Clip, Group
from benchmarks.lip_jitter import jitter_figures
from benchmarks.lip_motion import motion_figures
from benchmarks.lip_predict import predict
from benchmarks.lip_readability import human_readability, readability
from benchmarks.lip_score import ClosureScore, score
from benchmarks.lip_truth import Truth
from benchmarks.lip_vertices import MouthVertices
from models.face.lip_measures import Closures, closures
from models.thunder import Thunder


def core_figures(
    model: Thunder,
    clips: Sequence[Clip],
    truths: Sequence[Truth],
    mouths: Sequence[MouthVertices],
    seeds: Sequence[int],
    look_ahead_ms: int,
) -> dict[str, dict[str, Any]]:
    """All figures but those of parts that speak longer or otherwise, per rig.

    Args:
        model: the network.
        clips: held-out, validation and non-speech clips.
        truths: the real talker's motion, and that of unseen voices, whose clips are predicted too.
        mouths: the rigs.
        seeds: of every clip.
        look_ahead_ms: of every slot.
    """
    unseen = [truth for truth in truths if truth.clip.group is Group.UNSEEN]
    real = [truth for truth in truths if truth.clip.group is Group.GRID_VAL]
    motion = predict(model, [*clips, *(truth.clip for truth in unseen)], seeds, look_ahead_ms=look_ahead_ms)
    out: dict[str, dict[str, Any]] = {}
    for mouth in mouths:
        figures = score(motion, clips, mouth.rig).as_json()
        spoken = {clip.name: mouth.shape(motion[clip.name]) for clip in clips if clip.phones}
        _merge(figures, readability(spoken, clips))
        for name, known in ((Group.GRID_VAL.value, real), (Group.UNSEEN.value, unseen)):
            _merge(figures, {name: motion_figures(motion, known, mouth)})
        figures["jitter"] = jitter_figures(motion, clips, real, mouth)
        out[mouth.rig.name] = figures
    return out


def human_figures(clips: Sequence[Clip]) -> dict[str, Any]:
    """What the real talker's own mouth, as measured in video, reaches in closures and readability."""
    counts = Closures()
    for clip in clips:
        if clip.aperture is not None:
            counts += closures(clip.aperture, clip.phones, clip.fps)
    found = ClosureScore.of(counts)
    return (asdict(found) if found else {}) | human_readability(clips)


def _merge(into: dict[str, Any], more: dict[str, Any]) -> None:
    """Adds figures, those of a set of clips to what is there of the same set."""
    for name, value in more.items():
        if isinstance(value, dict):
            into[name] = {**into.get(name, {}), **value}
        else:
            into[name] = value
