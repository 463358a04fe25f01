"""An engine without process or network: every tick is answered at once, with the jaw as open as the sound is loud."""

import asyncio

import numpy as np

from models.face.channels import CHANNEL_COUNT, channel_index
from stream_engine.ear.tick import AudioTick
from stream_engine.engine import (
    EngineFullError,
    EngineNotReadyError,
    SlotListener,
    SlotOutput,
    SlotTiming,
    VadProbability,
)

JAW_OPEN = channel_index("JawOpen")


class DirectSlot:
    """A slot of the engine below."""

    def __init__(self, engine: "DirectEngine", listener: SlotListener, look_ahead_ticks: int, seed: int) -> None:
        self.look_ahead_ticks, self.seed = look_ahead_ticks, seed
        self.resets = 0
        self.blinks_per_minute = 16.0
        self._engine, self.listener = engine, listener
        self._fresh = True

    def push(self, tick: AudioTick) -> None:
        channels = np.zeros(CHANNEL_COUNT, np.float32)
        loudness = float(np.abs(tick.samples).mean())
        channels[JAW_OPEN] = min(1.0, 2 * loudness)
        fresh, self._fresh = self._fresh, False
        vad = VadProbability(1.0 if loudness > 0.05 else 0.0, 960 * tick.index)
        timing = SlotTiming(0.1, 0.2, 0.3, 0.4)
        self.listener.on_output(SlotOutput(channels, tick.index, self.look_ahead_ticks, fresh, (vad,), timing))

    def reset(self, *, look_ahead_ticks: int | None = None, seed: int | None = None) -> None:
        self.look_ahead_ticks = self.look_ahead_ticks if look_ahead_ticks is None else look_ahead_ticks
        self.seed = self.seed if seed is None else seed
        self._fresh = True
        self.resets += 1

    def blink(self, per_minute: float) -> None:
        self.blinks_per_minute = per_minute

    def close(self) -> None:
        self._engine.slots.pop(id(self), None)
        if not self._engine.slots:
            self._engine.emptied.set()


class DirectEngine:
    """Fulfils `stream_engine.engine.Engine`.

    Attributes:
        slots: those open.
        free: how many may be opened.
        started: set by `start`.
        emptied: set when the last open slot is closed.
    """

    def __init__(self, free: int = 100) -> None:
        self.slots: dict[int, DirectSlot] = {}
        self.free = free
        self.ready = False
        self.started = asyncio.Event()
        self.emptied = asyncio.Event()

        self.dropped_ticks = 0
        self.restarts = 0
        self.slots_asleep = 0

    async def start(self) -> None:
        self.ready = True
        self.started.set()

    async def stop(self) -> None:
        self.ready = False

    def open_slot(self, listener: SlotListener, *, look_ahead_ticks: int, seed: int) -> DirectSlot:
        if not self.ready:
            raise EngineNotReadyError("starting")
        if len(self.slots) >= self.free:
            raise EngineFullError("every slot is taken")
        slot = DirectSlot(self, listener, look_ahead_ticks, seed)
        self.slots[id(slot)] = slot
        return slot
