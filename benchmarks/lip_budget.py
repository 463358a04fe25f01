"""What a tick of the network costs: a hundred slots in one batch, on two threads, by the backend the worker runs."""

from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np

from models.thunder import Thunder
from stream_engine.clock import SystemClock
from stream_engine.engine.onnx_backend import OnnxBackend

SLOTS: Final = 100
THREADS: Final = 2
TICKS: Final = 400
_WARM_UP: Final = 60


@dataclass(frozen=True, slots=True)
class StepBudget:
    """Wall time of one tick of all slots.

    Attributes:
        parameters: of the network.
        slots: rows stepped as one batch.
        threads: that step them.
        ticks: measured, after a warm-up that fills the ring of keys and values.
        p50_ms: median of a tick; so p95_ms and p99_ms.
        p95_ms: 95th percentile.
        p99_ms: 99th percentile.
    """

    parameters: int
    slots: int
    threads: int
    ticks: int
    p50_ms: float
    p95_ms: float
    p99_ms: float


def step_budget(model: Thunder, weights: str, ticks: int = TICKS) -> dict[str, Any]:
    """Measures a network.

    Args:
        model: the network, for its sizes.
        weights: the same, as a name of the zoo or a weights file.
        ticks: to measure.
    """
    clock, spec = SystemClock(), model.spec
    backend = OnnxBackend(weights, slots=SLOTS, threads=THREADS)
    rng = np.random.default_rng(0)
    rows = np.arange(SLOTS)
    # Noise for sound: the work is the same whatever is heard.
    audio = 0.1 * rng.standard_normal((8, SLOTS, spec.tick_samples), dtype=np.float32)
    noise = rng.standard_normal((8, SLOTS, spec.noise_size), dtype=np.float32)
    dial = np.full(SLOTS, spec.default_look_ahead_ticks)
    took = np.empty(_WARM_UP + ticks)
    for tick in range(len(took)):
        began = clock.monotonic()
        backend.step(rows, audio[tick % 8], dial, noise[tick % 8])
        took[tick] = (clock.monotonic() - began) * 1e3
    p50, p95, p99 = np.percentile(took[_WARM_UP:], [50, 95, 99]).tolist()
    return asdict(StepBudget(parameters(model), SLOTS, THREADS, ticks, p50, p95, p99))


def parameters(model: Thunder) -> int:
    """Numbers in the network's weights."""
    return sum(weight.numel() for weight in model.parameters())
