"""Log-mel spectrogram that streams and exports: framing, window, DFT and mel filters as two matrix products.

Frame i ends at sample (i + 1) · hop and looks 25 ms back; nothing looks ahead. The DFT is a plain matrix, so
that the graph holds no FFT operator and runs the same under every backend. Window and cosine are even about a frame's
middle and the sine is odd, so that the halves are first added and subtracted: half the products.
"""

import math
from typing import Final

import torch
from torch import Tensor, nn

from models.ticks import SAMPLE_RATE

HOP: Final = 160
WINDOW: Final = 400
MELS: Final = 80


def _mel(hz: float) -> float:
    return 2595.0 * math.log10(1.0 + hz / 700.0)


def mel_filters(low_hz: float = 60.0, high_hz: float = 7600.0) -> Tensor:
    """Triangular mel filters `[WINDOW // 2 + 1, MELS]` on the HTK scale, peak 1."""
    edges = torch.linspace(_mel(low_hz), _mel(high_hz), MELS + 2, dtype=torch.float64)
    edges = 700.0 * (10.0 ** (edges / 2595.0) - 1.0)
    bins = torch.linspace(0, SAMPLE_RATE / 2, WINDOW // 2 + 1, dtype=torch.float64)[:, None]
    low, mid, high = edges[:-2], edges[1:-1], edges[2:]
    return torch.minimum((bins - low) / (mid - low), (high - bins) / (high - mid)).clamp(min=0).float()


class LogMel(nn.Module):
    """16 kHz sound to log-mel frames at 100 Hz, causal.

    The tail is the last `WINDOW - HOP` samples heard, `[B, 240]`; silence before the stream began.
    """

    TAIL: Final = WINDOW - HOP

    def __init__(self, floor: float = 1e-6) -> None:
        super().__init__()
        self.floor = floor
        half = WINDOW // 2
        time = torch.arange(1, half + 1, dtype=torch.float64)  # the window's sample 0 is zero
        hann = 0.5 - 0.5 * torch.cos(2 * math.pi * time / WINDOW)
        hann[-1] /= 2  # the middle sample is its own mirror image
        filters = mel_filters()
        heard = filters.sum(1).nonzero()[:, 0]  # bins that any filter passes
        angle = 2 * math.pi * time[:, None] * heard / WINDOW
        self.even: Tensor
        self.odd: Tensor
        self.filters: Tensor
        self.register_buffer("even", (torch.cos(angle) * hann[:, None]).float(), persistent=False)
        self.register_buffer("odd", (torch.sin(angle) * hann[:, None]).float(), persistent=False)
        self.register_buffer("filters", filters[heard], persistent=False)

    def forward(self, audio: Tensor, tail: Tensor) -> tuple[Tensor, Tensor]:
        """Frames of a chunk.

        Args:
            audio: `[B, N]`, N a multiple of `HOP`.
            tail: `[B, TAIL]`, the samples before it.

        Returns:
            Natural-log mel power `[B, N / HOP, MELS]`, scaled to about -2..3, and the new tail.
        """
        heard = torch.cat([tail, audio], dim=1)
        starts = range(0, audio.shape[1], HOP)
        half = WINDOW // 2
        first = torch.stack([heard[:, at + 1 : at + half + 1] for at in starts], dim=1)
        second = torch.stack([heard[:, at + half : at + WINDOW] for at in starts], dim=1).flip(-1)
        real, imaginary = (first + second) @ self.even, (first - second) @ self.odd
        mel = torch.log((real * real + imaginary * imaginary) @ self.filters + self.floor)
        return (mel + 6.0) / 4.0, heard[:, -self.TAIL :]
