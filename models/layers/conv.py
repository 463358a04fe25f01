"""Causal convolutions with an explicit tail."""

import torch
from torch import Tensor, nn


class CausalConv1d(nn.Module):
    """Convolution over time that never looks ahead.

    The tail holds the inputs before the chunk that the kernel still reaches, `[B, tail, C_in]`. With stride s a chunk
    must be a multiple of s, and output i has seen inputs up to (i + 1) · s - 1.

    Attributes:
        tail: number of past inputs kept.
    """

    def __init__(self, channels_in: int, channels_out: int, kernel: int, *, stride: int = 1, dilation: int = 1) -> None:
        super().__init__()
        self.tail = (kernel - 1) * dilation + 1 - stride
        if self.tail < 0:
            raise ValueError("kernel must reach at least as far as the stride")
        self.channels_in = channels_in
        self.conv = nn.Conv1d(channels_in, channels_out, kernel, stride=stride, dilation=dilation)

    def init_tail(self, batch_size: int) -> Tensor:
        """Zeros: nothing was heard before the stream began."""
        return torch.zeros(batch_size, self.tail, self.channels_in)

    def forward(self, x: Tensor, tail: Tensor) -> tuple[Tensor, Tensor]:
        """Convolves a chunk `[B, T, C_in]` after `tail`; gives `[B, T / stride, C_out]` and the new tail."""
        heard = torch.cat([tail, x], dim=1)
        reach, stride = self.conv.kernel_size[0], self.conv.stride[0]
        if x.shape[1] == stride:  # one output: a product, which runtimes do faster
            taps = heard[:, :: self.conv.dilation[0]]
            weight = self.conv.weight.permute(2, 1, 0).reshape(reach * self.channels_in, -1)
            y = taps.flatten(1)[:, None] @ weight
            y = y if self.conv.bias is None else y + self.conv.bias
        else:
            y = self.conv(heard.transpose(1, 2)).transpose(1, 2)
        return y, heard[:, heard.shape[1] - self.tail :]


class CausalDepthwiseConv1d(nn.Module):
    """A causal convolution of every channel with a kernel of its own: long kernels at little cost.

    Attributes:
        tail: number of past inputs kept, `kernel - 1`.
    """

    def __init__(self, channels: int, kernel: int) -> None:
        super().__init__()
        self.tail = kernel - 1
        self.channels = channels
        # as a mean at first: a long kernel starts as a slow view of its input
        self.weight = nn.Parameter(torch.randn(kernel, channels) / kernel**0.5)
        self.bias = nn.Parameter(torch.zeros(channels))

    def init_tail(self, batch_size: int) -> Tensor:
        """Zeros: nothing was heard before the stream began."""
        return torch.zeros(batch_size, self.tail, self.channels)

    def forward(self, x: Tensor, tail: Tensor) -> tuple[Tensor, Tensor]:
        """Convolves a chunk `[B, T, C]` after `tail`; gives `[B, T, C]` and the new tail."""
        heard = torch.cat([tail, x], dim=1)
        if x.shape[1] == 1:  # one product and one sum: runtimes do a grouped convolution channel by channel
            y = (heard * self.weight).sum(dim=1, keepdim=True) + self.bias
        else:
            weight = self.weight.t()[:, None].to(heard.dtype)
            y = nn.functional.conv1d(heard.transpose(1, 2), weight, groups=self.channels).transpose(1, 2) + self.bias
        return y, heard[:, heard.shape[1] - self.tail :]
