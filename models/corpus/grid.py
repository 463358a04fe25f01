"""The real talker: GRID s1 with measured landmarks (CC BY 4.0; see the data's README).

The inner-lip gap is the mean distance of three pairs of inner-lip landmarks over the distance between the eyes, scaled
so that the vowel of "five" (AY) is about 1.
"""

import json
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.corpus.phones import Phone
from models.measured_data import measured

FPS: Final = 25.0
_IMAGE: Final = (360.0, 288.0)
_GAP_PAIRS: Final = ((13, 14), (82, 87), (312, 317))
_CORNERS: Final = (61, 291)
_EYES: Final = (33, 133, 263, 362)
AY_GAP: Final = 0.19
"""Gap over eye distance at which the normalized gap is 1."""


class Take(NamedTuple):
    """One sentence of the talker.

    Attributes:
        name: the sentence's name.
        audio: path of its sound (16 kHz FLAC).
        phones: forced alignment, ±20 ms.
        gap: `[75]`, normalized inner-lip gap at 25 fps; AY is about 1.
        width: `[75]`, mouth width over its own median.
    """

    name: str
    audio: Path
    phones: list[Phone]
    gap: NDArray[np.float32]
    width: NDArray[np.float32]


def load_takes(split: str) -> list[Take]:
    """Sentences of `train` or `val`.

    Raises:
        DataMissingError: the data is absent.
    """
    folder = measured("grid_s1")
    archive = np.load(folder / f"{split}.npz")
    alignments = json.loads((folder / "phones.json").read_text())
    row = {int(landmark): i for i, landmark in enumerate(archive["landmark_index"])}
    points = archive["landmarks_delta"].cumsum(-1, dtype=np.int32)[:, :2] / archive["scale"]
    points = points * np.array(_IMAGE)[None, :, None, None]  # [193, 2, sentence, 75], pixels

    def distance(a: int, b: int) -> NDArray[np.float64]:
        return np.asarray(np.linalg.norm(points[row[a]] - points[row[b]], axis=0))

    outer = [points[row[i]] for i in _EYES]
    eyes = np.linalg.norm((outer[0] + outer[1] - outer[2] - outer[3]) / 2, axis=0)
    gap = sum(distance(a, b) for a, b in _GAP_PAIRS) / len(_GAP_PAIRS) / eyes / AY_GAP
    width = distance(*_CORNERS) / eyes
    width = width / np.median(width)
    takes = []
    for i, name in enumerate(str(n) for n in archive["names"]):
        phones = [Phone(start / 1000, end / 1000, phone) for start, end, phone in alignments[name]["phones"]]
        audio = folder / "audio" / f"{name}.flac"
        takes.append(Take(name, audio, phones, gap[i].astype(np.float32), width[i].astype(np.float32)))
    return takes
