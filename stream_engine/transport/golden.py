"""Writes `clients/protocol/`: the JSON Schema and the golden messages that every implementation's tests read.

    python -m stream_engine.transport.golden [DIRECTORY]

The output depends on nothing but this code (seeded), so a test compares it with what is committed.

Layout: `schema.json`; `golden/motion/NAME.bin` with `NAME.json` (what it decodes to, or `"message": null` where a
receiver must ignore it); `golden/events/TYPE.json` and `golden/controls/TYPE.json` (one message each, as on the wire);
`golden/bad_controls.json` (texts a server must refuse).
"""

import json
import math
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import BaseModel

from models.face.channels import BLENDSHAPE_COUNT, CHANNEL_COUNT, CHANNELS, channel_index
from stream_engine.clock import TICK_MEDIA
from stream_engine.frames import MotionFrame, MotionTiming
from stream_engine.transport import messages
from stream_engine.transport.motion_codec import MOTION_BYTES, MotionMessageError, decode_motion, encode_motion

PROTOCOL_DIR = Path(__file__).parents[2] / "clients" / "protocol"
_SEED = 20


def motion_examples() -> Iterator[tuple[str, str, bytes]]:
    """Yields (name, what it shows, bytes) of each golden motion message."""
    rng = np.random.default_rng(_SEED)
    rest = np.zeros(CHANNEL_COUNT, np.float32)
    yield "rest", "every channel 0, the first frame of a session", encode_motion(MotionFrame(rest, 0, 0))

    vowel = rest.copy()
    vowel[channel_index("JawOpen")] = 0.5
    vowel[channel_index("MouthFunnel")] = 0.25
    vowel[channel_index("HeadYaw")] = 0.1
    vowel[channel_index("HeadPitch")] = -0.05
    timing = MotionTiming(ear_ms=0.25, queue_ms=1.5, model_ms=3.21, return_ms=0.4)
    frame = MotionFrame(vowel, 50 * TICK_MEDIA, 50, speaking=True, timing=timing)
    yield "vowel", "an open mouth, one second in, speaking", encode_motion(frame)

    yield "asleep", "the network sleeps: bit 2", encode_motion(MotionFrame(rest, 960, 1, asleep=True))

    face = rng.uniform(0, 1, CHANNEL_COUNT).astype(np.float32)
    face[BLENDSHAPE_COUNT:] = rng.uniform(-math.pi, math.pi, CHANNEL_COUNT - BLENDSHAPE_COUNT)
    timing = MotionTiming(*(float(x) for x in rng.uniform(0, 20, 4)))
    frame = MotionFrame(face, 123_456 * TICK_MEDIA, 123_456, True, True, timing)
    yield "wrapped", "every channel moves; the sequence has wrapped; speaking, after a reset", encode_motion(frame)

    wild = np.where(np.arange(CHANNEL_COUNT) % 2, 9.0, -9.0).astype(np.float32)
    frame = MotionFrame(wild, (2**53 // TICK_MEDIA) * TICK_MEDIA, 65_535, timing=MotionTiming(900, 900, 700, 656))
    yield "saturated", "values and timings beyond their range; media time near 2^53", encode_motion(frame)

    future = bytearray(encode_motion(MotionFrame(vowel, 0, 0)))
    future[0] = 0x12
    yield "unknown_version", "version 2: ignore it", bytes(future)
    future[0] = 0x21
    yield "unknown_kind", "kind 2: ignore it", bytes(future)
    yield "truncated", "one byte short: ignore it", encode_motion(MotionFrame(vowel, 0, 0))[:-1]
    yield "empty", "no bytes at all: ignore it", b""


def event_examples() -> Iterator[BaseModel]:
    """Yields one of each event."""
    yield messages.Hello(
        session="Zx3wq0vJ7mK1", role="speaker", look_ahead_ms=60, seed=7, tick_media=TICK_MEDIA, channels=list(CHANNELS)
    )
    yield messages.SpeechStarted(media_time=48_000)
    yield messages.SpeechEnded(media_time=96_512)
    yield messages.ErrorEvent(
        code="engine_restarted", detail="The engine is being restarted; motion resumes by itself.", media_time=100_000
    )
    yield messages.Resumed(media_time=148_800)
    yield messages.ResetEvent(look_ahead_ms=40, seed=1, media_time=150_720)
    stages = messages.Stages(ear=0.21, queue=0.5, model=3.4, return_=0.3)
    yield messages.Stats(
        media_time=192_000,
        level_dbfs=-23.5,
        packets_lost=3,
        packets_concealed=2,
        jitter_ms=1.75,
        stages_ms=stages,
        viewers=1,
    )
    yield messages.AudioClock(rtp_timestamp=4_294_960_000)
    yield messages.StyleEvent(
        mouth_gain=1.25,
        expressiveness=0.5,
        head_motion=0,
        blinks_per_minute=16,
        gaze="target",
        gaze_target=messages.Direction(yaw=0.35, pitch=-0.1),
        emotion="joy",
        intensity=0.6,
        media_time=196_800,
    )
    yield messages.Bye(reason="idle")
    yield messages.Pong(id=7, media_time=240_000)


def control_examples() -> Iterator[BaseModel]:
    """Yields one of each control."""
    yield messages.Ping(id=7)
    yield messages.Reset(look_ahead_ms=40, seed=1)
    yield messages.Mute(muted=True)
    yield messages.SetStyle(
        mouth_gain=1.25,
        gaze="target",
        gaze_target=messages.Direction(yaw=0.35, pitch=-0.1),
        emotion="joy",
        intensity=0.6,
    )


BAD_CONTROLS: tuple[str, ...] = (
    "",
    "ping",
    "null",
    "[]",
    "{}",
    '{"type": "dance"}',
    '{"type": "ping"}',
    '{"type": "ping", "id": "7"}',
    '{"type": "ping", "id": -1}',
    '{"type": "ping", "id": 7.5}',
    '{"type": "ping", "id": 7, "extra": 1}',
    '{"type": "reset", "look_ahead_ms": 50}',
    '{"type": "reset", "look_ahead_ms": 120}',
    '{"type": "reset", "seed": 4294967296}',
    '{"type": "mute", "muted": "yes"}',
    '{"type": "mute", "muted": true',
    '{"type": "style", "mouth_gain": 2.1}',
    '{"type": "style", "head_motion": -0.1}',
    '{"type": "style", "expressiveness": "1"}',
    '{"type": "style", "expressiveness": NaN}',
    '{"type": "style", "blinks_per_minute": 61}',
    '{"type": "style", "gaze": "away"}',
    '{"type": "style", "gaze_target": {"yaw": 0.2}}',
    '{"type": "style", "gaze_target": {"yaw": 1.2, "pitch": 0}}',
    '{"type": "style", "gaze_target": [0.2, 0]}',
    '{"type": "style", "emotion": "envy"}',
    '{"type": "style", "emotion": "joy", "intensity": 1.1}',
    '{"type": "style", "gain": 1}',
)
"""Texts that are no controls."""


def write(directory: Path) -> list[Path]:
    """Writes schema and golden messages.

    Args:
        directory: where `schema.json` and `golden/` go.

    Returns:
        The files written.
    """
    files: dict[str, bytes] = {"schema.json": _json(messages.json_schema())}
    for name, shows, data in motion_examples():
        files[f"golden/motion/{name}.bin"] = data
        files[f"golden/motion/{name}.json"] = _json({"shows": shows, "message": _decoded(data)})
    for folder, examples in (("events", event_examples()), ("controls", control_examples())):
        for message in examples:
            body = json.loads(messages.encode_message(message))
            files[f"golden/{folder}/{body['type']}.json"] = _json(body)
    files["golden/bad_controls.json"] = _json(list(BAD_CONTROLS))
    for name, data in files.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return [directory / name for name in files]


def _decoded(data: bytes) -> dict[str, Any] | None:
    try:
        message = decode_motion(data)
    except MotionMessageError:
        return None
    # Each value to 7 significant digits: what a float32 holds, and far finer than the quantization.
    return {
        "bytes": MOTION_BYTES,
        "speaking": message.speaking,
        "discontinuity": message.discontinuity,
        "asleep": message.asleep,
        "sequence": message.sequence,
        "media_time": message.media_time,
        "ear_queue_ms": message.ear_queue_ms,
        "model_ms": message.model_ms,
        "return_ms": message.return_ms,
        "channels": {
            name: float(f"{value:.7g}") for name, value in zip(CHANNELS, message.channels.tolist(), strict=True)
        },
    }


def _json(value: object) -> bytes:
    return (json.dumps(value, indent=2, ensure_ascii=False) + "\n").encode()


def main(arguments: list[str]) -> int:
    """Writes to the directory named, by default `clients/protocol`."""
    write(Path(arguments[0]) if arguments else PROTOCOL_DIR)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
