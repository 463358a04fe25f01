"""Slots with their queues, stepped as batches: what the worker runs, and `animate` too.

Work-conserving: every slot with a tick waiting is in the next batch; several ticks of one slot are stepped in order.
"""

from collections import deque
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.face.blink_timing import blink_shift
from stream_engine.clock import TICK_SAMPLES, Clock
from stream_engine.ear.vad import BatchedVad, VadError
from stream_engine.engine.backend import Backend, ModelFacts
from stream_engine.engine.backlog import QUEUE_TICKS, skip_to_live
from stream_engine.engine.blinks import NATURAL_RATE, BlinkRate
from stream_engine.engine.sleep import CATCH_UP_S, PRE_ROLL_TICKS, Sleeper, Wakefulness, levels


@dataclass(frozen=True, slots=True)
class WaitingTick:
    """A tick in a slot's queue.

    Attributes:
        index: of the tick.
        handed_at: `Clock.monotonic()` when it was handed to the engine.
        ear_ms: carried through.
        samples: float32 `[320]`.
    """

    index: int
    handed_at: float
    ear_ms: float
    samples: NDArray[np.float32]


class SlotFailure(NamedTuple):
    """Something a slot's listener must hear of; codes as in `SlotListener.on_failure`."""

    row: int
    epoch: int
    code: str
    detail: str


@dataclass(slots=True)
class StepResult:
    """What one batch gave; arrays have one entry per row that was stepped.

    Attributes:
        rows: `[B]`.
        epochs: `[B]`, telling a slot's lives apart.
        ticks: the ticks that were stepped, `B` of them.
        look_ahead: `[B]`.
        fresh: `[B]` bool, first tick since the slot was opened.
        asleep: `[B]` bool, the slot sleeps, or is falling asleep.
        channels: `[B, 61]` float32; of a slot that sleeps, the last it gave.
        vad_probability: `[B]` float32, NaN where the tick completed no chunk.
        vad_media_time: `[B]` int64.
        started_at: `Clock.monotonic()` when the step began.
        ended_at: and when it had ended.
    """

    rows: NDArray[np.int64]
    epochs: NDArray[np.int64]
    ticks: list[WaitingTick]
    look_ahead: NDArray[np.int64]
    fresh: NDArray[np.bool_]
    asleep: NDArray[np.bool_]
    channels: NDArray[np.float32]
    vad_probability: NDArray[np.float32]
    vad_media_time: NDArray[np.int64]
    started_at: float
    ended_at: float


@dataclass(slots=True)
class _Row:
    epoch: int
    look_ahead: int
    noise: np.random.Generator
    blinks: BlinkRate
    sleeper: Sleeper | None
    queue: deque[WaitingTick] = field(default_factory=deque)
    slept_through: deque[NDArray[np.float32]] = field(default_factory=lambda: deque(maxlen=PRE_ROLL_TICKS))
    last: NDArray[np.float32] | None = None
    fresh: bool = True
    next_index: int = -1
    told_of_vad: bool = False


class BatchCore:
    """All slots of one model.

    Args:
        backend: with as many state rows as there are slots.
        vad: voice activity; None if nobody wants it; or why there is none, which every slot is told.
        clock: for the timings.
        sleep_after_s: quiet seconds after which a slot's network sleeps; 0 for never.
    """

    def __init__(
        self, backend: Backend, vad: BatchedVad | VadError | None, clock: Clock, *, sleep_after_s: float = 0.0
    ) -> None:
        self._backend = backend
        self._vad = vad
        self._clock = clock
        self._sleep_after_s = sleep_after_s
        self._rows: dict[int, _Row] = {}
        self._failures: list[SlotFailure] = []
        blink_shift(NATURAL_RATE)  # the first takes longer than a voice should wait for

    @property
    def facts(self) -> ModelFacts:
        """About the model."""
        return self._backend.facts

    @property
    def waiting(self) -> bool:
        """Whether any slot has a tick waiting."""
        return any(row.queue for row in self._rows.values())

    def open(
        self, row: int, *, epoch: int, look_ahead: int, seed: int, blinks_per_minute: float = NATURAL_RATE
    ) -> None:
        """Opens a slot, or starts an open one afresh; ticks of its life before are dropped.

        Noise is drawn from the seed, one row of numbers per tick: what a slot gives depends on its sound, seed,
        look-ahead and blink rate alone.
        """
        blinks = BlinkRate(self.facts.blink_threshold, blinks_per_minute)
        sleeper = Sleeper(self._sleep_after_s) if self._sleep_after_s > 0 else None
        noise = np.random.Generator(np.random.Philox(seed))
        self._rows[row] = _Row(epoch, look_ahead, noise, blinks, sleeper)
        self._backend.reset(np.array([row]))
        if isinstance(self._vad, VadError):
            self._failures.append(SlotFailure(row, epoch, "vad_failed", str(self._vad)))

    def blink(self, row: int, epoch: int, per_minute: float) -> None:
        """Changes how often a slot blinks, from its next step on; a slot's life before is not meant."""
        slot = self._rows.get(row)
        if slot is not None and slot.epoch == epoch:
            slot.blinks.turn(per_minute)

    def close(self, row: int) -> None:
        """Frees a slot; unknown rows are ignored."""
        self._rows.pop(row, None)

    def push(self, row: int, epoch: int, tick: WaitingTick) -> None:
        """Queues a tick; one of a slot's life before is dropped."""
        slot = self._rows.get(row)
        if slot is None or slot.epoch != epoch:
            return
        if len(slot.queue) >= QUEUE_TICKS:
            skip_to_live(slot.queue)
            detail = "the engine is behind and dropped sound; fewer sessions or a faster machine would help"
            self._failures.append(SlotFailure(row, epoch, "overloaded", detail))
        slot.queue.append(tick)

    def take_failures(self) -> list[SlotFailure]:
        """What listeners must hear of, once."""
        failures, self._failures = self._failures, []
        return failures

    def step(self) -> StepResult | None:
        """Steps one waiting tick of every slot that has one; None if there is none."""
        rows = np.array(sorted(number for number, row in self._rows.items() if row.queue), np.int64)
        if not len(rows):
            return None
        started_at = self._clock.monotonic()
        slots = [self._rows[number] for number in rows.tolist()]
        ticks = [slot.queue.popleft() for slot in slots]
        audio = np.empty((len(rows), TICK_SAMPLES), np.float32)
        for i, tick in enumerate(ticks):
            audio[i] = tick.samples
        look_ahead = np.array([slot.look_ahead for slot in slots], np.int64)
        probability, media_time = self._hear(rows, slots, ticks, audio)
        states = self._rest(slots, audio, probability)
        channels = self._show(rows, slots, audio, look_ahead, states)
        result = StepResult(
            rows=rows,
            epochs=np.array([slot.epoch for slot in slots], np.int64),
            ticks=ticks,
            look_ahead=look_ahead,
            fresh=np.array([slot.fresh for slot in slots]),
            asleep=np.array([state is not Wakefulness.AWAKE for state in states]),
            channels=channels,
            vad_probability=probability,
            vad_media_time=media_time,
            started_at=started_at,
            ended_at=self._clock.monotonic(),
        )
        for slot in slots:
            slot.fresh = False
        finite: NDArray[np.bool_] = np.logical_and.reduce(np.isfinite(channels), axis=1)
        return result if finite.all() else self._without_broken(result, finite)

    def _rest(
        self, slots: list[_Row], audio: NDArray[np.float32], probability: NDArray[np.float32]
    ) -> list[Wakefulness]:
        """Who is awake for this tick."""
        if not self._sleep_after_s > 0:
            return [Wakefulness.AWAKE] * len(slots)
        return [
            slot.sleeper.hear(level, voice) if slot.sleeper else Wakefulness.AWAKE
            for slot, level, voice in zip(slots, levels(audio).tolist(), probability.tolist(), strict=True)
        ]

    def _show(
        self,
        rows: NDArray[np.int64],
        slots: list[_Row],
        audio: NDArray[np.float32],
        look_ahead: NDArray[np.int64],
        states: list[Wakefulness],
    ) -> NDArray[np.float32]:
        """Frames `[B, 61]`: the network's for those awake, the last it gave for those asleep."""
        stepped = [i for i, state in enumerate(states) if state is not Wakefulness.ASLEEP]
        if len(stepped) == len(slots) and not any(slot.slept_through for slot in slots):
            channels = self._backend.step(rows, audio, look_ahead, self._noise(slots))
        else:
            self._catch_up(rows, slots, look_ahead, stepped)
            channels = np.zeros((len(slots), self.facts.channels), np.float32)
            if stepped:
                noise = self._noise([slots[i] for i in stepped])
                channels[stepped] = self._backend.step(rows[stepped], audio[stepped], look_ahead[stepped], noise)
        for i, (slot, state) in enumerate(zip(slots, states, strict=True)):
            if state is Wakefulness.DOZING:
                slot.last = channels[i].copy()
            elif state is Wakefulness.ASLEEP:
                slot.slept_through.append(audio[i])
                if slot.last is not None:
                    channels[i] = slot.last
        return channels

    def _catch_up(
        self, rows: NDArray[np.int64], slots: list[_Row], look_ahead: NDArray[np.int64], stepped: list[int]
    ) -> None:
        """Steps those that wake through the sound just before, which they slept through; nobody sees these frames.

        The word that woke them waits meanwhile, and so does every other voice: what does not fit into `CATCH_UP_S` is
        left out, oldest first.
        """
        began_at = self._clock.monotonic()
        until = began_at + CATCH_UP_S
        while waking := [i for i in stepped if slots[i].slept_through]:
            # From the oldest on, and all as one batch: who slept through less joins later.
            most = max(len(slots[i].slept_through) for i in waking)
            waking = [i for i in waking if len(slots[i].slept_through) == most]
            heard = np.stack([slots[i].slept_through.popleft() for i in waking])
            self._backend.step(rows[waking], heard, look_ahead[waking], self._noise([slots[i] for i in waking]))
            now = self._clock.monotonic()
            took, began_at = now - began_at, now
            fitting = int(max(until - now, 0.0) / took) if took > 0 else PRE_ROLL_TICKS
            for i in stepped:
                while len(slots[i].slept_through) > fitting:
                    slots[i].slept_through.popleft()

    def _noise(self, slots: list[_Row]) -> NDArray[np.float32]:
        """The next row of numbers of each slot, `[B, noise_size]`."""
        noise = np.empty((len(slots), self.facts.noise_size), np.float32)
        blink = self.facts.blink_noise
        for i, slot in enumerate(slots):
            slot.noise.standard_normal(out=noise[i], dtype=np.float32)
            noise[i, blink] = slot.blinks.bend(noise.item(i, blink))
        return noise

    def _hear(
        self, rows: NDArray[np.int64], slots: list[_Row], ticks: list[WaitingTick], audio: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """Voice activity of the batch; its failure is told, and never stops motion."""
        nothing = np.full(len(rows), np.nan, np.float32), np.zeros(len(rows), np.int64)
        if not isinstance(self._vad, BatchedVad):
            return nothing
        for number, slot, tick in zip(rows.tolist(), slots, ticks, strict=True):
            if tick.index != slot.next_index:  # the slot is fresh, or ticks were dropped
                self._vad.reset(number, tick.index)
            slot.next_index = tick.index + 1
        try:
            heard = self._vad.push(rows, audio)
        except VadError as error:
            for number, slot in zip(rows.tolist(), slots, strict=True):
                if not slot.told_of_vad:
                    self._failures.append(SlotFailure(number, slot.epoch, "vad_failed", str(error)))
                slot.told_of_vad = True
            return nothing
        for slot, probability in zip(slots, heard.probability.tolist(), strict=True):
            if probability == probability:  # a number: it works again
                slot.told_of_vad = False
        return heard.probability, heard.media_time

    def _without_broken(self, result: StepResult, finite: NDArray[np.bool_]) -> StepResult:
        """Starts rows afresh whose frames are no numbers, and leaves those frames out."""
        broken = result.rows[~finite]
        self._backend.reset(broken)
        for number in broken.tolist():
            slot = self._rows[number]
            slot.fresh = True
            slot.last = None  # or a sleeping face would go on showing it
            detail = "the network gave no numbers for this voice; it was started afresh"
            self._failures.append(SlotFailure(number, slot.epoch, "slot_reset", detail))
        return StepResult(
            rows=result.rows[finite],
            epochs=result.epochs[finite],
            ticks=[tick for tick, good in zip(result.ticks, finite.tolist(), strict=True) if good],
            look_ahead=result.look_ahead[finite],
            fresh=result.fresh[finite],
            asleep=result.asleep[finite],
            channels=result.channels[finite],
            vad_probability=result.vad_probability[finite],
            vad_media_time=result.vad_media_time[finite],
            started_at=result.started_at,
            ended_at=result.ended_at,
        )
