"""A rig: what a face looks like for given channels, as far as measurement and training need it.

A rig is linear: vertices = neutral + Σ weight · delta. The *lip gap* is the mean over a few pairs of inner-lip vertices
of max(0, upper − lower) along the head's vertical.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.face.channels import BLENDSHAPE_COUNT


@dataclass(frozen=True)
class Rig:
    """A linear face in millimetres.

    Attributes:
        name: `head` or `ict`, or a file's stem.
        neutral: `[V, 3]` float32, millimetres, +Y up, +Z out of the face, +X the character's left.
        deltas: `[52, V, 3]` float32, displacement at weight 1, in the order of `BLENDSHAPES`.
        upper_lip: `[P]` vertex indices of the inner upper lip, middle first.
        lower_lip: `[P]` indices of the inner lower lip, each opposite its partner in `upper_lip`.
        lips: `[N]` indices of the lips' vertices (both, red and inner rim).
        mouth_corners: vertex at the character's left and right mouth corner.
    """

    name: str
    neutral: NDArray[np.float32]
    deltas: NDArray[np.float32]
    upper_lip: NDArray[np.int64]
    lower_lip: NDArray[np.int64]
    lips: NDArray[np.int64]
    mouth_corners: tuple[int, int]

    def vertices(self, channels: NDArray[np.float32], index: NDArray[np.int64] | None = None) -> NDArray[np.float32]:
        """Positions for motion frames.

        Args:
            channels: `[..., 61]` or `[..., 52]`; head and eye angles are ignored.
            index: vertices wanted; None for all.

        Returns:
            `[..., V or len(index), 3]` in millimetres, in head space.
        """
        neutral, deltas = (self.neutral, self.deltas) if index is None else (self.neutral[index], self.deltas[:, index])
        weights = channels[..., :BLENDSHAPE_COUNT]
        moved = weights @ deltas.reshape(BLENDSHAPE_COUNT, -1)
        return (neutral + moved.reshape(*weights.shape[:-1], *neutral.shape)).astype(np.float32)

    def signed_gaps(self, channels: NDArray[np.float32]) -> NDArray[np.float32]:
        """Upper minus lower lip height per pair, `[..., P]`, in millimetres; negative where lips press together."""
        index = np.concatenate([self.upper_lip, self.lower_lip])
        height = self.vertices(channels, index)[..., 1]
        pairs = len(self.upper_lip)
        return height[..., :pairs] - height[..., pairs:]

    def lip_gap(self, channels: NDArray[np.float32]) -> NDArray[np.float32]:
        """Inner-lip gap `[...]` in millimetres: mean over the pairs of max(0, upper − lower)."""
        gap: NDArray[np.float32] = np.maximum(self.signed_gaps(channels), 0).mean(-1)
        return gap

    def mouth_width(self, channels: NDArray[np.float32]) -> NDArray[np.float32]:
        """Distance between the mouth's corners `[...]` in millimetres."""
        corners = self.vertices(channels, np.array(self.mouth_corners))
        width: NDArray[np.float32] = np.linalg.norm(corners[..., 0, :] - corners[..., 1, :], axis=-1)
        return width
