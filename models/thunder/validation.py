"""How a network in training does on the real talker's `val` split: in his own voice, and in voices made of it."""

import copy
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.corpus.grid import real_takes
from models.corpus.revoicing import revoice
from models.corpus.sound import rms
from models.corpus.takes import Take
from models.face.lip_measures import Closures, closures, gap_at, pearson
from models.thunder.losses import MotionLoss, speaking_of
from models.thunder.model import Thunder
from models.ticks import TICK_SAMPLES

_LOOK_AHEAD = 3
_SEED = 7919
_LEVEL = 10 ** (-26 / 20)


@dataclass(frozen=True, slots=True)
class _Heard:
    """A sentence as a voice says it: its sound, the face that said it and its frame rate, its phones in ms."""

    pcm: NDArray[np.float32]
    motion: NDArray[np.float32]
    fps: float
    phones: list[tuple[float, float, str]]


class Validation:
    """The split, loaded once."""

    def __init__(self) -> None:
        takes = real_takes("val")
        self._own = [_heard(take, take.pcm, 1.0) for take in takes]
        self._others = []
        for number, take in enumerate(takes):
            pcm, ratio = revoice(take.pcm, np.random.default_rng((_SEED, number)))
            self._others.append(_heard(take, pcm, ratio))

    def figures(self, model: Thunder, loss: MotionLoss) -> dict[str, float]:
        """How a network does, on the processor.

        Returns:
            Correlation of the gap, closures and false closures: `val_*` in his voice, `other_*` in the made ones.
        """
        model, loss = copy.deepcopy(model).cpu().eval(), copy.deepcopy(loss).cpu()
        figures: dict[str, float] = {}
        for name, sentences in (("val", self._own), ("other", self._others)):
            correlations, counts = [], Closures()
            for gap, sentence in zip(self._gaps(model, loss, sentences), sentences, strict=True):
                camera = np.arange(len(sentence.motion)) * 1000 / sentence.fps
                real = loss.normalized_gap(speaking_of(torch.from_numpy(sentence.motion))).clamp(min=0).numpy()
                correlations.append(float(pearson(gap_at(gap, camera), real)))
                counts += closures(gap, sentence.phones)
            figures |= {
                f"{name}_r": float(np.mean(correlations)),
                f"{name}_closure_recall": counts.recall,
                f"{name}_false_closure": counts.false_closure,
            }
        return figures

    @torch.no_grad()
    def _gaps(self, model: Thunder, loss: MotionLoss, sentences: list[_Heard]) -> list[NDArray[np.float32]]:
        ahead = _LOOK_AHEAD
        longest = max(-(-len(sentence.pcm) // TICK_SAMPLES) for sentence in sentences) + ahead
        audio = torch.zeros(len(sentences), longest * TICK_SAMPLES)
        for row, sentence in enumerate(sentences):
            audio[row, : len(sentence.pcm)] = torch.from_numpy(sentence.pcm) * (_LEVEL / rms(sentence.pcm))
        noise = torch.randn(len(sentences), longest, model.spec.noise_size, generator=torch.Generator().manual_seed(1))
        motion: Tensor = model.advance(
            audio, torch.full((len(sentences),), ahead), noise, model.init_state(len(sentences))
        )
        # the step that has consumed tick n shows the instant n + 1 - look_ahead
        gaps = loss.normalized_gap(speaking_of(motion))[:, ahead - 1 :].clamp(min=0).numpy()
        return [gap[: -(-len(sentence.pcm) // TICK_SAMPLES)] for gap, sentence in zip(gaps, sentences, strict=True)]


def _heard(take: Take, pcm: NDArray[np.float32], ratio: float) -> _Heard:
    phones = [(1000 * p.start * ratio, 1000 * p.end * ratio, p.name) for p in take.phones]
    return _Heard(pcm, take.motion, take.fps / ratio, phones)


def score(figures: dict[str, float]) -> float:
    """What picks the checkpoint: correlation in all voices, and closures up to where they are nearly all there."""
    recall = (figures["val_closure_recall"] + figures["other_closure_recall"]) / 2
    false = (figures["val_false_closure"] + figures["other_false_closure"]) / 2
    follow = (figures["val_r"] + figures["other_r"]) / 2
    return follow + 0.5 * min(recall, 0.985) - 0.5 * max(false - 0.025, 0)
