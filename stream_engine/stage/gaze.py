"""Where eyes and head are turned to: saccades, a target that both share, and lids that go along with the eyes."""

import math
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from models.face.channels import EYE_LIMIT, RADIANS_PER_LOOK, channel_index, channel_indices
from stream_engine.clock import TICK_S
from stream_engine.stage.spring import damped

Direction: TypeAlias = tuple[float, float]
"""Yaw to the character's left and pitch down, radians; 0, 0 is the camera."""

GAZE_AXES: Final = tuple(
    (channel_index(head), tuple(tuple(channel_indices(names)) for names in eyes))
    for head, eyes in {
        "HeadYaw": (
            ("LeftEyeYaw", "EyeLookOutLeft", "EyeLookInLeft"),
            ("RightEyeYaw", "EyeLookInRight", "EyeLookOutRight"),
        ),
        "HeadPitch": (
            ("LeftEyePitch", "EyeLookDownLeft", "EyeLookUpLeft"),
            ("RightEyePitch", "EyeLookDownRight", "EyeLookUpRight"),
        ),
    }.items()
)
"""Each axis of the head, and of each eye: its angle, and the lids' channels for positive and negative angles."""

_ROLL: Final = channel_index("HeadRoll")
_MICRO_SACCADE: Final = 0.012
"""Largest deviation from the target, radians (0.7°); glances of a free gaze shrink to it."""
_GLANCE: Final = 0.04
_HOLD_TICKS: Final = 4
"""Ticks in which a gaze lets itself be held or goes free: those of a saccade of some 25°."""
_HEAD_SHARE: Final = 1 / 3
"""Part of the way to a target that the head goes."""
_HEAD_RATE: Final = 9.0
"""Per second: nine tenths of the head's way are done in 430 ms."""


@dataclass(frozen=True, slots=True)
class Aim:
    """Where a style turns eyes and head.

    Attributes:
        held: 0 for a gaze that is the network's, 1 for one that keeps to `target`.
        target: where to.
        head: what is added to the head's yaw and pitch.
    """

    held: float = 0.0
    target: Direction = (0.0, 0.0)
    head: Direction = (0.0, 0.0)


FREE: Final = Aim()


def turned(channels: NDArray[np.float32], gain: float, aim: Aim) -> NDArray[np.float32]:
    """A frame with its head turned less or more, and its gaze where it was, or held.

    Args:
        channels: `[61]`.
        gain: of the head's angles, 0..2; a head held still does not follow a target either.
        aim: where to look.

    Returns:
        `[61]`, a new array: head and eye angles and the lids that follow them differ, nothing else does.
    """
    out = channels.copy()
    for axis, (head, eyes) in enumerate(GAZE_AXES):
        before = channels.item(head)
        out[head] = after = gain * before + min(gain, 1.0) * aim.head[axis]
        for eye in eyes:
            gaze = channels.item(eye[0]) + before
            gaze += aim.held * (aim.target[axis] + _MICRO_SACCADE * math.tanh(gaze / _GLANCE) - gaze)
            aim_eye(channels, out, eye, gaze - after)
    out[_ROLL] = gain * channels.item(_ROLL)
    return out


def saccade(start: Direction, end: Direction) -> list[Direction]:
    """Gaze tick by tick on the path of least jerk, 21 ms and 2.2 ms per degree long (Carpenter 1988)."""
    ticks = max(1, round((0.021 + 0.0022 * math.degrees(math.dist(start, end))) / TICK_S))
    return [between(start, end, _least_jerk(k / ticks)) for k in range(1, ticks + 1)]


def between(start: Direction, end: Direction, share: float) -> Direction:
    """A direction part of the way from one to another."""
    return start[0] + share * (end[0] - start[0]), start[1] + share * (end[1] - start[1])


def aim_eye(channels: NDArray[np.float32], out: NDArray[np.float32], eye: tuple[int, ...], turned: float) -> None:
    """Turns one eye to an angle, and its lids along with it.

    Args:
        channels: `[61]`, the frame as it was.
        out: `[61]`, the frame to write to.
        eye: one axis of one eye, of `GAZE_AXES`.
        turned: radians within the head; beyond 35° the eye stops.
    """
    angle, positive, negative = eye
    out[angle] = turned = min(max(turned, -EYE_LIMIT), EYE_LIMIT)
    more, less = channels.item(positive), channels.item(negative)
    both = min(more, less)
    look = more - less + (turned - channels.item(angle)) / RADIANS_PER_LOOK
    out[positive] = min(both + max(look, 0.0), 1.0)
    out[negative] = min(both + max(-look, 0.0), 1.0)


class AimGlide:
    """Goes from aim to aim as eyes and heads do: the eyes in a saccade, a third of the way by the head, slower.

    Args:
        target: to begin with; None leaves the gaze to the network.
    """

    def __init__(self, target: Direction | None) -> None:
        self._goal = target
        self._ticks = 0 if target is None else _HOLD_TICKS
        self._target = target or (0.0, 0.0)
        self._path: list[Direction] = []
        self._head = [[_HEAD_SHARE * angle, 0.0] for angle in self._target]
        self._still = True

    def turn(self, target: Direction | None) -> None:
        """Sets out for another target, or for the network's own gaze."""
        if target == self._goal:
            return
        self._goal = target
        self._still = False
        if target is None:
            self._path = []
        elif self._ticks == 0:
            self._target = target
        else:
            self._path = saccade(self._target, target)

    def next(self) -> Aim:
        """The aim of the next frame; `FREE` once the gaze is the network's again."""
        if not self._still:
            self._ticks += 1 if self._goal is not None else -1
            self._ticks = min(max(self._ticks, 0), _HOLD_TICKS)
            if self._path:
                self._target = self._path.pop(0)
            self._move_head()
        if self._goal is None and self._still:
            return FREE
        head = self._head[0][0], self._head[1][0]
        return Aim(_least_jerk(self._ticks / _HOLD_TICKS), self._target, head)

    def _move_head(self) -> None:
        """Critically damped: no speed is lost or made up where the target changes on the way."""
        self._still = not self._path and self._ticks == (0 if self._goal is None else _HOLD_TICKS)
        for axis, (angle, speed) in enumerate(self._head):
            goal = 0.0 if self._goal is None else _HEAD_SHARE * self._goal[axis]
            angle, speed = damped(angle, speed, goal, _HEAD_RATE)
            if abs(angle - goal) < 1e-5 and abs(speed) < 1e-4:
                angle, speed = goal, 0.0
            else:
                self._still = False
            self._head[axis] = [angle, speed]


def _least_jerk(x: float) -> float:
    return x**3 * (10 - 15 * x + 6 * x**2)
