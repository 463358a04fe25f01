"""What training asks of the motion: the right frame and lips, a gap that is right and a seal that seals, speed.

All terms are in millimetres or in channels, on the clean frame x̂ that the flow head predicts, as in THUNDER
(arXiv 2504.13386 §3: vertices, expression and jaw, and their first differences).
"""

import numpy as np
import torch
from torch import Tensor

from models.corpus.articulation import GAP_MM_AT_AY, REST_RIG_GAP_MM, gap_coefficients
from models.face.channels import BLENDSHAPES, channel_indices
from models.face.head_rig import load_head
from models.thunder.model import SPEAKING

_INDEX = channel_indices(SPEAKING)
_FIRM = ("MouthPucker", "MouthFunnel", "MouthRollLower", "TongueOut")
"""Channels of few phones, which a mean would wash out."""


def lip_basis() -> Tensor:
    """`[speaking, rank]`: the squared length of a difference of channels times this is that of the lips' vertices.

    Mean square distance of the built-in head's lip vertices in millimetres, by a root of their Gram matrix.
    """
    rig = load_head()
    shapes = [BLENDSHAPES.index(name) for name in SPEAKING]
    moves = rig.deltas[shapes][:, rig.lips].reshape(len(SPEAKING), -1).astype(np.float64)
    values, vectors = np.linalg.eigh(moves @ moves.T / len(rig.lips))
    return torch.from_numpy((vectors * np.sqrt(np.maximum(values, 0))).astype(np.float32))


class MotionLoss(torch.nn.Module):
    """Terms of the loss of predicted frames, averaged over ticks.

    Args:
        closure_weight: how much more a gap counts where a seal is due.
        firm_weight: how much the channels of few phones count.
    """

    def __init__(self, closure_weight: float, firm_weight: float = 1.0) -> None:
        super().__init__()
        self.closure_weight = closure_weight
        self.weights: Tensor
        self.gap: Tensor
        self.lips: Tensor
        weights = torch.ones(len(SPEAKING))
        weights[[SPEAKING.index(name) for name in _FIRM]] = firm_weight
        self.register_buffer("weights", weights)
        self.register_buffer("gap", torch.from_numpy(gap_coefficients())[_INDEX])
        self.register_buffer("lips", lip_basis())

    def normalized_gap(self, speaking: Tensor) -> Tensor:
        """Signed inner-lip gap of `[..., speaking]`; AY is 1."""
        return (speaking @ self.gap + REST_RIG_GAP_MM) / GAP_MM_AT_AY

    def forward(self, clean: Tensor, target: Tensor, known: Tensor, seal: Tensor) -> dict[str, Tensor]:
        """Terms by name, each already weighted.

        Args:
            clean: `[..., T, speaking]`, x̂ in channels.
            target: as `clean`.
            known: as `clean`, 1 where the target is one.
            seal: `[..., T]`, how much a closure is due.
        """
        off = (clean - target) * known
        astray = (off.diff(dim=-2) @ self.lips).square().sum(-1)
        gap, wanted = self.normalized_gap(clean), self.normalized_gap(target)
        stress = 1 + self.closure_weight * seal
        return {
            "channel": 20.0 * (off * self.weights).square().mean(),
            "vertex": 0.08 * (off @ self.lips).square().sum(-1).mean(),
            "gap": 3.0 * ((gap - wanted).abs() * stress).mean(),
            "velocity": 1.0 * (gap.diff(dim=-1) - wanted.diff(dim=-1)).abs().mean()
            + 0.5 * off.diff(dim=-2).abs().mean()
            # a length, not its square, so that any tremble of lips that should be still costs alike; not where they
            # seal, which a fear of speed would soften
            + 0.3 * ((astray + 1e-4).sqrt() * (1 - seal[..., 1:])).mean(),
        }


def speaking_of(motion: Tensor) -> Tensor:
    """The channels that speak `[..., speaking]` of frames `[..., 61]`."""
    return motion[..., _INDEX]
