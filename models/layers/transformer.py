"""Causal transformer block over a ring of cached keys and values."""

from torch import Tensor, nn

from kernels.ring_attention.reference import alibi_slopes, ring_attention


class RingBlock(nn.Module):
    """Pre-norm attention and feed-forward; sees at most `window` positions back.

    Heads may share keys and values (grouped queries: Ainslie et al. 2023), which makes the ring smaller.
    """

    def __init__(
        self, dim: int, heads: int, heads_per_key: int, feed_forward: int, window: int, dropout: float = 0.0
    ) -> None:
        super().__init__()
        self.heads, self.key_heads = heads, heads // heads_per_key
        self.window = window
        self.sizes = [dim, dim // heads_per_key, dim // heads_per_key]
        self.norm_attention = nn.LayerNorm(dim)
        self.query_key_value = nn.Linear(dim, sum(self.sizes))
        self.project = nn.Linear(dim, dim)
        self.norm_feed_forward = nn.LayerNorm(dim)
        self.feed_forward = nn.Sequential(nn.Linear(dim, feed_forward), nn.GELU(), nn.Linear(feed_forward, dim))
        self.dropout = nn.Dropout(dropout)
        self.slopes: Tensor
        self.register_buffer("slopes", alibi_slopes(heads), persistent=False)

    def forward(
        self, x: Tensor, ring_keys: Tensor, ring_values: Tensor, distances: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """One chunk.

        Args:
            x: `[B, T, dim]`.
            ring_keys: `[B, key_heads, window, dim / heads]`; no rows for a stream without past.
            ring_values: as `ring_keys`.
            distances: from `ring_distances`.

        Returns:
            `[B, T, dim]`, and the chunk's keys and values `[B, key_heads, T, dim / heads]` for the caller to write into
            the ring.
        """
        parts = self.query_key_value(self.norm_attention(x)).split(self.sizes, dim=-1)
        query, key, value = (
            part.reshape(*x.shape[:2], heads, -1).transpose(1, 2)
            for part, heads in zip(parts, (self.heads, self.key_heads, self.key_heads), strict=True)
        )
        attended = ring_attention(query, key, value, ring_keys, ring_values, distances, self.slopes, self.window)
        x = x + self.dropout(self.project(attended.transpose(1, 2).reshape(x.shape)))
        return x + self.dropout(self.feed_forward(self.norm_feed_forward(x))), key, value
