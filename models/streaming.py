"""The contract every streaming avatar model fulfils, and what it tells about itself.

A batch row is a *slot*: one live voice. Slots join, leave, reset and idle without disturbing their neighbours. Offline
is a stream from a fresh state. A state is a typed dataclass, passed explicitly and changed in place.
"""

from dataclasses import dataclass
from typing import Protocol, TypeVar

import torch
from torch import Tensor


@dataclass(frozen=True, slots=True)
class AvatarSpec:
    """What a model consumes and produces.

    Attributes:
        name: name of the model in the zoo.
        sample_rate: Hz of the audio it hears.
        tick_samples: samples consumed per tick (20 ms).
        frame_shape: shape of one frame; `(61,)` for face motion.
        frames_per_tick: frames produced per tick.
        look_ahead_ticks: allowed settings of the look-ahead dial, in ticks of 20 ms.
        default_look_ahead_ticks: the setting it was tuned for.
        noise_size: standard normal numbers a slot needs per tick, drawn from the slot's seed.
        blink_noise: which of them starts a blink.
        blink_threshold: by being above this.
    """

    name: str
    sample_rate: int
    tick_samples: int
    frame_shape: tuple[int, ...]
    frames_per_tick: int
    look_ahead_ticks: tuple[int, ...]
    default_look_ahead_ticks: int
    noise_size: int
    blink_noise: int
    blink_threshold: float


class StreamState(Protocol):
    """State of a streaming model: one row per slot."""

    def reset(self, mask: Tensor) -> None:
        """Starts the rows where `mask` `[B]` (bool) is true afresh; touches no other."""
        ...


S = TypeVar("S", bound=StreamState)


@dataclass(slots=True)
class Control:
    """Per-slot inputs of one tick beside the sound.

    Attributes:
        look_ahead: `[B]` int64, ticks of look-ahead; constant between resets.
        noise: `[B, noise_size]` float32, standard normal, from each slot's seed.
    """

    look_ahead: Tensor
    noise: Tensor


class StreamingAvatar(Protocol[S]):
    """A model that turns live sound into frames, one tick for every slot at a time."""

    spec: AvatarSpec

    def init_state(self, batch_size: int) -> S:
        """A fresh state for `batch_size` slots."""
        ...

    def step(self, audio: Tensor, control: Control, state: S, mask: Tensor | None = None) -> Tensor:
        """One tick for every slot.

        Args:
            audio: `[B, tick_samples]` float32 in -1..1.
            control: per-slot controls.
            state: changed in place, in the rows of `mask` alone.
            mask: `[B]` bool, the slots that step; None steps all.

        Returns:
            Frames `[B, *frame_shape]`. The step that has consumed audio up to A returns the frame at A - look-ahead;
            frames of instants before the reset are to be dropped.
        """
        ...


def rows(mask: Tensor, like: Tensor) -> Tensor:
    """Reshapes a row mask `[B]` so that it broadcasts over `like` `[B, ...]`."""
    return mask.to(torch.bool).view(-1, *([1] * (like.dim() - 1)))
