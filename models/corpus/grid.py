"""The real talker: GRID s1 with measured landmarks (CC BY 4.0; see the data's README)."""

import json
from typing import Final

import numpy as np
import soundfile

from models.corpus.landmark_fit import MEASURED, Fitted, fit_landmarks
from models.corpus.phones import Phone
from models.corpus.takes import Take, TakeError
from models.face.importers.ict import load_ict
from models.measured_data import measured
from models.ticks import SAMPLE_RATE

FPS: Final = 25.0
_IMAGE: Final = (360.0, 288.0)
FRAMES: Final = 75
"""Frames of a sentence."""


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


def real_takes(split: str) -> list[Take]:
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
        if rate != SAMPLE_RATE:
            raise TakeError(f"{audio} has {rate} Hz, expected {SAMPLE_RATE}; resample it")
        phones = [Phone(start / 1000, end / 1000, phone) for start, end, phone in alignments[name]["phones"]]
        out.append(Take(name, pcm, phones, motion[i * FRAMES : (i + 1) * FRAMES], FPS, MEASURED))
    return out
