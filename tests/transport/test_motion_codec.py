"""The 140-byte motion message: what goes in comes out, whatever it is."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from models.face.channels import ANGLES, BLENDSHAPE_COUNT, CHANNEL_COUNT, CHANNELS
from stream_engine.frames import MotionFrame, MotionTiming
from stream_engine.transport.golden import PROTOCOL_DIR, motion_examples
from stream_engine.transport.motion_codec import (
    MOTION_BYTES,
    MotionMessageError,
    decode_motion,
    encode_motion,
)

MOTION_GOLDEN = PROTOCOL_DIR / "golden" / "motion"

faces = arrays(np.float32, CHANNEL_COUNT, elements=st.floats(-20, 20, width=32))
milliseconds = st.floats(0, 2000)


@given(
    channels=faces,
    media_time=st.integers(0, 2**64 - 1),
    sequence=st.integers(0, 2**40),
    speaking=st.booleans(),
    discontinuity=st.booleans(),
    asleep=st.booleans(),
    timing=st.builds(MotionTiming, milliseconds, milliseconds, milliseconds, milliseconds),
)
def test_round_trip_within_quantization(
    channels: NDArray[np.float32],
    media_time: int,
    sequence: int,
    speaking: bool,
    discontinuity: bool,
    asleep: bool,
    timing: MotionTiming,
) -> None:
    data = encode_motion(MotionFrame(channels, media_time, sequence, speaking, discontinuity, timing, asleep))
    assert len(data) == MOTION_BYTES
    message = decode_motion(data)
    assert (message.media_time, message.sequence) == (media_time, sequence % 65536)
    assert (message.speaking, message.discontinuity, message.asleep) == (speaking, discontinuity, asleep)
    wanted = np.clip(channels, [0.0] * BLENDSHAPE_COUNT + [-math.pi] * len(ANGLES), [1.0] * 52 + [math.pi] * 9)
    step = np.array([1 / 65535] * BLENDSHAPE_COUNT + [math.pi / 32767] * len(ANGLES))
    assert (np.abs(message.channels - wanted) <= step / 2 + 1e-6).all()
    ear_queue = min(timing.ear_ms + timing.queue_ms, 655.35)
    assert message.ear_queue_ms == pytest.approx(ear_queue, abs=0.0051)
    assert message.model_ms == pytest.approx(min(timing.model_ms, 655.35), abs=0.0051)
    assert message.return_ms == pytest.approx(min(timing.return_ms, 655.35), abs=0.0051)


def test_layout_is_the_documented_one() -> None:
    channels = np.zeros(CHANNEL_COUNT, np.float32)
    channels[0], channels[51], channels[52], channels[60] = 1.0, 0.5, -math.pi, math.pi
    data = encode_motion(MotionFrame(channels, 960, 258, True, True, MotionTiming(1.0, 0.28, 5.12, 655.0), True))
    assert data[:4] == bytes([0x11, 0b111, 2, 1])
    assert data[4:12] == (960).to_bytes(8, "little")
    assert data[12:18] == bytes([128, 0, 0, 2]) + (65500).to_bytes(2, "little")
    assert data[18:20] == b"\xff\xff"
    assert data[120:122] == (32768).to_bytes(2, "little")
    assert int.from_bytes(data[122:124], "little", signed=True) == -32767
    assert int.from_bytes(data[138:140], "little", signed=True) == 32767


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_a_failed_model_is_not_sent_as_a_face(bad: float) -> None:
    channels = np.zeros(CHANNEL_COUNT, np.float32)
    channels[17] = bad
    with pytest.raises(MotionMessageError, match="not finite"):
        encode_motion(MotionFrame(channels, 0, 0))


def test_a_frame_has_61_channels() -> None:
    with pytest.raises(MotionMessageError, match="61 channels"):
        encode_motion(MotionFrame(np.zeros(60, np.float32), 0, 0))


@given(st.binary(max_size=200))
def test_any_bytes_decode_or_are_refused(data: bytes) -> None:
    if len(data) == MOTION_BYTES and data[0] == 0x11:
        assert np.isfinite(decode_motion(data).channels).all()
    else:
        with pytest.raises(MotionMessageError):
            decode_motion(data)


@given(st.binary(min_size=139, max_size=139))
def test_any_body_of_the_right_length_is_a_face(body: bytes) -> None:
    channels = decode_motion(b"\x11" + body).channels
    assert (channels[:BLENDSHAPE_COUNT] >= 0).all()
    assert (channels[:BLENDSHAPE_COUNT] <= 1).all()
    assert (np.abs(channels[BLENDSHAPE_COUNT:]) <= math.pi + 1e-6).all()


@pytest.mark.parametrize("path", sorted(MOTION_GOLDEN.glob("*.bin")), ids=lambda path: path.stem)
def test_golden_messages_decode_as_described(path: Path) -> None:
    wanted = json.loads(path.with_suffix(".json").read_text())["message"]
    if wanted is None:
        with pytest.raises(MotionMessageError):
            decode_motion(path.read_bytes())
        return
    message = decode_motion(path.read_bytes())
    for field in (
        "speaking",
        "discontinuity",
        "asleep",
        "sequence",
        "media_time",
        "ear_queue_ms",
        "model_ms",
        "return_ms",
    ):
        assert getattr(message, field) == wanted[field]
    assert list(wanted["channels"]) == list(CHANNELS)
    np.testing.assert_allclose(message.channels, list(wanted["channels"].values()), atol=1e-6)


def test_every_motion_example_is_committed() -> None:
    assert {name for name, _, _ in motion_examples()} == {path.stem for path in MOTION_GOLDEN.glob("*.bin")}
