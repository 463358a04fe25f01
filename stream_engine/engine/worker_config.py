"""What a worker is started with; known to both processes, so it imports next to nothing."""

from dataclasses import dataclass

from stream_engine.engine.backend import DEFAULT_MODEL


@dataclass(frozen=True, slots=True)
class WorkerConfig:
    """What a worker is started with.

    Attributes:
        model: name of a network in `models/zoo`, or path of its weights.
        backend: one of `engine.backend.BACKENDS`.
        slots: voices at a time.
        threads: for the arithmetic; 0 leaves half the cores to everything else.
        sleep_after_s: quiet seconds after which a slot's network sleeps; 0 for never.
    """

    model: str = DEFAULT_MODEL
    backend: str = "onnxruntime"
    slots: int = 64
    threads: int = 0
    sleep_after_s: float = 8.0
