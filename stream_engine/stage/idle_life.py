"""A face that nobody speaks through: it blinks, looks about, breathes and is never quite still.

Events (blinks, saccades) are drawn from a seed and happen in media time, so a session's idle life repeats exactly. The
statistics are those of the literature on faces at rest: blinks with log-normal gaps, closing in 75–100 ms, shut for
20–50, opening in 150–250; fixations of 0.3–3 s, two thirds of the time on the listener; saccades of 21 ms + 2.2 ms per
degree (Carpenter 1988), micro-saccades under 1°; eyes that stay on target while the head drifts (vestibulo-ocular
reflex); 12–18 breaths a minute; noise under 2 Hz.
"""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.face.channels import BLENDSHAPE_COUNT, CHANNEL_COUNT, RADIANS_PER_LOOK, channel_index, channel_indices
from models.face.head.response import GAP_RESPONSE_MM, opening_mm
from stream_engine.clock import TICK_S

SACCADE_S: Final = 0.021
"""Duration of the smallest saccade."""
SACCADE_S_PER_DEGREE: Final = 0.0022

_DEGREE: Final = math.pi / 180
_GAP_SIGMA: Final = 0.5
_LEAST_GAP_S: Final = 0.6
_HEAD_SHARE: Final = 0.2
"""How much of a gaze shift the head takes along, in its own time."""
_HEAD_S: Final = 0.45
_SETTLE_S: Final = 0.7
"""Time constant with which the head goes from where the network left it to where idle life has it."""
_DRIFT_SIZE: Final = np.array([0.011, 0.008, 0.006, 0.015, 0.008])
"""Of yaw, pitch and roll (radians), brows and smile (weight): one standard deviation."""
_DRIFT_S: Final = np.array([0.9, 0.7, 1.1, 1.3, 1.6])
"""Time constant of each of its two poles."""
_DRIFT_DECAY: Final = np.exp(-TICK_S / _DRIFT_S)
_DRIFT_GAIN: Final = _DRIFT_SIZE * np.sqrt((1 - _DRIFT_DECAY**2) ** 3 / (1 + _DRIFT_DECAY**2))
_LIDS_OPEN: Final = 0.04

_HEAD: Final = channel_indices(("HeadYaw", "HeadPitch", "HeadRoll"))
_LEFT: Final = channel_indices(("LeftEyeYaw", "LeftEyePitch"))
_RIGHT: Final = channel_indices(("RightEyeYaw", "RightEyePitch"))
_BLINK: Final = channel_indices(("EyeBlinkLeft", "EyeBlinkRight"))
_WIDE: Final = channel_indices(("EyeWideLeft", "EyeWideRight"))
_LOOK_LEFT: Final = channel_indices(("EyeLookOutLeft", "EyeLookInRight"))
_LOOK_RIGHT: Final = channel_indices(("EyeLookInLeft", "EyeLookOutRight"))
_LOOK_DOWN: Final = channel_indices(("EyeLookDownLeft", "EyeLookDownRight"))
_LOOK_UP: Final = channel_indices(("EyeLookUpLeft", "EyeLookUpRight"))
_BROWS: Final = channel_indices(("BrowInnerUp", "BrowOuterUpLeft", "BrowOuterUpRight"))
_SMILE: Final = channel_indices(("MouthSmileLeft", "MouthSmileRight"))
_NOSTRILS: Final = channel_indices(("NoseSneerLeft", "NoseSneerRight"))
_CLOSE: Final = channel_index("MouthClose")
_JAW: Final = channel_indices(("JawOpen", "MouthClose"))
_MOVED: Final = [*_BLINK, *_LOOK_LEFT, *_LOOK_RIGHT, *_LOOK_DOWN, *_LOOK_UP, *range(BLENDSHAPE_COUNT, CHANNEL_COUNT)]
_IS_SHAPE: Final = np.arange(CHANNEL_COUNT) < BLENDSHAPE_COUNT
_LEAST: Final = np.where(_IS_SHAPE, 0, -np.inf).astype(np.float32)
_MOST: Final = np.where(_IS_SHAPE, 1, np.inf).astype(np.float32)


@dataclass(slots=True)
class _Blink:
    """One blink, from `at` on; seconds."""

    at: float
    closing: float
    shut: float
    opening: float

    @property
    def end(self) -> float:
        return self.at + self.closing + self.shut + self.opening

    def closure(self, now: float) -> float:
        t = now - self.at
        if t <= 0 or now >= self.end:
            return 0.0
        if t < self.closing:
            return _ease(t / self.closing)
        t -= self.closing + self.shut
        return 1.0 if t <= 0 else 1 - _ease(t / self.opening) ** 0.8


@dataclass(slots=True)
class _Saccade:
    """A jump of the gaze, radians and seconds."""

    at: float
    duration: float
    start: tuple[float, float]
    goal: tuple[float, float]

    def gaze(self, now: float) -> tuple[float, float]:
        share = _ease(min(max((now - self.at) / self.duration, 0.0), 1.0))
        (x, y), (to_x, to_y) = self.start, self.goal
        return x + share * (to_x - x), y + share * (to_y - y)


class IdleLife:
    """Idle motion of one face.

    Args:
        seed: of everything that happens.

    """

    def __init__(self, seed: int) -> None:
        self._rate = 16.0
        self._rng = np.random.default_rng(seed)
        self._instant = 0
        self._rest = np.zeros(CHANNEL_COUNT, np.float32)
        self._poles = np.zeros((2, len(_DRIFT_SIZE)))
        self._drift = [0.0] * len(_DRIFT_SIZE)
        self._breath = 0.0
        self._breath_s = 4.0
        self._head_goal = [0.0, 0.0]
        self._head = [[0.0, 0.0], [0.0, 0.0]]
        self.begin(0, self._rest, self._rest)

    @property
    def blinks_per_minute(self) -> float:
        """How often it blinks, 0..60; a change is felt at once."""
        return self._rate

    @blinks_per_minute.setter
    def blinks_per_minute(self, rate: float) -> None:
        now, before = self._instant * TICK_S, self._rate
        self._rate = rate
        if before <= 0 < rate:
            self._next_blink = now + self._gap()
        elif rate > 0:
            # What is left of the gap grows or shrinks, so that a slider on its way never puts the next blink off.
            self._next_blink = now + max(self._next_blink - now, 0.0) * before / rate
        self._next_blink = max(self._next_blink, self._blink.at + self._least_gap())

    def begin(self, instant: int, rest: NDArray[np.float32], shown: NDArray[np.float32]) -> None:
        """Takes over.

        Args:
            instant: of the first frame to come, in ticks.
            rest: `[61]`, the face's own resting shapes; angles, lids and gaze in it are not used.
            shown: `[61]`, what the face shows now: head and gaze go on from there.
        """
        now = instant * TICK_S
        self._instant = instant - 1
        self._began = now
        self._rest = rest.copy()
        self._rest[_MOVED] = 0
        # The last word may still ring in the average, and an idle mouth is closed.
        self._rest[_CLOSE] += max(float(opening_mm(self._rest)), 0.0) / -GAP_RESPONSE_MM["MouthClose"]
        head = shown[_HEAD].tolist()
        eye = shown[_LEFT].tolist()
        gaze = (head[0] + eye[0], head[1] + eye[1])
        self._saccade = _Saccade(now, SACCADE_S, gaze, gaze)
        self._goal = gaze
        self._aside = math.hypot(*gaze) > 3 * _DEGREE
        self._fixated_until = now + self._rng.uniform(0.4, 1.0)
        self._next_micro = now + self._rng.exponential(0.7)
        self._head = [[0.0, 0.0], [0.0, 0.0]]
        self._head_goal = [0.0, 0.0]
        self._blink = _Blink(now - 10, 0.08, 0.03, 0.2)
        self._next_blink = now + self._gap() * self._rng.uniform(0.3, 1)
        self._left_behind = [0.0, 0.0, 0.0]
        own = self._head_angles()
        self._left_behind = [angle - mine for angle, mine in zip(head, own, strict=True)]

    def frame(self, instant: int) -> NDArray[np.float32]:
        """The face at an instant, in ticks; instants go up, and may leave some out. Returns `[61]`, a new array."""
        steps = min(instant - self._instant, 50)  # what was longer than a second is not lived through
        self._instant = instant - steps
        for _ in range(steps):
            self._instant += 1
            self._live(self._instant * TICK_S)
        return self._pose(instant * TICK_S)

    def _live(self, now: float) -> None:
        """What happens up to a moment, a tick after the one before."""
        first, second = self._poles
        first *= _DRIFT_DECAY
        first += self._rng.standard_normal(len(first))
        second *= _DRIFT_DECAY
        second += first
        self._drift = (second * _DRIFT_GAIN).tolist()
        self._breath += TICK_S / self._breath_s
        if self._breath >= 1:
            self._breath -= 1
            self._breath_s = 60 / min(max(self._rng.normal(15, 1.2), 12.2), 17.8)
        if now >= self._next_blink and self._rate > 0:
            self._start_blink(now)
        if now >= self._fixated_until:
            self._look_elsewhere(now)
        elif now >= self._next_micro:
            self._next_micro = now + 0.25 + self._rng.exponential(0.45)
            if self._fixated_until - now > 0.1:
                size, way = self._rng.uniform(0.1, 0.4) * _DEGREE, self._rng.uniform(0, 2 * math.pi)
                goal = self._goal[0] + size * math.cos(way), self._goal[1] + size * math.sin(way)
                self._jump(now, goal)
        for axis in (0, 1):
            share = TICK_S / _HEAD_S
            place, speed = self._head[axis]
            speed += share * (self._head_goal[axis] - place - 2 * speed)
            self._head[axis] = [place + share * speed, speed]

    def _start_blink(self, now: float) -> None:
        draw = self._rng.uniform
        self._blink = _Blink(now, draw(0.075, 0.1), draw(0.02, 0.05), draw(0.15, 0.25))
        self._next_blink = now + self._gap()

    def _gap(self) -> float:
        """Seconds to the next blink, log-normal about the rate."""
        drawn = self._rng.lognormal(math.log(self._mean_gap()) - _GAP_SIGMA**2 / 2, _GAP_SIGMA)
        return max(float(drawn), self._least_gap())

    def _least_gap(self) -> float:
        return min(_LEAST_GAP_S, self._mean_gap() / 2)

    def _mean_gap(self) -> float:
        return 60 / max(self._rate, 0.1)

    def _look_elsewhere(self, now: float) -> None:
        draw = self._rng.uniform
        before = self._goal
        self._aside = not self._aside and self._rng.random() < 0.42
        if self._aside:
            side = -1 if self._rng.random() < 0.5 else 1
            self._goal = side * draw(4, 11) * _DEGREE, draw(-5, 4) * _DEGREE
        else:
            # From one eye of the listener to the other, or to the mouth.
            way = draw(0, 2 * math.pi)
            self._goal = 1.1 * _DEGREE * math.cos(way), 0.9 * _DEGREE * math.sin(way)
            if math.dist(before, self._goal) < 1.2 * _DEGREE:
                self._goal = -self._goal[0], -self._goal[1]
        median = 0.8 if self._aside else 1.1
        fixation = min(max(float(self._rng.lognormal(math.log(median), 0.5)), 0.35), 2.9)
        duration = self._jump(now, self._goal)
        self._fixated_until = now + duration + fixation
        self._next_micro = now + duration + 0.2 + self._rng.exponential(0.45)
        self._head_goal = [_HEAD_SHARE * self._goal[0], _HEAD_SHARE * self._goal[1]]
        due = self._next_blink - now < 1.2 and now - self._blink.at >= _LEAST_GAP_S  # lids on their way go on
        if math.dist(before, self._goal) > 7 * _DEGREE and due:
            self._next_blink = now + TICK_S  # a blink that was due goes with the large shift

    def _jump(self, now: float, goal: tuple[float, float]) -> float:
        start = self._saccade.gaze(now)
        duration = SACCADE_S + SACCADE_S_PER_DEGREE * math.dist(start, goal) / _DEGREE
        self._saccade = _Saccade(now, duration, start, goal)
        return duration

    def _head_angles(self) -> list[float]:
        since = (self._instant * TICK_S - self._began) / _SETTLE_S
        fading = (1 + since) * math.exp(-since) if since > 0 else 1.0
        yaw, pitch, roll, _, _ = self._drift
        own = (yaw + self._head[0][0], pitch + self._head[1][0] - 0.006 * self._inhaled(), roll)
        return [mine + fading * left for mine, left in zip(own, self._left_behind, strict=True)]

    def _inhaled(self) -> float:
        """Depth of the breath, 0..1: in for two fifths of it, out for three."""
        at = self._breath
        return _ease(at / 0.4) if at < 0.4 else 1 - _ease((at - 0.4) / 0.6)

    def _pose(self, now: float) -> NDArray[np.float32]:
        out: list[float] = self._rest.tolist()
        head = self._head_angles()
        gaze = self._saccade.gaze(now)
        yaw, pitch = gaze[0] - head[0], gaze[1] - head[1]
        closure = self._blink.closure(now)
        inhaled = self._inhaled()
        _, _, _, brows, smile = self._drift
        for channels, values in (
            (_HEAD, head),
            (_LEFT, (yaw, pitch)),
            (_RIGHT, (yaw, pitch)),
            (_LOOK_LEFT, (yaw / RADIANS_PER_LOOK,) * 2),
            (_LOOK_RIGHT, (-yaw / RADIANS_PER_LOOK,) * 2),
            (_LOOK_DOWN, (pitch / RADIANS_PER_LOOK,) * 2),
            (_LOOK_UP, (-pitch / RADIANS_PER_LOOK,) * 2),
            (_BLINK, (_LIDS_OPEN + (1 - _LIDS_OPEN) * closure,) * 2),
        ):
            for channel, value in zip(channels, values, strict=True):
                out[channel] = value
        for channels, more in (
            (_BROWS, brows),
            (_SMILE, smile),
            (_NOSTRILS, 0.02 * inhaled),
            (_JAW, 0.008 * inhaled),  # alike: the lips stay together
        ):
            for channel in channels:
                out[channel] += more
        for channel in _WIDE:
            out[channel] *= 1 - closure
        pose: NDArray[np.float32] = np.clip(np.array(out, np.float32), _LEAST, _MOST)
        return pose


def _ease(share: float) -> float:
    """0..1 with no speed at either end."""
    return share * share * (3 - 2 * share)
