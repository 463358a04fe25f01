"""The engine: slots of a streaming model, stepped as one batch in a worker process.

This module holds what the network process sees; `engine.worker_engine.WorkerEngine` fulfils it. Nothing here imports
torch or onnxruntime: networks live in the worker.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from stream_engine.ear.tick import AudioTick


class EngineError(RuntimeError):
    """Something about the engine; the text says what to do."""


class EngineStartError(EngineError):
    """The worker cannot start."""


class EngineNotReadyError(EngineError):
    """The worker is not answering (yet, or again); try in a moment."""


class EngineFullError(EngineError):
    """Every slot is taken; try later, or start the server with more."""


@dataclass(frozen=True, slots=True)
class SlotTiming:
    """Where one tick's time went; all in milliseconds.

    Attributes:
        ear_ms: from the tick's last sample being received to `Slot.push`.
        queue_ms: from there to the start of the batched step that took it.
        model_ms: the batched step.
        return_ms: from the step's end to this output being delivered on the event loop.
    """

    ear_ms: float
    queue_ms: float
    model_ms: float
    return_ms: float


@dataclass(frozen=True, slots=True)
class VadProbability:
    """That there is speech in 32 ms of sound.

    Attributes:
        probability: 0..1.
        media_time: of the first of its samples.
    """

    probability: float
    media_time: int


@dataclass(frozen=True, slots=True)
class SlotOutput:
    """What one tick of one slot gave.

    Attributes:
        channels: float32 `[61]`; shows the instant 960·(tick_index + 1 - look_ahead_ticks).
        tick_index: of the `AudioTick` consumed.
        look_ahead_ticks: the slot's, when it consumed the tick.
        fresh: the first tick after the slot was opened, reset or resumed.
        asleep: it has been quiet. For `engine.sleep.DOZE_TICKS` the channels are still the network's, then it sleeps
            and they are the last it gave.
        vad: probabilities of the chunks this tick completed; none or one.
        timing: where the time went.
    """

    channels: NDArray[np.float32]
    tick_index: int
    look_ahead_ticks: int
    fresh: bool
    vad: tuple[VadProbability, ...]
    timing: SlotTiming
    asleep: bool = False


class SlotListener(Protocol):
    """Who hears from a slot; called on the event loop, and expected not to raise."""

    def on_output(self, output: SlotOutput) -> None:
        """One tick was stepped."""
        ...

    def on_failure(self, code: str, detail: str) -> None:
        """Something went wrong: `engine_restarted`, `engine_failed`, `overloaded`, `vad_failed`, `slot_reset`."""
        ...

    def on_resumed(self) -> None:
        """The worker was restarted; the slot goes on from fresh state."""
        ...


class Slot(Protocol):
    """One live voice's place in the engine."""

    def push(self, tick: AudioTick) -> None:
        """Hands over one tick; never blocks. A slot half a second behind skips to what is live."""
        ...

    def reset(self, *, look_ahead_ticks: int | None = None, seed: int | None = None) -> None:
        """Starts afresh with the next tick pushed; None keeps a setting."""
        ...

    def blink(self, per_minute: float) -> None:
        """Changes how often the face blinks, 0..60 a minute; a reset or a restart leaves it as it is."""
        ...

    def close(self) -> None:
        """Frees the slot; nothing is heard from it any more. May be called twice."""
        ...


class Engine(Protocol):
    """The engine, as the network process sees it.

    Attributes:
        dropped_ticks: ticks of sound the worker could not be given in time, since the start.
        restarts: workers lost and replaced, since the start.
    """

    dropped_ticks: int
    restarts: int

    @property
    def slots_asleep(self) -> int:
        """Slots whose network sleeps now."""
        ...

    async def start(self) -> None:
        """Returns when the worker answers.

        Raises:
            EngineStartError: it cannot start.
        """
        ...

    async def stop(self) -> None:
        """Ends the worker; returns when it is gone."""
        ...

    @property
    def ready(self) -> bool:
        """Whether the worker answers."""
        ...

    def open_slot(self, listener: SlotListener, *, look_ahead_ticks: int, seed: int) -> Slot:
        """Takes a slot.

        Raises:
            EngineFullError: none is free.
            EngineNotReadyError: the worker does not answer.
            ValueError: a look-ahead the model has no setting for, or a negative seed.
        """
        ...
