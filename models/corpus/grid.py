"""The real talker: GRID s1 with measured landmarks (CC BY 4.0; see the data's README).

The inner-lip gap is the mean distance of three pairs of inner-lip landmarks over the distance between the eyes, scaled
so that the vowel of "five" (AY) is about 1.
"""

import json
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import soundfile
from numpy.typing import NDArray

from models.corpus import takes
from models.corpus.landmark_fit import AY_GAP, MEASURED, Fitted, fit_landmarks
from models.corpus.phones import Phone
from models.face.importers.ict import load_ict
from models.measured_data import measured

FPS: Final = 25.0
_IMAGE: Final = (360.0, 288.0)
_GAP_PAIRS: Final = ((13, 14), (82, 87), (312, 317))
_CORNERS: Final = (61, 291)
_EYES: Final = (33, 133, 263, 362)
FRAMES: Final = 75
"""Frames of a sentence."""


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


def fit_talker(split: str) -> Fitted:
    """The talker's motion in all sentences of `train` or `val`, 75 frames each, end to end. Takes seconds.

    Raises:
        DataMissingError: the data is absent.
    """
    archive = np.load(measured("grid_s1") / f"{split}.npz")
    points = archive["landmarks_delta"].cumsum(-1, dtype=np.int32) / archive["scale"]
    points = points.transpose(2, 3, 0, 1) * np.array((*_IMAGE, _IMAGE[0]))  # z is in the scale of x
    count = len(archive["names"])
    starts = tuple(range(0, count * FRAMES, FRAMES))
    return fit_landmarks(
        points.reshape(count * FRAMES, -1, 3), archive["landmark_index"].tolist(), FPS, load_ict(), starts=starts
    )


def real_takes(split: str) -> list[takes.Take]:
    """Sentences of `train` or `val` with the motion fitted to the talker's landmarks, 25 frames a second.

    Raises:
        DataMissingError: the data is absent.
    """
    folder = measured("grid_s1")
    alignments = json.loads((folder / "phones.json").read_text())
    motion = fit_talker(split).motion.astype(np.float32)
    out = []
    for i, name in enumerate(str(n) for n in np.load(folder / f"{split}.npz")["names"]):
        audio = folder / "audio" / f"{name}.flac"
        pcm, rate = soundfile.read(audio, dtype="float32")
        if rate != takes.TAKE_RATE:
            raise takes.TakeError(f"{audio} has {rate} Hz, expected {takes.TAKE_RATE}; resample it")
        phones = [Phone(start / 1000, end / 1000, phone) for start, end, phone in alignments[name]["phones"]]
        out.append(takes.Take(name, pcm, phones, motion[i * FRAMES : (i + 1) * FRAMES], FPS, MEASURED))
    return out
