"""Coarticulation by dominance: every phone pulls every axis of the mouth towards a target, and the strongest wins.

The pull of a phone is 1 over the flat top around its centre and falls exponentially before and after it; an axis is
the mean of all targets weighted by pull and strength (Cohen & Massaro 1993, "Modeling coarticulation in synthetic
visual speech"). Numbers are fitted to a real talker (`python -m models.corpus.fit_articulation`).
"""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from models.corpus.phones import ARPABET, PHONE_INDEX, VOWELS, Phone

Track: TypeAlias = NDArray[np.floating[Any]]

AXES: Final = (
    "gap", "jaw", "pucker", "funnel", "stretch", "smile", "tuck", "press", "tongue", "roll_upper", "shrug", "upper",
    "lower",
)  # fmt: skip
"""Normalized inner-lip gap, then weights 0..1 of what shapes the mouth."""
ARTICULATION_PATH: Final = Path(__file__).with_name("articulation.json")
SOFT_S: Final = 0.012
"""Seconds over which a pull's flat top bends into its flanks: mouths have no corners in time."""
_REST_STRENGTH: Final = 1e-4
"""Pull of rest, everywhere: it wins where no phone is near."""
_SILENCE_S: Final = 0.3
"""A silence this long pulls with its whole strength."""
_VOWEL_S: Final = 0.09
"""A vowel of this length pulls as fitted; a shorter one yields to its neighbours sooner."""


@dataclass(frozen=True, slots=True)
class Dominance:
    """Numbers of the model; `A` axes, phones in the order of `ARPABET`.

    Attributes:
        target: `[A, 40]`, where each phone wants the axis.
        strength: `[A, 40]`, above 0.
        rise: `[A, 40]`, 1/s, how steeply the pull grows before the phone.
        fall: `[A, 40]`, 1/s, how steeply it fades after it.
        lead: `[A]`, seconds by which lips run ahead of the sound.
        flat: `[A]`, share of a phone's length that pulls fully.
    """

    target: Track
    strength: Track
    rise: Track
    fall: Track
    lead: Track
    flat: Track

    def tracks(self, phones: list[Phone], times: Track) -> Track:
        """Axes `[T, A]` at instants `[T]` (seconds) for phones in order; far from all of them the mouth rests."""
        silence = PHONE_INDEX["SIL"]
        rest = self.target[:, silence]
        if not phones:
            return np.tile(rest, (len(times), 1)).astype(np.float32)
        index = np.array([PHONE_INDEX[p.name] for p in phones])
        start, end = (np.array([p[i] for p in phones], np.float64) for i in (0, 1))
        centre, half = (start + end) / 2, (end - start) / 2
        offset = np.asarray(times, np.float64)[:, None, None] - (centre - self.lead[:, None])
        outside = np.abs(offset) - self.flat[:, None] * half
        rate = np.where(offset < 0, self.rise[:, index], self.fall[:, index])
        pull = (
            self.strength[:, index]
            * length_factor(index, 2 * half)
            * np.exp(-rate * (outside + np.hypot(outside, SOFT_S)) / 2)
        )
        blended = (pull * self.target[:, index]).sum(-1) + _REST_STRENGTH * rest
        return np.asarray(blended / (pull.sum(-1) + _REST_STRENGTH), np.float32)

    def save(self, path: Path, about: str) -> None:
        """Writes the numbers as JSON, one line per axis and phone."""
        axes = {}
        for a, axis in enumerate(AXES):
            columns = (self.target, self.strength, self.rise, self.fall)
            phones = {
                phone: [round(float(column[a, i]), 4 if k < 2 else 1) for k, column in enumerate(columns)]
                for i, phone in enumerate(ARPABET)
            }
            axes[axis] = {"lead_s": round(float(self.lead[a]), 4), "flat": round(float(self.flat[a]), 3)} | phones
        body = json.dumps({"about": about, "columns": ["target", "strength", "rise", "fall"]} | axes, indent=1)
        path.write_text(_one_line_lists(body) + "\n")


def _one_line_lists(body: str) -> str:
    out: list[str] = []
    inside = False
    for line in body.splitlines():
        stripped = line.strip()
        if inside:
            out[-1] += (" " if out[-1].endswith(",") else "") + stripped
        else:
            out.append(line)
        inside = (inside or stripped.endswith("[")) and not stripped.startswith("]")
    return "\n".join(out)


_IS_VOWEL: Final = np.array([phone in VOWELS for phone in ARPABET])


def length_factor(index: NDArray[np.int64], seconds: Track) -> Track:
    """What a phone's length makes of its strength: short silences and hurried vowels pull less, closures never.

    Args:
        index: phones, any shape.
        seconds: their lengths, the same shape.
    """
    silence = np.minimum(seconds / _SILENCE_S, 1)
    vowel = np.clip((np.maximum(seconds, 1e-3) / _VOWEL_S) ** 0.3, 0.6, 1.25)
    return np.asarray(np.where(index == PHONE_INDEX["SIL"], silence, np.where(_IS_VOWEL[index], vowel, 1.0)))


@cache
def fitted_dominance() -> Dominance:
    """The numbers that ship with the project."""
    data = json.loads(ARTICULATION_PATH.read_text())
    table = np.array([[data[axis][phone] for phone in ARPABET] for axis in AXES], np.float64)
    lead, flat = (np.array([data[axis][key] for axis in AXES], np.float64) for key in ("lead_s", "flat"))
    return Dominance(table[..., 0], table[..., 1], table[..., 2], table[..., 3], lead, flat)
