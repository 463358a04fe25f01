"""How a face is to move, beyond what its voice says: the style of a session."""

from dataclasses import dataclass, fields
from typing import Any, Final, Literal, Self, TypeAlias, get_args

from models.face.expression import EMOTION_NAMES

Gaze: TypeAlias = Literal["free", "camera", "target"]
"""Where the eyes look: as the network has them, into the camera whatever the head does, or in a direction."""
Emotion: TypeAlias = Literal["neutral", "joy", "sadness", "anger", "fear", "disgust", "surprise"]
"""What is felt; `neutral` is the face as it is."""
assert get_args(Emotion) == ("neutral", *EMOTION_NAMES)

MAX_AMOUNT: Final = 2.0
"""Largest gain of mouth, expression and head."""
MAX_BLINKS_PER_MINUTE: Final = 60.0
MAX_TARGET_YAW: Final = 0.9
"""Farthest gaze target to either side, radians (52°): 35° of the eyes and the head's third."""
MAX_TARGET_PITCH: Final = 0.6
"""Farthest up or down, radians (34°)."""


def _check(name: str, value: float, most: float, least: float = 0.0) -> None:
    if not least <= value <= most:
        raise ValueError(f"{name} {value:g}; it is within {least:g} and {most:g}")


@dataclass(frozen=True, slots=True)
class GazeTarget:
    """A direction to look in, as seen from the face; 0, 0 is the camera.

    Attributes:
        yaw: radians, -0.9..0.9; positive to the character's left.
        pitch: radians, -0.6..0.6; positive down.

    Raises:
        ValueError: a value beyond its range.
    """

    yaw: float = 0.0
    pitch: float = 0.0

    def __post_init__(self) -> None:
        _check("gaze target's yaw", self.yaw, MAX_TARGET_YAW, -MAX_TARGET_YAW)
        _check("gaze target's pitch", self.pitch, MAX_TARGET_PITCH, -MAX_TARGET_PITCH)


@dataclass(frozen=True, slots=True)
class Style:
    """How a face moves. The defaults leave everything as the network has it.

    Attributes:
        mouth_gain: 0..2, how far jaw and lips move for the same sound.
        expressiveness: 0..2, how far brows, lids, cheeks and the smile move.
        head_motion: 0..2, how far the head turns; 0 holds it still.
        blinks_per_minute: 0..60.
        gaze: where the eyes look.
        gaze_target: the direction they look in while `gaze` is `target`.
        emotion: what is felt.
        intensity: 0..1, how strongly.

    Raises:
        ValueError: a value beyond its range.
    """

    mouth_gain: float = 1.0
    expressiveness: float = 1.0
    head_motion: float = 1.0
    blinks_per_minute: float = 16.0
    gaze: Gaze = "free"
    gaze_target: GazeTarget = GazeTarget()
    emotion: Emotion = "neutral"
    intensity: float = 0.7

    def __post_init__(self) -> None:
        for name in ("mouth_gain", "expressiveness", "head_motion"):
            _check(name, getattr(self, name), MAX_AMOUNT)
        _check("blinks_per_minute", self.blinks_per_minute, MAX_BLINKS_PER_MINUTE)
        _check("intensity", self.intensity, 1.0)
        for name, choices in (("gaze", get_args(Gaze)), ("emotion", get_args(Emotion))):
            if getattr(self, name) not in choices:
                raise ValueError(f"{name} {getattr(self, name)!r}; it is one of {', '.join(choices)}")

    def changed(self, **changes: Any) -> Self:
        """This style with some fields changed; None keeps a field.

        Raises:
            ValueError: a value beyond its range.
        """
        kept = {field.name: getattr(self, field.name) for field in fields(self)}
        return type(self)(**kept | {name: value for name, value in changes.items() if value is not None})
