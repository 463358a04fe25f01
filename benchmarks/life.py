"""How alive the face is beside its mouth: `python -m benchmarks.life --json FILE`.

Two scenes, seeds 0–7, 60 ms look-ahead, every figure (`models.face.life_measures`) the mean over the seeds: *talk*, the
real talker's sentences (`grid_s1` val) laid end to end with pauses of 0.3 to 1.5 s, and *rest*, two minutes of a quiet
room. Each is given for the network, and for the process behind it (`models.thunder.behaviour`) on the true cues of the
same sound: what they differ by is the network's ear. `RANGES` are those of people; a figure outside is marked.
"""

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from benchmarks.json_figures import write_figures
from benchmarks.lip_clips import Clip, Clips, Group
from benchmarks.lip_predict import predict
from benchmarks.machine import machine
from models.corpus.cues import cues_of
from models.corpus.phones import Phone
from models.face.life_measures import Figures, life_figures
from models.thunder import load_thunder
from models.thunder.behaviour import Behaviour
from models.ticks import SAMPLE_RATE

SEEDS = tuple(range(8))
TALK_S = 120.0
REST_S = 120.0
RANGES: dict[str, dict[str, tuple[float, float]]] = {
    "talk": {
        "blinks.per_minute": (20, 30),
        "blinks.gap_shortest_s": (0.4, 60),
        "blinks.log_gap_sd": (0.4, 0.8),
        "gaze.on_listener": (0.4, 0.6),
        "gaze.fixation_s_p10": (0.3, 0.6),
        "gaze.fixation_s_p90": (1.0, 3.0),
        "gaze.saccade_ms": (20, 80),
        "head.yaw_p99_deg": (3, 10),
        "head.pitch_p99_deg": (2, 10),
        "head.roll_p99_deg": (1, 10),
        "head.under_3hz": (0.9, 1),
        "head.over_6hz": (0, 0.01),
        "brows.on_accent": (0.6, 1),
        "jitter.head": (0, 0.05),
        "jitter.gaze": (0, 0.05),
    },
    "rest": {
        "blinks.per_minute": (15, 20),
        "gaze.on_listener": (0.6, 0.8),
        "gaze.fixation_s_p10": (0.3, 3.0),
        "gaze.fixation_s_p90": (0.3, 3.0),
        "gaze.saccade_ms": (20, 80),
        "gaze.micro_per_second": (1, 2),
        "head.yaw_p99_deg": (0.1, 10),
        "head.pitch_p99_deg": (0.1, 10),
        "head.roll_p99_deg": (0.1, 10),
        "head.under_3hz": (0.95, 1),
        "jitter.head": (0, 0.02),
    },
}
"""Least and most of a figure, by scene. Blinks, gaze and brows are as the literature has them; heads stay within 10
degrees, move mostly under 3 Hz, and are never perfectly still. The bounds of jitter are our own."""

Motion = NDArray[np.float32]


def talk(clips: Sequence[Clip], seconds: float, seed: int = 0) -> Clip:
    """Sentences laid end to end with pauses, about `seconds` long."""
    rng = np.random.default_rng(seed)
    parts: list[NDArray[np.float32]] = []
    phones: list[tuple[float, float, str]] = []
    at = 0.0
    for clip in clips:
        if at >= seconds:
            break
        voiced = [(start / 1000, end / 1000, name) for start, end, name in clip.phones if name != "SIL"]
        first, last = int(voiced[0][0] * SAMPLE_RATE), int(voiced[-1][1] * SAMPLE_RATE)
        shift = at - first / SAMPLE_RATE
        phones += [(1000 * (start + shift), 1000 * (end + shift), name) for start, end, name in voiced]
        pause = np.zeros(int(rng.choice([0.3, 0.6, 1.5]) * SAMPLE_RATE), np.float32)
        parts += [clip.audio[first:last], pause]
        at += (last - first + len(pause)) / SAMPLE_RATE
    return Clip("talk", Group.GRID_VAL, np.concatenate(parts), tuple(phones))


def rest(seconds: float, seed: int = 0) -> Clip:
    """A quiet room: noise at -65 dBFS."""
    hiss = np.random.default_rng(seed).standard_normal(round(seconds * SAMPLE_RATE)) * 10 ** (-65 / 20)
    return Clip("rest", Group.REST, hiss.astype(np.float32))


def clip_cues(clip: Clip) -> NDArray[np.float32]:
    """The true cues of a clip at its frames' instants, `[T, 4]`."""
    phones = [Phone(start / 1000, end / 1000, name) for start, end, name in clip.phones]
    return cues_of(clip.audio, phones, (np.arange(clip.frames) * 0.02).astype(np.float32))


@torch.inference_mode()
def process(cues: NDArray[np.float32], seeds: Sequence[int]) -> Motion:
    """What the process makes of cues `[T, 4]`, `[seeds, T, 61]`."""
    life = Behaviour()
    drawn = [np.random.default_rng(seed).standard_normal((len(cues), life.NOISE), np.float32) for seed in seeds]
    heard = torch.from_numpy(cues).expand(len(seeds), -1, -1)
    motion: torch.Tensor = life(torch.from_numpy(np.stack(drawn)), heard, life.init_state(len(seeds)))[0]
    return motion.numpy()


def mean_figures(motions: Motion, cues: NDArray[np.float32]) -> dict[str, Figures]:
    """Each figure's mean over the seeds `[seeds, T, 61]`, of those that have it."""
    each = [life_figures(motion, cues) for motion in motions]
    out: dict[str, Figures] = {}
    for part, figures in each[0].items():
        out[part] = {}
        for name in figures:
            values = [value for found in each if (value := found[part][name]) is not None]
            out[part][name] = float(np.mean(values)) if values else None
    return out


def outside(figures: Mapping[str, Mapping[str, Figures]]) -> dict[str, str]:
    """Figures that lie outside their range, or could not be measured.

    Args:
        figures: by scene and part of the face, as :func:`mean_figures` gives them.

    Returns:
        Scene and figure → what it is and should be, in words; empty for a face that lives as people do.
    """
    found = {}
    for scene, ranges in RANGES.items():
        for name, (least, most) in ranges.items():
            part, _, figure = name.partition(".")
            value = figures[scene][part][figure]
            if value is None or not least <= value <= most:
                said = "nothing to measure" if value is None else f"{value:.3g}"
                found[f"{scene} {name}"] = f"{said}, people {least:g} to {most:g}"
    return found


def main(arguments: Sequence[str] | None = None) -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.life", description=__doc__)
    parser.add_argument("--json", type=Path, help="file for the figures")
    parser.add_argument("--model", default="thunder-base", help="network of the zoo, or a weights file")
    parser.add_argument("--process-only", action="store_true", help="leave the network out")
    options = parser.parse_args(arguments)
    scenes = {"talk": talk(Clips().grid_val, TALK_S), "rest": rest(REST_S)}
    cues = {name: clip_cues(clip) for name, clip in scenes.items()}
    motions = {"process": {name: process(heard, SEEDS) for name, heard in cues.items()}}
    if not options.process_only:
        motions["network"] = predict(load_thunder(options.model), list(scenes.values()), SEEDS)
    figures = {who: {name: mean_figures(moved[name], cues[name]) for name in scenes} for who, moved in motions.items()}
    missed = {who: outside(found) for who, found in figures.items()}
    table = Table("figure", "range", *figures)
    for scene, ranges in RANGES.items():
        for name, (least, most) in ranges.items():
            part, _, figure = name.partition(".")
            values = {who: found[scene][part][figure] for who, found in figures.items()}
            row = [
                ("–" if value is None else f"{value:.3g}") + (" ✗" if f"{scene} {name}" in missed[who] else "")
                for who, value in values.items()
            ]
            table.add_row(f"{scene} {name}", f"{least:g} – {most:g}", *row)
    Console().print(table)
    if options.json:
        named = {"model": options.model} if not options.process_only else {}
        write_figures(options.json, {**named, "figures": figures, "outside": missed, "machine": machine()})


if __name__ == "__main__":
    main()
