"""Causal convolution with an explicit tail."""

import torch
from torch import Tensor, nn


class CausalConv1d(nn.Module):
    """Convolution over time that never looks ahead.

    The tail holds the inputs before the chunk that the kernel still reaches, `[B, tail, C_in]`. With stride s a chunk
    must be a multiple of s, and output i has seen inputs up to (i + 1) · s - 1.

    Attributes:
        tail: number of past inputs kept.
    """

    def __init__(
        self, channels_in: int, channels_out: int, kernel: int, *, stride: int = 1, dilation: int = 1, groups: int = 1
    ) -> None:
        super().__init__()
        self.tail = (kernel - 1) * dilation + 1 - stride
        if self.tail < 0:
            raise ValueError("kernel must reach at least as far as the stride")
        self.channels_in = channels_in
        self.conv = nn.Conv1d(channels_in, channels_out, kernel, stride=stride, dilation=dilation, groups=groups)

    def init_tail(self, batch_size: int) -> Tensor:
        """Zeros: nothing was heard before the stream began."""
        return torch.zeros(batch_size, self.tail, self.channels_in)

    def forward(self, x: Tensor, tail: Tensor) -> tuple[Tensor, Tensor]:
        """Convolves a chunk `[B, T, C_in]` after `tail`; gives `[B, T / stride, C_out]` and the new tail."""
        heard = torch.cat([tail, x], dim=1)
        return self.conv(heard.transpose(1, 2)).transpose(1, 2), heard[:, heard.shape[1] - self.tail :]
