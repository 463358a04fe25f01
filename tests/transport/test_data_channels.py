"""The data channels: motion drops rather than waits, controls are answered or refused, and neither grows."""

import json
import math
from collections.abc import Callable
from typing import cast

import numpy as np
import pytest
from aiortc import RTCDataChannel
from hypothesis import given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from models.face.channels import CHANNEL_COUNT
from stream_engine.clock import ManualClock
from stream_engine.frames import MotionFrame
from stream_engine.metrics import Metrics
from stream_engine.transport.data_channels import (
    BAD_MESSAGES,
    CONTROLS_PER_SECOND,
    EARLY_EVENTS,
    ControlChannel,
    MotionChannel,
)
from stream_engine.transport.messages import Bye, Control, ErrorEvent, Mute, Ping, Pong, Reset, SetStyle
from stream_engine.transport.motion_codec import MOTION_BYTES, decode_motion


class Wire:
    """Stands for an aiortc data channel: what is sent stays here."""

    def __init__(self, *, blocked: bool = False) -> None:
        self.readyState = "open"
        self.sent: list[str | bytes] = []
        self._blocked = blocked
        self._receive: Callable[[str | bytes], None] | None = None

    @property
    def bufferedAmount(self) -> int:  # noqa: N802 - W3C's name
        return sum(len(message) for message in self.sent) if self._blocked else 0

    def on(self, event: str, handler: Callable[[str | bytes], None]) -> None:
        assert event == "message"
        self._receive = handler

    def send(self, data: str | bytes) -> None:
        self.sent.append(data)

    def close(self) -> None:
        self.readyState = "closed"

    def receive(self, data: str | bytes) -> None:
        assert self._receive is not None
        self._receive(data)

    def types(self) -> list[str]:
        return [json.loads(message)["type"] for message in self.sent]


def attach(channel: MotionChannel | ControlChannel, wire: Wire) -> bool:
    return channel.attach(cast(RTCDataChannel, wire))


def frame(sequence: int = 0, value: float = 0.5) -> MotionFrame:
    return MotionFrame(np.full(CHANNEL_COUNT, value, np.float32), 960 * sequence, sequence)


def dropped(metrics: Metrics, reason: str) -> float | None:
    return metrics.registry.get_sample_value("stream_engine_dropped_frames_total", {"reason": reason})


def test_frames_go_out_as_messages() -> None:
    motion, wire = MotionChannel("s", Metrics()), Wire()
    assert attach(motion, wire)
    motion.send(frame(7))
    assert isinstance(wire.sent[0], bytes)
    assert decode_motion(wire.sent[0]).sequence == 7


def test_frames_without_an_open_channel_are_counted() -> None:
    metrics = Metrics()
    motion, wire = MotionChannel("s", metrics), Wire()
    motion.send(frame())
    attach(motion, wire)
    wire.close()
    motion.send(frame())
    assert dropped(metrics, "not_open") == 2
    assert wire.sent == []


def test_a_congested_channel_holds_at_most_200_ms() -> None:
    metrics = Metrics()
    motion, wire = MotionChannel("s", metrics), Wire(blocked=True)
    attach(motion, wire)
    for i in range(50):
        motion.send(frame(i))
    assert wire.bufferedAmount == 10 * MOTION_BYTES
    assert dropped(metrics, "congested") == 40


def test_a_failed_models_frames_are_told_once_and_not_sent() -> None:
    metrics = Metrics()
    motion, wire = MotionChannel("s", metrics), Wire()
    attach(motion, wire)
    with capture_logs() as lines:
        for i in range(3):
            motion.send(frame(i, math.nan))
    assert wire.sent == []
    assert dropped(metrics, "not_finite") == 3
    assert [line["event"] for line in lines] == ["motion_not_sent"]


def test_a_second_channel_of_the_name_is_refused_while_the_first_is_open() -> None:
    motion, first = MotionChannel("s", Metrics()), Wire()
    assert attach(motion, first)
    assert not attach(motion, Wire())
    first.close()
    assert attach(motion, Wire())


class Stand:
    def __init__(self) -> None:
        self.clock = ManualClock()
        self.metrics = Metrics()
        self.heard: list[Control] = []
        self.channel = ControlChannel(
            "s",
            greeting=lambda: (Pong(id=0, media_time=0), Pong(id=1, media_time=0)),
            on_control=self.heard.append,
            on_bad_message=lambda detail: ErrorEvent(code="bad_message", detail=detail, media_time=5),
            clock=self.clock,
            metrics=self.metrics,
        )


def test_the_greeting_comes_first_then_what_happened_before_the_channel_opened() -> None:
    control, wire = Stand(), Wire()
    for i in range(EARLY_EVENTS + 3):
        control.channel.send(Pong(id=100 + i, media_time=0))
    assert attach(control.channel, wire)
    ids = [json.loads(message)["id"] for message in wire.sent]
    assert ids == [0, 1, *range(103, 100 + EARLY_EVENTS + 3)]


def test_controls_are_heard() -> None:
    control, wire = Stand(), Wire()
    attach(control.channel, wire)
    wire.receive('{"type":"ping","id":1}')
    wire.receive('{"type":"mute","muted":true}')
    wire.receive('{"type":"reset","seed":4}')
    assert control.heard == [Ping(id=1), Mute(muted=True), Reset(seed=4)]


def test_ten_bad_messages_are_answered_the_next_closes_for_good() -> None:
    control, wire = Stand(), Wire()
    attach(control.channel, wire)
    for _ in range(BAD_MESSAGES):
        wire.receive(b"\x00binary")
    assert wire.readyState == "open"
    assert wire.types()[2:] == ["error"] * BAD_MESSAGES
    wire.receive("nonsense")
    assert wire.readyState == "closed"
    assert len(wire.sent) == 2 + BAD_MESSAGES
    assert not attach(control.channel, Wire())
    assert control.metrics.registry.get_sample_value("stream_engine_bad_messages_total") == BAD_MESSAGES + 1


def test_a_flood_of_controls_is_bad_messages() -> None:
    control, wire = Stand(), Wire()
    attach(control.channel, wire)
    for i in range(2 * CONTROLS_PER_SECOND + 1):
        wire.receive(f'{{"type":"ping","id":{i}}}')
    assert len(control.heard) == 2 * CONTROLS_PER_SECOND
    assert "send fewer" in str(wire.sent[-1])
    control.clock.advance(1.0)
    wire.receive('{"type":"ping","id":0}')
    assert len(control.heard) == 2 * CONTROLS_PER_SECOND + 1


def test_a_slider_turned_for_a_minute_is_no_flood() -> None:
    control, wire = Stand(), Wire()
    attach(control.channel, wire)
    for tenth in range(600):  # as the page throttles it, beside a ping a second
        control.clock.advance(0.1)
        wire.receive(f'{{"type":"style","mouth_gain":{tenth / 300}}}')
        if tenth % 10 == 0:
            wire.receive('{"type":"ping","id":1}')
    assert control.heard.count(Ping(id=1)) == 60
    assert control.heard[-1] == SetStyle(mouth_gain=599 / 300)
    assert len(control.heard) == 660


def test_a_client_that_does_not_read_is_not_buffered_for() -> None:
    control, wire = Stand(), Wire(blocked=True)
    attach(control.channel, wire)
    for _ in range(10_000):
        control.channel.send(Bye(reason="closed"))
    assert wire.bufferedAmount < 70_000


@settings(max_examples=50)
@given(st.lists(st.one_of(st.binary(max_size=50), st.text(max_size=50)), max_size=20))
def test_random_messages_never_raise(texts: list[str | bytes]) -> None:
    control, wire = Stand(), Wire()
    attach(control.channel, wire)
    for message in texts:
        wire.receive(message)
    assert control.heard == []
    assert len(wire.sent) == 2 + min(BAD_MESSAGES, len(texts))


@pytest.mark.parametrize("state", ["connecting", "closing", "closed"])
def test_events_to_a_channel_that_is_not_open_are_dropped(state: str) -> None:
    control, wire = Stand(), Wire()
    attach(control.channel, wire)
    wire.readyState = state
    control.channel.send(Bye(reason="closed"))
    assert wire.types() == ["pong", "pong"]
