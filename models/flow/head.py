"""A small flow-matching head that samples one motion frame from the backbone's context, in one step or many.

The path is straight, x_t = (1 - t)·ε + t·x, t = 1 clean. The network predicts the clean frame x̂ (so that losses in the
space of vertices apply); its velocity is u = (x̂ - x_t) / (1 - t) (flow matching: Lipman et al. 2023; clean-data
prediction as in THUNDER, arXiv 2504.13386 §3). It is also told the size d of the step that is to be taken: d = 0 asks
for the velocity of the path, a larger d for the mean velocity over the step, learned from two steps of half the size
(shortcut models: Frans et al. 2024).
"""

import math

import torch
from torch import Tensor, nn


class FlowHead(nn.Module):
    """Residual MLP, conditioned by scale and shift (FiLM) on context, flow time and step size.

    Args:
        channels: of a frame.
        context: size of the backbone's context.
        width: of the hidden states.
        blocks: residual blocks.
        scale: typical deviation of a channel; the path runs in units of it, so that noise and motion weigh alike.
    """

    def __init__(self, channels: int, context: int, width: int, blocks: int = 2, scale: float = 0.12) -> None:
        super().__init__()
        self.scale = scale
        self.enter = nn.Linear(channels, width)
        self.condition = nn.Linear(context, width)
        self.time = nn.Linear(20, width)
        self.films = nn.ModuleList(nn.Linear(width, 2 * width) for _ in range(blocks))
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(blocks))
        self.layers = nn.ModuleList(
            nn.Sequential(nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width)) for _ in range(blocks)
        )
        self.leave = nn.Linear(width, channels)
        self.frequencies: Tensor
        self.register_buffer("frequencies", math.pi * 2.0 ** torch.arange(5) / 2, persistent=False)

    def forward(self, noisy: Tensor, time: Tensor, step: Tensor, context: Tensor) -> Tensor:
        """The clean frame, given a noisy one, all in units of the path.

        Args:
            noisy: `[..., channels]`, x_t.
            time: `[..., 1]`, t in 0..1; 1 is clean.
            step: `[..., 1]`, d, the step that will be taken: 1, ½, … 1/16, or 0, an infinitely small one.
            context: `[..., context]`.

        Returns:
            x̂ `[..., channels]`: x_t + (1 - t)·u, u the (mean) velocity.
        """
        angles = torch.cat([time * self.frequencies, step * self.frequencies], dim=-1)
        condition = self.condition(context) + self.time(torch.cat([angles.sin(), angles.cos()], dim=-1))
        condition = nn.functional.gelu(condition)
        x = self.enter(noisy) + condition
        for film, norm, layer in zip(self.films, self.norms, self.layers, strict=True):
            scale, shift = film(condition).chunk(2, dim=-1)
            x = x + layer(norm(x) * (1 + scale) + shift)
        out: Tensor = self.leave(x)
        return out

    def sample(self, noise: Tensor, context: Tensor, steps: int) -> Tensor:
        """Walks from noise `[..., channels]` of unit variance to a frame in `steps` equal steps."""
        x = noise
        for i in range(steps):
            time = torch.full_like(x[..., :1], i / steps)
            clean = self(x, time, torch.full_like(time, 1 / steps), context)
            x = x + (clean - x) * (1.0 / (steps - i))
        return x * self.scale
