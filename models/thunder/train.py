"""Trains the shipped network from scratch, reproducibly: `python -m models.thunder.train --preset cpu`.

Needs the measurement data (`STREAM_ENGINE_DATA`), espeak-ng and flite, and the `[train]` extra. First a pool of
examples is made (models.corpus.pool), then come the stages: flow matching, then the shortcut to few steps. A stopped
run is resumed as if it had never been stopped. The network that scores best on the real talker's `val` split within
the last stage is kept in the run's folder, and takes its place at --out when all is done.
"""

import argparse
import copy
import json
import logging
import os
import shutil
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.utils.tensorboard import SummaryWriter

from models.corpus.clips import Corpus, synthesized_clips, take_clips
from models.corpus.grid import real_takes
from models.corpus.own_takes import own_takes
from models.corpus.pool import Pool, PoolConfig, build_pool, has_pool
from models.corpus.takes import Take
from models.thunder.losses import MotionLoss
from models.thunder.model import MAX_LOOK_AHEAD_TICKS, Thunder, ThunderConfig
from models.thunder.objective import objective
from models.thunder.validation import Validation, score
from models.thunder.weights import save_thunder
from models.zoo import ZOO

log = logging.getLogger("train")


@dataclass(frozen=True, slots=True)
class Stage:
    """One part of a training, with a learning rate that rises and falls once.

    Attributes:
        name: `flow`, or `shortcut`, in which the averaged network teaches larger steps.
        steps: how many.
        learning_rate: its peak.
        closure_weight: how much more a gap counts where a seal is due.
        firm_weight: how much rounding, tuck and tongue count, which few phones move.
        guidance: what the teacher's velocities are led by (classifier-free guidance), so that samples need none.
    """

    name: str
    steps: int
    learning_rate: float
    closure_weight: float
    firm_weight: float = 1.0
    guidance: float = 1.0


@dataclass(frozen=True, slots=True)
class TrainConfig:
    """What all stages share."""

    batch: int = 24
    ticks: int = 160
    weight_decay: float = 0.02
    ema: float = 0.998
    seed: int = 0
    validate_every: int = 400


@dataclass(frozen=True, slots=True)
class Preset:
    """A training as a whole."""

    pool: PoolConfig
    stages: Sequence[Stage]
    train: TrainConfig
    model: ThunderConfig


PRESETS = {
    "cpu": Preset(
        PoolConfig(examples=8_000),
        (
            Stage("flow", 3600, 1.5e-3, closure_weight=1.5, firm_weight=2.5),
            Stage("shortcut", 1500, 8e-4, closure_weight=1.6, firm_weight=1.3, guidance=1.1),
        ),
        TrainConfig(),
        ThunderConfig(),
    ),
    "gpu": Preset(
        PoolConfig(examples=80_000, minutes=1800.0, voices=60),
        (
            Stage("flow", 36_000, 1.0e-3, closure_weight=1.5, firm_weight=2.5),
            Stage("shortcut", 15_000, 3e-4, closure_weight=1.6, firm_weight=1.3, guidance=1.1),
        ),
        TrainConfig(batch=256, ema=0.9995, validate_every=1000),
        ThunderConfig(),
    ),
}


SIZES = {
    "base": ThunderConfig(),
    "half": ThunderConfig("thunder-half", dim=128, feed_forward=352, level_dim=48, head_width=96),
    "double": ThunderConfig("thunder-double", dim=272, feed_forward=736, level_dim=92, head_width=184),
    "lean": ThunderConfig("thunder-lean", dim=160, heads_per_key=4, feed_forward=448),
}
"""The network that ships, half and twice its parameters to see what size is worth, and one whose ticks cost less."""


def shortened(preset: Preset, share: float) -> Preset:
    """The same training with a share of its steps."""
    return replace(preset, stages=[replace(stage, steps=max(1, round(share * stage.steps))) for stage in preset.stages])


def corpus_of(config: PoolConfig, takes: Sequence[Take]) -> Corpus:
    """Clips of everything training may hear: synthesizers, the real talker, and one's own takes."""
    log.info("synthesizing %.0f minutes of speech", config.minutes)
    synthesized = synthesized_clips(config.minutes, config.seed)
    log.info("giving the real talker %d other voices", config.voices)
    real = take_clips([*real_takes("train"), *takes], config.voices, config.seed)
    return Corpus(synthesized, real, real_share=config.real_share, seconds=config.seconds)


class ResumeError(Exception):
    """A training that cannot be taken up again; the text says why and what to do."""


class Training:
    """A run: its data, its network, the average of its network, and what is kept of it."""

    def __init__(
        self,
        preset: Preset,
        out: Path,
        run: Path,
        takes: Sequence[Take],
        validation: Validation,
        device: str = "cpu",
        pool: Path | None = None,
    ) -> None:
        torch.manual_seed(preset.train.seed)
        made_from = replace(preset.pool, takes=tuple(f"{take.name} {take.digest}" for take in takes))
        folder = pool or run / "pool"
        if has_pool(folder, made_from):
            log.info("the pool in %s is made already", folder)
        else:
            build_pool(corpus_of(made_from, takes), made_from, folder, os.cpu_count() or 1)
        self.preset, self.out, self.device = preset, out, device
        self.checkpoint, self.kept = run / "checkpoint.pt", run / "best.safetensors"
        self.pool, self.validation = Pool(folder), validation
        self.model = Thunder(preset.model).to(device)
        self.average = copy.deepcopy(self.model).eval()
        self.writer = SummaryWriter(str(run))
        self.best = -1.0

    def run(self, resume: bool) -> None:
        """All stages, or what the checkpoint leaves to do of them.

        Raises:
            ResumeError: there is no checkpoint, or it is of another training. One with further stages is the same.
        """
        saved: dict[str, Any] | None = None
        done = 0
        if resume:
            saved = self._saved()
            self.model.load_state_dict(saved["model"])
            self.average.load_state_dict(saved["average"])
            done, self.best = saved["step"], saved["best"]
            log.info("resumed at step %d", done)
        before = 0
        for stage in self.preset.stages:
            if done < before + stage.steps:
                midway = saved if before < done else None
                self._stage(stage, before, max(done - before, 0), midway)
            before += stage.steps
        self.writer.close()
        for suffix in (".json", ".safetensors"):
            part = self.out.with_suffix(suffix + ".part")
            part.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(self.kept.with_suffix(suffix), part)
            part.replace(self.out.with_suffix(suffix))

    def _saved(self) -> dict[str, Any]:
        if not self.checkpoint.exists():
            raise ResumeError(f"there is no {self.checkpoint}; leave --resume away, or name another --run")
        saved: dict[str, Any] = torch.load(self.checkpoint, weights_only=True)
        before, now = json.loads(saved["preset"]), json.loads(self._preset_text())
        now["stages"] = now["stages"][: len(before["stages"])]  # a training may be given further stages
        if before != now:
            raise ResumeError(
                f"{self.checkpoint} is of another training; resume with the options it was begun with, or name another "
                "--run"
            )
        return saved

    def _preset_text(self) -> str:
        return json.dumps(asdict(self.preset))

    def _stage(self, stage: Stage, before: int, done: int, midway: dict[str, Any] | None) -> None:
        config, model = self.preset.train, self.model
        if done == 0 and before:  # a new stage goes on from what the last one arrived at, and has its own best
            model.load_state_dict(self.average.state_dict())
            self.best = -1.0
        optimizer = torch.optim.AdamW(model.parameters(), stage.learning_rate, weight_decay=config.weight_decay)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, stage.learning_rate, stage.steps, pct_start=0.08)
        if midway is not None:
            optimizer.load_state_dict(midway["optimizer"])
            schedule.load_state_dict(midway["schedule"])
        rng = self._chance(before + done)
        loss = MotionLoss(stage.closure_weight, stage.firm_weight).to(self.device)
        teacher = self.average if stage.name == "shortcut" else None
        total_steps = sum(s.steps for s in self.preset.stages)
        began = time.monotonic()
        model.train()
        for i in range(done, stage.steps):
            step = before + i + 1
            with torch.device(self.device):
                terms = objective(model, teacher, loss, self._batch(rng), stage.guidance)
            optimizer.zero_grad()
            torch.stack(list(terms.values())).sum().backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            self._follow(min(config.ema, step / (step + 9)))
            if step % 20 == 0:
                pace = (time.monotonic() - began) / (i + 1 - done)
                text = " ".join(f"{name} {value.item():.3f}" for name, value in terms.items())
                left = pace * (total_steps - step) / 60
                log.info("step %d/%d  %s  %.2f s/step, %.0f min left", step, total_steps, text, pace, left)
                for name, value in terms.items():
                    self.writer.add_scalar(f"train/{name}", value.item(), step)
            if step % config.validate_every == 0 or i + 1 == stage.steps:
                self._validate(step, loss)
                self._save(step, optimizer, schedule)
                rng = self._chance(step)

    def _chance(self, step: int) -> np.random.Generator:
        """Chance from a checkpoint on: the same whether a run goes on there or is taken up again."""
        torch.manual_seed(self.preset.train.seed + step)
        return np.random.default_rng((self.preset.train.seed, step))

    def _batch(self, rng: np.random.Generator) -> dict[str, torch.Tensor]:
        size = self.preset.train.batch
        # the whole dial in one network; half of it at the setting most will use
        dial = np.where(rng.random(size) < 0.5, 3, rng.integers(0, MAX_LOOK_AHEAD_TICKS + 1, size))
        batch = self.pool.batch(rng, size, self.preset.train.ticks, dial)
        batch["look_ahead"] = torch.from_numpy(dial)
        return {name: part.to(self.device) for name, part in batch.items()}

    @torch.no_grad()
    def _follow(self, decay: float) -> None:
        for slow, fast in zip(self.average.parameters(), self.model.parameters(), strict=True):
            slow.lerp_(fast, 1 - decay)

    def _save(self, step: int, optimizer: Any, schedule: Any) -> None:
        parts = {"model": self.model, "average": self.average, "optimizer": optimizer, "schedule": schedule}
        kept: dict[str, Any] = {name: part.state_dict() for name, part in parts.items()}
        part = self.checkpoint.with_suffix(".part")
        torch.save({**kept, "step": step, "best": self.best, "preset": self._preset_text()}, part)
        part.replace(self.checkpoint)  # whoever stops it now finds the one or the other, never half of one

    def _validate(self, step: int, loss: MotionLoss) -> None:
        figures = self.validation.figures(self.average, loss)
        log.info("step %d  %s", step, json.dumps({k: round(v, 4) for k, v in figures.items()}))
        for name, value in figures.items():
            self.writer.add_scalar(f"val/{name}", value, step)
        if score(figures) > self.best:
            self.best = score(figures)
            save_thunder(self.average, self.kept)
            record = {"step": step, **figures, **asdict(self.preset)}
            self.kept.with_suffix(".json").write_text(json.dumps(record, indent=1) + "\n")


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(prog="python -m models.thunder.train", description=__doc__)
    parser.add_argument("--preset", choices=PRESETS, default="cpu")
    parser.add_argument("--out", type=Path, help="weights; by default in the zoo, or of a --share in the run's folder")
    parser.add_argument("--run", type=Path, help="checkpoints, log; by default in runs/, named for the options")
    parser.add_argument("--pool", type=Path, help="examples, to share between runs; by default in the run's folder")
    parser.add_argument("--takes", type=Path, help="folder of one's own takes (python -m models.corpus import)")
    parser.add_argument("--size", choices=SIZES, default="base", help="of the network")
    parser.add_argument("--share", type=float, default=1.0, help="of every stage's steps, to compare quickly")
    parser.add_argument("--resume", action="store_true", help="go on from the run's checkpoint")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    takes = own_takes(arguments.takes) if arguments.takes else []
    name = SIZES[arguments.size].name
    unusual = [arguments.preset] * (arguments.preset != "cpu") + [f"{arguments.share:g}"] * (arguments.share != 1)
    run = arguments.run or Path("runs", "-".join([name, *unusual]))
    # a shortened training replaces no network of the zoo
    out = arguments.out or (ZOO if arguments.share == 1 else run) / f"{name}.safetensors"
    run.mkdir(parents=True, exist_ok=True)
    device = "cuda" if arguments.preset == "gpu" else "cpu"
    preset = shortened(replace(PRESETS[arguments.preset], model=SIZES[arguments.size]), arguments.share)
    try:
        Training(preset, out, run, takes, Validation(), device, arguments.pool).run(arguments.resume)
    except ResumeError as error:
        parser.error(str(error))


if __name__ == "__main__":
    main()
