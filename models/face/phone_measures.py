"""Whether phones can be told by a mouth's shape: open from sealed, rounded from spread, f and v from other consonants.

Each question is a *contrast* of two sets of phones and a score of the mouth's shape. The area under the ROC curve (AUC)
is the chance that a phone of the first set scores higher than one of the second: 1 if the score tells them without
error, 0.5 if it tells nothing. What a score is made of was chosen on the real talker's training sentences (GRID s1),
where it tells 0.97 of open from sealed, 0.90 of rounded from spread and 0.86 of f, v from other consonants.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from models.face.lip_measures import MOTION_FPS, OPEN_VOWELS, SEALED, SILENCE, Floats, Phone, gap_at

ROUNDED: Final = frozenset({"W", "UW", "UH", "OW", "AO", "OY", "R"})
LABIODENTAL: Final = frozenset({"F", "V"})
VOWELS: Final = frozenset(
    {"AA", "AE", "AH", "AO", "AW", "AY", "EH", "ER", "EY", "IH", "IY", "OW", "OY", "UH", "UW"}
)  # fmt: skip
OTHER_CONSONANTS: Final = frozenset(
    {"SH", "ZH", "CH", "JH", "S", "Z", "TH", "DH", "T", "D", "N", "L", "K", "G", "NG", "HH", "R", "Y"}
)
"""All consonants but p b m, f v and w."""
_POINTS: Final = 5


@dataclass(frozen=True, slots=True)
class MouthShape:
    """How a mouth looks over time; every track `[T]` or `[seeds, T]`, in any unit: scores are relative to the clip.

    Attributes:
        gap: inner-lip gap.
        width: distance between the corners.
        protrusion: how far the lower lip stands out of the face.
        lower_rim: height of the lower lip's inner rim in the head, where the upper teeth are fixed.
    """

    gap: Floats
    width: Floats
    protrusion: Floats
    lower_rim: Floats

    def standardized(self, spoken: NDArray[np.bool_]) -> "MouthShape":
        """Each track less its mean, over its standard deviation, both of the frames in `spoken` `[T]`.

        A track that does not move there becomes 0: it tells nothing.
        """

        def standard(track: Floats) -> Floats:
            part = track[..., spoken]
            scale = part.std(-1, keepdims=True)
            return np.where(scale > 1e-9, (track - part.mean(-1, keepdims=True)) / np.maximum(scale, 1e-9), 0.0)

        return MouthShape(**{field.name: standard(getattr(self, field.name)) for field in fields(self)})


@dataclass(frozen=True, slots=True)
class Contrast:
    """A question to a mouth.

    Attributes:
        name: of the figure.
        positive: phones that should score high.
        negative: phones that should score low.
        weights: the score: track of `MouthShape` → factor of its standardized value.
    """

    name: str
    positive: frozenset[str]
    negative: frozenset[str]
    weights: Mapping[str, float]

    def tokens(self, shape: MouthShape, phones: Sequence[Phone], fps: float = MOTION_FPS) -> tuple[Floats, Floats]:
        """Scores of one clip's phones of either set, `[positives]` and `[negatives]`; seeds count as clips.

        A phone's score is its mean over five points of its middle half. Tracks are standardized over the frames within
        the clip's first to last spoken phone.
        """
        spoken = [(start, end) for start, end, name in phones if name != SILENCE]
        frames = shape.gap.shape[-1]
        times = np.arange(frames) * 1000 / fps
        inside = np.zeros(frames, bool)
        if spoken:
            inside = (times >= spoken[0][0]) & (times <= spoken[-1][1])
        if not inside.any():
            return np.empty(0), np.empty(0)
        standard = shape.standardized(inside)
        score = np.atleast_2d(sum(weight * getattr(standard, name) for name, weight in self.weights.items()))
        found: tuple[list[Floats], list[Floats]] = [], []
        for start, end, name in phones:
            if name in self.positive or name in self.negative:
                quarter = (end - start) / 4
                value = gap_at(score, np.linspace(start + quarter, end - quarter, _POINTS), fps).mean(-1)
                found[name in self.negative].append(value)
        positive, negative = (np.concatenate(values) if values else np.empty(0) for values in found)
        return positive, negative


CONTRASTS: Final = (
    Contrast("open_auc", OPEN_VOWELS, SEALED, {"gap": 1.0}),
    Contrast("rounding_auc", ROUNDED, VOWELS - ROUNDED, {"width": -1.0, "protrusion": 1.0}),
    Contrast("labiodental_auc", LABIODENTAL, OTHER_CONSONANTS, {"lower_rim": 1.0}),
)
"""Open vowels against p b m by the gap; w, r and round vowels against the other vowels by a narrow mouth and a lower
lip that stands out; f and v against consonants other than p b m w by a lower rim raised to the upper teeth."""


def auc(positive: ArrayLike, negative: ArrayLike) -> float:
    """Chance that one of `positive` `[N]` exceeds one of `negative` `[M]`, ties counting half; NaN if one is empty."""
    high, low = np.asarray(positive, np.float64), np.sort(np.asarray(negative, np.float64))
    if not high.size or not low.size:
        return float("nan")
    below = np.searchsorted(low, high, "left") + np.searchsorted(low, high, "right")
    return float(below.mean() / (2 * low.size))
