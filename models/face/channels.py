"""The 61 motion channels: their names, order, units and ranges.

The order is that of Live Link Face's CSV: ARKit's 52 blendshapes (0..1), then head yaw, pitch and roll, then yaw,
pitch and roll of each eye. Angles are radians in glTF axes (right-handed: +Y up, +Z out of the face, +X the
character's left), rotation order YXZ: +yaw turns to the character's left, +pitch looks down, +roll lowers the
character's right ear. "Left" is always the character's left.
"""

import math
from collections.abc import Iterable
from typing import Final

BLENDSHAPES: tuple[str, ...] = (
    "EyeBlinkLeft", "EyeLookDownLeft", "EyeLookInLeft", "EyeLookOutLeft", "EyeLookUpLeft", "EyeSquintLeft",
    "EyeWideLeft", "EyeBlinkRight", "EyeLookDownRight", "EyeLookInRight", "EyeLookOutRight", "EyeLookUpRight",
    "EyeSquintRight", "EyeWideRight", "JawForward", "JawRight", "JawLeft", "JawOpen", "MouthClose", "MouthFunnel",
    "MouthPucker", "MouthRight", "MouthLeft", "MouthSmileLeft", "MouthSmileRight", "MouthFrownLeft",
    "MouthFrownRight", "MouthDimpleLeft", "MouthDimpleRight", "MouthStretchLeft", "MouthStretchRight",
    "MouthRollLower", "MouthRollUpper", "MouthShrugLower", "MouthShrugUpper", "MouthPressLeft", "MouthPressRight",
    "MouthLowerDownLeft", "MouthLowerDownRight", "MouthUpperUpLeft", "MouthUpperUpRight", "BrowDownLeft",
    "BrowDownRight", "BrowInnerUp", "BrowOuterUpLeft", "BrowOuterUpRight", "CheekPuff", "CheekSquintLeft",
    "CheekSquintRight", "NoseSneerLeft", "NoseSneerRight", "TongueOut",
)  # fmt: skip
"""ARKit's 52 blendshapes, each 0..1."""

ANGLES: tuple[str, ...] = (
    "HeadYaw", "HeadPitch", "HeadRoll", "LeftEyeYaw", "LeftEyePitch", "LeftEyeRoll", "RightEyeYaw", "RightEyePitch",
    "RightEyeRoll",
)  # fmt: skip
"""Head and eye angles in radians, YXZ."""

RADIANS_PER_LOOK: Final = math.radians(30)
"""EyeLook channels, which carry the lids along, reach 1 at this angle of the eye."""
EYE_LIMIT: Final = math.radians(35)
"""Eyes turn no further, either way."""

CHANNELS: tuple[str, ...] = BLENDSHAPES + ANGLES
CHANNEL_COUNT = len(CHANNELS)
BLENDSHAPE_COUNT = len(BLENDSHAPES)

_INDEX = {name: i for i, name in enumerate(CHANNELS)}


class UnknownChannelError(KeyError):
    """A channel name that is none of the 61."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name!r} is no motion channel; the 61 names are in models.face.channels.CHANNELS")


def channel_index(name: str) -> int:
    """Index of a channel, 0..60.

    Raises:
        UnknownChannelError: the name is none of the 61 (names are case-sensitive).
    """
    try:
        return _INDEX[name]
    except KeyError:
        raise UnknownChannelError(name) from None


def channel_indices(names: Iterable[str]) -> list[int]:
    """Indices of several channels; see :func:`channel_index`."""
    return [channel_index(name) for name in names]
