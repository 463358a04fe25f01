"""What flows through the engine: chunks of sound, frames of motion, events.

Every frame carries the media time of the instant it shows (see `clock`), so that sound and face can be paired however
late either is.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from stream_engine.stage.style import Style

Pcm: TypeAlias = NDArray[np.int16] | NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class AudioChunk:
    """Mono sound as a door delivers it.

    Attributes:
        pcm: samples `[N]`, int16 or float32 in -1..1.
        sample_rate: Hz.
        media_time: media time of the first sample (48 kHz units, whatever `sample_rate` is).
        concealed: made up by the jitter buffer for a lost packet.
        received_at: `Clock.monotonic()` at which the last sample of the chunk was available.
    """

    pcm: Pcm
    sample_rate: int
    media_time: int
    concealed: bool = False
    received_at: float = 0.0


@dataclass(frozen=True, slots=True)
class MotionTiming:
    """Where the milliseconds of one motion frame went.

    Attributes:
        ear_ms: from the tick's last sample being received to its audio being handed to the engine.
        queue_ms: from there to the start of the batched step that took it.
        model_ms: the batched step itself (mel, VAD and network).
        return_ms: from the step's end to the frame being back in the network process.
    """

    ear_ms: float = 0.0
    queue_ms: float = 0.0
    model_ms: float = 0.0
    return_ms: float = 0.0


@dataclass(frozen=True, slots=True)
class MotionFrame:
    """The face at one instant.

    Attributes:
        channels: float32 `[61]` in the order of `models.face.channels.CHANNELS`.
        media_time: the instant shown; a multiple of 960.
        sequence: counts this session's frames, without gaps.
        speaking: the turn machine's state at the moment the frame left.
        discontinuity: the stream was reset just before this frame; do not interpolate across it.
        timing: where its latency went.
        asleep: it has been quiet, the network sleeps, and the face shows idle life.
    """

    channels: NDArray[np.float32]
    media_time: int
    sequence: int
    speaking: bool = False
    discontinuity: bool = False
    timing: MotionTiming = MotionTiming()
    asleep: bool = False


class EventKind(StrEnum):
    """Events a session reports."""

    SPEECH_STARTED = "speech_started"
    SPEECH_ENDED = "speech_ended"
    ERROR = "error"
    RESUMED = "resumed"
    STYLE = "style"
    RESET = "reset"


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened, at a media time.

    Attributes:
        kind: what.
        media_time: media time of the *fact* (of the first or last speech sample, say), not of its detection.
        detail: for a person to read; for errors, what to do next.
        code: for errors, a stable identifier (`engine_restarted`, `vad_failed`, `overloaded`, …).
        style: for a change of style, the new one.
        settings: for a reset, look-ahead in ticks and seed from now on.
    """

    kind: EventKind
    media_time: int
    detail: str = ""
    code: str = ""
    style: Style | None = None
    settings: tuple[int, int] | None = None
