"""What lives in a face beside its speech: head, gaze, lids, brows and breath, as a seeded process tied to prosody.

Computed exactly, inside the network's graph, from white noise of the slot's seed and four cues that the network hears
in the sound. Everything is arithmetic on a flat state of which zeros are a calm start with the eyes on the listener; an
event (a blink, a saccade) is a noise number above a threshold or a clock that has run out, and what it draws is held.

Figures: blinks of 80 ms closing, 30 shut, 180 opening with log-normal-like gaps, 16 a minute at rest and 26 in talk
(Bentivoglio et al. 1997); fixations of 0.3–3 s, more of them aside while a turn is planned (Kendon 1967); saccades
of 21 ms + 2.2 ms per degree (Carpenter 1988) and micro-saccades; eyes that hold their target against the head
(vestibulo-ocular reflex); nods and brows on accents (Graf et al. 2002; Flecha-García 2010).
"""

import math
from typing import Final

import torch
from torch import Tensor, nn

from models.face.blink_timing import BLINK_THRESHOLD, RECOVERY_DECAY, RECOVERY_DEPTH, REFRACTORY_S, SWING_URGE
from models.face.channels import BLENDSHAPE_COUNT, CHANNEL_COUNT, EYE_LIMIT, RADIANS_PER_LOOK, channel_index
from models.ticks import TICK_S

CUES: Final = ("speaking", "effort", "accent", "onset")
"""What the process hears, each 0..1; `models.corpus.cues` says exactly what they are."""
_DEGREE: Final = math.pi / 180

_DRIFT_S: Final = {
    "yaw": 0.16, "pitch": 0.13, "roll": 0.2, "sway_yaw": 1.0, "sway_pitch": 1.2, "sway_roll": 1.4,
    "brow": 0.4, "frown": 0.6, "tilt": 0.5, "smile": 1.5, "lids": 0.8,
}  # fmt: skip
"""Noise that drifts: the time constant of each of its three poles, seconds. What passes has unit variance."""
_FOLLOW_S: Final = {
    "bound_yaw": 0.14, "bound_pitch": 0.14, "bound_roll": 0.18, "nod": 0.026, "rebound": 0.07, "raised": 0.02,
    "talk": 0.2, "loud": 0.1,
}  # fmt: skip
"""Signals that are followed smoothly: the time constant of each of three poles; a constant passes unchanged."""
_SMOOTH: Final = {name: i for i, name in enumerate((*_DRIFT_S, *_FOLLOW_S))}

_NOISE: Final = {
    name: i for i, name in enumerate((*_DRIFT_S, "x", "y", "turn", "hold", "micro", "blink", "nod", "raise"))
}
_DRIFTS: Final = slice(0, len(_DRIFT_S))
_POSTURE_DRAW: Final = slice(_NOISE["yaw"], _NOISE["roll"] + 1)
_PERSON_DRAW: Final = slice(_NOISE["sway_yaw"], _NOISE["sway_yaw"] + 6)
_GAZE_DRAW: Final = slice(_NOISE["x"], _NOISE["y"] + 1)
_ACCENT_DRAW: Final = slice(_NOISE["nod"], _NOISE["raise"] + 1)

_STATE: Final = {
    "awake": 1,  # 0 at the first tick, 1 a second later
    "person": 6,  # held from the first tick: tempo, liveliness of the head and the brows, smile, its side, the brows'
    "blink_left": 1,  # seconds until the next blink may start; where the present one is follows from it
    "recovery": 1,  # 1 at a blink, dying away: how unlikely the next one is
    "pace": 1,  # of the present blink
    "hold_left": 1,  # seconds the present fixation lasts
    "saccade_left": 1,
    "place": 2,  # what is fixated: yaw and pitch in the world, radians; micro-saccades stay about it
    "start": 2,  # of the present saccade
    "goal": 2,
    "gaze": 2,  # where the eyes look now
    "posture": 3,  # of the head, in this phrase
    "next_posture": 3,
    "accent": 2,  # how much this accent moves head and brows; drawn between accents
    "raise": 1,  # the accent's raise, let go slowly
    "breath": 1,  # phase, cycles
    "smooth": 3 * len(_SMOOTH),
}
_SIZES: Final = list(_STATE.values())

_MOVES: Final = (
    ("HeadYaw",), ("HeadPitch",), ("HeadRoll",), ("LeftEyeYaw",), ("RightEyeYaw",), ("LeftEyePitch", "RightEyePitch"),
    ("EyeLookOutLeft",), ("EyeLookInRight",), ("EyeLookDownLeft", "EyeLookDownRight"),
    ("EyeLookInLeft",), ("EyeLookOutRight",), ("EyeLookUpLeft", "EyeLookUpRight"),
    ("EyeBlinkLeft", "EyeBlinkRight"), ("EyeWideLeft", "EyeWideRight"), ("EyeSquintLeft", "EyeSquintRight"),
    ("BrowInnerUp",), ("BrowOuterUpLeft",), ("BrowOuterUpRight",), ("BrowDownLeft", "BrowDownRight"),
    ("MouthSmileLeft",), ("MouthSmileRight",), ("CheekSquintLeft", "CheekSquintRight"),
)  # fmt: skip
"""The channels that each computed part moves, in the order of the parts."""

_HEAD_LIMIT: Final = (13.0, 11.0, 9.0)
"""Yaw, pitch and roll never reach these, degrees; so are the next four."""
_HEAD_DRIFT: Final = (0.9, 0.9, 0.5)
"""Standard deviation of the head's restlessness in talk; at rest it is less than half of it."""
_HEAD_SWAY: Final = (1.3, 1.1, 0.7)
_POSTURE: Final = (2.6, 1.5, 1.5)
"""A phrase finds the head elsewhere than the one before it."""
_HEAD_SHARE: Final = (0.28, 0.18)
"""Part of a gaze shift that the head takes along, in its own time."""
_NOD: Final = 3.2 * _DEGREE
_BREATH: Final = 0.25 * _DEGREE

_SACCADE_S: Final = 0.021
_SACCADE_S_PER_RADIAN: Final = 0.0022 / _DEGREE
_MICRO_THRESHOLD: Final = 1.7
"""Two draws a second, of which other saccades leave room for one or more."""
_ASIDE: Final = 0.12
"""Eyes go aside where a normal number is below this, at rest."""
_ASIDE_IN_TALK: Final = 1.05
_ASIDE_AT_ONSET: Final = 0.7
_HOLD_S: Final = (1.25, 0.75)
"""Median fixation of the listener and aside."""
_TURN_OVER: Final = 0.35
"""Talk, smoothed, below which a turn has ended."""
_LISTENING: Final = 0.04
"""And below which somebody else may have the next one."""
_VERGENCE: Final = 0.8 * _DEGREE
"""Each eye turns in so far for the listener; eyes that look aside look far."""
_CLOSING_S, _SHUT_S, _OPENING_S = 0.08, 0.03, 0.23
_BETWEEN_ACCENTS: Final = 0.15
"""Below this an accent is over, and what the next one moves is drawn."""


def _poles() -> tuple[Tensor, Tensor]:
    """Of every smooth signal: the share each pole covers per tick, and the gain of its input."""
    shares, gains = [], []
    for name, seconds in {**_DRIFT_S, **_FOLLOW_S}.items():
        share = 1 - math.exp(-TICK_S / seconds)
        shares.append(share)
        # Three equal poles a have the impulse response share³ (k+1)(k+2)/2 aᵏ; white noise leaves with its energy.
        b = (1 - share) ** 2
        energy = share**6 * (1 + 4 * b + b * b) / (1 - b) ** 5
        gains.append(1 / math.sqrt(energy) if name in _DRIFT_S else 1.0)
    return torch.tensor(shares), torch.tensor(gains)


def _matrix() -> Tensor:
    out = torch.zeros(len(_MOVES), CHANNEL_COUNT)
    for row, names in enumerate(_MOVES):
        out[row, [channel_index(name) for name in names]] = 1
    return out


def _ease(share: Tensor) -> Tensor:
    """0..1 on the path of least jerk."""
    return share * share * share * (10 - 15 * share + 6 * share * share)


def _soft(share: Tensor) -> Tensor:
    """0..1 with no speed at either end."""
    return share * share * (3 - 2 * share)


def _flag(condition: Tensor) -> Tensor:
    return condition.to(torch.float32)


class Behaviour(nn.Module):
    """Noise and cues in, the channels of a living face out; nothing in it is learned."""

    NOISE: Final = len(_NOISE)
    """Standard normal numbers a slot needs per tick."""
    BLINK_NOISE: Final = _NOISE["blink"]
    """Which of them starts a blink; see `models.face.blink_timing`."""
    BLINK_THRESHOLD: Final = BLINK_THRESHOLD

    def __init__(self) -> None:
        super().__init__()
        share, gain = _poles()
        self.share: Tensor
        self.gain: Tensor
        self.moves: Tensor
        self.head: Tensor
        self.aside: Tensor
        self.follow: Tensor
        self.register_buffer("share", share, persistent=False)
        self.register_buffer("gain", gain, persistent=False)
        self.register_buffer("moves", _matrix(), persistent=False)
        sizes = torch.tensor([_HEAD_LIMIT, _HEAD_DRIFT, _HEAD_SWAY, _POSTURE]) * _DEGREE
        self.register_buffer("head", sizes, persistent=False)
        self.register_buffer("aside", torch.tensor([[5.0, 0.0], [3.5, 3.0], [0.0, -1.5]]), persistent=False)
        self.register_buffer("follow", torch.tensor(_HEAD_SHARE), persistent=False)

    def init_state(self, batch_size: int) -> Tensor:
        """A fresh state `[B, S]`: zeros, a calm face that looks at the listener."""
        return torch.zeros(batch_size, sum(_SIZES))

    def forward(self, noise: Tensor, cues: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        """Lives through a chunk.

        Args:
            noise: `[B, T, NOISE]`, standard normal. A shift of its number `BLINK_NOISE` changes how often blinks start
                (`models.face.blink_timing`); far below zero none does.
            cues: `[B, T, 4]`, 0..1, in the order of `CUES`.
            state: `[B, S]`, before the chunk; not changed.

        Returns:
            Channels `[B, T, 61]`, blendshapes 0..1 and angles in radians, of the mouth none but a slight smile; and the
            state after the chunk, `[B, S]`.
        """
        frames = []
        for t in range(noise.shape[1]):
            frame, state = self._tick(noise[:, t], cues[:, t], state)
            frames.append(frame)
        return torch.stack(frames, dim=1), state

    def _tick(self, noise: Tensor, cues: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        s = dict(zip(_STATE, state.split_with_sizes(_SIZES, dim=-1), strict=True))
        first, second, third = s["smooth"].chunk(3, dim=-1)
        talk = _of(third, "talk")
        new = {
            "awake": (s["awake"] + TICK_S).clamp(max=1),
            "person": torch.where(s["awake"] > 0, s["person"], noise[:, _PERSON_DRAW]),
        }
        new |= self._look(noise, cues, s, new, talk)
        new |= _blink(noise, cues, s, new, talk)
        new |= self._bind(noise, cues, s)
        breaths_per_s = (15 + 1.5 * torch.tanh(_of(third, "sway_roll"))) / 60
        phase = s["breath"] + TICK_S * breaths_per_s
        new["breath"] = phase - phase.floor()
        bound = new["posture"] + torch.nn.functional.pad(self.follow * new["place"], (0, 1))
        nod = cues[:, 2:3] * new["accent"][:, :1]
        wish = torch.cat([noise[:, _DRIFTS], bound, nod, nod, new["raise"], cues[:, :2]], dim=-1) * self.gain
        first = first + self.share * (wish - first)
        second = second + self.share * (first - second)
        third = third + self.share * (second - third)
        new["smooth"] = torch.cat([first, second, third], dim=-1)
        motion = torch.cat([self._turned(third, new), _expression(third, new)], dim=-1) @ self.moves
        frame = torch.cat([motion[:, :BLENDSHAPE_COUNT].clamp(0.0, 1.0), motion[:, BLENDSHAPE_COUNT:]], dim=-1)
        return frame, torch.cat([new[name] for name in _STATE], dim=-1)

    def _look(
        self, noise: Tensor, cues: Tensor, s: dict[str, Tensor], new: dict[str, Tensor], talk: Tensor
    ) -> dict[str, Tensor]:
        """Moves the gaze: to the listener, aside, or a little about where it is."""
        speaking, onset, draw = cues[:, :1], cues[:, 3:], noise[:, _GAZE_DRAW]
        aside = _flag(s["place"].abs().amax(-1, keepdim=True) > 4 * _DEGREE)
        # the turn is at its end: back to the listener
        over = _flag((talk < _TURN_OVER) & (talk > _LISTENING)) * (1 - speaking)
        hurry = torch.exp(0.15 * new["person"][:, :1]) * (1 + 4 * onset * (1 - aside) + 2.5 * aside * over)
        hold_left = s["hold_left"] - TICK_S * hurry
        turns = hold_left <= 0
        wish = _ASIDE + _ASIDE_IN_TALK * talk + _ASIDE_AT_ONSET * onset - 1.1 * aside
        leaves = _flag((noise[:, _NOISE["turn"] : _NOISE["turn"] + 1] < wish) & (new["awake"] >= 1))
        far = (self.aside[0] * torch.tanh(4 * draw) + self.aside[1] * draw + self.aside[2]).clamp(-15.0, 15.0)
        far = torch.where(
            (far * s["place"] < 0) & (aside > 0), -0.7 * far, far
        )  # what is aside already stays on its side
        seen = _DEGREE * (0.7 * draw + leaves * (far - 0.7 * draw))
        stay = math.log(_HOLD_S[0]) + math.log(_HOLD_S[1] / _HOLD_S[0]) * leaves
        hold = torch.exp(stay + 0.6 * noise[:, _NOISE["hold"] : _NOISE["hold"] + 1]).clamp(0.45, 2.9)
        hold_left = torch.where(turns, hold, hold_left)
        place = torch.where(turns, seen, s["place"])
        micro = noise[:, _NOISE["micro"] : _NOISE["micro"] + 1] > _MICRO_THRESHOLD
        darts = micro & (s["saccade_left"] <= 0) & (hold_left > 0.15)
        jumps = turns | darts
        goal = torch.where(jumps, place + 0.4 * _DEGREE * torch.tanh(draw) * _flag(~turns), s["goal"])
        start = torch.where(jumps, s["gaze"], s["start"])
        length = (goal - start).square().sum(-1, keepdim=True).sqrt()
        lasts = _SACCADE_S + _SACCADE_S_PER_RADIAN * length
        left = (torch.where(jumps, lasts + TICK_S / 2, s["saccade_left"]) - TICK_S).clamp(min=0)
        return {
            "hold_left": hold_left,
            "saccade_left": left,
            "place": place,
            "start": start,
            "goal": goal,
            "gaze": start + (goal - start) * _ease(1 - left / lasts),
            "swing": _flag(turns & (length > 6 * _DEGREE)),
        }

    def _bind(self, noise: Tensor, cues: Tensor, s: dict[str, Tensor]) -> dict[str, Tensor]:
        """What a phrase and an accent draw: where the head is bound for, how much head and brows move."""
        accent, onset = cues[:, 2:3], cues[:, 3:]
        draws = noise[:, _ACCENT_DRAW]
        # every fourth accent raises the brows, by 0.2 to 0.6; most move the head
        raises = _flag(draws[:, 1:] > 0.6) * (0.15 + 0.22 * draws[:, 1:])
        drawn = torch.cat([(0.4 + 0.4 * draws[:, :1]).clamp(0.0, 1.4), raises], dim=-1)
        amounts = torch.where(accent < _BETWEEN_ACCENTS, drawn, s["accent"])
        next_posture = torch.where(onset < _BETWEEN_ACCENTS, self.head[3] * noise[:, _POSTURE_DRAW], s["next_posture"])
        going = 0.3 * (onset - _BETWEEN_ACCENTS).clamp(min=0)
        return {
            "posture": s["posture"] + going * (next_posture - s["posture"]),
            "next_posture": next_posture,
            "accent": amounts,
            "raise": torch.maximum(accent * amounts[:, 1:], 0.935 * s["raise"]),
        }

    def _turned(self, smooth: Tensor, new: dict[str, Tensor]) -> Tensor:
        """Head, eyes and the lids that follow them: the first twelve parts of `_MOVES`."""
        talk = _of(smooth, "talk")
        drift = smooth[:, _SMOOTH["yaw"] : _SMOOTH["roll"] + 1]
        sway = smooth[:, _SMOOTH["sway_yaw"] : _SMOOTH["sway_roll"] + 1]
        bound = smooth[:, _SMOOTH["bound_yaw"] : _SMOOTH["bound_roll"] + 1]
        lively = torch.exp(0.2 * new["person"][:, 1:2])
        angles = (0.4 + 0.6 * talk) * self.head[1] * drift + (0.7 + 0.3 * talk) * self.head[2] * sway + bound
        breath = _BREATH * (1 - 0.7 * talk) * torch.sin(2 * math.pi * new["breath"])
        pitch = _NOD * (_of(smooth, "nod") - 0.6 * _of(smooth, "rebound")) - breath
        angles = lively * (angles + torch.nn.functional.pad(pitch, (1, 1)))
        head = self.head[0] * torch.tanh(angles / self.head[0])
        gaze = new["gaze"]
        away = gaze.square().sum(-1, keepdim=True)
        vergence = _VERGENCE / (1 + away / (8 * _DEGREE) ** 2)
        eye = gaze - head[:, :2]
        eyes = torch.cat([eye[:, :1] - vergence, eye[:, :1] + vergence, eye[:, 1:]], dim=-1)
        eyes = eyes.clamp(-EYE_LIMIT, EYE_LIMIT)
        look = eyes / RADIANS_PER_LOOK
        return torch.cat([head, eyes, look.clamp(min=0), (-look).clamp(min=0)], dim=-1)


def _of(smooth: Tensor, name: str) -> Tensor:
    return smooth[:, _SMOOTH[name] : _SMOOTH[name] + 1]


def _blink(
    noise: Tensor, cues: Tensor, s: dict[str, Tensor], new: dict[str, Tensor], talk: Tensor
) -> dict[str, Tensor]:
    """Starts blinks: likelier at the end and the start of a phrase and with a large gaze shift, not in an accent."""
    ending = (talk - cues[:, :1]).clamp(min=0)
    urge = noise[:, _NOISE["blink"] : _NOISE["blink"] + 1] + 0.36 * talk + 0.5 * ending + 0.3 * cues[:, 3:]
    urge = urge + SWING_URGE * new["swing"] - 2.5 * cues[:, 2:3] - RECOVERY_DEPTH * s["recovery"]
    starts = (urge > BLINK_THRESHOLD) & (s["blink_left"] <= 0)
    hold = noise[:, _NOISE["hold"] : _NOISE["hold"] + 1]
    left = torch.where(starts, REFRACTORY_S, (s["blink_left"] - TICK_S).clamp(min=0))
    pace = torch.where(starts, torch.exp(0.1 * hold).clamp(0.86, 1.3), s["pace"])
    since = (REFRACTORY_S - left) * pace
    opened = ((since - _CLOSING_S - _SHUT_S) / _OPENING_S).clamp(0.0, 1.0)
    opened = opened * (2 - opened)  # lids open fast and then slowly, as the real talker's do
    return {
        "blink_left": left,
        "recovery": RECOVERY_DECAY * torch.where(starts, 1.0, s["recovery"]),
        "pace": pace,
        "closure": _soft((since / _CLOSING_S).clamp(max=1)) * (1 - _soft(opened)),
    }


def _expression(smooth: Tensor, new: dict[str, Tensor]) -> Tensor:
    """Lids, brows and smile: the last ten parts of `_MOVES`."""
    _, _, browsy, smiling, smile_side, brow_side = new["person"].chunk(6, dim=-1)
    talk, loud, closure = _of(smooth, "talk"), _of(smooth, "loud"), new["closure"]
    own = torch.tanh((_of(smooth, "brow") - 0.8).clamp(min=0))  # now and then brows go up for no sound's sake
    brow = torch.exp(0.25 * browsy) * (_of(smooth, "raised") + 0.4 * (0.3 + 0.7 * talk) * own) + 0.05 * loud
    tilt = 0.03 * _of(smooth, "tilt") + 0.15 * torch.tanh(brow_side) * brow
    frown = 0.2 * (0.4 + 0.6 * loud) * (_of(smooth, "frown") - 0.9).clamp(min=0)
    smile = (0.06 + 0.03 * _of(smooth, "smile") + 0.02 * smiling).clamp(0.0, 0.2)
    side = 0.15 * torch.tanh(smile_side)
    lids = 0.03 * _of(smooth, "lids")
    rest = (0.04 - lids).clamp(0.0, 0.12)
    return torch.cat(
        [
            rest + (1 - rest) * closure,
            (lids + 0.15 * brow).clamp(min=0) * (1 - closure),
            (0.3 * smile - lids + 0.3 * frown).clamp(min=0),
            brow,
            0.02 + 0.75 * brow + tilt,
            0.02 + 0.75 * brow - tilt,
            frown,
            smile * (1 + side),
            smile * (1 - side),
            0.5 * smile,
        ],
        dim=-1,
    )
