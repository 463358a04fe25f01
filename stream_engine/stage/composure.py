"""Takes the network's tremble out of eyes and head: what it only approximates, physiology does sharply.

The network's gaze swims by several degrees a second around its target and takes 60 to 80 ms for what an eye does in
30. Here the gaze (eye and head together) holds still, against the head's motion too, until the network's has left it
and come to rest elsewhere; then it goes there in a saccade of 21 ms + 2.2 ms per degree (Carpenter 1988). The head,
which weighs five kilograms, loses what shakes it from tick to tick. Neither is tied to a sound as lips are, so the two
ticks of waiting cost nothing.
"""

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.face.channels import channel_indices
from stream_engine.stage.gaze import GAZE_AXES, aim_eye, between, saccade

_LEAVE: Final = math.radians(1.3)
"""The network's gaze has left its target when it is so far from it; smaller wandering is its noise."""
_AT_REST: Final = math.radians(0.5)
"""And is at rest again when it moves less than this in a tick (25°/s)."""
_PATIENCE_TICKS: Final = 5
"""A gaze that never comes to rest is followed all the same."""
_DRIFT: Final = 0.004
"""Part of the difference that a resting eye drifts in a tick: a fraction of a degree a second."""

_HEAD: Final = np.array(channel_indices(["HeadYaw", "HeadPitch", "HeadRoll"]))
_FOLLOW: Final = 0.5
"""Each of the two poles that steady the head covers this part of what is left in a tick: 40 ms behind, no tremble."""


class Composure:
    """One session's eyes and head, frame by frame, in order."""

    def __init__(self) -> None:
        self._held: tuple[float, float] | None = None
        self._before = (0.0, 0.0)
        self._waited = 0
        self._path: list[tuple[float, float]] = []
        self._poles: tuple[NDArray[np.float32], NDArray[np.float32]] | None = None

    def restart(self) -> None:
        """The motion begins afresh: the next frame is taken as it is."""
        self._held = None
        self._poles = None
        self._waited = 0
        self._path = []

    def frame(self, channels: NDArray[np.float32]) -> NDArray[np.float32]:
        """A frame with its head steady, its eyes at rest or in a saccade.

        Args:
            channels: `[61]`; blendshapes 0..1, angles in radians.

        Returns:
            `[61]`, a new array: head and eye angles and the lids that follow them differ, nothing else does.
        """
        gaze = _gaze(channels)
        self._held = self._next(gaze)
        self._before = gaze
        out = channels.copy()
        out[_HEAD] = self._steady(channels[_HEAD])
        for (head, eyes), target in zip(GAZE_AXES, self._held, strict=True):
            for eye in eyes:
                aim_eye(channels, out, eye, target - out.item(head))
        return out

    def _steady(self, angles: NDArray[np.float32]) -> NDArray[np.float32]:
        first, second = self._poles or (angles, angles)
        first = first + np.float32(_FOLLOW) * (angles - first)
        second = second + np.float32(_FOLLOW) * (first - second)
        self._poles = first, second
        return second

    def _next(self, gaze: tuple[float, float]) -> tuple[float, float]:
        held = self._held
        if held is None:
            return gaze
        if self._path:
            return self._path.pop(0)
        away = math.dist(gaze, held)
        if away < _LEAVE:
            self._waited = 0
            return between(held, gaze, _DRIFT)
        self._waited += 1
        if math.dist(gaze, self._before) > _AT_REST and self._waited < _PATIENCE_TICKS:
            return held
        self._waited = 0
        self._path = saccade(held, gaze)
        return self._path.pop(0)


def _gaze(channels: NDArray[np.float32]) -> tuple[float, float]:
    """Where both eyes look, head and all: yaw and pitch, radians."""
    yaw, pitch = (
        channels.item(head) + math.fsum(channels.item(eye[0]) for eye in eyes) / len(eyes) for head, eyes in GAZE_AXES
    )
    return yaw, pitch
