import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
import pytest

from stream_engine.clock import SystemClock
from stream_engine.ear.tick import AudioTick
from stream_engine.engine import Engine, EngineFullError, EngineNotReadyError, EngineStartError, SlotOutput
from stream_engine.engine.backlog import QUEUE_TICKS
from stream_engine.engine.worker_config import WorkerConfig
from stream_engine.engine.worker_engine import EngineLimits, WorkerEngine, create_engine
from tests.engine.networks import alone, core_of, sound

CLOCK = SystemClock()
WAIT_S = 30.0


class Listener:
    """Collects what a slot says; `until` awaits it."""

    def __init__(self) -> None:
        self.outputs: list[SlotOutput] = []
        self.failures: list[tuple[str, str]] = []
        self.resumed = 0
        self._changed = asyncio.Condition()
        self._tasks: set[asyncio.Task[None]] = set()

    def on_output(self, output: SlotOutput) -> None:
        self.outputs.append(output)
        self._notify()

    def on_failure(self, code: str, detail: str) -> None:
        self.failures.append((code, detail))
        self._notify()

    def on_resumed(self) -> None:
        self.resumed += 1
        self._notify()

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(WAIT_S), self._changed:
            await self._changed.wait_for(condition)

    def _notify(self) -> None:
        async def notify() -> None:
            async with self._changed:
                self._changed.notify_all()

        task = asyncio.get_running_loop().create_task(notify())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


@asynccontextmanager
async def running(
    network: Path, *, slots: int = 6, backend: str = "onnxruntime", hang_s: float = 10.0
) -> AsyncIterator[WorkerEngine]:
    config = WorkerConfig(model=str(network), backend=backend, slots=slots, threads=1)
    engine = WorkerEngine(config, limits=EngineLimits(hang_s=hang_s))
    await engine.start()
    try:
        yield engine
    finally:
        await engine.stop()


def test_a_start_that_is_cancelled_leaves_no_worker(network: Path) -> None:
    async def main() -> None:
        engine = WorkerEngine(WorkerConfig(model=str(network), backend="onnxruntime", slots=2, threads=1))
        start = asyncio.create_task(engine.start())
        await asyncio.sleep(0)
        await asyncio.sleep(0)  # the worker's process is being started in a thread now
        start.cancel()
        await asyncio.wait([start])
        async with asyncio.timeout(WAIT_S):
            await engine.stop()
        assert engine.worker_pid is None
        assert start.cancelled()

    asyncio.run(main())


def tick(index: int, seed: int = 0) -> AudioTick:
    return AudioTick(sound(index + 1, seed)[index], index, CLOCK.monotonic())


def test_slots_give_what_they_give_alone(network: Path) -> None:
    async def scenario() -> None:
        async with running(network) as engine:
            as_engine: Engine = engine
            assert as_engine.ready
            listeners = [Listener() for _ in range(4)]
            slots = [engine.open_slot(x, look_ahead_ticks=i + 1, seed=i) for i, x in enumerate(listeners)]
            heard = [sound(20, i) for i in range(4)]
            for k in range(20):
                for i in range(4):
                    slots[i].push(AudioTick(heard[i][k], k, CLOCK.monotonic()))
                await listeners[3].until(lambda: len(listeners[3].outputs) > k)  # noqa: B023 - awaited right here
            for i, listener in enumerate(listeners):
                await listener.until(lambda: len(listener.outputs) == 20)  # noqa: B023 - awaited right here
                expected = alone(core_of("onnxruntime", network), heard[i], look_ahead=i + 1, seed=i)
                np.testing.assert_allclose([o.channels for o in listener.outputs], expected, atol=1e-4)
                assert [o.tick_index for o in listener.outputs] == list(range(20))
                assert [o.fresh for o in listener.outputs] == [True] + [False] * 19
                assert sum(len(o.vad) for o in listener.outputs) == 12  # 20 ticks hold 12 chunks of 32 ms
                assert [v.media_time for o in listener.outputs for v in o.vad] == [1536 * n for n in range(12)]
                for output in listener.outputs:
                    timing = output.timing
                    assert min(timing.ear_ms, timing.queue_ms, timing.model_ms, timing.return_ms) >= 0
                assert listener.failures == []

    asyncio.run(scenario())


def test_a_reset_starts_afresh_and_leaves_others_alone(network: Path) -> None:
    async def scenario() -> None:
        async with running(network) as engine:
            one, other = Listener(), Listener()
            slot = engine.open_slot(one, look_ahead_ticks=3, seed=0)
            neighbour = engine.open_slot(other, look_ahead_ticks=3, seed=9)
            for k in range(10):
                slot.push(tick(k))
                neighbour.push(tick(k, 1))
            await one.until(lambda: len(one.outputs) == 10)
            slot.push(tick(10))
            slot.reset(look_ahead_ticks=5, seed=4)  # in the same turn: the tick before it is of the life before
            for k in range(10):
                slot.push(AudioTick(sound(10, 2)[k], 11 + k, CLOCK.monotonic()))
                neighbour.push(tick(10 + k, 1))
            await one.until(lambda: len(one.outputs) >= 20)
            await other.until(lambda: len(other.outputs) == 20)
            after = one.outputs[-10:]
            assert [o.tick_index for o in after] == list(range(11, 21))
            assert [o.fresh for o in after] == [True] + [False] * 9
            assert {o.look_ahead_ticks for o in after} == {5}
            expected = alone(core_of("onnxruntime", network), sound(10, 2), look_ahead=5, seed=4)
            np.testing.assert_allclose([o.channels for o in after], expected, atol=1e-4)
            expected = alone(core_of("onnxruntime", network), sound(20, 1), seed=9)
            np.testing.assert_allclose([o.channels for o in other.outputs], expected, atol=1e-4)

    asyncio.run(scenario())


def test_a_quiet_slot_sleeps_and_says_so(network: Path) -> None:
    async def scenario() -> None:
        config = WorkerConfig(model=str(network), slots=2, threads=1, sleep_after_s=0.2)
        engine = WorkerEngine(config, limits=EngineLimits(hang_s=10.0))
        await engine.start()
        try:
            listener = Listener()
            slot = engine.open_slot(listener, look_ahead_ticks=3, seed=0)
            for k in range(30):
                slot.push(AudioTick(np.zeros(320, np.float32), k, CLOCK.monotonic()))
                await listener.until(lambda: len(listener.outputs) > k)  # noqa: B023 - awaited right here
            assert [o.asleep for o in listener.outputs] == [False] * 10 + [True] * 20
            assert engine.slots_asleep == 1
            np.testing.assert_array_equal(listener.outputs[25].channels, listener.outputs[29].channels)
            slot.push(tick(30))
            await listener.until(lambda: len(listener.outputs) == 31)
            assert not listener.outputs[30].asleep
            assert engine.slots_asleep == 0
        finally:
            await engine.stop()

    asyncio.run(scenario())


def test_slots_are_limited_and_come_back(network: Path) -> None:
    async def scenario() -> None:
        async with running(network, slots=2) as engine:
            first = engine.open_slot(Listener(), look_ahead_ticks=3, seed=0)
            engine.open_slot(Listener(), look_ahead_ticks=3, seed=0)
            with pytest.raises(EngineFullError, match="all 2 slots"):
                engine.open_slot(Listener(), look_ahead_ticks=3, seed=0)
            first.push(tick(0))
            first.close()
            first.close()
            first.push(tick(1))
            again = Listener()
            slot = engine.open_slot(again, look_ahead_ticks=3, seed=1)
            for k in range(5):
                slot.push(tick(k))
            await again.until(lambda: len(again.outputs) == 5)
            expected = alone(core_of("onnxruntime", network), sound(5), seed=1)
            np.testing.assert_allclose([o.channels for o in again.outputs], expected, atol=1e-4)
            assert engine.slots_taken == 2

    asyncio.run(scenario())


@pytest.mark.parametrize("wrong", [{"look_ahead_ticks": 9}, {"look_ahead_ticks": -1}, {"seed": -1}, {"seed": 2**63}])
def test_settings_that_cannot_be_are_refused(network: Path, wrong: dict[str, int]) -> None:
    async def scenario() -> None:
        async with running(network, slots=1) as engine:
            with pytest.raises(ValueError, match=r"look-ahead of|seed"):
                engine.open_slot(Listener(), **{"look_ahead_ticks": 3, "seed": 0, **wrong})
            listener = Listener()
            slot = engine.open_slot(listener, look_ahead_ticks=3, seed=0)
            with pytest.raises(ValueError, match=r"look-ahead of|seed"):
                slot.reset(**wrong)
            slot.push(tick(0))
            await listener.until(lambda: len(listener.outputs) == 1)
            assert listener.outputs[0].look_ahead_ticks == 3

    asyncio.run(scenario())


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="kills a process the POSIX way")
def test_a_killed_worker_is_replaced_within_two_seconds(network: Path) -> None:
    async def scenario() -> None:
        async with running(network) as engine:
            listeners = [Listener() for _ in range(3)]
            slots = [engine.open_slot(x, look_ahead_ticks=3, seed=i) for i, x in enumerate(listeners)]
            slots[0].blink(60)
            for k in range(5):
                for slot in slots:
                    slot.push(tick(k))
            await listeners[2].until(lambda: len(listeners[2].outputs) == 5)
            assert engine.worker_pid is not None
            killed_at = CLOCK.monotonic()
            os.kill(engine.worker_pid, signal.SIGKILL)
            await listeners[0].until(lambda: bool(listeners[0].failures))
            assert not engine.ready
            with pytest.raises(EngineNotReadyError):
                engine.open_slot(Listener(), look_ahead_ticks=3, seed=0)
            slots[0].push(tick(5))  # into the void, and counted
            assert engine.dropped_ticks == 1
            for i, listener in enumerate(listeners):
                await listener.until(lambda: listener.resumed == 1)  # noqa: B023 - awaited right here
                for k in range(10):
                    slots[i].push(AudioTick(sound(10, i)[k], 50 + k, CLOCK.monotonic()))
                await listener.until(lambda: len(listener.outputs) == 15)  # noqa: B023 - awaited right here
            assert CLOCK.monotonic() - killed_at < 2
            assert engine.restarts == 1
            for i, listener in enumerate(listeners):
                assert [code for code, _ in listener.failures] == ["engine_restarted"]
                after = listener.outputs[5:]
                assert after[0].fresh
                blinks = 60 if i == 0 else 16  # as was set before the restart
                expected = alone(core_of("onnxruntime", network), sound(10, i), seed=i, blinks_per_minute=blinks)
                np.testing.assert_allclose([o.channels for o in after], expected, atol=1e-4)

    asyncio.run(scenario())


@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="stops a process the POSIX way")
def test_a_hanging_worker_is_replaced_and_never_blocks_the_loop(network: Path) -> None:
    async def scenario() -> None:
        async with running(network, slots=40, hang_s=0.6) as engine:
            listeners = [Listener() for _ in range(40)]
            slots = [engine.open_slot(x, look_ahead_ticks=3, seed=0) for x in listeners]
            slots[0].push(tick(0))
            await listeners[0].until(lambda: bool(listeners[0].outputs))
            assert engine.worker_pid is not None
            os.kill(engine.worker_pid, signal.SIGSTOP)
            samples = sound(1)[0]
            for k in range(1, QUEUE_TICKS * 4):  # far more than any pipe holds
                for slot in slots:
                    slot.push(AudioTick(samples, k, CLOCK.monotonic()))
                before = CLOCK.monotonic()
                await asyncio.sleep(0)
                assert CLOCK.monotonic() - before < 0.5
            assert engine.dropped_ticks > 0
            await listeners[0].until(lambda: listeners[0].resumed == 1)
            assert listeners[0].failures[0][0] == "engine_restarted"
            assert "did not answer" in listeners[0].failures[0][1]
            slots[0].push(tick(200))
            await listeners[0].until(lambda: listeners[0].outputs[-1].tick_index == 200)

    asyncio.run(scenario())


def test_one_listeners_trouble_is_not_the_others(network: Path) -> None:
    class Troubled(Listener):
        def on_output(self, output: SlotOutput) -> None:
            raise RuntimeError("my own trouble")

    async def scenario() -> None:
        async with running(network) as engine:
            troubled, fine = Troubled(), Listener()
            slots = [engine.open_slot(x, look_ahead_ticks=3, seed=0) for x in (troubled, fine)]
            for k in range(5):
                for slot in slots:
                    slot.push(tick(k))
            await fine.until(lambda: len(fine.outputs) == 5)

    asyncio.run(scenario())


def test_a_worker_that_cannot_start_says_what_to_do(network: Path, tmp_path: Path) -> None:
    async def scenario() -> None:
        broken = tmp_path / "broken.safetensors"
        broken.write_bytes(b"no weights at all")
        for model, backend, message in (
            ("no-such-network", "onnxruntime", "no weights at"),
            (str(network), "abacus", "unknown backend"),
            (str(broken), "torch", "cannot start"),
        ):
            engine = create_engine(backend=backend, slots=2, clock=CLOCK, model=model)
            with pytest.raises(EngineStartError, match=message):
                await engine.start()
            assert not engine.ready
            await engine.stop()

    asyncio.run(scenario())


def test_the_torch_backend_serves_too(network: Path) -> None:
    async def scenario() -> None:
        async with running(network, backend="torch") as engine:
            listener = Listener()
            slot = engine.open_slot(listener, look_ahead_ticks=3, seed=0)
            for k in range(5):
                slot.push(tick(k))
            await listener.until(lambda: len(listener.outputs) == 5)
            expected = alone(core_of("onnxruntime", network), sound(5))
            np.testing.assert_allclose([o.channels for o in listener.outputs], expected, atol=1e-4)

    asyncio.run(scenario())


_PARENT = """
import asyncio, os, sys
from stream_engine.engine.worker_config import WorkerConfig
from stream_engine.engine.worker_engine import WorkerEngine

async def main():
    engine = WorkerEngine(WorkerConfig(model=sys.argv[1], slots=1))
    await engine.start()
    class Listener:
        def on_output(self, output): print("output", flush=True)
        def on_failure(self, code, detail): print(code, flush=True)
        def on_resumed(self): pass
    print("FACTS", engine.worker_pid, [m for m in ("torch", "onnxruntime", "silero_vad") if m in sys.modules])
    print("FACTS", " ".join(open(f"/proc/{engine.worker_pid}/maps").read().split()).count("libtorch"), flush=True)
    os.kill(os.getpid(), 9)

if __name__ == "__main__":
    asyncio.run(main())
"""


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="reads /proc")
def test_a_worker_dies_with_its_parent_and_torch_stays_out(network: Path, tmp_path: Path) -> None:
    script = tmp_path / "parent.py"
    script.write_text(_PARENT)
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    core_of("onnxruntime", network)  # so that the cache has the export
    done = subprocess.run(
        [sys.executable, str(script), str(network)], capture_output=True, text=True, env=environment, check=False
    )
    assert done.returncode == -signal.SIGKILL
    # The worker holds the pipe's end of standard output: that this returned at all means it is gone.
    first, torch_libraries = [line[6:] for line in done.stdout.splitlines() if line.startswith("FACTS ")]
    pid, modules = first.split(" ", 1)
    assert modules == "[]"
    assert torch_libraries == "0"
    state = Path(f"/proc/{pid}/stat")
    assert not state.exists() or state.read_text().rpartition(")")[2].split()[0] == "Z"
