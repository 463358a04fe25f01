"""How well the mouth says what is heard: `python -m benchmarks.lipsync --json FILE`.

Every clip is streamed through the network from a fresh state with seeds 0–7 at 60 ms look-ahead, frame k showing the
instant 20·k ms, and its lips measured on two rigs, the built-in head and the ICT face (`--rig` adds others). All
figures are means or pooled shares over the seeds, of which `drift`, `life` and the tables take the first few.

`core`
- `real_mouth_r`: Pearson correlation, at lag 0, of the gap (interpolated to the video's frames) with the aperture
  measured in video of four held-out talkers, mean over talkers and seeds; `real_mouth_lag_ms`: the lag at which that
  mean peaks, ±200 ms on a 10 ms grid, positive when our mouth is late.
- `closure_recall`: share of p b m whose gap falls below p2 + 0.15·(p95 − p2) of the clip within ±40 ms of the phone's
  centre; `closure_recall_loose`: the same from 40 ms before the phone to 40 ms after it; `false_closure`: share of
  10 ms grid points in the middle half of AA AE AH AO AW AY EH EY OW OY below it. On `speech/`, on `grid_s1` val, and
  pooled over both.
- `open_auc`, `rounding_auc`, `labiodental_auc`: how well phones can be told by the mouth's shape, on the same clips:
  see `models.face.phone_measures`.
- `rest_open_share`: share of non-speech frames (silence 200 ms away from speech in `speech/` and `grid_s1` val, digital
  silence, white and pink noise at −40 dBFS, room tone) whose gap exceeds 15 % of the range, p2 to p95, that the same
  mouth has in held-out speech; the goal holds for each kind of non-speech by itself, too.
- under `grid_s1_val` and `unseen_voices` (synthesizers' voices no training used, see `benchmarks.lip_truth`):
  `lve_mm`, `l_pcc` and `l_ccc` (coordinates that move), `l_pcc_all` and `l_ccc_all` (all of them, as published),
  `s_div_upper_mm`, `s_div_lower_mm` (`benchmarks.lip_vertices`), `dtw_mm`, `mtm_ms` (`benchmarks.lip_curves`).
- `jitter`: third differences of the lips beside the real talker's (`benchmarks.lip_jitter`).

`robust`: `robust_r`, as `real_mouth_r`, the talkers disguised (`benchmarks.lip_robustness`). `drift`: the first and the
last two of thirty minutes (`benchmarks.lip_drift`). `life`: blinks, gaze and head (`benchmarks.lip_life`). `budget`: a
tick of a hundred slots (`benchmarks.lip_budget`). `steps`: one, two, four and sixteen flow steps. `--look-ahead-table`
and `--models A B …` add tables of what look-ahead and size are worth (`benchmarks.lip_tables`). Parts run beside each
other, a core each (`benchmarks.lip_parts`); what is timed has the machine to itself.

`human` gives the figures of the real talker's own mouth in `grid_s1` val, as measured in video. Choose checkpoints by
`grid_s1_val` alone, never by the held-out clips. The benchmark needs the `train` extra, espeak-ng and flite.
"""

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from benchmarks.json_figures import write_figures
from benchmarks.lip_budget import step_budget
from benchmarks.lip_clips import Clips
from benchmarks.lip_core import human_figures
from benchmarks.lip_goals import goals
from benchmarks.lip_parts import SEEDS, Job, Setup, load_mouths, run_jobs
from benchmarks.lip_show import show
from benchmarks.lip_tables import FLOW_STEPS, look_aheads_ms, size_row
from benchmarks.machine import machine
from models.thunder import load_thunder
from stream_engine.clock import SystemClock

PARTS: Final = ("core", "robust", "drift", "life", "budget", "steps")
_TABLES: Final = {"flow_steps": "steps_table", "look_ahead_ms": "look_ahead_table", "model": "size_table"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the benchmark; returns 0, also when goals are missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.lipsync", description=__doc__.splitlines()[0])
    parser.add_argument("--json", type=Path, help="file to write the figures to")
    parser.add_argument("--model", default="thunder-base", help="network of the zoo, or a weights file")
    parser.add_argument("--look-ahead-ms", type=int, default=60)
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS, metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--look-ahead-table", action="store_true", help="measure every look-ahead, too")
    parser.add_argument("--models", nargs="+", default=[], help="networks for a table of sizes")
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
    names = [mouth.rig.name for mouth in load_mouths(tuple(options.rig))]
    if len(set(names)) < len(names):
        parser.error(f"two rigs have one name: {', '.join(names)}; import with another --name")
    result = run(options, names)
    result |= {
        "model": options.model,
        "look_ahead_ms": options.look_ahead_ms,
        "seeds": list(SEEDS),
        "parts": list(options.only),
        "machine": machine(),
        "took_s": round(clock.monotonic() - started, 1),
    }
    if options.json:
        write_figures(options.json, result)
    show(result, names)
    return 0


def run(options: argparse.Namespace, rigs: Sequence[str]) -> dict[str, Any]:
    """Measures the parts asked for: per rig its figures, then what is of no rig, and the goals."""
    model = load_thunder(options.model)
    overall: dict[str, Any] = {"human": {"grid_s1_val": human_figures(Clips().grid_val)}}
    # What is timed comes first, while the machine is as cool and idle as it will be.
    if "budget" in options.only:
        overall["step_budget"] = step_budget(model, options.model)
    sizes = {name: size_row(name) for name in options.models}

    # The longest first, so that no core waits for one at the end.
    jobs = [Job(part) for part in ("drift", "core", "life", "robust") if part in options.only]
    jobs += [Job("flow_steps", steps) for steps in reversed(FLOW_STEPS) if "steps" in options.only]
    jobs += [Job("look_ahead_ms", ms) for ms in look_aheads_ms(model) if options.look_ahead_table]
    jobs += [Job("model", name) for name in options.models]
    found = run_jobs(Setup(options.model, options.look_ahead_ms, tuple(options.rig)), jobs)
    figures, more = assembled(jobs, found, rigs, sizes)
    overall |= more
    return {**figures, **overall, "goals": goals(figures, overall)}


def assembled(
    jobs: Sequence[Job], found: Sequence[dict[str, Any]], rigs: Sequence[str], sizes: Mapping[str, dict[str, Any]]
) -> tuple[dict[str, dict[str, Any]], dict[str, Any]]:
    """What the jobs found, put together.

    Args:
        jobs: in any order; a table has its rows in theirs, but that of flow steps from few to many.
        found: of each job.
        rigs: names of the rigs.
        sizes: network → what is added to its row of the table of sizes.

    Returns:
        Figures by rig, and those of no rig.
    """
    figures: dict[str, dict[str, Any]] = {rig: {} for rig in rigs}
    overall: dict[str, Any] = {}
    tables: dict[str, list[dict[str, Any]]] = {}
    for job, part in zip(jobs, found, strict=True):
        if job.part in _TABLES:
            more = sizes[str(job.row)] if job.part == "model" else {}
            tables.setdefault(job.part, []).append({job.part: job.row, **more, **part})
        elif job.part == "life":
            overall["life"] = part
        else:
            for rig in rigs:
                figures[rig] |= part[rig]
    for name, rows in tables.items():
        if name == "flow_steps":
            rows.sort(key=lambda row: int(row[name]))
        for rig, table in by_rig(_TABLES[name], rows, rigs).items():
            figures[rig] |= table
    return figures, overall


def by_rig(name: str, rows: Sequence[dict[str, Any]], rigs: Sequence[str]) -> dict[str, Any]:
    """A table whose rows hold every rig's figures, as one table per rig under `name`."""
    return {
        rig: {name: [{key: value for key, value in row.items() if key not in rigs} | row[rig] for row in rows]}
        for rig in rigs
    }


if __name__ == "__main__":
    sys.exit(main())
