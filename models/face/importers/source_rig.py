"""A face as an importer found it, before anything was guessed about it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]


class RigImportError(ValueError):
    """A source that cannot be imported; the text says why and what to do next."""


class Quality(StrEnum):
    """How well a channel is there."""

    EXACT = "exact"
    APPROXIMATE = "approximate"
    MISSING = "missing"


@dataclass(frozen=True)
class Fit:
    """How a channel came about.

    Attributes:
        quality: exact where the source has this very shape, approximate where it was made of others.
        how: in words, for people.
        residual: share of the wanted displacement that is not reached, 0..1 (root of summed squares); None where
            nothing was fitted.
    """

    quality: Quality
    how: str = ""
    residual: float | None = None


@dataclass(frozen=True)
class Lips:
    """Which vertices of a face are its lips; see `models.face.rig.Rig`.

    Attributes:
        upper: inner upper lip, middle first.
        lower: inner lower lip, each opposite its partner.
        corners: of the mouth, the character's left and right.
        red: of both lips; empty where it is not known.
        found: they were found by the jaw's motion, not told.
    """

    upper: tuple[int, ...]
    lower: tuple[int, ...]
    corners: tuple[int, int]
    red: tuple[int, ...] = ()
    found: bool = False


@dataclass(frozen=True)
class SourceRig:
    """A face in its file's own units and axes.

    Attributes:
        kind: what was read, for people: `ICT FaceKit`, `FLAME`, `glTF`.
        vertices: `[V, 3]`.
        faces: `[F, 3]` counter-clockwise.
        deltas: channel → `[V, 3]`, displacement at weight 1; only the channels there are.
        both_sides: stem of a pair of channels (`MouthSmile`) → `[V, 3]`, both of them at once.
        fits: channel → how it came about; channels without an entry are missing.
        eye_centres: centres of the left and the right eyeball, `[2, 3]`; None where the file does not say.
        eyeballs: vertices of the left and the right eyeball; None where they are not known.
        lips: None where they must be found.
        notes: what a person should know about this import.
    """

    kind: str
    vertices: Floats
    faces: Indices
    deltas: Mapping[str, Floats]
    fits: Mapping[str, Fit]
    both_sides: Mapping[str, Floats] = field(default_factory=dict)
    eye_centres: Floats | None = None
    eyeballs: tuple[Indices, Indices] | None = None
    lips: Lips | None = None
    notes: Sequence[str] = field(default_factory=tuple)


def divided(source: SourceRig) -> SourceRig:
    """Makes two channels of each shape that moves both sides at once, softly parted in the middle of the face.

    Args:
        source: a placed face, +X the character's left.
    """
    if not source.both_sides:
        return source
    deltas, fits = dict(source.deltas), dict(source.fits)
    x = source.vertices[:, 0]
    amount = np.sum([(delta**2).sum(1) for delta in source.both_sides.values()], axis=0)
    middle, softness = float((x * amount).sum() / amount.sum()), float(np.ptp(x)) / 60
    for stem, delta in source.both_sides.items():
        for side, sign in (("Left", 1.0), ("Right", -1.0)):
            if stem + side not in deltas:
                share = 1 / (1 + np.exp(-sign * (x - middle) / softness))
                deltas[stem + side] = delta * share[:, None]
                fits[stem + side] = Fit(Quality.APPROXIMATE, f"half of {stem[0].lower()}{stem[1:]}")
    return replace(source, deltas=deltas, fits=fits, both_sides={})
