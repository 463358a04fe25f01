"""Causal multi-level speech encoder: log-mel at 100 Hz to phonetic features and their levels at 50 Hz.

After ReFree-S2V (arXiv 2606.13304): level l is a convolution over speech features whose kernel grows from the phonetic
to the prosodic, followed by one MLP that all levels share, told apart by an embedding of the level's index. The paper
gives neither the number of levels nor the kernels; here they span a phone, a syllable, a word and a phrase.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from models.layers.conv import CausalConv1d, CausalDepthwiseConv1d
from models.layers.mel import MELS

LEVEL_KERNELS = (3, 9, 25, 63)
"""Reach of each level in ticks of 20 ms: 60 ms, 180 ms, 0.5 s, 1.3 s."""


@dataclass(slots=True)
class EncodedSpeech:
    """What the encoder heard.

    Attributes:
        features: `[B, T, dim]`, phonetic features.
        levels: `[B, T, levels, level_dim]`.
        tails: the convolutions' new tails.
    """

    features: Tensor
    levels: Tensor
    tails: list[Tensor]


class SpeechEncoder(nn.Module):
    """A strided convolution to 50 Hz, residual causal convolutions, and the levels above them."""

    def __init__(
        self, dim: int, level_dim: int, kernels: tuple[int, ...] = LEVEL_KERNELS, dilations: tuple[int, ...] = (1, 2, 4)
    ) -> None:
        super().__init__()
        self.down = CausalConv1d(MELS, dim, 6, stride=2)
        self.norms = nn.ModuleList(nn.LayerNorm(dim) for _ in dilations)
        self.convs = nn.ModuleList(CausalConv1d(dim, dim, 3, dilation=d) for d in dilations)
        self.level_in = nn.Linear(dim, level_dim * len(kernels))
        self.level_convs = nn.ModuleList(CausalDepthwiseConv1d(level_dim, kernel) for kernel in kernels)
        self.level_index = nn.Parameter(0.02 * torch.randn(len(kernels), level_dim))
        self.level_mlp = nn.Sequential(
            nn.LayerNorm(level_dim), nn.Linear(level_dim, 2 * level_dim), nn.GELU(), nn.Linear(2 * level_dim, level_dim)
        )

    def _tailed(self) -> list[CausalConv1d | CausalDepthwiseConv1d]:
        return [self.down, *self.convs, *self.level_convs]

    def init_tails(self, batch_size: int) -> list[Tensor]:
        """One tail per convolution: the strided one's, the residual ones', the levels'."""
        return [conv.init_tail(batch_size) for conv in self._tailed()]

    def forward(self, mel: Tensor, tails: list[Tensor]) -> EncodedSpeech:
        """Encodes `[B, 2T, MELS]`."""
        x, tail = self.down(mel, tails[0])
        new_tails = [tail]
        count = len(self.convs)
        for norm, conv, old in zip(self.norms, self.convs, tails[1 : 1 + count], strict=True):
            y, tail = conv(nn.functional.gelu(norm(x)), old)
            x = x + y
            new_tails.append(tail)
        levels = []
        parts = self.level_in(x).chunk(len(self.level_convs), dim=-1)
        for part, conv, old in zip(parts, self.level_convs, tails[1 + count :], strict=True):
            y, tail = conv(part, old)
            levels.append(y)
            new_tails.append(tail)
        stacked = torch.stack(levels, dim=2) + self.level_index
        return EncodedSpeech(x, stacked + self.level_mlp(stacked), new_tails)
