"""What runs the network: one interface, several backends that must agree with `torch`, the reference."""

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from models.zoo import WeightsError, weights_path
from stream_engine.engine import EngineStartError

BACKENDS: Final = ("onnxruntime", "torch")
DEFAULT_MODEL: Final = "thunder-base"


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """`models.streaming.AvatarSpec`, as far as the engine needs it, without importing torch.

    Attributes:
        name: of the model.
        tick_samples: samples per tick at 16 kHz.
        channels: motion channels per frame.
        look_ahead_ticks: settings of the dial.
        default_look_ahead_ticks: what the model was tuned for.
        noise_size: standard normal numbers per tick and slot.
        blink_noise: which of them starts a blink.
        blink_threshold: by being above this.
    """

    name: str
    tick_samples: int
    channels: int
    look_ahead_ticks: tuple[int, ...]
    default_look_ahead_ticks: int
    noise_size: int
    blink_noise: int
    blink_threshold: float


class Backend(Protocol):
    """A network with one state row per slot."""

    facts: ModelFacts

    def step(
        self,
        rows: NDArray[np.int64],
        audio: NDArray[np.float32],
        look_ahead: NDArray[np.int64],
        noise: NDArray[np.float32],
    ) -> NDArray[np.float32]:
        """One tick of the given rows, as one batch.

        Args:
            rows: `[B]`, ascending, each at most once.
            audio: `[B, 320]`.
            look_ahead: `[B]`, ticks.
            noise: `[B, noise_size]`.

        Returns:
            Frames `[B, 61]`.
        """
        ...

    def reset(self, rows: NDArray[np.int64]) -> None:
        """Starts rows `[B]` afresh."""
        ...


def weights_file(model: str) -> Path:
    """The safetensors file of a network, by its name in the zoo or by path; imports no torch.

    Raises:
        EngineStartError: there is no such file.
    """
    try:
        return weights_path(model)
    except WeightsError as error:
        raise EngineStartError(str(error)) from error


def model_folder() -> Path:
    """Where the package `models` lies.

    Raises:
        EngineStartError: it is not importable.
    """
    spec = find_spec("models")
    if spec is None or not spec.submodule_search_locations:
        raise EngineStartError("the package 'models' cannot be imported; run from the checkout, or install it")
    return Path(next(iter(spec.submodule_search_locations)))
