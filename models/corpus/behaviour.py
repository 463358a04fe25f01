"""What the seeded noise should look like on a face: head, gaze, lids and brows as a function of it.

The network learns this map, so at run time the liveliness of a slot is the network's own, driven by its seed. The
statistics aim at FACS and gaze literature: head within a few degrees and under 3 Hz, fixations of 0.3–3 s that mostly
rest on the listener, 15–25 blinks a minute that close in 80 ms and open in 180, brows that rise with stress.
"""

from typing import Final

import numpy as np
import torch
from torch import Tensor

from models.face.channels import CHANNEL_COUNT, channel_index
from models.thunder.drives import BEHAVIOURS

_BLINK_SHAPE: Final = (0.25, 0.7, 1.0, 1.0, 0.97, 0.85, 0.68, 0.5, 0.34, 0.21, 0.12, 0.06, 0.02)
"""Closure per tick after the start: 60 ms to close, 40 shut, 160 to open."""
_GAZE_STEP_RAD: Final = 0.11
_RADIANS_PER_LOOK: Final = np.deg2rad(30.0)
"""EyeLook channels reach 1 at this eye angle."""


def behaviour_channels(drive: Tensor, effort: Tensor) -> Tensor:
    """Channels of the upper face, head and eyes.

    Args:
        drive: `[B, T, DRIVES]`, see `models.thunder.behaviour.drives`.
        effort: `[B, T]`, 0..1, how loud the voice is against its own usual level; 0 in silence.

    Returns:
        `[B, T, 61]`; mouth channels hold only the smile's bias.
    """
    z = dict(zip((*BEHAVIOURS, "target_x", "target_y"), drive.unbind(-1), strict=True))
    out = torch.zeros(*effort.shape, CHANNEL_COUNT)

    def put(name: str, value: Tensor) -> None:
        out[..., channel_index(name)] = value

    talking = 0.5 + 0.7 * effort
    yaw = 0.045 * z["head_yaw"] * talking + 0.04 * z["sway_yaw"]
    pitch = 0.032 * z["head_pitch"] * talking + 0.025 * z["sway_pitch"] + 0.03 * effort
    put("HeadYaw", yaw)
    put("HeadPitch", pitch)
    put("HeadRoll", 0.026 * z["head_roll"] * talking)

    # the gaze holds its target while the head turns (vestibulo-ocular reflex)
    gaze_x = _GAZE_STEP_RAD * z["target_x"] - yaw
    gaze_y = 0.7 * _GAZE_STEP_RAD * z["target_y"] - pitch
    for side in ("Left", "Right"):
        put(f"{side}EyeYaw", gaze_x)
        put(f"{side}EyePitch", gaze_y)
        put(f"EyeLookDown{side}", (gaze_y / _RADIANS_PER_LOOK).clamp(min=0))
        put(f"EyeLookUp{side}", (-gaze_y / _RADIANS_PER_LOOK).clamp(min=0))
        outward = gaze_x if side == "Left" else -gaze_x
        put(f"EyeLookOut{side}", (outward / _RADIANS_PER_LOOK).clamp(min=0))
        put(f"EyeLookIn{side}", (-outward / _RADIANS_PER_LOOK).clamp(min=0))

    shape = torch.tensor(_BLINK_SHAPE)
    padded = torch.nn.functional.pad(z["blink"], (len(shape) - 1, 0))
    closure = (padded.unfold(-1, len(shape), 1) * shape.flip(0)).amax(-1)
    brow = 0.22 * (z["brow"] - 0.6).clamp(min=0) + 0.16 * effort
    tilt = 0.06 * z["brow_side"]
    put("BrowInnerUp", brow.clamp(0, 0.8))
    put("BrowOuterUpLeft", (0.7 * brow + tilt).clamp(0, 0.7))
    put("BrowOuterUpRight", (0.7 * brow - tilt).clamp(0, 0.7))
    put("BrowDownLeft", 0.1 * (-z["brow"] - 1.0).clamp(min=0))
    put("BrowDownRight", 0.1 * (-z["brow"] - 1.0).clamp(min=0))
    lids = 0.05 * z["lids"]
    smile = (0.06 + 0.04 * z["smile"]).clamp(0, 0.2)
    for side in ("Left", "Right"):
        put(f"EyeBlink{side}", (closure + (0.04 - lids).clamp(0, 0.15) * (1 - closure)).clamp(0, 1))
        put(f"EyeWide{side}", (lids + 0.1 * brow).clamp(0, 0.3) * (1 - closure))
        put(f"EyeSquint{side}", (-lids + 0.3 * smile).clamp(0, 0.3))
        put(f"CheekSquint{side}", 0.5 * smile)
        put(f"MouthSmile{side}", smile)
    return out
