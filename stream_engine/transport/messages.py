"""The JSON messages of the `control` data channel (docs/protocol.md), as types.

Events go to the client, controls come from it. Their JSON Schema is `clients/protocol/schema.json`, written by
`python -m stream_engine.transport.golden`.
"""

from typing import Annotated, Any, Final, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from stream_engine.stage.style import (
    MAX_AMOUNT,
    MAX_BLINKS_PER_MINUTE,
    MAX_TARGET_PITCH,
    MAX_TARGET_YAW,
    Emotion,
    Gaze,
    GazeTarget,
)

PROTOCOL_VERSION: Final = 1
"""Version of the wire protocol, as told in `hello`."""
MAX_CONTROL_BYTES: Final = 4096
"""Longest control message accepted, in bytes of UTF-8."""
LOOK_AHEAD_MAX_MS: Final = 100
LOOK_AHEAD_STEP_MS: Final = 20

_SAFE_INTEGER = 2**53 - 1  # the largest a JavaScript number holds exactly
_MediaTime = Annotated[int, Field(ge=0, le=2**64 - 1, description="media time, 48 kHz units")]
_Milliseconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]
_Count = Annotated[int, Field(ge=0)]
LookAheadMs = Annotated[int, Field(ge=0, le=LOOK_AHEAD_MAX_MS, multiple_of=LOOK_AHEAD_STEP_MS)]
"""The look-ahead dial: 0..100 ms in steps of 20."""
SEED_BITS: Final = 32
Seed = Annotated[int, Field(ge=0, le=2**SEED_BITS - 1)]
"""Seed of a session's sampler."""
_Amount = Annotated[float, Field(ge=0, le=MAX_AMOUNT, allow_inf_nan=False)]
_BlinkRate = Annotated[float, Field(ge=0, le=MAX_BLINKS_PER_MINUTE, allow_inf_nan=False)]

_Intensity = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]


class _Event(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True)


class Hello(_Event):
    """First message on `control`, once."""

    type: Literal["hello"] = "hello"
    version: Literal[1] = PROTOCOL_VERSION
    session: str
    role: Literal["speaker", "viewer"]
    look_ahead_ms: LookAheadMs
    seed: Annotated[Seed, Field(description="of the liveliness that is not in the sound")]
    tick_media: Annotated[int, Field(gt=0, description="media time of one motion frame, 48 kHz units")]
    channels: Annotated[list[str], Field(description="names of the motion channels, in order")]


class SpeechStarted(_Event):
    """Someone began to speak at `media_time`."""

    type: Literal["speech_started"] = "speech_started"
    media_time: _MediaTime


class SpeechEnded(_Event):
    """Speech ended at `media_time`."""

    type: Literal["speech_ended"] = "speech_ended"
    media_time: _MediaTime


class ErrorEvent(_Event):
    """Something went wrong; `detail` says what to do."""

    type: Literal["error"] = "error"
    code: str
    detail: str
    media_time: _MediaTime


class Resumed(_Event):
    """The engine was restarted and the stream goes on from fresh state."""

    type: Literal["resumed"] = "resumed"
    media_time: _MediaTime


class ResetEvent(_Event):
    """The motion stream starts afresh, as its speaker wished; to the speaker and every viewer."""

    type: Literal["reset"] = "reset"
    look_ahead_ms: LookAheadMs
    seed: Seed
    media_time: _MediaTime


class Stages(_Event):
    """Mean milliseconds of each stage over the last second."""

    ear: _Milliseconds
    queue: _Milliseconds
    model: _Milliseconds
    return_: Annotated[_Milliseconds, Field(alias="return")]

    model_config = ConfigDict(strict=True, frozen=True, populate_by_name=True)


class Stats(_Event):
    """How the session fares, once a second."""

    type: Literal["stats"] = "stats"
    media_time: _MediaTime
    level_dbfs: Annotated[float, Field(le=3.1, allow_inf_nan=False, description="RMS of the last second; floor -120")]
    packets_lost: _Count
    packets_concealed: _Count
    jitter_ms: _Milliseconds
    stages_ms: Stages
    viewers: _Count


class AudioClock(_Event):
    """To viewers: the RTP timestamp of the returned sound at media time 0."""

    type: Literal["audio_clock"] = "audio_clock"
    rtp_timestamp: Annotated[int, Field(ge=0, le=2**32 - 1)]
    clock_rate: Literal[48000] = 48000


class Direction(BaseModel):
    """A direction to look in, radians, as seen from the face; 0, 0 is the camera."""

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid")

    yaw: Annotated[
        float, Field(ge=-MAX_TARGET_YAW, le=MAX_TARGET_YAW, allow_inf_nan=False, description="+ to its left")
    ]
    pitch: Annotated[float, Field(ge=-MAX_TARGET_PITCH, le=MAX_TARGET_PITCH, allow_inf_nan=False, description="+ down")]


class StyleEvent(_Event):
    """The face's style; after `hello`, and after every change of it."""

    type: Literal["style"] = "style"
    mouth_gain: _Amount
    expressiveness: _Amount
    head_motion: _Amount
    blinks_per_minute: _BlinkRate
    gaze: Gaze
    gaze_target: Direction
    emotion: Emotion
    intensity: _Intensity
    media_time: _MediaTime


class Bye(_Event):
    """Last message: why the session ends."""

    type: Literal["bye"] = "bye"
    reason: Literal["closed", "idle", "shutting_down", "failed"]


class Pong(_Event):
    """Answer to `ping`, at the session's present media time."""

    type: Literal["pong"] = "pong"
    id: Annotated[int, Field(ge=0, le=_SAFE_INTEGER)]
    media_time: _MediaTime


class _Control(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True, extra="forbid")


class Ping(_Control):
    """Asks for a `pong` with the same id."""

    type: Literal["ping"] = "ping"
    id: Annotated[int, Field(ge=0, le=_SAFE_INTEGER)]


class Reset(_Control):
    """Starts the motion stream afresh; look-ahead and seed turn only here."""

    type: Literal["reset"] = "reset"
    look_ahead_ms: LookAheadMs | None = None
    seed: Seed | None = None


class Mute(_Control):
    """Tells that the microphone was muted in the page."""

    type: Literal["mute"] = "mute"
    muted: bool


class SetStyle(_Control):
    """Changes how the face moves; what is absent stays as it is."""

    type: Literal["style"] = "style"
    mouth_gain: _Amount | None = None
    expressiveness: _Amount | None = None
    head_motion: _Amount | None = None
    blinks_per_minute: _BlinkRate | None = None
    gaze: Gaze | None = None
    gaze_target: Direction | None = None
    emotion: Emotion | None = None
    intensity: _Intensity | None = None

    def changes(self) -> dict[str, Any]:
        """What is present, as `Style.changed` takes it."""
        given = {name: getattr(self, name) for name in self.model_fields_set if name != "type"}
        target = given.get("gaze_target")
        return given if target is None else given | {"gaze_target": GazeTarget(target.yaw, target.pitch)}


ServerEvent = Annotated[
    Hello
    | SpeechStarted
    | SpeechEnded
    | ErrorEvent
    | Resumed
    | ResetEvent
    | Stats
    | AudioClock
    | StyleEvent
    | Bye
    | Pong,
    Field(discriminator="type"),
]
"""Anything the server says on `control`."""
Control: TypeAlias = Ping | Reset | Mute | SetStyle
"""Anything a client may say on `control`."""

_EVENTS: TypeAdapter[ServerEvent] = TypeAdapter(ServerEvent)
_CONTROLS: TypeAdapter[Control] = TypeAdapter(Annotated[Control, Field(discriminator="type")])


class BadMessageError(ValueError):
    """A control message that is none; its text says what is wrong."""


def encode_message(message: BaseModel) -> str:
    """A message as the JSON text that goes on the wire (absent optional fields are left out)."""
    return message.model_dump_json(by_alias=True, exclude_none=True)


def decode_control(data: str | bytes) -> Control:
    """A control from what a client sent.

    Args:
        data: the data channel's message; only text is a control.

    Raises:
        BadMessageError: binary, longer than 4 KiB, not JSON, of unknown type or with bad fields.
    """
    if not isinstance(data, str):
        raise BadMessageError("controls are JSON text, not binary")
    if len(data) > MAX_CONTROL_BYTES or len(data.encode("utf-8", "surrogatepass")) > MAX_CONTROL_BYTES:
        raise BadMessageError(f"a control has at most {MAX_CONTROL_BYTES} bytes")
    try:
        return _CONTROLS.validate_json(data)
    except (ValidationError, UnicodeEncodeError) as error:
        raise BadMessageError(_explain(error)) from None


def decode_event(data: str | bytes) -> ServerEvent:
    """An event from its JSON text, as a client of ours reads it.

    Raises:
        pydantic.ValidationError: not an event of version 1.
    """
    return _EVENTS.validate_json(data)


def json_schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of every message, with `Event` and `Control` among its definitions."""
    definitions: dict[str, Any] = {}
    for name, adapter in (("Event", _EVENTS), ("Control", _CONTROLS)):
        schema = adapter.json_schema(by_alias=True, ref_template="#/$defs/{model}")
        definitions |= schema.pop("$defs")
        definitions[name] = schema
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"Stream Engine wire protocol, version {PROTOCOL_VERSION}: JSON messages of the control channel",
        "anyOf": [{"$ref": "#/$defs/Event"}, {"$ref": "#/$defs/Control"}],
        "$defs": dict(sorted(definitions.items())),
    }


def _explain(error: ValidationError | UnicodeEncodeError) -> str:
    if isinstance(error, UnicodeEncodeError):
        return "the text is not valid Unicode"
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    place = ".".join(str(part) for part in first["loc"])
    return f"{place}: {first['msg']}" if place else first["msg"]
