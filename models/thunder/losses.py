"""What training asks of the motion: the right frame, the right gap, a sealed seal, the right speed, the right phone."""

import torch
from torch import Tensor

from models.corpus.articulation import GAP_MM_AT_AY, REST_RIG_GAP_MM, gap_coefficients
from models.face.channels import BLENDSHAPE_COUNT, CHANNEL_COUNT, channel_indices

MOUTH = channel_indices(
    (
        "JawForward", "JawRight", "JawLeft", "JawOpen", "MouthClose", "MouthFunnel", "MouthPucker", "MouthRight",
        "MouthLeft", "MouthSmileLeft", "MouthSmileRight", "MouthFrownLeft", "MouthFrownRight", "MouthDimpleLeft",
        "MouthDimpleRight", "MouthStretchLeft", "MouthStretchRight", "MouthRollLower", "MouthRollUpper",
        "MouthShrugLower", "MouthShrugUpper", "MouthPressLeft", "MouthPressRight", "MouthLowerDownLeft",
        "MouthLowerDownRight", "MouthUpperUpLeft", "MouthUpperUpRight", "CheekPuff", "TongueOut",
    )
)  # fmt: skip
"""Channels that speak."""


def channel_weights() -> Tensor:
    """`[61]`: mouth channels count double, rounding threefold, lids fivefold; angles, small in radians, sixfold."""
    weights = torch.ones(CHANNEL_COUNT)
    weights[MOUTH] = 2.0
    weights[channel_indices(("MouthPucker", "MouthFunnel"))] = 3.0
    weights[channel_indices(("EyeBlinkLeft", "EyeBlinkRight"))] = 5.0  # blinks are rare, and must be whole
    weights[BLENDSHAPE_COUNT:] = 6.0
    return weights


class MotionLoss(torch.nn.Module):
    """The weighted sum of all terms, and each by name for the log."""

    def __init__(self, closure_weight: float) -> None:
        super().__init__()
        self.closure_weight = closure_weight
        self.weights: Tensor
        self.gap: Tensor
        self.register_buffer("weights", channel_weights())
        self.register_buffer("gap", torch.from_numpy(gap_coefficients()))

    def normalized_gap(self, motion: Tensor) -> Tensor:
        """Signed inner-lip gap of motion `[..., 61]`; AY is 1."""
        return (motion @ self.gap + REST_RIG_GAP_MM) / GAP_MM_AT_AY

    def forward(
        self, clean: Tensor, target: Tensor, batch: dict[str, Tensor], phones: Tensor
    ) -> tuple[Tensor, dict[str, float]]:
        """Loss of predicted clean motion.

        Args:
            clean: `[B, T, 61]`, x̂.
            target: `[B, T, 61]`.
            batch: as `models.corpus.clips.Examples` gives it.
            phones: `[B, T, classes]` logits.
        """
        off = (clean - target) * self.weights
        channel = off.square().mean()
        gap, wanted = self.normalized_gap(clean), batch["gap"]
        stress = 1 + self.closure_weight * batch["seal"]
        lips = ((gap - wanted).abs() * stress).mean()
        velocity = (gap.diff(dim=1) - wanted.diff(dim=1)).abs().mean() + (off.diff(dim=1)).abs().mean()
        phone = torch.nn.functional.cross_entropy(phones.flatten(0, 1), batch["phone"].flatten())
        total = 10.0 * channel + 3.0 * lips + 1.0 * velocity + 0.3 * phone
        parts = {"channel": channel.item(), "lips": lips.item(), "velocity": velocity.item(), "phone": phone.item()}
        return total, parts
