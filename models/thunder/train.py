"""Trains the shipped network from scratch, reproducibly: `python -m models.thunder.train`.

Needs the measurement data (`STREAM_ENGINE_DATA`), espeak-ng and flite, and the `[train]` extra. Checkpoints hold
everything a resumed run needs; the network with the best score on the real talker's `val` split is written to --out.
"""

import argparse
import copy
import json
import logging
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader
from torch.utils.tensorboard import SummaryWriter

from models.corpus.behaviour import behaviour_channels
from models.corpus.clips import Clip, Examples, real_clips, synthesize
from models.face.lip_measures import Closures, closures, gap_at, pearson
from models.thunder.drives import BEHAVIOURS, drives
from models.thunder.losses import MOUTH, MotionLoss
from models.thunder.model import Thunder, ThunderConfig
from models.thunder.weights import save_thunder

log = logging.getLogger("train")

CAMERA_FPS = 25.0
"""Of the real talker's video."""


@dataclass(frozen=True, slots=True)
class Stage:
    """One part of a training, with a learning rate that rises and falls once.

    Attributes:
        steps: how many.
        learning_rate: its peak.
        closure_weight: how much more a gap counts where a seal is due.
        lead_s: how far the targets run ahead, seconds.
    """

    steps: int
    learning_rate: float
    closure_weight: float
    lead_s: float


STAGES = (
    Stage(steps=1800, learning_rate=1.5e-3, closure_weight=2.0, lead_s=0.0),
    # On the talker's val split the first stage closes nearly always and lags by 10 ms: trade the one against the other.
    Stage(steps=500, learning_rate=5e-4, closure_weight=0.7, lead_s=0.01),
)


@dataclass(frozen=True, slots=True)
class TrainConfig:
    """What all stages share."""

    minutes: float = 120.0
    batch: int = 24
    ticks: int = 160
    weight_decay: float = 0.02
    real_share: float = 0.35
    ema: float = 0.998
    seed: int = 0
    validate_every: int = 100


def behaviour_noise(model: Thunder, batch: int, ticks: int) -> tuple[Tensor, Tensor, Tensor]:
    """Noise for a batch: raw `[B, T, N]`, filtered, and the filter's state before the first tick (already settled)."""
    settle = 150
    noise = torch.randn(batch, settle + ticks, model.noise.size)
    _, state = model.noise(noise[:, :settle], model.noise.init_state(batch))
    raw = noise[:, settle:]
    smooth, _ = model.noise(raw, state)
    return raw, smooth, state


def motion_target(mouth: Tensor, behaviour: Tensor) -> Tensor:
    """Speech and behaviour as one motion: behaviour owns what does not speak, and adds its smile to what does."""
    target = behaviour.clone()
    target[..., MOUTH] = (mouth[..., MOUTH] + 0.6 * behaviour[..., MOUTH]).clamp(0, 1)
    return target


def vary_spectrum(mel: Tensor) -> Tensor:
    """Other throats and microphones: each example's mel axis stretched, tilted and now and then blanked in part.

    Args:
        mel: `[B, F, bins]`.
    """
    size, frames, bins = mel.shape
    stretch = torch.empty(size, 1).uniform_(0.9, 1.12)  # vocal tract length (Jaitly & Hinton 2013)
    source = (torch.arange(bins) * stretch).clamp(max=bins - 1.001)
    low = source.floor().long()
    part = (source - low)[:, None]
    index = low[:, None].expand(-1, frames, -1)
    mel = mel.gather(2, index) * (1 - part) + mel.gather(2, index + 1) * part
    tilt = torch.nn.functional.interpolate(0.2 * torch.randn(size, 1, 5), bins, mode="linear", align_corners=True)
    mel = mel + tilt
    for axis, longest, share in ((2, 10, 0.4), (1, 6, 0.4)):  # SpecAugment (Park et al. 2019)
        length = mel.shape[axis]
        width = torch.randint(1, longest, (size, 1)) * (torch.rand(size, 1) < share)
        start = (torch.rand(size, 1) * (length - longest)).long()
        at = torch.arange(length)
        blank = (at >= start) & (at < start + width)
        blank = blank[:, None, :] if axis == 2 else blank[:, :, None]
        mel = torch.where(blank, mel.mean(dim=(1, 2), keepdim=True), mel)
    return mel


def training_step(model: Thunder, loss: MotionLoss, batch: dict[str, Tensor]) -> tuple[Tensor, dict[str, float]]:
    """Loss of one batch: one pass of the backbone, one of the flow head at a random flow time per example."""
    size, ticks = batch["gap"].shape
    raw, smooth, poles = behaviour_noise(model, size, ticks)
    count = len(BEHAVIOURS)
    behaviour = behaviour_channels(drives(smooth[..., :count], raw[..., :count]), batch["effort"])
    target = motion_target(batch["mouth"], behaviour)
    state = model.init_state(size)
    state.noise_poles = poles
    with torch.no_grad():
        mel, tail = model.mel(batch["audio"], state.audio_tail)
        mel = vary_spectrum(mel)
    time_ = torch.rand(size, 1, 1) * (torch.rand(size, 1, 1) > 0.6)  # most at t = 0, where live sampling starts
    with torch.autocast("cpu", torch.bfloat16):  # twice as fast where the processor has it; weights stay fp32
        step = model.contexts_of_mel(mel, tail, batch["look_ahead"], raw, state)
        noisy = (1 - time_) * step.flow_noise + time_ * target
        clean = model.flow(noisy, time_.expand(-1, ticks, 1), step.context)
        phones = model.phones(step.speech)
    result: tuple[Tensor, dict[str, float]] = loss(clean.float(), target, batch, phones.float())
    return result


@torch.no_grad()
def validate(model: Thunder, loss: MotionLoss, clips: list[Clip], look_ahead: int = 3) -> dict[str, float]:
    """Correlation of the gap with the real talker's, and his closures, on clips the network never saw."""
    model.eval()
    size, ticks = len(clips), 150 + look_ahead
    audio = torch.zeros(size, ticks * 320)
    for row, clip in enumerate(clips):
        samples = torch.from_numpy(clip.pcm.astype(np.float32))[: ticks * 320]
        audio[row, : len(samples)] = samples * (10 ** (-26 / 20) / samples.square().mean().sqrt())
    generator = torch.Generator().manual_seed(1)
    noise = torch.randn(size, ticks, model.noise.size, generator=generator)
    dial = torch.full((size,), look_ahead)
    motion = model.advance(audio, dial, noise, model.init_state(size))
    # the step that has consumed tick n shows the instant n + 1 - look_ahead
    gap = loss.normalized_gap(motion)[:, look_ahead - 1 :].clamp(min=0).numpy()
    correlations, counts = [], Closures()
    for row, clip in enumerate(clips):
        assert clip.gap is not None
        camera = np.arange(len(clip.gap)) * 1000 / CAMERA_FPS
        correlations.append(float(pearson(gap_at(gap[row], camera), clip.gap)))
        counts += closures(gap[row], [(1000 * phone.start, 1000 * phone.end, phone.name) for phone in clip.phones])
    model.train()
    return {
        "val_r": float(np.mean(correlations)),
        "val_closure_recall": counts.recall,
        "val_false_closure": counts.false_closure,
    }


def score(metrics: dict[str, float]) -> float:
    """What picks the checkpoint: correlation, and closures up to the point where they are nearly all there."""
    return (
        metrics["val_r"]
        + 0.5 * min(metrics["val_closure_recall"], 0.95)
        - 0.5 * max(metrics["val_false_closure"] - 0.03, 0)
    )


class Training:
    """A run: its data, its network, the average of its network, and what is kept of it."""

    def __init__(self, config: TrainConfig, model_config: ThunderConfig, out: Path, run: Path) -> None:
        torch.manual_seed(config.seed)
        run.mkdir(parents=True, exist_ok=True)
        self.config, self.model_config, self.out, self.checkpoint = config, model_config, out, run / "checkpoint.pt"
        log.info("synthesizing %.0f minutes of speech", config.minutes)
        self.synthesized, self.real = synthesize(config.minutes, config.seed), real_clips("train")
        self.held = real_clips("val")
        self.model = Thunder(model_config)
        self.average = copy.deepcopy(self.model).eval()
        self.writer = SummaryWriter(str(run))
        self.best = -1.0

    def run(self, resume: bool) -> None:
        """All stages, or what the checkpoint leaves to do of them."""
        done = 0
        saved = None
        if resume and self.checkpoint.exists():
            saved = torch.load(self.checkpoint, weights_only=True)
            self.model.load_state_dict(saved["model"])
            self.average.load_state_dict(saved["average"])
            done, self.best = saved["step"], saved["best"]
            log.info("resumed at step %d", done)
        before = 0
        for stage in STAGES:
            if done < before + stage.steps:
                midway = saved if before < done else None
                self._stage(stage, before, max(done - before, 0), midway)
            before += stage.steps
        self.writer.close()

    def _stage(self, stage: Stage, before: int, done: int, midway: dict[str, Any] | None) -> None:
        config, model = self.config, self.model
        if done == 0 and before:  # a new stage goes on from what the last one arrived at, and has its own best
            model.load_state_dict(self.average.state_dict())
            self.best = -1.0
        optimizer = torch.optim.AdamW(model.parameters(), stage.learning_rate, weight_decay=config.weight_decay)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, stage.learning_rate, stage.steps, pct_start=0.1)
        if midway is not None:
            optimizer.load_state_dict(midway["optimizer"])
            schedule.load_state_dict(midway["schedule"])
        data = Examples(
            self.synthesized, self.real, ticks=config.ticks, seed=config.seed + before + done,
            real_share=config.real_share, lead_s=stage.lead_s,
        )  # fmt: skip
        loader = iter(DataLoader(data, config.batch, num_workers=1, prefetch_factor=4))
        loss = MotionLoss(stage.closure_weight)
        total_steps = sum(s.steps for s in STAGES)
        began = time.monotonic()
        for i in range(done, stage.steps):
            step = before + i + 1
            total, parts = training_step(model, loss, next(loader))
            optimizer.zero_grad()
            total.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            self._follow(min(config.ema, step / (step + 9)))
            if step % 20 == 0:
                pace = (time.monotonic() - began) / (i + 1 - done)
                text = " ".join(f"{name} {value:.3f}" for name, value in parts.items())
                left = pace * (total_steps - step) / 60
                log.info("step %d/%d  %s  %.2f s/step, %.0f min left", step, total_steps, text, pace, left)
                for name, value in parts.items():
                    self.writer.add_scalar(f"train/{name}", value, step)
            if step % config.validate_every == 0 or i + 1 == stage.steps:
                self._validate(step, loss)
                state: dict[str, Any] = {
                    "model": model,
                    "average": self.average,
                    "optimizer": optimizer,
                    "schedule": schedule,
                }
                kept = {name: part.state_dict() for name, part in state.items()}
                torch.save({**kept, "step": step, "best": self.best}, self.checkpoint)

    @torch.no_grad()
    def _follow(self, decay: float) -> None:
        for slow, fast in zip(self.average.parameters(), self.model.parameters(), strict=True):
            slow.lerp_(fast, 1 - decay)

    def _validate(self, step: int, loss: MotionLoss) -> None:
        metrics = validate(self.average, loss, self.held)
        log.info("step %d  %s", step, json.dumps({k: round(v, 4) for k, v in metrics.items()}))
        for name, value in metrics.items():
            self.writer.add_scalar(f"val/{name}", value, step)
        if score(metrics) > self.best:
            self.best = score(metrics)
            save_thunder(self.average, self.out)
            record = {
                "step": step,
                **metrics,
                "stages": [asdict(stage) for stage in STAGES],
                "train": asdict(self.config),
                "model": asdict(self.model_config),
            }
            self.out.with_suffix(".json").write_text(json.dumps(record, indent=1) + "\n")


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(prog="python -m models.thunder.train", description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("models/zoo/thunder-base.safetensors"))
    parser.add_argument("--run", type=Path, default=Path("runs/thunder-base"), help="checkpoints and TensorBoard log")
    parser.add_argument("--resume", action="store_true", help="go on from the run's checkpoint")
    defaults = TrainConfig()
    for name, value in asdict(defaults).items():
        parser.add_argument(f"--{name.replace('_', '-')}", type=type(value), default=value)
    arguments = vars(parser.parse_args())
    out, run, resume = arguments.pop("out"), arguments.pop("run"), arguments.pop("resume")
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    Training(TrainConfig(**arguments), ThunderConfig(), out, run).run(resume)


if __name__ == "__main__":
    main()
