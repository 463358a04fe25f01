"""The reference backend: the torch module itself, on the CPU."""

import os

import numpy as np
import torch
from numpy.typing import NDArray

from models.streaming import AvatarSpec, Control
from models.thunder import ThunderState, WeightsError, load_thunder
from stream_engine.engine import EngineStartError
from stream_engine.engine.backend import ModelFacts, weights_file


def facts_of(spec: AvatarSpec) -> ModelFacts:
    """What the engine needs of a model's specification."""
    return ModelFacts(
        name=spec.name,
        tick_samples=spec.tick_samples,
        channels=spec.frame_shape[0],
        look_ahead_ticks=spec.look_ahead_ticks,
        default_look_ahead_ticks=spec.default_look_ahead_ticks,
        noise_size=spec.noise_size,
        blink_noise=spec.blink_noise,
        blink_threshold=spec.blink_threshold,
    )


class TorchBackend:
    """Steps rows by gathering their state, stepping it and scattering it back.

    Attributes:
        facts: about the model.
    """

    def __init__(self, model: str, *, slots: int, threads: int = 0) -> None:
        torch.set_num_threads(threads or max(1, (os.cpu_count() or 1) // 2))
        path = weights_file(model)
        try:
            self._model = load_thunder(path)
        except WeightsError as error:
            raise EngineStartError(str(error)) from error
        self.facts = facts_of(self._model.spec)
        self._state = self._model.init_state(slots)
        self._slots = slots

    def step(
        self,
        rows: NDArray[np.int64],
        audio: NDArray[np.float32],
        look_ahead: NDArray[np.int64],
        noise: NDArray[np.float32],
    ) -> NDArray[np.float32]:
        """See `Backend.step`."""
        index = torch.from_numpy(rows)
        whole = self._state.tensors()
        part = ThunderState.of({name: tensor[index] for name, tensor in whole.items()})
        control = Control(torch.from_numpy(look_ahead), torch.from_numpy(noise))
        frames = self._model.step(torch.from_numpy(audio), control, part)
        for name, tensor in part.tensors().items():
            whole[name][index] = tensor
        result: NDArray[np.float32] = frames.numpy()
        return result

    def reset(self, rows: NDArray[np.int64]) -> None:
        """See `Backend.reset`."""
        mask = torch.zeros(self._slots, dtype=torch.bool)
        mask[torch.from_numpy(rows)] = True
        self._state.reset(mask)
