"""The motion message: one face in 140 bytes (docs/protocol.md, "Motion message").

Quantization is 1/65535 for blendshapes and π/32767 rad for angles, both far below what an eye can see; values outside
their range saturate. The format is little-endian throughout.
"""

import math
import struct
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.face.channels import ANGLES, BLENDSHAPE_COUNT, CHANNEL_COUNT
from stream_engine.frames import MotionFrame

MOTION_BYTES: Final = 140
"""Size of a motion message."""
MOTION_KIND: Final = 1
"""Kind of message, the high nibble of the first byte."""
MOTION_VERSION: Final = 1
"""Version of the format, the low nibble of the first byte."""
SPEAKING: Final = 0x01
DISCONTINUITY: Final = 0x02
ASLEEP: Final = 0x04

_HEADER = struct.Struct("<BBHQHHH")
_TAG = MOTION_KIND << 4 | MOTION_VERSION
_UNITS_PER_MS = 100  # 10 µs
_U16_MAX = 0xFFFF
_ANGLE_UNITS = 32767 / math.pi
_SCALE = np.concatenate([np.full(BLENDSHAPE_COUNT, 65535.0), np.full(len(ANGLES), _ANGLE_UNITS)])
_LOW = np.concatenate([np.zeros(BLENDSHAPE_COUNT), np.full(len(ANGLES), -32767.0)])
_HIGH = np.concatenate([np.full(BLENDSHAPE_COUNT, 65535.0), np.full(len(ANGLES), 32767.0)])


class MotionMessageError(ValueError):
    """Bytes that are no motion message of a kind and version we know, or a frame that cannot be written as one."""


@dataclass(frozen=True, slots=True)
class MotionMessage:
    """A motion message as a receiver sees it.

    Attributes:
        speaking: the turn machine's state when the frame left.
        discontinuity: the stream was reset just before this frame; do not interpolate across it.
        sequence: 0..65535, wraps; a gap is loss.
        media_time: the instant shown, 48 kHz units.
        ear_queue_ms: ear and queue time, 0..655.35 ms, saturating.
        model_ms: model time, as above.
        return_ms: engine → network process, as above.
        channels: float32 `[61]`: blendshapes 0..1, angles -π..π.
        asleep: the network sleeps; the face shows idle life.
    """

    speaking: bool
    discontinuity: bool
    sequence: int
    media_time: int
    ear_queue_ms: float
    model_ms: float
    return_ms: float
    channels: NDArray[np.float32]
    asleep: bool


def encode_motion(frame: MotionFrame) -> bytes:
    """One frame as a motion message.

    Args:
        frame: what to send; values out of range saturate.

    Returns:
        140 bytes.

    Raises:
        MotionMessageError: the frame does not have 61 channels, or one of them is not a finite number.
    """
    if frame.channels.shape != (CHANNEL_COUNT,):
        raise MotionMessageError(f"a motion frame has {CHANNEL_COUNT} channels, not shape {frame.channels.shape}")
    levels = frame.channels * _SCALE
    if not math.isfinite(levels.sum()):
        raise MotionMessageError("a motion frame holds a value that is not finite; the model that made it has failed")
    np.rint(levels, out=levels)
    np.maximum(levels, _LOW, out=levels)
    np.minimum(levels, _HIGH, out=levels)
    timing = frame.timing
    header = _HEADER.pack(
        _TAG,
        SPEAKING * frame.speaking | DISCONTINUITY * frame.discontinuity | ASLEEP * frame.asleep,
        frame.sequence & _U16_MAX,
        frame.media_time,
        _duration(timing.ear_ms + timing.queue_ms),
        _duration(timing.model_ms),
        _duration(timing.return_ms),
    )
    # Unsigned and signed 16-bit integers differ in name only: the low half of a 32-bit one is either.
    body: bytes = levels.astype(np.int32).astype("<u2").tobytes()
    return header + body


def decode_motion(data: bytes) -> MotionMessage:
    """A motion message from its bytes.

    Args:
        data: as received.

    Raises:
        MotionMessageError: not a motion message of version 1, or not 140 bytes; a receiver ignores it.
    """
    if not data or data[0] != _TAG:
        raise MotionMessageError("not a motion message of version 1; ignore it")
    if len(data) != MOTION_BYTES:
        raise MotionMessageError(f"a motion message of version 1 has {MOTION_BYTES} bytes, this one {len(data)}")
    _, flags, sequence, media_time, ear_queue, model, return_ = _HEADER.unpack_from(data)
    channels = np.empty(CHANNEL_COUNT, np.float32)
    blendshapes = np.frombuffer(data, "<u2", BLENDSHAPE_COUNT, _HEADER.size)
    angles = np.frombuffer(data, "<i2", len(ANGLES), _HEADER.size + 2 * BLENDSHAPE_COUNT)
    channels[:BLENDSHAPE_COUNT] = blendshapes / 65535.0
    channels[BLENDSHAPE_COUNT:] = np.maximum(angles, -32767) / _ANGLE_UNITS
    return MotionMessage(
        speaking=bool(flags & SPEAKING),
        discontinuity=bool(flags & DISCONTINUITY),
        sequence=sequence,
        media_time=media_time,
        ear_queue_ms=ear_queue / _UNITS_PER_MS,
        model_ms=model / _UNITS_PER_MS,
        return_ms=return_ / _UNITS_PER_MS,
        channels=channels,
        asleep=bool(flags & ASLEEP),
    )


def _duration(ms: float) -> int:
    """Milliseconds as saturating units of 10 µs (a clock that disagrees between processes must not wrap)."""
    return min(max(round(ms * _UNITS_PER_MS), 0), _U16_MAX)
