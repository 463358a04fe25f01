"""The engine with its worker process: slots on this side, restarts, time-outs.

Ticks pushed in one turn of the event loop leave as one message. While a message is being written, further ticks wait in
their slots (`QUEUE_TICKS` each, then they skip to the newest); a worker that reads no more never blocks the loop.
"""

import asyncio
import heapq
from collections import deque
from dataclasses import dataclass, field

import numpy as np

from stream_engine.clock import Clock, SystemClock
from stream_engine.ear.tick import AudioTick
from stream_engine.engine import (
    EngineFullError,
    EngineNotReadyError,
    EngineStartError,
    SlotListener,
    SlotOutput,
    SlotTiming,
    VadProbability,
)
from stream_engine.engine.backend import DEFAULT_MODEL, ModelFacts
from stream_engine.engine.backlog import QUEUE_TICKS, skip_to_live
from stream_engine.engine.blinks import NATURAL_RATE
from stream_engine.engine.packets import BLINK, CHANGE, CLOSE, OPEN, TICK, Batch, Notice, Results, pack_batch
from stream_engine.engine.worker_config import WorkerConfig
from stream_engine.engine.worker_link import WorkerLink
from stream_engine.logs import get_logger

_BEAT_S = 0.5
_GRACE_S = 0.1
_BACKOFF_S = (0.0, 0.5, 1.0, 2.0, 5.0, 10.0)
_HEALTHY_S = 10.0
_SEED_LIMIT = 2**63

_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class EngineLimits:
    """How long the engine waits for its worker.

    Attributes:
        start_s: for its hello; the first start exports the network, which takes a while.
        hang_s: for an answer to a batch; longer, and the worker is killed and restarted.
    """

    start_s: float = 180.0
    hang_s: float = 1.0


@dataclass(slots=True, eq=False)
class _WorkerSlot:
    engine: "WorkerEngine"
    listener: SlotListener
    row: int
    epoch: int
    look_ahead_ticks: int
    seed: int
    blinks_per_minute: float = NATURAL_RATE
    pending: deque[tuple[AudioTick, float]] = field(default_factory=deque)
    asleep: bool = False
    closed: bool = False

    def push(self, tick: AudioTick) -> None:
        self.engine.push(self, tick)

    def reset(self, *, look_ahead_ticks: int | None = None, seed: int | None = None) -> None:
        self.engine.reset(self, look_ahead_ticks, seed)

    def blink(self, per_minute: float) -> None:
        self.engine.blink(self, per_minute)

    def close(self) -> None:
        self.engine.close(self)


class WorkerEngine:
    """See `engine.Engine`.

    Attributes:
        dropped_ticks: ticks that never left this process, since the start.
        restarts: workers lost and replaced, since the start.
    """

    def __init__(self, config: WorkerConfig, *, clock: Clock | None = None, limits: EngineLimits | None = None) -> None:
        self._config = config
        self._clock = clock or SystemClock()
        self._limits = limits or EngineLimits()
        self.dropped_ticks = 0
        self.restarts = 0
        self._facts: ModelFacts | None = None
        self._ready = False
        self._slots: dict[int, _WorkerSlot] = {}
        self._free = list(range(config.slots))  # a heap: low rows first keeps batches dense
        self._epoch = 0
        self._changes: list[tuple[int, int, int, int, int, float]] = []
        self._flush_due = False
        self._link: WorkerLink | None = None
        self._hello: asyncio.Future[None] | None = None
        self._keeper: asyncio.Task[None] | None = None
        self._sent = 0
        self._acknowledged = 0
        self._progress_at = 0.0
        self._end_reason = ""

    @property
    def ready(self) -> bool:
        """Whether the worker answers."""
        return self._ready

    @property
    def facts(self) -> ModelFacts:
        """About the model.

        Raises:
            EngineNotReadyError: the engine was never ready.
        """
        if self._facts is None:
            raise EngineNotReadyError("the engine has not started yet; try in a moment")
        return self._facts

    @property
    def worker_pid(self) -> int | None:
        """Process id of the worker, if there is one."""
        return self._link.pid if self._link else None

    @property
    def slots_taken(self) -> int:
        """Slots open now."""
        return len(self._slots)

    @property
    def slots_asleep(self) -> int:
        """Slots whose network sleeps now."""
        return sum(slot.asleep for slot in self._slots.values())

    async def start(self) -> None:
        """Returns when the worker answers; see `engine.Engine.start`."""
        if self._keeper is not None:
            raise AssertionError("the engine was started before")
        await self._launch()
        self._keeper = asyncio.create_task(self._keep(), name="engine-keeper")

    async def stop(self) -> None:
        """Ends the worker; returns when it is gone."""
        self._ready = False
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.wait([self._keeper])
        if self._link is not None:
            await self._link.close()
            self._link = None

    def open_slot(self, listener: SlotListener, *, look_ahead_ticks: int, seed: int) -> _WorkerSlot:
        """Takes a slot; see `engine.Engine.open_slot`."""
        if not self._ready:
            raise EngineNotReadyError("the engine's worker is starting; try in a moment")
        self._check(look_ahead_ticks, seed)
        if not self._free:
            raise EngineFullError(
                f"all {self._config.slots} slots are taken; try later, or start the server with --engine-slots"
            )
        slot = _WorkerSlot(self, listener, heapq.heappop(self._free), 0, look_ahead_ticks, seed)
        self._slots[slot.row] = slot
        self._begin(slot)
        return slot

    def push(self, slot: _WorkerSlot, tick: AudioTick) -> None:
        """What `Slot.push` does."""
        if slot.closed:
            return
        if not self._ready:  # a restart is under way; the slot goes on with the sound after it
            self.dropped_ticks += 1
            return
        if len(slot.pending) >= QUEUE_TICKS:
            self.dropped_ticks += skip_to_live(slot.pending)
        slot.pending.append((tick, self._clock.monotonic()))
        self._flush_soon()

    def reset(self, slot: _WorkerSlot, look_ahead_ticks: int | None, seed: int | None) -> None:
        """What `Slot.reset` does."""
        look_ahead_ticks = slot.look_ahead_ticks if look_ahead_ticks is None else look_ahead_ticks
        seed = slot.seed if seed is None else seed
        self._check(look_ahead_ticks, seed)
        slot.look_ahead_ticks, slot.seed = look_ahead_ticks, seed
        if not slot.closed:
            self._begin(slot)

    def blink(self, slot: _WorkerSlot, per_minute: float) -> None:
        """What `Slot.blink` does."""
        if slot.closed or per_minute == slot.blinks_per_minute:
            return
        slot.blinks_per_minute = per_minute
        if self._ready:  # else the slot's next life begins with it
            self._changes.append((BLINK, slot.row, slot.epoch, 0, 0, per_minute))
            self._flush_soon()

    def close(self, slot: _WorkerSlot) -> None:
        """What `Slot.close` does."""
        if slot.closed:
            return
        slot.closed = True
        slot.pending.clear()
        del self._slots[slot.row]
        heapq.heappush(self._free, slot.row)
        self._changes.append((CLOSE, slot.row, slot.epoch, 0, 0, 0.0))
        self._flush_soon()

    def _check(self, look_ahead_ticks: int, seed: int) -> None:
        if look_ahead_ticks not in self.facts.look_ahead_ticks:
            raise ValueError(
                f"look-ahead of {look_ahead_ticks} ticks; {self.facts.name} has {self.facts.look_ahead_ticks}"
            )
        if not 0 <= seed < _SEED_LIMIT:
            raise ValueError(f"seed {seed}; it must be within 0 and 2**63 - 1")

    def _begin(self, slot: _WorkerSlot) -> None:
        """Starts a slot's next life: what is under way of the one before is told apart by its epoch."""
        self._epoch = (self._epoch + 1) % 2**32
        slot.epoch = self._epoch
        slot.asleep = False
        slot.pending.clear()
        if self._ready:
            opening = (OPEN, slot.row, slot.epoch, slot.look_ahead_ticks, slot.seed, slot.blinks_per_minute)
            self._changes.append(opening)
            self._flush_soon()

    def _flush_soon(self) -> None:
        if not self._flush_due and self._ready:
            self._flush_due = True
            asyncio.get_running_loop().call_soon(self._flush)

    def _flush(self) -> None:
        self._flush_due = False
        link = self._link
        if not self._ready or link is None or link.sending:
            return  # when the message under way is written, this is called again
        count = sum(len(slot.pending) for slot in self._slots.values())
        if count or self._changes:
            self._send(link, count)

    def _send(self, link: WorkerLink, count: int = 0) -> None:
        changes = np.array(self._changes, CHANGE)
        ticks = np.empty(count, TICK)
        at = 0
        for slot in self._slots.values() if count else ():
            while slot.pending:
                tick, handed_at = slot.pending.popleft()
                ear_ms = (handed_at - tick.received_at) * 1e3
                ticks[at] = (slot.row, slot.epoch, tick.index, handed_at, ear_ms, tick.samples)
                at += 1
        self._changes.clear()
        if self._sent == self._acknowledged:
            self._progress_at = self._clock.monotonic()
        self._sent += 1
        link.send(pack_batch(Batch(self._sent, changes, ticks)))

    def _on_reply(self, reply: Results | Notice) -> None:
        if reply.acknowledged > self._acknowledged:
            self._acknowledged = reply.acknowledged
            self._progress_at = self._clock.monotonic()
        if isinstance(reply, Results):
            self._deliver(reply)
            return
        match reply.body["kind"]:
            case "hello":
                body = {k: v for k, v in reply.body.items() if k not in ("kind", "pid")}
                body["look_ahead_ticks"] = tuple(body["look_ahead_ticks"])
                self._facts = ModelFacts(**body)
                if self._hello is not None and not self._hello.done():
                    self._hello.set_result(None)
            case "fatal":
                self._end_reason = reply.body["detail"]
            case "failures":
                for row, epoch, code, detail in reply.body["failures"]:
                    slot = self._slots.get(row)
                    if slot is not None and slot.epoch == epoch:
                        self._tell_failure(slot, code, detail)

    def _deliver(self, results: Results) -> None:
        return_ms = (self._clock.monotonic() - results.ended_at) * 1e3
        channels = results.records["channels"]
        facts = results.records[
            ["row", "epoch", "index", "look_ahead", "fresh", "asleep", "vad", "vad_media_time"]
        ].tolist()
        times = results.records[["ear_ms", "queue_ms", "model_ms"]].tolist()
        for i, (row, epoch, index, look_ahead, fresh, asleep, vad, vad_media) in enumerate(facts):
            slot = self._slots.get(row)
            if slot is None or slot.epoch != epoch:
                continue
            slot.asleep = asleep
            ear_ms, queue_ms, model_ms = times[i]
            output = SlotOutput(
                channels=channels[i],
                tick_index=index,
                look_ahead_ticks=look_ahead,
                fresh=fresh,
                vad=(VadProbability(vad, vad_media),) if vad == vad else (),  # NaN: no chunk was completed
                timing=SlotTiming(ear_ms, queue_ms, model_ms, return_ms),
                asleep=asleep,
            )
            try:
                slot.listener.on_output(output)
            except Exception:
                _log.exception("slot_listener_failed", row=row)  # one voice's trouble is not the others'

    def _tell_failure(self, slot: _WorkerSlot, code: str, detail: str) -> None:
        try:
            slot.listener.on_failure(code, detail)
        except Exception:
            _log.exception("slot_listener_failed", row=slot.row)

    async def _launch(self) -> None:
        """Starts a worker and waits for its hello.

        Raises:
            EngineStartError: it ended, or said nothing in time.
        """
        self._sent = self._acknowledged = 0
        self._end_reason = ""
        self._changes.clear()
        self._hello = asyncio.get_running_loop().create_future()
        link = self._link = WorkerLink(self._config, self._on_reply, self._flush)
        try:
            await link.start()
        except OSError as error:
            self._link = None
            raise EngineStartError(f"the engine's worker cannot start: {error}; is memory left?") from error
        await asyncio.wait(
            (self._hello, link.exited), timeout=self._limits.start_s, return_when=asyncio.FIRST_COMPLETED
        )
        if self._hello.done():
            self._ready = True
            _log.info("engine_ready", backend=self._config.backend, worker=link.pid, slots=self._config.slots)
            return
        if link.exited.done():
            reason = self._end_reason or f"it ended with exit code {link.exited.result()}"
        else:
            reason = f"it did not answer within {self._limits.start_s:g} s"
            await link.close()
        self._link = None
        raise EngineStartError(f"the engine's worker cannot start: {reason}")

    async def _keep(self) -> None:
        """Watches the worker, and replaces it when it dies or hangs."""
        failed = 0
        while True:
            started_at = self._clock.monotonic()
            reason = await self._watch()
            self._ready = False
            self.restarts += 1
            failed = 0 if self._clock.monotonic() - started_at > _HEALTHY_S else failed + 1
            _log.error("engine_worker_lost", reason=reason, restarts=self.restarts)
            for slot in list(self._slots.values()):
                self._tell_failure(
                    slot, "engine_restarted", f"the engine's worker was lost ({reason}); it is restarting"
                )
            failed = await self._relaunch(failed)
            for slot in list(self._slots.values()):
                self._begin(slot)
            for slot in list(self._slots.values()):
                try:
                    slot.listener.on_resumed()
                except Exception:
                    _log.exception("slot_listener_failed", row=slot.row)

    async def _relaunch(self, failed: int) -> int:
        """Starts workers until one answers, ever more patiently; returns how many failed in a row."""
        while True:
            await asyncio.sleep(_BACKOFF_S[min(max(failed - 1, 0), len(_BACKOFF_S) - 1)])
            try:
                await self._launch()
            except EngineStartError as error:
                failed += 1
                _log.error("engine_start_failed", detail=str(error), attempt=failed)
                for slot in list(self._slots.values()):
                    self._tell_failure(slot, "engine_failed", str(error))
            else:
                return failed

    def _hanging(self) -> bool:
        """Whether the worker owes an answer for too long."""
        waited = self._clock.monotonic() - self._progress_at
        return self._sent > self._acknowledged and waited > self._limits.hang_s

    async def _watch(self) -> str:
        """Returns, with the reason, when the worker is gone."""
        link = self._link
        if link is None:
            raise AssertionError("there is no worker to watch")
        while True:
            await asyncio.wait((link.exited,), timeout=_BEAT_S)
            if link.exited.done():
                return self._end_reason or f"exit code {link.exited.result()}"
            if self._hanging():
                # If it was this loop that was held up, the worker's answers are here and about to be read.
                await asyncio.sleep(_GRACE_S)
            if self._hanging():
                link.kill()
                await link.exited
                return f"it did not answer for {self._limits.hang_s:g} s"
            waiting = self._sent > self._acknowledged
            if not waiting and not link.sending:
                self._send(link)  # an empty batch: a sign of life is wanted


def create_engine(
    *,
    backend: str = "onnxruntime",
    slots: int = 64,
    threads: int = 0,
    clock: Clock,
    model: str = DEFAULT_MODEL,
    sleep_after_s: float = 8.0,
) -> WorkerEngine:
    """The engine as the server's settings describe it; start it with `await engine.start()`.

    Args:
        backend: one of `engine.backend.BACKENDS`.
        slots: voices at a time.
        threads: for the worker's arithmetic; 0 leaves half the cores to everything else.
        clock: source of time.
        model: name of a network in `models/zoo`, or path of its weights.
        sleep_after_s: quiet seconds after which a voice's network sleeps; 0 for never.
    """
    config = WorkerConfig(model=model, backend=backend, slots=slots, threads=threads, sleep_after_s=sleep_after_s)
    return WorkerEngine(config, clock=clock)
