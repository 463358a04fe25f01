"""Noise that flows: white noise in, smooth noise of unit variance out, so that neighbouring frames are neighbours."""

import math

import torch
from torch import Tensor, nn

from models.ticks import TICK_S


class SmoothNoise(nn.Module):
    """Two equal one-pole filters per channel; the state is `[B, 2, N]`.

    Args:
        channels: N.
        time_s: time constant of each pole, seconds.
    """

    def __init__(self, channels: int, time_s: float) -> None:
        super().__init__()
        self.size = channels
        self.decay = math.exp(-TICK_S / time_s)
        # variance of white noise through two equal poles a: (1 + a²) / (1 - a²)³
        self.gain = math.sqrt((1 - self.decay**2) ** 3 / (1 + self.decay**2))

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
