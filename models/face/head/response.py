"""How far each morph at full weight opens the lips of the built-in heads, and which openings are a seal.

One network drives every rig, so a weight must mean the same opening on each: the heads are made to a human's measures,
those of the ICT FaceKit, whose mouth is 50.7 mm wide (ours is 50) and 0.8 mm open at rest (ours is shut). Three
differ. The scan's MouthClose takes 37.2 mm, more than its jaw gives, which would push our lips through each other; its
NoseSneers give 3.2 and its JawForward 1.1.
"""

from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from models.face.channels import CHANNEL_COUNT, channel_indices

Floats: TypeAlias = NDArray[np.floating[Any]]

GAP_RESPONSE_MM: dict[str, float] = {
    "JawOpen": 29.0,
    "MouthClose": -31.0,
    "MouthFunnel": 10.8,
    "MouthPucker": -1.3,
    "MouthLowerDownLeft": 2.9,
    "MouthLowerDownRight": 2.9,
    "MouthUpperUpLeft": 3.5,
    "MouthUpperUpRight": 3.5,
    "MouthRollLower": -2.5,
    "MouthRollUpper": 1.6,
    "MouthShrugLower": -6.4,
    "MouthShrugUpper": 4.6,
    "MouthPressLeft": -1.1,
    "MouthPressRight": -1.1,
    "NoseSneerLeft": 2.5,
    "NoseSneerRight": 2.5,
    "JawForward": 1.0,
}
"""Millimetres of mean inner-lip gap per unit weight; unlisted morphs leave the gap alone."""
HUMAN_SNEER_MM: Final = 3.2
"""What either NoseSneer gives on the ICT FaceKit."""

GAP_RESPONSE: Final[NDArray[np.float32]] = np.zeros(CHANNEL_COUNT, np.float32)
"""`[61]`: `GAP_RESPONSE_MM` by channel."""
GAP_RESPONSE[channel_indices(GAP_RESPONSE_MM)] = list(GAP_RESPONSE_MM.values())
GAP_RESPONSE.setflags(write=False)

SEALED_MM: Final = 0.3
"""Opening that a head's closed lips have in reserve; at or under it they meet."""
OPEN_MM: Final = 2.5
"""Opening from which lips are apart beyond doubt."""

WIDTH_RESPONSE: dict[str, tuple[float, float]] = {
    "MouthPucker": (-0.45, -0.33),
    "MouthFunnel": (-0.36, -0.22),
    "MouthSmile": (0.10, 0.24),
    "MouthStretch": (0.10, 0.24),
}
"""Relative change of the mouth's width, least and most; both sides together for left and right morphs."""


def opening_mm(channels: Floats) -> Floats:
    """How far frames open the lips from rest, millimetres; negative where they press them together.

    Args:
        channels: `[..., 61]`.

    Returns:
        `[...]`.
    """
    opening: Floats = channels @ GAP_RESPONSE
    return opening
