"""Log-mel spectrogram that streams and exports: framing, window, DFT and mel filters as two matrix products.

Frame i ends at sample (i + 1) · hop and looks 25 ms back; nothing looks ahead. The DFT is a plain matrix, so
that the graph holds no FFT operator and runs the same under every backend.
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
        time = torch.arange(WINDOW, dtype=torch.float64)
        hann = 0.5 - 0.5 * torch.cos(2 * math.pi * time / WINDOW)
        angle = 2 * math.pi * time[:, None] * torch.arange(WINDOW // 2 + 1, dtype=torch.float64) / WINDOW
        basis = torch.cat([torch.cos(angle), torch.sin(angle)], dim=1) * hann[:, None]
        self.basis: Tensor
        self.filters: Tensor
        self.register_buffer("basis", basis.float(), persistent=False)
        self.register_buffer("filters", mel_filters(), persistent=False)

    def forward(self, audio: Tensor, tail: Tensor) -> tuple[Tensor, Tensor]:
        """Frames of a chunk.

        Args:
            audio: `[B, N]`, N a multiple of `HOP`.
            tail: `[B, TAIL]`, the samples before it.

        Returns:
            Natural-log mel power `[B, N / HOP, MELS]`, scaled to about -2..3, and the new tail.
        """
        heard = torch.cat([tail, audio], dim=1)
        count = audio.shape[1] // HOP
        frames = torch.stack([heard[:, i * HOP : i * HOP + WINDOW] for i in range(count)], dim=1)
        spectrum = frames @ self.basis
        real, imaginary = spectrum.chunk(2, dim=-1)
        mel = torch.log((real * real + imaginary * imaginary) @ self.filters + self.floor)
        return (mel + 6.0) / 4.0, heard[:, -self.TAIL :]
