"""A session's style, put on its frames: pure arithmetic on 61 channels, and the glide from one style to the next.

A rig's lips are linear in the weights, so gains keep a seal by construction: a smaller mouth scales every lip channel
alike (and keeps what presses or rolls the lips together), and a larger one leaves frames alone whose lips meet.
"""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.face.channels import channel_index, channel_indices
from models.face.expression import EMOTION_NAMES, with_emotion
from models.face.head.response import OPEN_MM, SEALED_MM, opening_mm
from stream_engine.stage.emotion_glide import EmotionGlide, Feelings
from stream_engine.stage.gaze import FREE, Aim, AimGlide, Direction, turned
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

_SMILE_BIAS: Final = 0.12
"""A smile up to here is the face's; what is beyond it is the spread of a vowel."""


_UNMOVED: Final[Feelings] = (0.0,) * len(EMOTION_NAMES)


@dataclass(frozen=True, slots=True)
class Amounts:
    """A style on its way.

    Attributes:
        mouth: gain, 0..2; so are expression and head.
        expression: 0..2.
        head: 0..2.
        aim: where the gaze is held, if it is.
        feelings: strength of each emotion, 0..1.
        speech: 0..1, how much the mouth speaks, and holds its feelings back.
    """

    mouth: float = 1.0
    expression: float = 1.0
    head: float = 1.0
    aim: Aim = FREE
    feelings: Feelings = _UNMOVED
    speech: float = 0.0


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
    out = channels
    if amounts.mouth != 1 or amounts.expression != 1:
        out = channels.copy()
        parted = _parted(channels)
        _gain_mouth(channels, out, amounts.mouth, parted)
        _gain_expression(channels, out, amounts.expression, parted)
        _gain_smile(channels, out, amounts, parted)
    if any(amounts.feelings):
        out = with_emotion(out, dict(zip(EMOTION_NAMES, amounts.feelings, strict=True)), amounts.speech)
    # Last: a feeling moves the head, and the eyes must keep to a target all the same.
    if amounts.head != 1 or amounts.aim != FREE:
        out = turned(out, amounts.head, amounts.aim)
    return out


def _parted(channels: NDArray[np.float32]) -> float:
    """How far the lips are from meeting, 0..1; at 1 gains over 1 act in full."""
    x = min(max((float(opening_mm(channels)) - SEALED_MM) / (OPEN_MM - SEALED_MM), 0.0), 1.0)
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


class StyleGlide:
    """Goes from style to style without a jump.

    Args:
        style: to begin with.
    """

    def __init__(self, style: Style) -> None:
        self._gains = self._goal = _gains(style)
        self._left = 0
        self._aim = AimGlide(_target(style))
        self._feelings = EmotionGlide(style)

    def turn(self, style: Style) -> None:
        """Sets out for another style."""
        self._goal = _gains(style)
        self._left = GLIDE_TICKS
        self._aim.turn(_target(style))
        self._feelings.turn(style)

    def frame(self, channels: NDArray[np.float32]) -> NDArray[np.float32]:
        """The next frame; see :func:`styled`."""
        if self._left:
            share = 1 / self._left
            now, goal = self._gains, self._goal
            self._left -= 1
            self._gains = (
                goal
                if not self._left
                else Amounts(
                    now.mouth + share * (goal.mouth - now.mouth),
                    now.expression + share * (goal.expression - now.expression),
                    now.head + share * (goal.head - now.head),
                )
            )
        feelings, speech = self._feelings.frame(channels)
        aim = self._aim.next()
        if aim is FREE and not any(feelings):
            return styled(channels, self._gains)
        return styled(channels, replace(self._gains, aim=aim, feelings=feelings, speech=speech))


def _gains(style: Style) -> Amounts:
    return Amounts(style.mouth_gain, style.expressiveness, style.head_motion)


def _target(style: Style) -> Direction | None:
    """Where a style wants the gaze held; None leaves it to the network."""
    if style.gaze == "free":
        return None
    return (0.0, 0.0) if style.gaze == "camera" else (style.gaze_target.yaw, style.gaze_target.pitch)
