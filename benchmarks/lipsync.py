"""How well the mouth says what is heard: `python -m benchmarks.lipsync --json FILE`.

Every clip is streamed through the network from a fresh state with seeds 0–7 at 60 ms look-ahead, frame k showing the
instant 20·k ms, and its lip gap measured on two rigs, the built-in head and the ICT face (`--rig` adds others). All
figures are means or pooled shares over the seeds:

- `real_mouth_r`: Pearson correlation, at lag 0, of the gap (interpolated to the video's frames) with the aperture
  measured in video of four held-out talkers, mean over talkers and seeds; `real_mouth_lag_ms`: the lag at which that
  mean peaks, ±200 ms on a 10 ms grid, positive when our mouth is late.
- `closure_recall`: share of p b m whose gap falls below p2 + 0.15·(p95 − p2) of the clip within ±40 ms of the phone's
  centre; `closure_recall_loose`: the same from 40 ms before the phone to 40 ms after it; `false_closure`: share of
  10 ms grid points in the middle half of AA AE AH AO AW AY EH EY OW OY below it. On `speech/`, on `grid_s1` val, and
  pooled over both.
- `rest_open_share`: share of non-speech frames (silence 200 ms away from speech in `speech/` and `grid_s1` val, digital
  silence, white and pink noise at −40 dBFS, room tone) whose gap exceeds 15 % of the range, p2 to p95, that the same
  mouth has in held-out speech.

`human` gives the closure figures of the real talker's own mouth in `grid_s1` val, as measured in video.
Choose checkpoints by `grid_s1_val` alone, never by the held-out clips.
"""

import argparse
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.json_figures import write_figures
from benchmarks.lip_clips import Clip, Clips
from benchmarks.lip_predict import predict
from benchmarks.lip_score import ClosureScore, score
from benchmarks.machine import machine
from models.face.head_rig import load_head
from models.face.importers.ict import load_ict
from models.face.lip_measures import Closures, closures
from models.face.rig import Rig
from models.face.rig_file import load_rig
from models.thunder import Thunder, load_thunder
from stream_engine.clock import SystemClock

SEEDS = tuple(range(8))
GOALS: dict[str, tuple[str, float]] = {
    "real_mouth_r": (">=", 0.75),
    "closure_recall": (">=", 0.80),
    "false_closure": ("<=", 0.05),
    "rest_open_share": ("<=", 0.02),
}
"""Figure → the direction and the value it must reach, on every rig."""


def measure(model: Thunder, clips: Sequence[Clip], rigs: Sequence[Rig], look_ahead_ms: int = 60) -> dict[str, Any]:
    """All figures of a network: `{"head": {…}, "ict": {…}}`, keyed by the rigs' names."""
    predictions = predict(model, clips, SEEDS, look_ahead_ms=look_ahead_ms)
    return {rig.name: score(predictions, clips, rig).as_json() for rig in rigs}


def human_closures(clips: Sequence[Clip]) -> dict[str, Any]:
    """Closure figures of the measured mouths themselves."""
    counts = Closures()
    for clip in clips:
        if clip.aperture is not None:
            counts += closures(clip.aperture, clip.phones, clip.fps)
    found = ClosureScore.of(counts)
    return asdict(found) if found else {}


def goals(figures: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Which goals hold, per figure and rig; closures must hold on each set of clips, too."""
    out: dict[str, Any] = {}
    for name, (direction, value) in GOALS.items():
        verdict: dict[str, Any] = {"goal": f"{direction} {value}"}
        for rig, found in figures.items():
            parts = [found, *(found[part] for part in ("speech", "grid_s1_val") if "closure" in name and part in found)]
            reached = [part[name] for part in parts if name in part]
            met = all(x >= value if direction == ">=" else x <= value for x in reached)
            verdict[rig] = bool(reached) and met
        out[name] = verdict
    out["met"] = all(verdict[rig] for verdict in out.values() for rig in figures)
    return out


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the benchmark; returns 0, also when goals are missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.lipsync", description=__doc__.splitlines()[0])
    parser.add_argument("--json", type=Path, help="file to write the figures to")
    parser.add_argument("--model", default="thunder-base", help="network of the zoo, or a weights file")
    parser.add_argument("--look-ahead-ms", type=int, default=60)
    parser.add_argument(
        "--rig",
        type=Path,
        action="append",
        default=[],
        help="another rig to measure on, from `python -m models.face import`",
    )
    options = parser.parse_args(arguments)

    clock = SystemClock()
    started = clock.monotonic()
    rigs = [load_head(), load_ict(), *map(load_rig, options.rig)]
    if len({rig.name for rig in rigs}) < len(rigs):
        parser.error(f"two rigs have one name: {', '.join(rig.name for rig in rigs)}; import with another --name")
    clips = Clips()
    figures = measure(load_thunder(options.model), clips.all(), rigs, options.look_ahead_ms)
    result: dict[str, Any] = {
        **figures,
        "human": {"grid_s1_val": human_closures(clips.grid_val)},
        "goals": goals(figures),
        "model": options.model,
        "look_ahead_ms": options.look_ahead_ms,
        "seeds": list(SEEDS),
        "machine": machine(),
        "took_s": round(clock.monotonic() - started, 1),
    }
    if options.json:
        write_figures(options.json, result)
    show(result)
    return 0


def show(result: Mapping[str, Any]) -> None:
    """Prints the table of figures."""
    rigs = [name for name in result["goals"]["real_mouth_r"] if name != "goal"]
    table = Table("", "goal", *rigs)
    for name in (*GOALS, "real_mouth_lag_ms", "closure_recall_loose"):
        goal = result["goals"].get(name, {}).get("goal", "")
        table.add_row(name, goal, *(_cell(result[rig].get(name)) for rig in rigs))
    for part in ("speech", "grid_s1_val"):
        for name in ("closure_recall", "false_closure"):
            table.add_row(f"  {part} {name}", "", *(_cell(result[rig].get(part, {}).get(name)) for rig in rigs))
    for detail in ("real_mouth_r_by_talker", "rest_open_share_by_source"):
        for key in result[rigs[0]].get(detail, {}):
            table.add_row(f"  {key}", "", *(_cell(result[rig][detail][key]) for rig in rigs))
    console = Console()
    console.print(table)
    console.print("goals met" if result["goals"]["met"] else "goals missed", f"({result['took_s']} s)")


def _cell(value: Any) -> str:
    return "-" if value is None else f"{value:.3f}" if isinstance(value, float) else str(value)


if __name__ == "__main__":
    sys.exit(main())
