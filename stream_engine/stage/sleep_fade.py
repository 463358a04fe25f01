"""From the network's face to idle life and back, without a jump.

Falling asleep takes 300 ms, through which the network still runs. Waking takes as long for head and brows; the eyes are
back in 60 ms, as a saccade is, and the mouth in 40: it has something to say.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.face.channels import CHANNEL_COUNT, CHANNELS, channel_indices
from stream_engine.engine.sleep import DOZE_TICKS
from stream_engine.stage.idle_life import IdleLife

_EYES: Final = np.array(
    channel_indices(n for n in CHANNELS if n.startswith("EyeLook") or n.endswith(("EyeYaw", "EyePitch", "EyeRoll")))
)
_MOUTH: Final = np.array(channel_indices(n for n in CHANNELS if n.startswith(("Jaw", "Mouth", "Tongue", "CheekPuff"))))
_MOUTH_TICKS: Final = 2
_EYE_TICKS: Final = 3
_REST_TICKS: Final = 30
"""Time constant over which the face's resting shapes are averaged before it sleeps."""


class SleepFade:
    """One face's.

    Args:
        seed: of its idle life.
    """

    def __init__(self, seed: int) -> None:
        self.life = IdleLife(seed)
        self._rest = np.zeros(CHANNEL_COUNT, np.float32)
        self._known = False
        self._idle = np.zeros(3)  # share of idle life: mouth, eyes, everything else
        self._reseeded: int | None = None

    def reseed(self, seed: int) -> None:
        """Another idle life, from the next restart on."""
        self._reseeded = seed

    def restart(self) -> None:
        """The stream began afresh: the network's face at once."""
        if self._reseeded is not None:
            rate = self.life.blinks_per_minute
            self.life = IdleLife(self._reseeded)
            self.life.blinks_per_minute = rate
            self._reseeded = None
        self._idle[:] = 0
        self._known = False

    def frame(self, channels: NDArray[np.float32], instant: int, *, asleep: bool) -> NDArray[np.float32]:
        """The face at an instant.

        Args:
            channels: `[61]`, the network's.
            instant: in ticks.
            asleep: whether it sleeps, or is falling asleep.

        Returns:
            `[61]`; while it is awake the network's own array.
        """
        if not asleep and not self._idle.any():
            if self._known:
                self._rest += (channels - self._rest) * np.float32(1 / _REST_TICKS)
            else:
                self._rest[:] = channels
                self._known = True
            return channels
        if asleep:
            if not self._idle.any():
                self.life.begin(instant, self._rest, channels)
            self._idle += 1 / DOZE_TICKS
        else:
            self._idle -= (1 / _MOUTH_TICKS, 1 / _EYE_TICKS, 1 / DOZE_TICKS)
        np.clip(self._idle, 0, 1, out=self._idle)
        self._idle[self._idle < 1e-9] = 0
        mouth, eyes, other = (self._idle**2 * (3 - 2 * self._idle)).astype(np.float32)
        share = np.full(CHANNEL_COUNT, other, np.float32)
        share[_MOUTH] = mouth
        share[_EYES] = eyes
        return channels + share * (self.life.frame(instant) - channels)
