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

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader
from torch.utils.tensorboard import SummaryWriter

from models.corpus.behaviour import behaviour_channels
from models.corpus.clips import Clip, Examples, real_clips, synthesize
from models.corpus.phones import BILABIALS
from models.thunder.behaviour import BEHAVIOURS, drives
from models.thunder.losses import MOUTH, MotionLoss
from models.thunder.model import Thunder, ThunderConfig
from models.thunder.weights import save_thunder

log = logging.getLogger("train")


@dataclass(frozen=True, slots=True)
class TrainConfig:
    """Everything that decides the outcome of a run."""

    minutes: float = 120.0
    steps: int = 1800
    batch: int = 24
    ticks: int = 160
    learning_rate: float = 1.5e-3
    weight_decay: float = 0.02
    closure_weight: float = 2.0
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
    times = np.arange(gap.shape[1]) * 0.02
    correlations, hits, falses = [], [], []
    for row, clip in enumerate(clips):
        assert clip.gap is not None
        camera = np.interp(np.arange(len(clip.gap)) / 25, times, gap[row])
        correlations.append(float(np.corrcoef(camera, clip.gap)[0, 1]))
        low, high = np.percentile(gap[row], [2, 95])
        closed = low + 0.15 * (high - low)
        fine = np.arange(0, times[-1], 0.01)
        track = np.interp(fine, times, gap[row])
        for phone in clip.phones:
            if phone.name in BILABIALS:
                centre = (phone.start + phone.end) / 2
                hits.append(bool((track[(fine >= centre - 0.04) & (fine <= centre + 0.04)] < closed).any()))
            elif phone.name in ("AA", "AE", "AH", "AO", "AW", "AY", "EH", "EY", "OW", "OY"):
                quarter = (phone.end - phone.start) / 4
                inside = track[(fine >= phone.start + quarter) & (fine <= phone.end - quarter)]
                falses.extend((inside < closed).tolist())
    model.train()
    return {
        "val_r": float(np.mean(correlations)),
        "val_closure_recall": float(np.mean(hits)),
        "val_false_closure": float(np.mean(falses)),
    }


def score(metrics: dict[str, float]) -> float:
    """What picks the checkpoint: correlation, and closures up to the point where they are nearly all there."""
    return (
        metrics["val_r"]
        + 0.5 * min(metrics["val_closure_recall"], 0.95)
        - 0.5 * max(metrics["val_false_closure"] - 0.03, 0)
    )


def train(config: TrainConfig, model_config: ThunderConfig, out: Path, run: Path, resume: bool) -> None:
    """Runs (or resumes) a training and writes the best network to `out`."""
    torch.manual_seed(config.seed)
    run.mkdir(parents=True, exist_ok=True)
    log.info("synthesizing %.0f minutes of speech", config.minutes)
    data = Examples(
        synthesize(config.minutes, config.seed),
        real_clips("train"),
        ticks=config.ticks,
        seed=config.seed,
        real_share=config.real_share,
    )
    held = real_clips("val")
    model, loss = Thunder(model_config), MotionLoss(config.closure_weight)
    average = copy.deepcopy(model).eval()
    optimizer = torch.optim.AdamW(model.parameters(), config.learning_rate, weight_decay=config.weight_decay)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, config.learning_rate, config.steps, pct_start=0.1)
    first, best = 0, -1.0
    checkpoint = run / "checkpoint.pt"
    if resume and checkpoint.exists():
        saved = torch.load(checkpoint, weights_only=True)
        for part, key in ((model, "model"), (average, "average"), (optimizer, "optimizer"), (schedule, "schedule")):
            part.load_state_dict(saved[key])
        first, best = saved["step"], saved["best"]
        data.seed = config.seed + first
        log.info("resumed at step %d", first)
    writer = SummaryWriter(str(run))
    loader = iter(DataLoader(data, config.batch, num_workers=1, prefetch_factor=4))
    began = time.monotonic()
    for step in range(first, config.steps):
        total, parts = training_step(model, loss, next(loader))
        optimizer.zero_grad()
        total.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        decay = min(config.ema, (step + 1) / (step + 10))
        with torch.no_grad():
            for slow, fast in zip(average.parameters(), model.parameters(), strict=True):
                slow.lerp_(fast, 1 - decay)
        if (step + 1) % 20 == 0:
            pace = (time.monotonic() - began) / (step + 1 - first)
            left = pace * (config.steps - step - 1) / 60
            text = " ".join(f"{name} {value:.3f}" for name, value in parts.items())
            log.info("step %d/%d  %s  %.2f s/step, %.0f min left", step + 1, config.steps, text, pace, left)
            for name, value in parts.items():
                writer.add_scalar(f"train/{name}", value, step + 1)
        if (step + 1) % config.validate_every == 0 or step + 1 == config.steps:
            metrics = validate(average, loss, held)
            log.info("step %d  %s", step + 1, json.dumps({k: round(v, 4) for k, v in metrics.items()}))
            for name, value in metrics.items():
                writer.add_scalar(f"val/{name}", value, step + 1)
            if score(metrics) > best:
                best = score(metrics)
                save_thunder(average, out)
                record = {"step": step + 1, **metrics, "train": asdict(config), "model": asdict(model_config)}
                out.with_suffix(".json").write_text(json.dumps(record, indent=1) + "\n")
            torch.save(
                {
                    "model": model.state_dict(),
                    "average": average.state_dict(),
                    "optimizer": optimizer.state_dict(),
                    "schedule": schedule.state_dict(),
                    "step": step + 1,
                    "best": best,
                },
                checkpoint,
            )
    writer.close()


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
    train(TrainConfig(**arguments), ThunderConfig(), out, run, resume)


if __name__ == "__main__":
    main()
