"""A mouth on a rig's vertices: its shape, its distance from a true motion, and how far samples differ.

Everything is in millimetres, in head space: head rotation is left out, as in the papers.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.lip_curves import concordance
from models.face.channels import BLENDSHAPES
from models.face.lip_measures import Floats, pearson
from models.face.phone_measures import MouthShape
from models.face.rig import Rig

Motion = NDArray[np.float32]
_UPPER_FACE: Final = tuple(
    i for i, name in enumerate(BLENDSHAPES) if name.startswith(("Brow", "EyeBlink", "EyeWide", "EyeSquint"))
)
_UPPER_MOVES_MM: Final = 1.0
_UPPER_COUNT: Final = 300
_LIP_COUNT: Final = 200
_STILL_MM: Final = 0.2
"""A coordinate whose true path has a smaller standard deviation does not move: noise at rest is 0.1–0.2."""


@dataclass(frozen=True, slots=True)
class VertexErrors:
    """One clip's figures, means over seeds (THUNDER, arXiv 2504.13386, section 4.1).

    The goal is judged on `l_pcc`: a coordinate that stays still in the truth, such as the sideways one of a lip's
    middle, holds measurement noise, with which nothing can correlate. `l_pcc_all` is what compares with published
    figures.

    Attributes:
        lve_mm: lip vertex error: mean over frames of the largest distance among the lips' vertices.
        l_pcc: Pearson correlation of each lip coordinate over time, mean over those that move in the truth.
        l_ccc: concordance correlation, likewise.
        l_pcc_all: the same of every lip coordinate, as THUNDER has it; one that never moves counts 0.
        l_ccc_all: concordance correlation, likewise.
        s_div_upper_mm: spread of the samples at a frame in the upper face: root mean squared distance from their mean.
        s_div_lower_mm: the same of the lips.
    """

    lve_mm: float
    l_pcc: float
    l_ccc: float
    l_pcc_all: float
    l_ccc_all: float
    s_div_upper_mm: float
    s_div_lower_mm: float


class MouthVertices:
    """Which of a rig's vertices say what.

    Args:
        rig: the face; its neutral pose decides what is upper, lower and middle.
    """

    def __init__(self, rig: Rig) -> None:
        self.rig = rig
        # Neighbours move alike: a third of a rig's six hundred lip vertices tells the same in a third of the time.
        self._lips = rig.lips[:: max(1, len(rig.lips) // _LIP_COUNT)]
        lips, neutral = rig.lips, rig.neutral[rig.lips]
        line = rig.neutral[np.concatenate([rig.upper_lip, rig.lower_lip]), 1].mean()
        half_width = abs(float(np.diff(rig.neutral[list(rig.mouth_corners), 0])[0])) / 2
        middle = np.abs(neutral[:, 0]) < half_width / 2
        self._lower = lips[middle & (neutral[:, 1] < line)]

    @cached_property
    def upper_face(self) -> NDArray[np.int64]:
        """Up to 300 vertices, evenly of all that brows and lids move by a millimetre or more."""
        reach = np.linalg.norm(self.rig.deltas[list(_UPPER_FACE)], axis=-1).max(0)
        index = np.flatnonzero(reach >= _UPPER_MOVES_MM)
        return index[:: max(1, len(index) // _UPPER_COUNT)]

    def shape(self, motion: Motion) -> MouthShape:
        """What the mouth looks like in `motion` `[..., T, 61]`."""
        rig = self.rig
        return MouthShape(
            gap=rig.lip_gap(motion).astype(np.float64),
            width=rig.mouth_width(motion).astype(np.float64),
            protrusion=rig.vertices(motion, self._lower)[..., 2].mean(-1, dtype=np.float64),
            lower_rim=rig.vertices(motion, rig.lower_lip)[..., 1].mean(-1, dtype=np.float64),
        )

    def lips(self, motion: Motion) -> Floats:
        """The lips' vertices, about 200 of them spread evenly, `[..., T, N, 3]`."""
        return self.rig.vertices(motion, self._lips).astype(np.float64)

    def errors(self, motion: Motion, truth: Motion) -> VertexErrors:
        """Compares samples with the true motion.

        Args:
            motion: `[seeds, T, 61]`.
            truth: `[T, 61]`.
        """
        ours, real = self.lips(motion), self.lips(truth)
        distance = np.linalg.norm(ours - real, axis=-1)
        path, real_path = (np.moveaxis(points, -3, -1) for points in (ours, real))  # [..., N, 3, T]
        moves = real_path.std(-1) > _STILL_MM
        correlation, agreement = pearson(path, real_path), concordance(path, real_path)
        upper = self.rig.vertices(motion, self.upper_face).astype(np.float64)
        return VertexErrors(
            lve_mm=float(distance.max(-1).mean()),
            l_pcc=float(correlation[:, moves].mean()) if moves.any() else float("nan"),
            l_ccc=float(agreement[:, moves].mean()) if moves.any() else float("nan"),
            l_pcc_all=float(correlation.mean()),
            l_ccc_all=float(agreement.mean()),
            s_div_upper_mm=_spread(upper),
            s_div_lower_mm=_spread(ours),
        )


def _spread(points: Floats) -> float:
    """Root mean squared distance of samples `[seeds, T, N, 3]` from their mean, averaged over frames and vertices."""
    return float(np.sqrt(points.var(0).sum(-1)).mean())
