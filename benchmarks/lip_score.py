"""Scores one rig's mouth on a set of clips: from predicted motion channels to the figures of `benchmarks.lipsync`.

A pure function of predictions, clips and rig, so that training can call it on any checkpoint's output and on any choice
of clips; figures whose clips were not predicted are None.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.lip_clips import Clip, Group
from models.face.lip_measures import (
    MOTION_FPS,
    Closures,
    RealMouth,
    closures,
    open_at_rest,
    peak_lag_ms,
    real_mouth,
    silence_mask,
    speech_range,
)
from models.face.rig import Rig

Gaps = Mapping[str, NDArray[np.float32]]


@dataclass(frozen=True, slots=True)
class ClosureScore:
    """Closures on one set of clips; see `lip_measures.Closures` for the readings.

    Attributes:
        closure_recall: share of p b m closed within ±40 ms of the phone's centre.
        closure_recall_loose: share closed from 40 ms before the phone's start to 40 ms after its end.
        false_closure: share of open vowels' middle halves during which the mouth is closed.
        stops: p b m counted, over all seeds.
        vowel_points: grid points counted, over all seeds.
    """

    closure_recall: float
    closure_recall_loose: float
    false_closure: float
    stops: int
    vowel_points: int

    @classmethod
    def of(cls, counts: Closures) -> "ClosureScore | None":
        """The score of some counts; None where there was nothing to count."""
        if not counts.stops or not counts.vowel_points:
            return None
        return cls(counts.recall, counts.recall_loose, counts.false_closure, counts.stops, counts.vowel_points)


@dataclass(frozen=True, slots=True)
class MouthScore:
    """Agreement with real mouths on one set of clips.

    Attributes:
        real_mouth_r: Pearson correlation at lag 0, mean over clips and seeds.
        real_mouth_lag_ms: lag at which the mean correlation peaks; positive: our mouth is late.
        r_at_that_lag: that peak.
        by_clip: correlation at lag 0 per clip, mean over seeds.
    """

    real_mouth_r: float
    real_mouth_lag_ms: int
    r_at_that_lag: float
    by_clip: dict[str, float]

    @classmethod
    def of(cls, by_clip: Mapping[str, RealMouth]) -> "MouthScore | None":
        """The score of some clips; None without any."""
        if not by_clip:
            return None
        curve = np.mean([mouth.r_by_lag for mouth in by_clip.values()], axis=0)
        return cls(
            real_mouth_r=float(np.mean([mouth.r for mouth in by_clip.values()])),
            real_mouth_lag_ms=peak_lag_ms(curve),
            r_at_that_lag=float(curve.max()),
            by_clip={name: mouth.r for name, mouth in by_clip.items()},
        )


@dataclass(frozen=True, slots=True)
class RestScore:
    """Mouth in non-speech.

    Attributes:
        rest_open_share: share of all non-speech frames whose gap exceeds 15 % of the speech range.
        by_source: the same for each kind of non-speech.
        frames: frames counted, over all seeds.
        speech_range_mm: p2 and p95 of the gap on speech, which the threshold is taken from.
    """

    rest_open_share: float
    by_source: dict[str, float]
    frames: int
    speech_range_mm: tuple[float, float]


@dataclass(frozen=True, slots=True)
class LipScore:
    """All figures of one rig; None where no clip of the kind was predicted.

    Attributes:
        mouths: agreement with the four held-out talkers.
        closures: p b m and open vowels of `speech/` and `grid_s1` val together, pooled over phones.
        closures_by_set: the same for each of the two.
        rest: non-speech.
        grid_val: agreement with the real talker's validation sentences (choose checkpoints by this).
    """

    mouths: MouthScore | None = None
    closures: ClosureScore | None = None
    closures_by_set: dict[str, ClosureScore] = field(default_factory=dict)
    rest: RestScore | None = None
    grid_val: MouthScore | None = None

    def as_json(self) -> dict[str, Any]:
        """Flat headline figures, then the detail, ready for `json.dump`; figures that are None are left out."""
        out: dict[str, Any] = {}
        if self.mouths:
            mouths = asdict(self.mouths)
            out |= {"real_mouth_r": mouths["real_mouth_r"], "real_mouth_lag_ms": mouths["real_mouth_lag_ms"]}
            out["real_mouth_r_at_that_lag"] = mouths["r_at_that_lag"]
            out["real_mouth_r_by_talker"] = mouths["by_clip"]
        if self.closures:
            out |= asdict(self.closures)
            out |= {name: asdict(score) for name, score in self.closures_by_set.items()}
        if self.rest:
            rest = asdict(self.rest)
            out |= {"rest_open_share": rest["rest_open_share"], "rest_open_share_by_source": rest["by_source"]}
            out |= {"rest_frames": rest["frames"], "speech_range_mm": list(rest["speech_range_mm"])}
        if self.grid_val:
            grid = out.setdefault(Group.GRID_VAL.value, {})
            grid |= {"real_mouth_r": self.grid_val.real_mouth_r, "real_mouth_lag_ms": self.grid_val.real_mouth_lag_ms}
        return out


def score(predictions: Mapping[str, NDArray[np.float32]], clips: Sequence[Clip], rig: Rig) -> LipScore:
    """Scores predicted motion.

    Args:
        predictions: clip name → channels `[seeds, T, 61]` (or `[T, 61]`), frame k at 20·k ms; clips without a
            prediction are left out.
        clips: what is known about each clip.
        rig: the face the channels are shown on.
    """
    return score_gaps({name: rig.lip_gap(np.asarray(channels)) for name, channels in predictions.items()}, clips)


def score_gaps(gaps: Gaps, clips: Sequence[Clip]) -> LipScore:
    """As :func:`score`, from gaps `[seeds, T]` or `[T]` in millimetres at 50 fps."""
    known = [clip for clip in clips if clip.name in gaps]
    by_group = {group: [clip for clip in known if clip.group is group] for group in Group}

    counts = {
        group.value: sum((closures(gaps[clip.name], clip.phones) for clip in by_group[group]), Closures())
        for group in (Group.SPEECH, Group.GRID_VAL)
    }
    by_set = {name: closure for name, count in counts.items() if (closure := ClosureScore.of(count))}
    return LipScore(
        mouths=MouthScore.of(_real_mouths(gaps, by_group[Group.MOUTHS])),
        closures=ClosureScore.of(sum(counts.values(), Closures())),
        closures_by_set=by_set,
        rest=_rest(gaps, by_group),
        grid_val=MouthScore.of(_real_mouths(gaps, by_group[Group.GRID_VAL])),
    )


def _real_mouths(gaps: Gaps, clips: Sequence[Clip]) -> dict[str, RealMouth]:
    return {
        clip.name: real_mouth(gaps[clip.name], clip.aperture, clip.fps) for clip in clips if clip.aperture is not None
    }


def _rest(gaps: Gaps, by_group: Mapping[Group, Sequence[Clip]]) -> RestScore | None:
    held_out = [gaps[clip.name] for clip in (*by_group[Group.SPEECH], *by_group[Group.MOUTHS])]
    spoken = held_out or [gaps[clip.name] for clip in by_group[Group.GRID_VAL]]
    if not spoken:
        return None
    reference = speech_range(spoken)
    hanging: dict[str, list[NDArray[np.bool_]]] = {}
    for clip in by_group[Group.REST]:
        hanging[clip.name] = [open_at_rest(gaps[clip.name], reference)]
    for group in (Group.SPEECH, Group.GRID_VAL):
        for clip in by_group[group]:
            gap = np.atleast_2d(gaps[clip.name])
            silent = silence_mask(clip.phones, np.arange(gap.shape[-1]) * 1000 / MOTION_FPS)
            hanging.setdefault(f"silence_in_{group.value}", []).append(open_at_rest(gap[:, silent], reference))
    flat = {name: np.concatenate([part.ravel() for part in parts]) for name, parts in hanging.items()}
    flat = {name: part for name, part in flat.items() if part.size}
    if not flat:
        return None
    pooled = np.concatenate(list(flat.values()))
    return RestScore(
        float(pooled.mean()), {name: float(part.mean()) for name, part in flat.items()}, pooled.size, reference
    )
