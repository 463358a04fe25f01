"""How a backbone block listens: a level selector and multi-head FiLM (ReFree-S2V, arXiv 2606.13304)."""

import torch
from torch import Tensor, nn


class MultiHeadFilm(nn.Module):
    """Scales and shifts a block's hidden states by what their head selects of the speech levels.

    The states are projected and split into K heads; head k takes the mixture A_k = Σ_i softmax(W_k)_i · L_i of the
    levels, and (γ_k, β_k) = W_c^k(A_k) gives γ_k ⊙ H_k + β_k; the heads are concatenated. The paper's selector is one
    vector a block; one a head costs nothing more and lets the heads of a block listen to phones and phrases at once.
    """

    def __init__(self, dim: int, level_dim: int, levels: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm = nn.LayerNorm(dim)
        self.project = nn.Linear(dim, dim)
        self.select = nn.Parameter(0.5 * torch.randn(heads, levels))
        self.condition = nn.Parameter(torch.randn(heads, level_dim, 2 * dim // heads) / level_dim**0.5)
        self.offset = nn.Parameter(torch.zeros(heads, 2 * dim // heads))

    def forward(self, x: Tensor, levels: Tensor) -> Tensor:
        """Hidden states `[B, T, dim]`, modulated by levels `[B, T, levels, level_dim]`."""
        batch, ticks, dim = x.shape
        chosen = torch.softmax(self.select, dim=-1) @ levels  # [B, T, heads, level_dim]
        chosen = chosen.reshape(batch * ticks, self.heads, -1).transpose(0, 1)
        modulation = torch.baddbmm(self.offset[:, None], chosen, self.condition)  # [heads, B · T, 2 · dim / heads]
        scale, shift = modulation.transpose(0, 1).reshape(batch, ticks, self.heads, -1).chunk(2, dim=-1)
        hidden = self.project(self.norm(x)).reshape(batch, ticks, self.heads, -1)
        out: Tensor = ((1 + scale) * hidden + shift).reshape(batch, ticks, dim)
        return out
