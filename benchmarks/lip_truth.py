"""Speech of which the face's true motion is known: the real talker's validation sentences, and unseen synthesizers.

The real talker's motion is fitted to his tracked landmarks (`models.corpus.grid.real_takes`). A synthesizer has no
face: what is taken for true is what the articulation model, itself fitted to the real talker, does for the phones it
spoke. It tells whether a network hears a strange voice, not whether the articulation is right.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import soxr
from numpy.typing import NDArray

from benchmarks.lip_clips import Clip, Group
from models.corpus.articulation import motion_from_phones
from models.corpus.grid import real_takes
from models.corpus.voices import unseen_speech
from models.ticks import SAMPLE_RATE

CAMERA_FPS: Final = 25.0
UNSEEN_COUNT: Final = 24
_SEED: Final = 4


@dataclass(frozen=True, slots=True)
class Truth:
    """A true motion.

    Attributes:
        clip: the sound.
        motion: `[F, 61]` at 25 frames a second, frame i at 40·i ms.
    """

    clip: Clip
    motion: NDArray[np.float32]


def real_truths(clips: Sequence[Clip]) -> list[Truth]:
    """The real talker's sentences among `clips`, with his motion."""
    motions = {take.name: take.motion for take in real_takes("val")}
    return [Truth(clip, motions[clip.name]) for clip in clips if clip.name in motions]


def unseen_truths(count: int = UNSEEN_COUNT) -> list[Truth]:
    """Sentences by synthesizers' voices that no training uses, with the motion of the articulation model."""
    truths = []
    for number, speech in enumerate(unseen_speech(count, _SEED)):
        audio = np.asarray(soxr.resample(speech.pcm, speech.rate, SAMPLE_RATE), np.float32)
        phones = tuple((1000 * phone.start, 1000 * phone.end, phone.name) for phone in speech.phones)
        clip = Clip(f"unseen_{number:02d}", Group.UNSEEN, audio, phones)
        times = np.arange((clip.frames + 1) // 2, dtype=np.float32) / np.float32(CAMERA_FPS)
        motion, _ = motion_from_phones(speech.phones, times)
        truths.append(Truth(clip, motion.astype(np.float32)))
    return truths
