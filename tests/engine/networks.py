"""A randomly initialised network of the shipped shape, and sound to feed it."""

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from models.thunder import Thunder, ThunderConfig, save_thunder
from stream_engine.clock import ManualClock
from stream_engine.engine.backend_choice import load_backend
from stream_engine.engine.batch import BatchCore, StepResult, WaitingTick

SLOTS = 8


def save_random_network(path: Path) -> Path:
    """Writes weights whose frames depend on sound, seed, look-ahead and past, if meaninglessly."""
    torch.manual_seed(7)
    network = Thunder(
        ThunderConfig(name="random", dim=48, layers=2, heads=2, feed_forward=96, window=12, head_width=48)
    )
    with torch.no_grad():
        for parameter in network.parameters():
            if not parameter.any():  # a head that starts at zero would say the same whatever it hears
                parameter.normal_(std=0.2)
    save_thunder(network, path)
    return path


def sound(count: int, seed: int = 0) -> NDArray[np.float32]:
    """Ticks of noise `[count, 320]`."""
    return np.random.default_rng(seed).uniform(-0.3, 0.3, (count, 320)).astype(np.float32)


def core_of(backend: str, network: Path, slots: int = SLOTS, threads: int = 1) -> BatchCore:
    """A core without voice activity."""
    return BatchCore(load_backend(backend, str(network), slots=slots, threads=threads), None, ManualClock())


def tick(index: int, samples: NDArray[np.float32]) -> WaitingTick:
    """A tick handed over at time 0."""
    return WaitingTick(index, 0.0, 0.0, samples)


def must_step(core: BatchCore) -> StepResult:
    """Steps a core that has work."""
    result = core.step()
    assert result is not None
    return result


def alone(
    core: BatchCore,
    ticks: NDArray[np.float32],
    *,
    row: int = 0,
    look_ahead: int = 3,
    seed: int = 0,
    blinks_per_minute: float = 16,
) -> NDArray[np.float32]:
    """Frames `[T, 61]` of one voice that has the core to itself."""
    core.open(row, epoch=1, look_ahead=look_ahead, seed=seed, blinks_per_minute=blinks_per_minute)
    frames = []
    for k, samples in enumerate(ticks):
        core.push(row, 1, tick(k, samples))
        frames.append(must_step(core).channels[0])
    core.close(row)
    return np.stack(frames)
