"""How many voices one machine holds in real time: `python -m benchmarks.capacity --json FILE`.

The engine as shipped: its worker process, the shipped weights, mel, voice activity and network on, human speech in
every slot, each slot's ticks at a phase of its own, paced by the wall clock. No slot may sleep through a pause.

Lateness of a tick: from the instant its last sample is there (by the pacing clock, so a pacer that wakes late counts
too) to its frame being readable on the network process' event loop. A number of slots is held in real time if the 99th
percentile stays under 20 ms; a tick that never came out counts as late for ever.

The second half holds real WebRTC sessions at the shipped server by the same criterion, seen from outside (and with the
speakers on the same machine): see `benchmarks.webrtc_voices`.
"""

import argparse
import asyncio
import heapq
import math
import subprocess
import sys
from collections.abc import Coroutine, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from benchmarks.json_figures import write_figures
from benchmarks.machine import machine
from benchmarks.server_process import REPOSITORY, ServerProcess, ServerStartError
from benchmarks.speech_source import spoken
from stream_engine.clock import TICK_S, TICK_SAMPLES, Clock, SystemClock
from stream_engine.ear.tick import AudioTick
from stream_engine.engine import Slot, SlotOutput
from stream_engine.engine.backend import BACKENDS, DEFAULT_MODEL
from stream_engine.engine.worker_config import WorkerConfig
from stream_engine.engine.worker_engine import WorkerEngine

LIMIT_MS: Final = 20.0
GOAL_SLOTS: Final = 50
WARM_UP_S: Final = 2.0
LOOK_AHEAD_TICKS: Final = 3
_SLOTS: Final = (1, 10, 25, 50, 60, 70, 80)
_SESSIONS: Final = (1, 5, 10, 15, 20, 30, 40, 50)
_DRAIN_S: Final = 1.0


class BenchmarkError(RuntimeError):
    """Something went wrong while measuring; there are no figures."""


@dataclass(frozen=True, slots=True)
class Point:
    """What so many voices at a time gave.

    Attributes:
        slots: voices.
        p50_ms: lateness; so p95_ms and p99_ms.
        p95_ms: 95th percentile; NaN if so many ticks never came out.
        p99_ms: 99th percentile; NaN if so many ticks never came out.
        late_share: share of ticks that were 20 ms late or later.
        dropped: ticks that never came out.
    """

    slots: int
    p50_ms: float
    p95_ms: float
    p99_ms: float
    late_share: float
    dropped: int

    @property
    def real_time(self) -> bool:
        """Whether these voices were held in real time."""
        return self.p99_ms < LIMIT_MS  # false for NaN


def point_of(slots: int, lateness_ms: NDArray[np.float64]) -> Point:
    """Sums up the lateness of all ticks `[N]`; infinite for those that never came out.

    Raises:
        BenchmarkError: there are none.
    """
    if not len(lateness_ms):
        raise BenchmarkError("no tick was measured; let it run longer")
    # An interpolated percentile between a number and infinity is infinite or not a number: take a tick that is there.
    percentiles = np.percentile(lateness_ms, [50, 95, 99], method="higher")
    p50, p95, p99 = np.where(np.isfinite(percentiles), percentiles, np.nan).tolist()
    return Point(
        slots=slots,
        p50_ms=p50,
        p95_ms=p95,
        p99_ms=p99,
        late_share=float(np.mean(lateness_ms >= LIMIT_MS)),
        dropped=int(np.isinf(lateness_ms).sum()),
    )


def held(curve: Sequence[Point]) -> int:
    """The most voices held in real time, with every smaller number measured held too."""
    best = 0
    for point in sorted(curve, key=lambda p: p.slots):
        if not point.real_time:
            break
        best = point.slots
    return best


@dataclass(slots=True)
class _Voice:
    """One slot with its speech; remembers when each tick was due and when its frame came."""

    clock: Clock
    speech: NDArray[np.float32]  # [T, 320], to be gone round
    offset: int
    due: list[float] = field(default_factory=list)
    came: dict[int, float] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)
    slot: Slot | None = None

    def push(self, due: float) -> None:
        index = len(self.due)
        self.due.append(due)
        if self.slot is None:
            raise BenchmarkError("a voice has no slot")
        self.slot.push(AudioTick(self.speech[(self.offset + index) % len(self.speech)], index, due))

    def on_output(self, output: SlotOutput) -> None:
        self.came[output.tick_index] = self.clock.monotonic()

    def on_failure(self, code: str, detail: str) -> None:
        self.failures.append(f"{code}: {detail}")

    def on_resumed(self) -> None:
        self.failures.append("resumed")

    def lateness_ms(self, since: float) -> list[float]:
        """Of each tick due at or after an instant."""
        return [(self.came.get(n, math.inf) - due) * 1e3 for n, due in enumerate(self.due) if due >= since]


async def _pace(voices: Sequence[_Voice], clock: Clock, until: float) -> None:
    """Pushes every voice's ticks when they are due, all at phases of their own."""
    start = clock.monotonic() + TICK_S
    agenda = [(start + i * TICK_S / len(voices), i, 0) for i in range(len(voices))]
    heapq.heapify(agenda)
    while agenda[0][0] < until:
        wait = agenda[0][0] - clock.monotonic()
        await asyncio.sleep(max(0.0, wait))  # 0 lets the loop deliver frames even when the pacer is behind
        now = clock.monotonic()
        while agenda[0][0] <= now:
            due, i, n = agenda[0]
            voices[i].push(due)
            heapq.heapreplace(agenda, (start + i * TICK_S / len(voices) + (n + 1) * TICK_S, i, n + 1))


async def measure_engine(
    engine: WorkerEngine, speech: NDArray[np.float32], slots: int, seconds: float, clock: Clock
) -> Point:
    """Holds so many voices for so long.

    Args:
        engine: started, all its slots free.
        speech: `[T, 320]`, ticks of speech to be gone round; each voice begins elsewhere.
        slots: voices.
        seconds: measured, after a warm-up.
        clock: paces and measures.

    Raises:
        BenchmarkError: the engine failed, other than by dropping ticks when it was too slow.
    """
    voices = [_Voice(clock, speech, i * len(speech) // slots) for i in range(slots)]
    for i, voice in enumerate(voices):
        voice.slot = engine.open_slot(voice, look_ahead_ticks=LOOK_AHEAD_TICKS, seed=i)
    try:
        began_at = clock.monotonic()
        await _pace(voices, clock, began_at + WARM_UP_S + seconds)
        await asyncio.sleep(_DRAIN_S)  # what has not come by then never will
    finally:
        for voice in voices:
            if voice.slot is not None:
                voice.slot.close()
    errors = [f for voice in voices for f in voice.failures if not f.startswith("overloaded")]
    if errors:
        raise BenchmarkError(f"the engine failed with {slots} voices: {errors[0]} ({len(errors)} in all)")
    return point_of(slots, np.array([x for voice in voices for x in voice.lateness_ms(began_at + WARM_UP_S)]))


async def measure_curve(
    counts: Sequence[int], seconds: float, config: WorkerConfig, speech: NDArray[np.float32], clock: Clock
) -> list[Point]:
    """Measures ever more voices, to the first number that is too much."""
    engine = WorkerEngine(config, clock=clock)
    await engine.start()
    curve = []
    try:
        for count in sorted(counts):
            curve.append(await measure_engine(engine, speech, count, seconds, clock))
            if not curve[-1].real_time:
                break
    finally:
        await engine.stop()
    return curve


def measure_sessions(counts: Sequence[int], seconds: float, flags: Sequence[str] = ()) -> list[Point]:
    """Measures ever more WebRTC sessions, to the first number that is too much.

    Raises:
        BenchmarkError: a session failed, or the server did not start.
    """
    curve: list[Point] = []
    most = str(max(counts))
    with TemporaryDirectory() as folder:
        out = Path(folder) / "lateness.npy"
        limits = ("--max-sessions", most, "--engine-slots", most, "--engine-sleep-after-s", "0", *flags)
        try:
            with ServerProcess(Path(folder) / "server.log", flags=limits) as server:
                for count in sorted(counts):
                    command = [sys.executable, "-m", "benchmarks.webrtc_voices", "--url", server.url]
                    command += ["--count", str(count), "--seconds", str(seconds), "--out", str(out)]
                    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=REPOSITORY)
                    if done.returncode:
                        raise BenchmarkError(f"{count} WebRTC sessions: {done.stderr[-1000:]}")
                    curve.append(point_of(count, np.load(out)))
                    if not curve[-1].real_time:
                        break
        except ServerStartError as error:
            raise BenchmarkError(str(error)) from error
    return curve


def ticks_of(audio: NDArray[np.float32]) -> NDArray[np.float32]:
    """Sound `[N]` as ticks `[T, 320]`."""
    whole = len(audio) // TICK_SAMPLES
    return audio[: whole * TICK_SAMPLES].reshape(whole, TICK_SAMPLES)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the benchmark; returns 0, also when the goal is missed, and 1 when there are no figures."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.capacity", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--json", type=Path, help="file to write the figures to")
    parser.add_argument("--seconds", type=float, default=60.0, help="measured per number of voices (default: 60)")
    parser.add_argument("--slots", type=int, nargs="+", default=_SLOTS, help=f"numbers of voices (default: {_SLOTS})")
    parser.add_argument(
        "--sessions", type=int, nargs="*", default=_SESSIONS, help=f"numbers of WebRTC sessions (default: {_SESSIONS})"
    )
    parser.add_argument("--backend", choices=BACKENDS, default=BACKENDS[0], help="what runs the network")
    parser.add_argument("--threads", type=int, default=0, help="threads of the worker (0: it decides)")
    options = parser.parse_args(arguments)
    console = Console()
    source = spoken(lead_ms=0, gap_ms=600)
    config = WorkerConfig(DEFAULT_MODEL, options.backend, max(options.slots), options.threads, sleep_after_s=0)
    try:
        curve = _run(measure_curve(options.slots, options.seconds, config, ticks_of(source.audio), SystemClock()))
        flags = ("--engine-backend", options.backend, "--engine-threads", str(options.threads))
        sessions = measure_sessions(options.sessions, options.seconds, flags) if options.sessions else []
    except BenchmarkError as error:
        console.print(f"no figures: {error}", style="red", markup=False)
        return 1
    result: dict[str, Any] = {
        "engine_slots": held(curve),
        "webrtc_sessions": held(sessions) if sessions else None,
        "curve": [asdict(point) for point in curve],
        "webrtc_curve": [asdict(point) for point in sessions],
        "seconds": options.seconds,
        "backend": options.backend,
        "human_speech": source.human,
        "goals": {"engine_slots": GOAL_SLOTS, "met": held(curve) >= GOAL_SLOTS},
        "machine": machine(),
    }
    if options.json:
        write_figures(options.json, result)
    table = Table("voices", "p50 ms", "p95 ms", "p99 ms", "late", "dropped")
    for what, points in (("slots", curve), ("sessions", sessions)):
        for p in points:
            late = f"{p.late_share:.2%}"
            row = (f"{p.p50_ms:.1f}", f"{p.p95_ms:.1f}", f"{p.p99_ms:.1f}", late, str(p.dropped))
            table.add_row(f"{p.slots} {what}", *row)
    console.print(table)
    console.print(f"{held(curve)} slots and {held(sessions)} sessions in real time (p99 under {LIMIT_MS:g} ms)")
    return 0


def _run(work: Coroutine[Any, Any, list[Point]]) -> list[Point]:
    """Runs on the event loop the server ships with."""
    try:
        import uvloop
    except ImportError:  # not on this platform
        return asyncio.run(work)
    return uvloop.run(work)


if __name__ == "__main__":
    sys.exit(main())
