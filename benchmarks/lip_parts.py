"""The parts of `benchmarks.lipsync` as jobs that run beside each other, one process and one thread per core.

A small network on short clips, and figures in NumPy, gain little from a second thread; parts of their own gain all of
it. What is timed is no job: it wants the machine for itself.
"""

import multiprocessing
import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any, Final

from benchmarks.lip_clips import Clips
from benchmarks.lip_core import core_figures
from benchmarks.lip_drift import drift
from benchmarks.lip_life import life
from benchmarks.lip_robustness import robustness
from benchmarks.lip_tables import Bench, with_flow_steps
from benchmarks.lip_truth import real_truths, unseen_truths
from benchmarks.lip_vertices import MouthVertices
from models.face.head_rig import load_head
from models.face.importers.ict import load_ict
from models.face.rig_file import load_rig
from models.thunder import load_thunder

SEEDS: Final = tuple(range(8))


@dataclass(frozen=True, slots=True)
class Setup:
    """What is measured, on what.

    Attributes:
        model: network of the zoo, or a weights file.
        look_ahead_ms: of every slot.
        rigs: files of rigs beside the built-in head and the ICT face.
    """

    model: str
    look_ahead_ms: int
    rigs: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class Job:
    """One piece of work.

    Attributes:
        part: `core`, `robust`, `drift` or `life`, or a table: `flow_steps`, `look_ahead_ms` or `model`.
        row: of the table: its flow steps, look-ahead or network.
    """

    part: str
    row: int | str = ""


def run_jobs(setup: Setup, jobs: Sequence[Job]) -> list[dict[str, Any]]:
    """Runs jobs, as many at a time as there are cores; give the longest first.

    Returns:
        Of each job its figures by rig; of `life`, which is of no rig, its figures.
    """
    if not jobs:
        return []
    # Read by the libraries' pools of threads as a worker starts.
    os.environ["OMP_NUM_THREADS"] = "1"
    workers = min(os.cpu_count() or 1, len(jobs))
    with ProcessPoolExecutor(workers, multiprocessing.get_context("spawn")) as pool:
        return list(pool.map(partial(run_job, setup), jobs))


def run_job(setup: Setup, job: Job) -> dict[str, Any]:
    """Runs one job in this process.

    Raises:
        ValueError: no part is called so.
    """
    ms, bench, mouths = setup.look_ahead_ms, _bench(setup.rigs), load_mouths(setup.rigs)
    model = load_thunder(str(job.row) if job.part == "model" else setup.model)
    match job.part:
        case "core":
            return core_figures(model, bench.clips.all(), [*bench.truths, *unseen_truths()], mouths, SEEDS, ms)
        case "robust":
            return robustness(model, bench.clips, [mouth.rig for mouth in mouths], SEEDS, ms)
        case "drift":
            return {rig: {"drift": found} for rig, found in drift(model, bench.clips.grid_val, mouths, ms).items()}
        case "life":
            return life(model, bench.clips.grid_val, ms)
        case "flow_steps":
            return bench.headline(with_flow_steps(model, int(job.row)), ms)
        case "look_ahead_ms":
            return bench.headline(model, int(job.row))
        case "model":
            return bench.headline(model, ms)
    raise ValueError(f"no part is called {job.part!r}")


@cache
def load_mouths(rigs: tuple[Path, ...]) -> tuple[MouthVertices, ...]:
    """The built-in head, the ICT face and others from their files."""
    return tuple(MouthVertices(rig) for rig in (load_head(), load_ict(), *map(load_rig, rigs)))


@cache
def _bench(rigs: tuple[Path, ...]) -> Bench:
    clips = Clips()
    return Bench(clips, real_truths(clips.grid_val), load_mouths(rigs))
