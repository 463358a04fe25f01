"""A session's style, put on its frames: pure arithmetic on 61 channels, and the glide from one style to the next.

A rig's lips are linear in the weights, so gains keep a seal by construction: a smaller mouth scales every lip channel
alike (and keeps what presses or rolls the lips together), and a larger one leaves frames alone whose lips meet.
"""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.face.channels import CHANNEL_COUNT, channel_index, channel_indices
from models.face.head.response import GAP_RESPONSE_MM
from stream_engine.stage.style import Style

GLIDE_TICKS: Final = 10
"""A change of style takes so long, 200 ms."""


def _index(*names: str) -> NDArray[np.intp]:
    return np.array(channel_indices(names))


_MOUTH: Final = _index(
    "JawForward", "JawRight", "JawLeft", "JawOpen", "MouthClose", "MouthFunnel", "MouthPucker", "MouthRight",
    "MouthLeft", "MouthSmileLeft", "MouthSmileRight", "MouthStretchLeft", "MouthStretchRight", "MouthRollLower",
    "MouthRollUpper", "MouthShrugLower", "MouthShrugUpper", "MouthPressLeft", "MouthPressRight",
    "MouthLowerDownLeft", "MouthLowerDownRight", "MouthUpperUpLeft", "MouthUpperUpRight", "CheekPuff", "TongueOut",
)  # fmt: skip
_EXPRESSION: Final = _index(
    "EyeSquintLeft", "EyeWideLeft", "EyeSquintRight", "EyeWideRight", "MouthFrownLeft", "MouthFrownRight",
    "MouthDimpleLeft", "MouthDimpleRight", "BrowDownLeft", "BrowDownRight", "BrowInnerUp", "BrowOuterUpLeft",
    "BrowOuterUpRight", "CheekSquintLeft", "CheekSquintRight",
)  # fmt: skip
_SNEER: Final = _index("NoseSneerLeft", "NoseSneerRight")
_SMILE: Final = _index("MouthSmileLeft", "MouthSmileRight")
_SEAL: Final = _index("MouthPressLeft", "MouthPressRight", "MouthRollLower")
_PAIR: Final = _index("JawOpen", "MouthClose")
_ROLL_LOWER, _ROLL_UPPER = channel_index("MouthRollLower"), channel_index("MouthRollUpper")
_ROLL: Final = channel_index("HeadRoll")
GAZE_AXES: Final = tuple(
    (channel_index(head), tuple(tuple(channel_indices(names)) for names in eyes))
    for head, eyes in {
        "HeadYaw": (
            ("LeftEyeYaw", "EyeLookOutLeft", "EyeLookInLeft"),
            ("RightEyeYaw", "EyeLookInRight", "EyeLookOutRight"),
        ),
        "HeadPitch": (
            ("LeftEyePitch", "EyeLookDownLeft", "EyeLookUpLeft"),
            ("RightEyePitch", "EyeLookDownRight", "EyeLookUpRight"),
        ),
    }.items()
)
"""Each axis of the head, and of each eye: its angle, and the lids' channels for positive and negative angles."""

_RESPONSE: Final = np.zeros(CHANNEL_COUNT, np.float32)
_RESPONSE[channel_indices(GAP_RESPONSE_MM)] = list(GAP_RESPONSE_MM.values())

_SEALED_MM: Final = 0.3
"""Opening that a head's closed lips have in reserve; at or under it the lips meet."""
_OPEN_MM: Final = 2.5
"""Opening from which gains over 1 act in full."""
_SMILE_BIAS: Final = 0.12
"""A smile up to here is the face's; what is beyond it is the spread of a vowel."""
_RADIANS_PER_LOOK: Final = float(np.deg2rad(30.0))
"""EyeLook channels reach 1 at this eye angle."""
_EYE_LIMIT: Final = float(np.deg2rad(35.0))
_MICRO_SACCADE: Final = 0.012
"""Largest deviation from the camera, radians (0.7°); glances of a free gaze shrink to it."""
_GLANCE: Final = 0.04


@dataclass(frozen=True, slots=True)
class Amounts:
    """A style on its way.

    Attributes:
        mouth: gain, 0..2; so are expression and head.
        expression: 0..2.
        head: 0..2.
        camera: 0 for a free gaze, 1 for one that keeps to the camera.
    """

    mouth: float = 1.0
    expression: float = 1.0
    head: float = 1.0
    camera: float = 0.0

    @classmethod
    def of(cls, style: Style) -> "Amounts":
        """Where a style leads."""
        return cls(style.mouth_gain, style.expressiveness, style.head_motion, float(style.gaze == "camera"))


NEUTRAL: Final = Amounts()


def styled(channels: NDArray[np.float32], amounts: Amounts) -> NDArray[np.float32]:
    """A frame as a style has it.

    Args:
        channels: `[61]`; blendshapes 0..1, angles in radians.
        amounts: how much of what.

    Returns:
        `[61]`: the same array for `NEUTRAL`, else a new one, blendshapes 0..1. Lips that meet still meet.
    """
    if amounts == NEUTRAL:
        return channels
    out = channels.copy()
    if amounts.mouth != 1 or amounts.expression != 1:
        parted = _parted(channels)
        _gain_mouth(channels, out, amounts.mouth, parted)
        _gain_expression(channels, out, amounts.expression, parted)
        _gain_smile(channels, out, amounts, parted)
    if amounts.head != 1 or amounts.camera != 0:
        _turn(channels, out, amounts)
    return out


def opening_mm(channels: NDArray[np.float32]) -> float:
    """How far a frame `[61]` opens the lips from rest, millimetres; negative where it presses them together."""
    return float(_RESPONSE @ channels)


def _parted(channels: NDArray[np.float32]) -> float:
    """How far the lips are from meeting, 0..1."""
    x = min(max((opening_mm(channels) - _SEALED_MM) / (_OPEN_MM - _SEALED_MM), 0.0), 1.0)
    return x * x * (3 - 2 * x)


def _gain_mouth(channels: NDArray[np.float32], out: NDArray[np.float32], gain: float, parted: float) -> None:
    mouth = channels[_MOUTH]
    if gain <= 1:
        out[_MOUTH] = gain * mouth
        out[_SNEER] = gain * channels[_SNEER]  # it lifts the upper lip
        out[_SEAL] = channels[_SEAL]
        # The upper lip's roll lifts it a little; it is kept as far as the lower lip's, which outweighs that.
        roll = float(channels[_ROLL_UPPER])
        out[_ROLL_UPPER] = gain * roll + (1 - gain) * min(roll, float(channels[_ROLL_LOWER]))
        return
    more = 1 + (gain - 1) * parted
    out[_MOUTH] = _more(mouth, more)
    pair = channels[_PAIR]
    out[_PAIR] = pair * (1 + (more - 1) * (1 - pair.max()))  # alike, or the lips would part where the jaw only drops


def _gain_expression(channels: NDArray[np.float32], out: NDArray[np.float32], gain: float, parted: float) -> None:
    shapes, sneer = channels[_EXPRESSION], out[_SNEER]
    if gain <= 1:
        out[_EXPRESSION], out[_SNEER] = gain * shapes, gain * sneer
    else:
        out[_EXPRESSION] = _more(shapes, gain)
        out[_SNEER] = _more(sneer, 1 + (gain - 1) * parted)


def _gain_smile(channels: NDArray[np.float32], out: NDArray[np.float32], amounts: Amounts, parted: float) -> None:
    smile = channels[_SMILE]
    bias = np.minimum(smile, _SMILE_BIAS)
    spread = smile - bias
    mouth = amounts.mouth if amounts.mouth <= 1 else 1 + (amounts.mouth - 1) * parted
    out[_SMILE] = np.minimum(amounts.expression * bias + (spread * mouth if mouth <= 1 else _more(spread, mouth)), 1)


def _more(shapes: NDArray[np.float32], gain: float) -> NDArray[np.float32]:
    """Shapes 0..1 with a gain of 1 to 2 that fades toward 1: nothing is cut off, and order is kept."""
    grown: NDArray[np.float32] = shapes * (1 + (gain - 1) * (1 - shapes))
    return grown


def _turn(channels: NDArray[np.float32], out: NDArray[np.float32], amounts: Amounts) -> None:
    """Turns the head less or more, and the eyes so that the gaze stays where it was, or goes to the camera."""
    for head, eyes in GAZE_AXES:
        before = channels.item(head)
        out[head] = after = amounts.head * before
        for eye in eyes:
            gaze = channels.item(eye[0]) + before
            gaze += amounts.camera * (_MICRO_SACCADE * math.tanh(gaze / _GLANCE) - gaze)
            aim_eye(channels, out, eye, gaze - after)
    out[_ROLL] = amounts.head * channels.item(_ROLL)


def aim_eye(channels: NDArray[np.float32], out: NDArray[np.float32], eye: tuple[int, ...], turned: float) -> None:
    """Turns one eye to an angle, and its lids along with it.

    Args:
        channels: `[61]`, the frame as it was.
        out: `[61]`, the frame to write to.
        eye: one axis of one eye, of `GAZE_AXES`.
        turned: radians within the head; beyond 35° the eye stops.
    """
    angle, positive, negative = eye
    out[angle] = turned = min(max(turned, -_EYE_LIMIT), _EYE_LIMIT)
    more, less = channels.item(positive), channels.item(negative)
    both = min(more, less)
    look = more - less + (turned - channels.item(angle)) / _RADIANS_PER_LOOK
    out[positive] = min(both + max(look, 0.0), 1.0)
    out[negative] = min(both + max(-look, 0.0), 1.0)


class StyleGlide:
    """Goes from style to style without a jump.

    Args:
        style: to begin with.
    """

    def __init__(self, style: Style) -> None:
        self._now = self._goal = Amounts.of(style)
        self._left = 0

    def turn(self, style: Style) -> None:
        """Sets out for another style."""
        self._goal = Amounts.of(style)
        self._left = GLIDE_TICKS

    def frame(self, channels: NDArray[np.float32]) -> NDArray[np.float32]:
        """The next frame; see :func:`styled`."""
        if self._left:
            share = 1 / self._left
            now, goal = self._now, self._goal
            self._left -= 1
            self._now = (
                goal
                if not self._left
                else Amounts(
                    now.mouth + share * (goal.mouth - now.mouth),
                    now.expression + share * (goal.expression - now.expression),
                    now.head + share * (goal.head - now.head),
                    now.camera + share * (goal.camera - now.camera),
                )
            )
        return styled(channels, self._now)
