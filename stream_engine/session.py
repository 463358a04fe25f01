"""One voice: its ear, its slot, its turns and its stage; and whoever sees and hears it. Knows nothing of transports."""

from collections.abc import Callable
from typing import Protocol

from stream_engine.clock import Clock
from stream_engine.ear.ear import Ear
from stream_engine.ear.resampler import UnsupportedSoundError
from stream_engine.ear.turns import TurnEvent, TurnMachine, TurnRules
from stream_engine.engine import Engine, SlotOutput
from stream_engine.frames import AudioChunk, Event, EventKind, MotionFrame
from stream_engine.logs import get_logger
from stream_engine.stage.stage import Stage
from stream_engine.stage.style import Style

_log = get_logger(__name__)


class SessionSink(Protocol):
    """Who sees and hears a session; called on the event loop."""

    def on_motion(self, frame: MotionFrame) -> None:
        """A frame of the face."""
        ...

    def on_event(self, event: Event) -> None:
        """A turn, an error, a restart, a reset, a change of style."""
        ...

    def on_audio(self, chunk: AudioChunk) -> None:
        """The session's sound, as it came."""
        ...


class Session:
    """One voice and any number of sinks.

    Args:
        session_id: unguessable where it is an address.
        engine: where the slot comes from.
        look_ahead_ticks: 0..5.
        seed: of the liveliness that is not in the sound.
        clock: source of time.
        rules: when turns start and end.

    Raises:
        EngineFullError: no slot is free.
        EngineNotReadyError: the engine's worker does not answer.
        ValueError: a look-ahead or seed that cannot be.

    Attributes:
        id: as given.
        look_ahead_ticks: as set last.
        seed: as set last.
        style: how the face moves, as set last.
        last_audio_at: `clock.monotonic()` of the last chunk that was not made up, for the idle time-out.
    """

    def __init__(
        self,
        session_id: str,
        engine: Engine,
        *,
        look_ahead_ticks: int,
        seed: int,
        clock: Clock,
        rules: TurnRules | None = None,
    ) -> None:
        self.id = session_id
        self.look_ahead_ticks = look_ahead_ticks
        self.seed = seed
        self.style = Style()
        self.last_audio_at = clock.monotonic()
        self._clock = clock
        self._ear = Ear()
        self._turns = TurnMachine(rules)
        self._stage = Stage(seed=seed)
        self._sinks: list[SessionSink] = []
        self._complained: set[int] = set()
        self._next_tick: int | None = None
        self._deaf = False
        self._closed = False
        self._slot = engine.open_slot(self, look_ahead_ticks=look_ahead_ticks, seed=seed)

    def attach(self, sink: SessionSink) -> None:
        """Adds a sink; one that is there already stays there once."""
        if not self._closed and sink not in self._sinks:
            self._sinks.append(sink)

    def detach(self, sink: SessionSink) -> None:
        """Takes a sink away; nothing reaches it any more."""
        if sink in self._sinks:
            self._sinks.remove(sink)
            self._complained.discard(id(sink))

    def push_audio(self, chunk: AudioChunk) -> None:
        """Takes the voice's next sound, at once; never blocks.

        Sound the ear cannot hear is told as an error event (`bad_audio`), once until the next good chunk.
        """
        if self._closed:
            return
        if not chunk.concealed:
            self.last_audio_at = self._clock.monotonic()
        try:
            ticks = self._ear.push(chunk)
        except UnsupportedSoundError as error:
            if not self._deaf:
                self._deaf = True
                self._tell(Event(EventKind.ERROR, self._ear.next_media_time, str(error), "bad_audio"))
            return
        self._deaf = False
        for tick in ticks:
            if self._next_tick is not None and tick.index != self._next_tick:  # media time jumped
                self._slot.reset()
                self._interrupt_turn()
            self._next_tick = tick.index + 1
            self._slot.push(tick)
        self._each(lambda sink: sink.on_audio(chunk))

    def reset(self, *, look_ahead_ticks: int | None = None, seed: int | None = None) -> None:
        """Starts the motion stream afresh with the next tick, and tells every sink; media time goes on.

        None keeps a setting.

        Raises:
            ValueError: a look-ahead or seed that cannot be; nothing changed.
        """
        if self._closed:
            return
        self._slot.reset(look_ahead_ticks=look_ahead_ticks, seed=seed)
        if look_ahead_ticks is not None:
            self.look_ahead_ticks = look_ahead_ticks
        if seed is not None:
            self.seed = seed
            self._stage.reseed(seed)
        self._interrupt_turn()
        settings = self.look_ahead_ticks, self.seed
        self._tell(Event(EventKind.RESET, self._ear.next_media_time, settings=settings))

    def restyle(self, style: Style) -> None:
        """Changes how the face moves, within a few frames, and tells every sink; a reset leaves it as it is."""
        if self._closed or style == self.style:
            return
        self.style = style
        self._stage.restyle(style)
        self._slot.blink(style.blinks_per_minute)
        self._tell(Event(EventKind.STYLE, self._ear.next_media_time, style=style))

    def close(self) -> None:
        """Frees the slot and lets go of the sinks. May be called twice."""
        if not self._closed:
            self._closed = True
            self._slot.close()
            self._sinks.clear()
            self._complained.clear()

    def on_output(self, output: SlotOutput) -> None:
        """From the slot: turns first, so that the frame's flag is up to date."""
        for vad in output.vad:
            self._tell_turn(self._turns.hear(vad.probability, vad.media_time))
        frame = self._stage.frame(output, speaking=self._turns.speaking)
        if frame is not None:
            self._each(lambda sink: sink.on_motion(frame))

    def on_failure(self, code: str, detail: str) -> None:
        """From the slot: an error event."""
        self._tell(Event(EventKind.ERROR, self._ear.next_media_time, detail, code))

    def on_resumed(self) -> None:
        """From the slot: the worker is back, and the slot goes on from fresh state."""
        self._interrupt_turn()
        self._tell(Event(EventKind.RESUMED, self._ear.next_media_time))

    def _interrupt_turn(self) -> None:
        self._tell_turn(self._turns.interrupt())

    def _tell_turn(self, turn: TurnEvent | None) -> None:
        if turn is not None:
            kind = EventKind.SPEECH_STARTED if turn.speaking else EventKind.SPEECH_ENDED
            self._tell(Event(kind, turn.media_time))

    def _tell(self, event: Event) -> None:
        self._each(lambda sink: sink.on_event(event))

    def _each(self, call: Callable[[SessionSink], None]) -> None:
        """Calls every sink; one's failure is logged, once, and is not the others'."""
        for sink in tuple(self._sinks):
            try:
                call(sink)
            except Exception:
                if id(sink) not in self._complained:
                    self._complained.add(id(sink))
                    _log.exception("session_sink_failed", session=self.id, sink=type(sink).__name__)
