"""What textbooks say of each phone's mouth: where the fit to the real talker starts, and what stands where he is mute.

Shapes are those of lip-reading tables (what is hard and what is soft: p b m sealed, f v under the teeth, w u rounded,
s z with the teeth nearly shut); gaps are the ones the first fit to the real talker started from.
"""

from typing import Final

import numpy as np

from models.corpus.dominance import AXES, Dominance
from models.corpus.phones import ARPABET, BILABIALS, VOWELS

ROUNDED: Final = frozenset(["W", "UW", "UH", "OW", "AO", "OY", "SH", "ZH", "CH", "JH", "R", "ER"])
SPREAD: Final = frozenset(["IY", "IH", "EY", "EH", "AE", "Y", "S", "Z", "T", "D", "N", "L"])
_TIGHT: Final = frozenset([*BILABIALS, "F", "V", "TH", "DH"])
_COLUMNS: Final = ("gap", "jaw", "pucker", "funnel", "stretch", "smile", "tuck", "press", "tongue")
_TABLE: Final[dict[str, tuple[float, ...]]] = {
    "SIL": (-0.10, 0.00, 0.02, 0.00, 0.00, 0.02, 0, 0.02, 0),
    **dict.fromkeys(("P", "B", "M"), (-0.05, 0.08, 0.04, 0.00, 0.00, 0.00, 0, 1.00, 0)),
    **dict.fromkeys(("F", "V"), (0.08, 0.07, 0.00, 0.00, 0.04, 0.00, 1, 0.00, 0)),
    "W": (0.05, 0.10, 0.75, 0.10, 0.00, 0.00, 0, 0.00, 0),
    "UW": (0.30, 0.12, 0.70, 0.14, 0.00, 0.00, 0, 0.00, 0),
    "UH": (0.45, 0.16, 0.45, 0.14, 0.00, 0.00, 0, 0.00, 0),
    "OW": (0.65, 0.26, 0.38, 0.40, 0.00, 0.00, 0, 0.00, 0),
    "AO": (0.75, 0.34, 0.16, 0.42, 0.00, 0.00, 0, 0.00, 0),
    "OY": (0.75, 0.30, 0.32, 0.38, 0.00, 0.00, 0, 0.00, 0),
    **dict.fromkeys(("SH", "ZH", "CH", "JH"), (0.60, 0.08, 0.20, 0.42, 0.00, 0.00, 0, 0.00, 0)),
    **dict.fromkeys(("S", "Z"), (0.50, 0.05, 0.00, 0.00, 0.18, 0.06, 0, 0.00, 0)),
    **dict.fromkeys(("TH", "DH"), (0.25, 0.10, 0.00, 0.00, 0.04, 0.00, 0, 0.00, 1)),
    **dict.fromkeys(("T", "D", "N"), (0.40, 0.12, 0.00, 0.00, 0.06, 0.03, 0, 0.00, 0.15)),
    "L": (0.45, 0.15, 0.00, 0.00, 0.06, 0.03, 0, 0.00, 0.35),
    **dict.fromkeys(("K", "G", "NG"), (0.50, 0.17, 0.00, 0.00, 0.04, 0.02, 0, 0.00, 0)),
    "HH": (0.60, 0.20, 0.00, 0.00, 0.02, 0.00, 0, 0.00, 0),
    "R": (0.10, 0.12, 0.28, 0.12, 0.00, 0.00, 0, 0.00, 0),
    "ER": (0.40, 0.17, 0.24, 0.14, 0.00, 0.00, 0, 0.00, 0),
    "Y": (0.55, 0.10, 0.00, 0.00, 0.22, 0.14, 0, 0.00, 0),
    "AA": (1.10, 0.45, 0.00, 0.04, 0.02, 0.00, 0, 0.00, 0),
    "AE": (1.00, 0.42, 0.00, 0.00, 0.16, 0.08, 0, 0.00, 0),
    "AW": (0.90, 0.42, 0.12, 0.14, 0.04, 0.00, 0, 0.00, 0),
    "AY": (1.00, 0.40, 0.00, 0.00, 0.10, 0.06, 0, 0.00, 0),
    "EH": (0.90, 0.28, 0.00, 0.00, 0.16, 0.08, 0, 0.00, 0),
    "EY": (1.00, 0.24, 0.00, 0.00, 0.28, 0.18, 0, 0.00, 0),
    "AH": (0.75, 0.27, 0.00, 0.00, 0.04, 0.02, 0, 0.00, 0),
    "IH": (0.75, 0.17, 0.00, 0.00, 0.20, 0.12, 0, 0.00, 0),
    "IY": (0.75, 0.12, 0.00, 0.00, 0.32, 0.22, 0, 0.00, 0),
}
_UPPER: Final = {"F": 0.18, "V": 0.18, "S": 0.12, "Z": 0.12, "SH": 0.12, "ZH": 0.12, "CH": 0.12, "JH": 0.12}


def textbook_dominance() -> Dominance:
    """The textbook as a model: one rate per kind of axis, jaw slower than lips, closures tight."""
    shape = (len(AXES), len(ARPABET))
    target, strength = np.zeros(shape), np.ones(shape)
    rise, fall = np.full(shape, 13.0), np.full(shape, 20.0)
    for i, phone in enumerate(ARPABET):
        for column, value in zip(_COLUMNS, _TABLE[phone], strict=True):
            target[AXES.index(column), i] = value
        gap, jaw = _TABLE[phone][:2]
        target[AXES.index("upper"), i] = max(_UPPER.get(phone, 0.0), 0.1 * max(gap, 0))
        target[AXES.index("lower"), i] = 0.25 * max(gap - jaw, 0)
        for a, axis in enumerate(AXES):
            strength[a, i] = _strength(axis, phone)
            if axis in ("tuck", "press", "tongue"):
                rise[a, i] = fall[a, i] = 45.0
            elif axis == "gap":
                rise[a, i] = fall[a, i] = 30.0 if phone in _TIGHT else 20.0
            elif axis == "jaw":
                rise[a, i], fall[a, i] = 15.0, 20.0
    lead = np.full(len(AXES), 0.02)
    return Dominance(target, strength, rise, fall, lead, np.full(len(AXES), 0.6))


def _strength(axis: str, phone: str) -> float:
    if axis in ("tuck", "press", "tongue"):
        return 1.0 if phone == "SIL" else 3.0 if phone in _TIGHT else 0.6
    if phone == "SIL":
        return 0.35
    if axis in ("gap", "jaw"):
        return 1.8 if phone in ("S", "Z") else 1.0 if phone in VOWELS or phone in _TIGHT or phone == "W" else 0.45
    if phone in ROUNDED:
        return 0.5 if phone in ("R", "ER") else 1.6
    return 1.0 if phone in VOWELS else 0.4 if phone in ("S", "Z") else 0.12
