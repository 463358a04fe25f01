import numpy as np
import pytest

from stream_engine.engine import SlotOutput, SlotTiming
from stream_engine.frames import MotionFrame
from stream_engine.stage.stage import Stage


def output(tick_index: int, look_ahead: int = 3, *, fresh: bool = False) -> SlotOutput:
    channels = np.full(61, tick_index, np.float32)
    return SlotOutput(channels, tick_index, look_ahead, fresh, (), SlotTiming(1.0, 2.0, 3.0, 4.0))


def play(stage: Stage, first: int, count: int, look_ahead: int = 3) -> list[MotionFrame]:
    frames = [
        stage.frame(output(n, look_ahead, fresh=n == first), speaking=n % 2 == 1) for n in range(first, first + count)
    ]
    return [frame for frame in frames if frame is not None]


@pytest.mark.parametrize("look_ahead", range(6))
def test_warm_up_is_dropped_and_frames_show_their_instant(look_ahead: int) -> None:
    frames = play(Stage(), 0, 12, look_ahead)
    first = 1 if look_ahead == 0 else 0
    assert [f.media_time for f in frames] == [960 * k for k in range(first, 12 + 1 - look_ahead)]
    assert [f.sequence for f in frames] == list(range(len(frames)))
    # the tick that shows instant k has heard look_ahead ticks from there
    assert [int(f.channels[0]) for f in frames] == [f.media_time // 960 + look_ahead - 1 for f in frames]
    assert not any(f.discontinuity for f in frames)


def test_a_stream_that_begins_late_shows_nothing_before_its_beginning() -> None:
    assert play(Stage(), 7, 10)[0].media_time == 7 * 960


def test_a_fresh_start_is_marked_once_and_sequence_goes_on() -> None:
    stage = Stage()
    before = play(stage, 0, 10)
    after = play(stage, 10, 10, look_ahead=5)
    assert after[0].media_time == 10 * 960
    assert [f.discontinuity for f in after] == [True] + [False] * (len(after) - 1)
    assert [f.sequence for f in before + after] == list(range(len(before) + len(after)))


def test_a_fresh_start_before_any_frame_is_no_discontinuity() -> None:
    stage = Stage()
    assert play(stage, 0, 2) == []
    assert not play(stage, 2, 5)[0].discontinuity


def test_speaking_and_timing_are_carried() -> None:
    frame = Stage().frame(output(3, fresh=True, look_ahead=1), speaking=True)
    assert frame is not None
    assert frame.speaking
    assert (frame.timing.ear_ms, frame.timing.queue_ms) == (1.0, 2.0)
    assert (frame.timing.model_ms, frame.timing.return_ms) == (3.0, 4.0)
