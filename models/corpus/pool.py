"""A pool of examples on disk, made once and read by every stage: hours of sound as log-mel, with its targets.

Augmentation costs more than a small network's training step; made ahead, by all cores, it costs a step nothing. The
folder holds one array per field, and a note of what it was made from.
"""

import hashlib
import json
import logging
import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from numpy.lib.format import open_memmap
from numpy.typing import NDArray

from models.corpus.clips import Corpus, Example
from models.layers import mel
from models.layers.mel import MELS, LogMel

log = logging.getLogger("pool")

_FIELDS: Final[dict[str, tuple[tuple[int, ...], str]]] = {
    "mel": ((2, MELS), "<f2"),
    "motion": ((61,), "<f2"),
    "known": ((61,), "|b1"),
    "seal": ((), "<f2"),
    "cues": ((4,), "<f2"),
    "phone": ((), "|u1"),
}
"""Shape per tick and type of each array."""
_PART: Final = 50
_NOTE: Final = "pool.json"


@dataclass(frozen=True, slots=True)
class PoolConfig:
    """What a pool is made of.

    Attributes:
        examples: how many.
        seconds: length of each.
        minutes: of synthesized speech.
        voices: other talkers that each real take is given to.
        real_share: share of clips that are real.
        seed: of every choice.
        takes: one's own, by name and digest.
    """

    examples: int
    seconds: float = 8.0
    minutes: float = 180.0
    voices: int = 6
    real_share: float = 0.5
    seed: int = 0
    takes: tuple[str, ...] = ()


class Pool:
    """The arrays of a pool, `[examples, ticks, …]` each, read from disk as they are needed.

    Attributes:
        arrays: by name: `mel [N, T, 2, 80]`, `motion [N, T, 61]`, `known [N, T, 61]`, `seal [N, T]`, `cues [N, T, 4]`,
            `phone [N, T]`.
    """

    def __init__(self, folder: Path) -> None:
        self.arrays: dict[str, NDArray[Any]] = {n: np.load(folder / f"{n}.npy", mmap_mode="r") for n in _FIELDS}

    def batch(
        self, rng: np.random.Generator, size: int, ticks: int, look_ahead: NDArray[np.int64]
    ) -> dict[str, torch.Tensor]:
        """Random windows, their targets shifted by each row's look-ahead.

        Args:
            rng: source of every choice.
            size: B.
            ticks: T.
            look_ahead: `[B]`, ticks.

        Returns:
            `mel [B, 2T, 80]`, and `motion [B, T, 61]`, `known`, `seal`, `cues`, `phone` of the instant each tick shows.
        """
        count, length = self.arrays["phone"].shape
        rows = rng.integers(count, size=size)
        most = int(look_ahead.max())
        starts = rng.integers(most, length - ticks + 1, size=size)
        out: dict[str, torch.Tensor] = {}
        for name, array in self.arrays.items():
            shift = np.zeros_like(look_ahead) if name == "mel" else look_ahead
            part = np.stack([array[r, s - d : s - d + ticks] for r, s, d in zip(rows, starts, shift, strict=True)])
            out[name] = torch.from_numpy(part.astype(np.float32) if part.dtype == np.float16 else part)
        out["mel"] = out["mel"].flatten(1, 2)
        out["phone"] = out["phone"].long()
        return out


def build_pool(corpus: Corpus, config: PoolConfig, folder: Path, workers: int) -> None:
    """Fills a folder with examples; the note is written last, so that a broken pool is made again."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / _NOTE).unlink(missing_ok=True)
    for name, (shape, kind) in _FIELDS.items():
        open_memmap(folder / f"{name}.npy", "w+", np.dtype(kind), (config.examples, corpus.ticks, *shape)).flush()
    parts = [range(at, min(at + _PART, config.examples)) for at in range(0, config.examples, _PART)]
    _Worker.corpus, _Worker.seed, _Worker.folder = corpus, config.seed, folder  # inherited by the forks below
    with ProcessPoolExecutor(workers, multiprocessing.get_context("fork")) as pool:
        for done, _ in enumerate(pool.map(_fill, parts), 1):
            if done % 10 == 0:
                log.info("%d of %d examples", min(done * _PART, config.examples), config.examples)
    del _Worker.corpus, _Worker.seed, _Worker.folder  # gigabytes of sound
    (folder / _NOTE).write_text(_made_from(config))


def has_pool(folder: Path, config: PoolConfig) -> bool:
    """Whether the folder holds a whole pool made from this, by this code."""
    note = folder / _NOTE
    return note.exists() and note.read_text() == _made_from(config)


def _made_from(config: PoolConfig) -> str:
    """The configuration, and a digest of the code and numbers that make examples of it."""
    here = Path(__file__).parent
    sources = sorted([*here.glob("*.py"), *here.glob("*.json"), Path(mel.__file__)])
    digest = hashlib.sha256(b"".join(source.read_bytes() for source in sources))
    return json.dumps({**asdict(config), "code": digest.hexdigest()[:16]})


class _Worker:
    """What a forked worker inherits."""

    corpus: Corpus
    seed: int
    folder: Path


def _fill(part: range) -> None:
    torch.set_num_threads(1)
    spectrum = LogMel()
    arrays = {name: np.load(_Worker.folder / f"{name}.npy", mmap_mode="r+") for name in _FIELDS}
    for index in part:
        example = _Worker.corpus.example(np.random.default_rng((_Worker.seed, index)))
        for name, value in _fields(example, spectrum).items():
            arrays[name][index] = value


@torch.no_grad()
def _fields(example: Example, spectrum: LogMel) -> dict[str, NDArray[Any]]:
    frames, _ = spectrum(torch.from_numpy(example.audio)[None], torch.zeros(1, LogMel.TAIL))
    return {
        "mel": frames[0].reshape(-1, 2, MELS).numpy(),
        "motion": example.motion,
        "known": example.known,
        "seal": example.seal,
        "cues": example.cues,
        "phone": example.phone,
    }
