"""Where a slot's liveliness comes from: seeded noise, filtered to the time scales of a living face.

Each noise channel passes two one-pole filters, so that its path is smooth, and keeps unit variance: slow channels drive
the head, fast ones the brows. Some of life is events, not drift: a rare large value of the raw blink channel starts a
blink, and the gaze channels choose among a few targets. What these drives look like on a face, the network learns.
"""

import math
from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor, nn

BEHAVIOUR_TIME_S: Final[dict[str, float]] = {
    "head_yaw": 0.45,
    "head_pitch": 0.35,
    "head_roll": 0.60,
    "gaze_x": 0.40,
    "gaze_y": 0.50,
    "blink": 0.0,
    "brow": 0.25,
    "brow_side": 0.60,
    "smile": 2.0,
    "lids": 1.2,
    "sway_yaw": 2.5,
    "sway_pitch": 3.0,
}
"""Noise channels and the time constant of each of their two poles, seconds; 0 is unfiltered."""

BEHAVIOURS: Final = tuple(BEHAVIOUR_TIME_S)
BLINK_THRESHOLD: Final = 2.55
"""A raw value of the blink channel above this starts a blink: 16 a minute at 50 draws a second."""
DRIVES: Final = len(BEHAVIOURS) + 2
"""Smooth noise, with the blink channel turned into its event, and a horizontal and a vertical gaze target."""
FLOW_TIME_S: Final = 0.12
"""Time constant of the flow head's own noise: neighbouring frames start from neighbouring noise."""
TICK_S: Final = 0.02


def gaze_target(smooth: Tensor) -> Tensor:
    """-1, 0 or 1 for gaze noise: rests on a target and moves fast between them, two thirds of the time on 0."""
    return torch.tanh(9 * (smooth - 1.0)) / 2 + torch.tanh(9 * (smooth + 1.0)) / 2


def drives(smooth: Tensor, raw: Tensor) -> Tensor:
    """What behaviour follows from.

    Args:
        smooth: `[B, T, behaviours]`, filtered noise in the order of `BEHAVIOURS`.
        raw: `[B, T, behaviours]`, the white noise it came from.

    Returns:
        `[B, T, DRIVES]`: the smooth noise, its blink channel replaced by 1 where a blink starts and else 0, then the
        gaze targets.
    """
    parts = list(smooth.unbind(-1))
    blink = BEHAVIOURS.index("blink")
    parts[blink] = (raw[..., blink] > BLINK_THRESHOLD).to(smooth.dtype)
    parts += [gaze_target(smooth[..., BEHAVIOURS.index(name)]) for name in ("gaze_x", "gaze_y")]
    return torch.stack(parts, dim=-1)


@dataclass(frozen=True, slots=True)
class _Poles:
    decay: list[float]
    gain: list[float]


def _poles(times: list[float]) -> _Poles:
    decay = [math.exp(-TICK_S / t) if t > 0 else 0.0 for t in times]
    # variance of white noise through two equal poles a: (1 + a²) / (1 - a²)³
    gain = [math.sqrt((1 - a * a) ** 3 / (1 + a * a)) for a in decay]
    return _Poles(decay, gain)


class NoiseFilter(nn.Module):
    """White noise in, smooth noise of unit variance out; the state is `[B, 2, N]`."""

    def __init__(self, flow_channels: int) -> None:
        super().__init__()
        self.size = len(BEHAVIOURS) + flow_channels
        poles = _poles([*BEHAVIOUR_TIME_S.values(), *([FLOW_TIME_S] * flow_channels)])
        self.decay: Tensor
        self.gain: Tensor
        self.register_buffer("decay", torch.tensor(poles.decay), persistent=False)
        self.register_buffer("gain", torch.tensor(poles.gain), persistent=False)

    def init_state(self, batch_size: int) -> Tensor:
        """A calm start: zeros."""
        return torch.zeros(batch_size, 2, self.size)

    def forward(self, noise: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        """Filters `[B, T, N]`; gives the smooth noise and the new state."""
        first, second = state[:, 0], state[:, 1]
        out = []
        for t in range(noise.shape[1]):
            first = self.decay * first + noise[:, t]
            second = self.decay * second + first
            out.append(second * self.gain)
        return torch.stack(out, dim=1), torch.stack([first, second], dim=1)
