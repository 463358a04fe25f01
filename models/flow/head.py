"""A small flow-matching head that samples one motion frame from the backbone's context.

The path is straight, x_t = (1 - t)·ε + t·x, and the network predicts the clean frame x̂ (so that losses in the space of
vertices apply); its velocity is u = (x̂ - x_t) / (1 - t). One step from t = 0 returns x̂ itself, the conditional mean;
more steps walk towards a sample of the conditional distribution (flow matching: Lipman et al. 2023; clean-data
prediction as in THUNDER, arXiv 2504.13386 §3).
"""

import math

import torch
from torch import Tensor, nn


class FlowHead(nn.Module):
    """Residual MLP, conditioned by scale and shift (FiLM) on context and flow time."""

    def __init__(self, channels: int, context: int, width: int, blocks: int = 2) -> None:
        super().__init__()
        self.channels = channels
        self.enter = nn.Linear(channels, width)
        self.condition = nn.Linear(context, width)
        self.time = nn.Linear(16, width)
        self.films = nn.ModuleList(nn.Linear(width, 2 * width) for _ in range(blocks))
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(blocks))
        self.layers = nn.ModuleList(
            nn.Sequential(nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width)) for _ in range(blocks)
        )
        self.leave = nn.Linear(width, channels)
        self.frequencies: Tensor
        self.register_buffer("frequencies", math.pi * 2.0 ** torch.arange(8) / 2, persistent=False)

    def forward(self, noisy: Tensor, time: Tensor, context: Tensor) -> Tensor:
        """The clean frame, given a noisy one.

        Args:
            noisy: `[..., channels]`, x_t.
            time: `[..., 1]`, t in 0..1; 1 is clean.
            context: `[..., context]`.

        Returns:
            x̂ `[..., channels]`.
        """
        angles = time * self.frequencies
        condition = self.condition(context) + self.time(torch.cat([angles.sin(), angles.cos()], dim=-1))
        condition = nn.functional.gelu(condition)
        x = self.enter(noisy) + condition
        for film, norm, layer in zip(self.films, self.norms, self.layers, strict=True):
            scale, shift = film(condition).chunk(2, dim=-1)
            x = x + layer(norm(x) * (1 + scale) + shift)
        out: Tensor = self.leave(x)
        return out

    def sample(self, noise: Tensor, context: Tensor, steps: int) -> Tensor:
        """Walks from noise `[..., channels]` to a frame in `steps` equal Euler steps."""
        x = noise
        for i in range(steps):
            time = torch.full_like(x[..., :1], i / steps)
            clean = self(x, time, context)
            x = x + (clean - x) * (1.0 / (steps - i))
        return x
