"""Causal speech encoder: log-mel at 100 Hz to features at 50 Hz."""

import torch
from torch import Tensor, nn

from models.layers.conv import CausalConv1d
from models.layers.mel import MELS


class SpeechEncoder(nn.Module):
    """A strided convolution to 50 Hz, then residual causal convolutions whose reach grows by dilation."""

    def __init__(self, dim: int, kernel: int = 3, dilations: tuple[int, ...] = (1, 2, 4)) -> None:
        super().__init__()
        self.down = CausalConv1d(MELS, dim, 6, stride=2)
        self.norms = nn.ModuleList(nn.LayerNorm(dim) for _ in dilations)
        self.convs = nn.ModuleList(CausalConv1d(dim, dim, kernel, dilation=d) for d in dilations)

    def init_tails(self, batch_size: int) -> list[Tensor]:
        """One tail per convolution, first the strided one's."""
        tails = [self.down.init_tail(batch_size)]
        return tails + [conv.init_tail(batch_size) for conv in self.convs if isinstance(conv, CausalConv1d)]

    def forward(self, mel: Tensor, tails: list[Tensor]) -> tuple[Tensor, list[Tensor]]:
        """Encodes `[B, 2T, MELS]` to `[B, T, dim]`; gives the new tails too."""
        x, tail = self.down(mel, tails[0])
        new_tails = [tail]
        for norm, conv, old in zip(self.norms, self.convs, tails[1:], strict=True):
            y, tail = conv(torch.nn.functional.gelu(norm(x)), old)
            x = x + y
            new_tails.append(tail)
        return x, new_tails
