"""Causal transformer block over a ring of cached keys and values."""

import torch
from torch import Tensor, nn

from kernels.ring_attention.reference import alibi_slopes, ring_attention


class RingBlock(nn.Module):
    """Pre-norm attention and feed-forward; sees at most `window` positions back."""

    def __init__(self, dim: int, heads: int, feed_forward: int, window: int) -> None:
        super().__init__()
        self.heads = heads
        self.window = window
        self.norm_attention = nn.LayerNorm(dim)
        self.query_key_value = nn.Linear(dim, 3 * dim)
        self.project = nn.Linear(dim, dim)
        self.norm_feed_forward = nn.LayerNorm(dim)
        self.feed_forward = nn.Sequential(nn.Linear(dim, feed_forward), nn.GELU(), nn.Linear(feed_forward, dim))
        self.slopes: Tensor
        self.register_buffer("slopes", alibi_slopes(heads), persistent=False)

    def _split(self, x: Tensor) -> Tensor:  # [B, N, dim] -> [B, H, N, D]
        return x.view(x.shape[0], x.shape[1], self.heads, -1).transpose(1, 2)

    def forward(
        self, x: Tensor, ring_keys: Tensor | None, ring_values: Tensor | None, distances: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """One chunk.

        Args:
            x: `[B, T, dim]`.
            ring_keys: `[B, window, dim]`, or None for a stream without past.
            ring_values: as `ring_keys`.
            distances: from `ring_distances`.

        Returns:
            `[B, T, dim]`, and the chunk's keys and values `[B, T, dim]` for the caller to write into the ring.
        """
        query, key, value = self.query_key_value(self.norm_attention(x)).chunk(3, dim=-1)
        keys = key if ring_keys is None else torch.cat([ring_keys, key], dim=1)
        values = value if ring_values is None else torch.cat([ring_values, value], dim=1)
        attended = ring_attention(
            self._split(query), self._split(keys), self._split(values), distances, self.slopes, self.window
        )
        x = x + self.project(attended.transpose(1, 2).reshape(x.shape))
        return x + self.feed_forward(self.norm_feed_forward(x)), key, value
