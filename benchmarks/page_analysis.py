"""What the page's own records say about frames and memory. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from benchmarks.latency_analysis import percentiles

MEGABYTE = 2.0**20
_FEWEST_FRAMES = 30
_EDGE = 5
"""The beginning and the end of a record are each a fifth of it."""


def frame_figures(callbacks: ArrayLike, drawn: ArrayLike) -> dict[str, Any]:
    """How steadily a page draws, and what each frame costs its main thread.

    Args:
        callbacks: `[N, 2]` animation frame callbacks: the frame's time and the ms spent in it. Several of one frame add
            up; frames that drew nothing count too.
        drawn: `[M]` when pictures were drawn, ms, rising.

    Returns:
        `frame_ms` (from picture to picture) and `main_thread_ms`, each p50, p95, p99, and `frames_per_s`.

    Raises:
        ValueError: too few pictures to speak of percentiles.
    """
    at = np.asarray(drawn, np.float64)
    if len(at) < _FEWEST_FRAMES:
        raise ValueError(f"the page drew {len(at)} pictures; at least {_FEWEST_FRAMES} tell something. Measure longer")
    spent = np.asarray(callbacks, np.float64).reshape(-1, 2)
    _, frame = np.unique(spent[:, 0], return_inverse=True)
    return {
        "frame_ms": percentiles(np.diff(at)),
        "main_thread_ms": percentiles(np.bincount(frame, spent[:, 1])),
        "frames_per_s": (len(at) - 1) / ((at[-1] - at[0]) / 1000),
    }


@dataclass(frozen=True)
class MemorySample:
    """What a page holds after a collection of garbage.

    Attributes:
        at_s: since the first sample.
        heap_bytes: JavaScript heap in use.
        nodes: of all documents.
        listeners: of events.
        gpu_objects: geometries, textures and shader programs.
    """

    at_s: float
    heap_bytes: float
    nodes: int
    listeners: int
    gpu_objects: int


def memory_figures(samples: Sequence[MemorySample]) -> dict[str, Any]:
    """How memory grew from the first fifth of a record to its last.

    Medians of the two fifths are compared, so that one sample taken in the middle of something decides nothing.

    Raises:
        ValueError: fewer than two samples.
    """
    if len(samples) < 2:
        raise ValueError("growth needs two samples")
    edge = max(1, len(samples) // _EDGE)
    first, last = samples[:edge], samples[-edge:]

    def grown(name: str) -> float:
        before, after = (float(np.median([getattr(sample, name) for sample in part])) for part in (first, last))
        return after - before

    heap = np.array([sample.heap_bytes for sample in samples]) / MEGABYTE
    minutes = (samples[-1].at_s - samples[0].at_s) / 60
    return {
        "minutes": minutes,
        "heap_mb": {"first": float(heap[0]), "last": float(heap[-1]), "highest": float(heap.max())},
        "heap_growth_mb": grown("heap_bytes") / MEGABYTE,
        "node_growth": grown("nodes"),
        "listener_growth": grown("listeners"),
        "gpu_objects": samples[-1].gpu_objects,
        "gpu_object_growth": grown("gpu_objects"),
    }
