import asyncio
from dataclasses import dataclass, field

import numpy as np
import pytest

from models.face.channels import channel_index
from stream_engine.clock import ManualClock
from stream_engine.ear.tick import AudioTick
from stream_engine.engine import EngineFullError, Slot, SlotListener, SlotOutput, SlotTiming, VadProbability
from stream_engine.engine.worker_engine import create_engine
from stream_engine.frames import AudioChunk, Event, EventKind, MotionFrame
from stream_engine.session import Session
from stream_engine.stage.style import GazeTarget, Style


@dataclass
class LoopbackSlot:
    """A slot that hands every tick back at once, with a probability where a chunk would end."""

    listener: SlotListener
    look_ahead_ticks: int
    seed: int
    fresh: bool = True
    closed: bool = False
    ticks: list[int] = field(default_factory=list)
    probability: float = 0.0
    blinks: list[float] = field(default_factory=list)
    asleep: bool = False

    def push(self, tick: AudioTick) -> None:
        assert not self.closed
        self.ticks.append(tick.index)
        vad = (VadProbability(self.probability, tick.index * 960),)
        timing = SlotTiming(0.0, 0.0, 1.0, 0.0)
        channels = np.full(61, tick.samples.max(), np.float32)
        output = SlotOutput(channels, tick.index, self.look_ahead_ticks, self.fresh, vad, timing, self.asleep)
        self.listener.on_output(output)
        self.fresh = False

    def reset(self, *, look_ahead_ticks: int | None = None, seed: int | None = None) -> None:
        if look_ahead_ticks is not None and look_ahead_ticks > 5:
            raise ValueError("look-ahead of 6 ticks or more")
        self.look_ahead_ticks = self.look_ahead_ticks if look_ahead_ticks is None else look_ahead_ticks
        self.seed = self.seed if seed is None else seed
        self.fresh = True

    def blink(self, per_minute: float) -> None:
        self.blinks.append(per_minute)

    def close(self) -> None:
        self.closed = True


class LoopbackEngine:
    """Gives one slot."""

    ready = True
    dropped_ticks = 0
    restarts = 0
    slots_asleep = 0

    def __init__(self) -> None:
        self.slot: LoopbackSlot | None = None

    async def start(self) -> None:
        return

    async def stop(self) -> None:
        return

    def open_slot(self, listener: SlotListener, *, look_ahead_ticks: int, seed: int) -> Slot:
        if self.slot is not None:
            raise EngineFullError("all 1 slots are taken")
        self.slot = LoopbackSlot(listener, look_ahead_ticks, seed)
        return self.slot


class Sink:
    def __init__(self) -> None:
        self.frames: list[MotionFrame] = []
        self.events: list[Event] = []
        self.chunks: list[AudioChunk] = []

    def on_motion(self, frame: MotionFrame) -> None:
        self.frames.append(frame)

    def on_event(self, event: Event) -> None:
        self.events.append(event)

    def on_audio(self, chunk: AudioChunk) -> None:
        self.chunks.append(chunk)

    @property
    def told(self) -> list[EventKind]:
        return [event.kind for event in self.events]


class Stand:
    """A session on a loopback slot, with a sink."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        engine = LoopbackEngine()
        self.session = Session("a-session", engine, look_ahead_ticks=3, seed=5, clock=self.clock)
        assert engine.slot is not None
        self.slot = engine.slot
        self.sink = Sink()
        self.session.attach(self.sink)

    def speak(self, first: int, count: int, probability: float = 0.0) -> None:
        """Pushes packets of 20 ms at 48 kHz."""
        self.slot.probability = probability
        for k in range(first, first + count):
            self.session.push_audio(AudioChunk(np.zeros(960, np.int16), 48_000, k * 960))


def test_sound_becomes_frames_and_goes_on_to_viewers() -> None:
    stand = Stand()
    stand.speak(0, 10)
    assert stand.slot.ticks == list(range(10))
    assert (stand.slot.look_ahead_ticks, stand.slot.seed) == (3, 5)
    assert [f.media_time for f in stand.sink.frames] == [960 * k for k in range(8)]
    assert [c.media_time for c in stand.sink.chunks] == [960 * k for k in range(10)]


def test_turns_are_told_with_the_facts_media_time_and_flag_the_frames() -> None:
    stand = Stand()
    stand.speak(0, 10)
    stand.speak(10, 10, 0.95)
    stand.speak(20, 30)
    assert stand.sink.told == [EventKind.SPEECH_STARTED, EventKind.SPEECH_ENDED]
    assert stand.sink.events[0].media_time == 10 * 960
    assert 16 * 960 <= stand.sink.events[1].media_time <= 20 * 960
    flags = [f.speaking for f in stand.sink.frames]
    assert flags.index(True) == 8  # the frame that left when tick 10 was heard
    assert not flags[-1]


def test_a_reset_ends_the_turn_and_marks_the_motion() -> None:
    stand = Stand()
    stand.speak(0, 10, 0.95)
    stand.session.reset(look_ahead_ticks=1, seed=8)
    stand.speak(10, 5)
    assert stand.sink.told == [EventKind.SPEECH_STARTED, EventKind.SPEECH_ENDED, EventKind.RESET]
    assert stand.sink.events[-1].settings == (1, 8)
    assert (stand.session.look_ahead_ticks, stand.session.seed) == (1, 8)
    assert stand.slot.seed == 8
    marked = [f for f in stand.sink.frames if f.discontinuity]
    assert [f.media_time for f in marked] == [10 * 960]


def test_a_reset_that_cannot_be_changes_nothing() -> None:
    stand = Stand()
    stand.speak(0, 5, 0.95)
    with pytest.raises(ValueError, match="look-ahead"):
        stand.session.reset(look_ahead_ticks=9)
    assert stand.session.look_ahead_ticks == 3
    stand.speak(5, 5, 0.95)
    assert not any(f.discontinuity for f in stand.sink.frames)
    assert stand.sink.told == [EventKind.SPEECH_STARTED]


def test_a_jump_of_media_time_starts_the_motion_afresh() -> None:
    stand = Stand()
    stand.speak(0, 10, 0.95)
    stand.speak(1000, 10)
    assert stand.slot.ticks == [*range(10), *range(1000, 1010)]
    assert stand.sink.told == [EventKind.SPEECH_STARTED, EventKind.SPEECH_ENDED]
    assert [f.media_time for f in stand.sink.frames if f.discontinuity] == [1000 * 960]


def test_lost_sound_is_silence_and_motion_goes_on() -> None:
    stand = Stand()
    stand.speak(0, 5)
    stand.speak(30, 5)
    assert stand.slot.ticks == list(range(35))
    assert not any(f.discontinuity for f in stand.sink.frames)


def test_sound_that_cannot_be_heard_is_told_once() -> None:
    stand = Stand()
    stand.speak(0, 3)
    for _ in range(5):
        stand.session.push_audio(AudioChunk(np.zeros(960, np.int16), 3, 3 * 960))
    assert [(e.kind, e.code, e.media_time) for e in stand.sink.events] == [(EventKind.ERROR, "bad_audio", 3 * 960)]
    assert len(stand.sink.chunks) == 3
    stand.speak(3, 2)
    stand.session.push_audio(AudioChunk(np.zeros(960, np.int16), 10**9, 5 * 960))
    assert [e.code for e in stand.sink.events] == ["bad_audio", "bad_audio"]
    assert stand.slot.ticks == list(range(5))


def test_failures_and_restarts_are_told() -> None:
    stand = Stand()
    stand.speak(0, 10, 0.95)
    stand.slot.listener.on_failure("engine_restarted", "it is back in a moment")
    stand.slot.fresh = True
    stand.slot.listener.on_resumed()
    stand.speak(10, 5)
    kinds = [EventKind.SPEECH_STARTED, EventKind.ERROR, EventKind.SPEECH_ENDED, EventKind.RESUMED]
    assert stand.sink.told == kinds
    assert (stand.sink.events[1].code, stand.sink.events[1].media_time) == ("engine_restarted", 10 * 960)
    assert [f.media_time for f in stand.sink.frames if f.discontinuity] == [10 * 960]


def test_one_failing_sink_is_not_the_others_trouble() -> None:
    class Failing(Sink):
        def on_motion(self, frame: MotionFrame) -> None:
            raise RuntimeError("no connection")

        def on_event(self, event: Event) -> None:
            raise RuntimeError("no connection")

        def on_audio(self, chunk: AudioChunk) -> None:
            raise RuntimeError("no connection")

    stand = Stand()
    stand.session.detach(stand.sink)
    stand.session.attach(Failing())
    stand.session.attach(stand.sink)
    stand.speak(0, 10, 0.95)
    assert len(stand.sink.frames) == 8
    assert len(stand.sink.chunks) == 10
    assert stand.sink.told == [EventKind.SPEECH_STARTED]


def test_sinks_come_and_go() -> None:
    stand = Stand()
    late = Sink()
    stand.speak(0, 5)
    stand.session.attach(late)
    stand.session.attach(late)
    stand.speak(5, 5)
    stand.session.detach(late)
    stand.session.detach(late)
    stand.speak(10, 5)
    assert [f.media_time // 960 for f in late.frames] == [3, 4, 5, 6, 7]


def test_a_change_of_style_is_told_to_all_and_outlives_resets() -> None:
    stand = Stand()
    stand.speak(0, 5)
    style = Style(mouth_gain=0.5, blinks_per_minute=30, gaze="camera")
    stand.session.restyle(style)
    stand.session.restyle(style)
    assert [(e.kind, e.style, e.media_time) for e in stand.sink.events] == [(EventKind.STYLE, style, 5 * 960)]
    stand.session.reset(seed=3)
    stand.slot.listener.on_resumed()
    assert stand.session.style == style
    assert stand.slot.blinks == [30]


def test_a_feeling_and_a_target_act_on_the_frames() -> None:
    stand = Stand()
    stand.speak(0, 5)
    stand.session.restyle(Style(emotion="anger", intensity=1.0, gaze="target", gaze_target=GazeTarget(0.3)))
    stand.speak(5, 60)
    last = stand.sink.frames[-1].channels
    assert last[channel_index("BrowDownLeft")] > 0.95
    assert last[channel_index("HeadYaw")] + last[channel_index("LeftEyeYaw")] == pytest.approx(0.3, abs=0.02)


def test_a_style_acts_on_the_frames_and_glides_in() -> None:
    stand = Stand()
    for k in range(40):
        stand.session.push_audio(AudioChunk(np.full(960, 16384, np.int16), 48_000, k * 960))
        if k == 19:
            stand.session.restyle(Style(mouth_gain=0))
    jaw = [float(f.channels[channel_index("JawOpen")]) for f in stand.sink.frames[5:]]
    assert jaw[0] == pytest.approx(0.5, abs=0.1)
    assert jaw[-1] == 0
    assert np.abs(np.diff(jaw)).max() < 0.08


def test_a_sleeping_slots_face_lives_on_and_says_that_it_sleeps() -> None:
    stand = Stand()
    stand.speak(0, 10)
    stand.session.restyle(Style(blinks_per_minute=60))
    stand.slot.asleep = True
    stand.speak(10, 500)
    asleep = stand.sink.frames[8:]
    assert not any(f.asleep for f in stand.sink.frames[:8])
    assert all(f.asleep for f in asleep)
    assert not any(f.discontinuity for f in asleep)
    lids = np.array([f.channels[channel_index("EyeBlinkLeft")] for f in asleep])
    assert 5 < ((lids[1:] > 0.5) & (lids[:-1] <= 0.5)).sum() < 15
    assert np.ptp([f.channels[channel_index("HeadYaw")] for f in asleep]) > 0.005
    stand.slot.asleep = False
    stand.speak(510, 50)
    assert not any(stand.sink.frames[-1].channels)
    assert not stand.sink.frames[-1].asleep


def test_a_closed_session_is_silent() -> None:
    stand = Stand()
    stand.speak(0, 5)
    stand.session.close()
    stand.session.close()
    count = len(stand.sink.frames)
    stand.speak(5, 5)
    stand.session.reset(seed=1)
    assert stand.slot.closed
    assert len(stand.sink.frames) == count


def test_the_last_sound_is_remembered_for_the_idle_time_out() -> None:
    stand = Stand()
    stand.clock.advance(7)
    assert stand.session.last_audio_at == 0
    stand.speak(0, 1)
    assert stand.session.last_audio_at == 7
    stand.clock.advance(2)
    stand.session.push_audio(AudioChunk(np.zeros(960, np.int16), 48_000, 960, concealed=True))
    assert stand.session.last_audio_at == 7
    assert stand.slot.ticks == [0, 1]


def test_a_full_engine_refuses() -> None:
    engine = LoopbackEngine()
    Session("one", engine, look_ahead_ticks=3, seed=0, clock=ManualClock())
    with pytest.raises(EngineFullError):
        Session("two", engine, look_ahead_ticks=3, seed=0, clock=ManualClock())


def test_end_to_end_with_the_shipped_network() -> None:
    """Through a real worker: a second of sound gives a second of frames, in order."""

    class Awaited(Sink):
        def __init__(self) -> None:
            super().__init__()
            self.arrived = asyncio.Event()

        def on_motion(self, frame: MotionFrame) -> None:
            super().on_motion(frame)
            self.arrived.set()

    async def scenario() -> None:
        clock = ManualClock()
        engine = create_engine(slots=2, clock=clock)
        await engine.start()
        try:
            session = Session("real", engine, look_ahead_ticks=3, seed=0, clock=clock)
            sink = Awaited()
            session.attach(sink)
            rng = np.random.default_rng(0)
            for k in range(50):
                pcm = rng.uniform(-3000, 3000, 960).astype(np.int16)
                sink.arrived.clear()
                session.push_audio(AudioChunk(pcm, 48_000, k * 960))
                if k >= 2:  # before, frames show instants before the first
                    async with asyncio.timeout(60):
                        await sink.arrived.wait()
            assert [f.media_time for f in sink.frames] == [960 * k for k in range(48)]
            shapes = np.stack([f.channels for f in sink.frames])
            assert np.isfinite(shapes).all()
            assert shapes[:, :52].min() >= 0
            assert shapes[:, :52].max() <= 1
            session.close()
        finally:
            await engine.stop()

    asyncio.run(scenario())
