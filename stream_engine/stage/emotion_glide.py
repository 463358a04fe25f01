"""How feelings come and go: quicker than they fade, each by itself, and held back at the mouth while it speaks."""

from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from models.face.expression import EMOTION_NAMES, articulation
from stream_engine.stage.spring import damped
from stream_engine.stage.style import Style

Feelings: TypeAlias = tuple[float, ...]
"""Strength of each of `EMOTION_NAMES`, 0..1."""

_RISE: Final = 13.5
"""Per second: a feeling has come by nineteen twentieths in 350 ms (FACS onsets last 200 to 500)."""
_FALL: Final = 6.5
"""And has gone by as much in 730 ms."""
_SPEECH_RISE: Final = 0.34
"""A tick: a mouth that begins to speak lets its feeling go within 60 ms. Closures do not wait for that."""
_SPEECH_HOLD_TICKS: Final = 10
"""A mouth that paused for so long, 200 ms, may begin to show its feeling in full."""
_SPEECH_FALL: Final = 6.0
"""Per second: how it does."""


class EmotionGlide:
    """The feelings of one face, frame by frame.

    Args:
        style: to begin with; its feeling is there at once.
    """

    def __init__(self, style: Style) -> None:
        self._goal = _goal(style)
        self._now = [[goal, 0.0] for goal in self._goal]
        self._moving = False
        self._speech = [0.0, 0.0]
        self._quiet = 0

    def turn(self, style: Style) -> None:
        """Sets out for another feeling, or another strength of it."""
        self._goal = _goal(style)
        self._moving = True

    def frame(self, channels: NDArray[np.float32]) -> tuple[Feelings, float]:
        """What is felt in the next frame `[61]`, and how much its mouth speaks, 0..1 (0 where nothing is felt)."""
        if self._moving:
            self._move()
        feelings = tuple(strength for strength, _ in self._now)
        return feelings, self._speaks(channels) if any(feelings) else 0.0

    def _move(self) -> None:
        """Critically damped: a feeling that turns back on its way does so without a kink."""
        self._moving = False
        for i, (goal, (strength, speed)) in enumerate(zip(self._goal, self._now, strict=True)):
            strength, speed = damped(strength, speed, goal, _RISE if goal > strength else _FALL)
            if not 0 <= strength <= 1:
                strength, speed = min(max(strength, 0.0), 1.0), 0.0
            if abs(strength - goal) < 1e-3 and abs(speed) < 0.02:
                strength, speed = goal, 0.0
            else:
                self._moving = True
            self._now[i] = [strength, speed]

    def _speaks(self, channels: NDArray[np.float32]) -> float:
        """Within 60 ms when the mouth begins to articulate, gone a moment after it has ended."""
        now = float(articulation(channels))
        level, speed = self._speech
        if now >= level:
            self._speech, self._quiet = [min(now, level + _SPEECH_RISE), 0.0], 0
        elif self._quiet < _SPEECH_HOLD_TICKS:
            self._quiet += 1
        else:
            self._speech = list(damped(level, speed, now, _SPEECH_FALL))
        return min(max(self._speech[0], 0.0), 1.0)


def _goal(style: Style) -> Feelings:
    return tuple(style.intensity if name == style.emotion else 0.0 for name in EMOTION_NAMES)
