"""A feeling on a face that may be speaking: pure arithmetic on the 61 channels.

The poses are FACS's (`poses.EMOTIONS`). Above the mouth they add to what the face does by soft saturation,
1 − (1 − a)(1 − b), and yield to a blink. At the mouth speech goes first: a face at rest shows the whole pose, a
speaking one about half of it; lips that meet still meet, lips that press or tuck under the teeth keep doing so, and a
smile yields where the lips round. A feeling moves head and gaze a little, too.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from models.face.channels import (
    BLENDSHAPE_COUNT,
    CHANNEL_COUNT,
    CHANNELS,
    EYE_LIMIT,
    RADIANS_PER_LOOK,
    channel_index,
    channel_indices,
)
from models.face.head.response import GAP_RESPONSE, HUMAN_SNEER_MM, OPEN_MM, SEALED_MM
from models.face.poses import EMOTIONS

Floats: TypeAlias = NDArray[np.float32]

EMOTION_NAMES: Final = tuple(EMOTIONS)
"""joy, sadness, anger, fear, disgust, surprise."""

_HEAD_PITCH: Final = {
    "joy": -0.03, "sadness": 0.08, "anger": 0.04, "fear": -0.04, "disgust": -0.03, "surprise": -0.05,
}  # fmt: skip
"""Radians by which a feeling lowers the head at full strength."""
_GAZE_PITCH: Final = {"sadness": 0.12}
"""And the gaze, head and eyes together; that of other feelings stays where it is."""
_CALM: Final = {"sadness": 0.3}
"""Part of the head's motion that a feeling takes away."""

_LIDS: Final = ("EyeBlink", "EyeSquint", "EyeWide")
_RETRACTING: Final = ("MouthSmile", "MouthStretch", "MouthDimple", "MouthFrown")
_PARTING: Final = ("MouthLowerDown", "MouthUpperUp")
_GIVEN_TO_GAZE: Final = ("EyeLook",)
_WIDE_MM: Final = 7.0
"""Opening of a vowel, which a dropped jaw may widen; that of an s may not."""
_QUIET: Final = 0.5
_BUSY: Final = 0.9
"""Measures of articulation up to which a mouth rests, and above that until it speaks."""
_IN_SPEECH: Final = 0.5
"""Part of the mouth's pose that is left in speech: a full one under speech is a grimace."""
_NOSE_IN_SPEECH: Final = 0.7
_JAW_IN_SPEECH: Final = 0.3
_SHRUG_IN_SPEECH: Final = 0.25
_YIELD_TO_ROUNDING: Final = 0.85

# The human scan's sneer parts the lips further than the built-in heads'; what is made up for must do for both.
_SNEERS: Final = channel_indices(["NoseSneerLeft", "NoseSneerRight"])
_NOSE_GAP: Final = np.zeros(CHANNEL_COUNT, np.float32)
_NOSE_GAP[_SNEERS] = HUMAN_SNEER_MM
_SPARE: Final = 1 - GAP_RESPONSE.item(_SNEERS[0]) / HUMAN_SNEER_MM
_GAP_AT_MOST: Final = np.maximum(GAP_RESPONSE, _NOSE_GAP)

_CLOSE, _JAW, _FUNNEL = channel_indices(["MouthClose", "JawOpen", "MouthFunnel"])
_BLINKS: Final = channel_indices(["EyeBlinkLeft", "EyeBlinkRight"])
_PITCH: Final = channel_index("HeadPitch")
_HEAD: Final = slice(BLENDSHAPE_COUNT, BLENDSHAPE_COUNT + 3)
_TURNS: Final = np.array(channel_indices(["HeadYaw", "HeadPitch"]))
_EYES: Final = np.array([channel_indices([eye + axis for eye in ("LeftEye", "RightEye")]) for axis in ("Yaw", "Pitch")])
_LOOKS_MORE: Final = np.array(
    [
        channel_indices(names)
        for names in (("EyeLookOutLeft", "EyeLookInRight"), ("EyeLookDownLeft", "EyeLookDownRight"))
    ]
)
_LOOKS_LESS: Final = np.array(
    [channel_indices(names) for names in (("EyeLookInLeft", "EyeLookOutRight"), ("EyeLookUpLeft", "EyeLookUpRight"))]
)
"""By axis (yaw, pitch) and eye: its angle, and the lids' channels for positive and for negative angles."""


def _weighted(**weights: float) -> Floats:
    """`[61]`: a weight for every channel whose name begins with one of the names."""
    out = np.zeros(CHANNEL_COUNT, np.float32)
    for i, name in enumerate(CHANNELS):
        out[i] = sum(weight for prefix, weight in weights.items() if name.startswith(prefix))
    return out


_EFFORT: Final = _weighted(MouthPress=0.5, MouthRollLower=1.0, MouthRollUpper=0.5)
_ARTICULATION: Final = _weighted(
    JawOpen=10.0,
    MouthFunnel=6.0,
    MouthPucker=5.0,
    MouthStretch=3.0,
    MouthLowerDown=3.0,
    MouthUpperUp=3.0,
    TongueOut=20.0,
)
_ROUNDING: Final = _weighted(MouthPucker=1.0, MouthFunnel=0.8)
_TUCK: Final = _weighted(MouthRollLower=1.0, MouthRollUpper=-1.0, MouthPress=-0.5)
_MEASURES: Final = np.stack([GAP_RESPONSE, _EFFORT, _ARTICULATION, _ROUNDING, _TUCK], axis=1)

_FAMILIES: Final = (
    "free", "left_lids", "right_lids", "retracting", "parting", "jaw", "funnel", "nose", "press", "shrug",
)  # fmt: skip


def _family(name: str) -> str | None:
    """What limits a channel's part in a feeling; None for channels that no pose may move."""
    if name in CHANNELS[BLENDSHAPE_COUNT:] or name.startswith(_GIVEN_TO_GAZE):
        return None
    if name.startswith(_LIDS):
        if name.startswith("EyeBlink"):
            return "free"
        return "left_lids" if name.endswith("Left") else "right_lids"
    for prefixes, family in (
        (_RETRACTING, "retracting"),
        (_PARTING, "parting"),
        (("JawOpen",), "jaw"),
        (("MouthFunnel",), "funnel"),
        (("NoseSneer",), "nose"),
        (("MouthPress",), "press"),
        (("MouthShrug",), "shrug"),
    ):
        if name.startswith(prefixes):
            return family
    return "free"


_MEMBERS: Final = np.array([[_family(name) == family for name in CHANNELS] for family in _FAMILIES], np.float32)
_POSES: Final = np.zeros((len(EMOTIONS), CHANNEL_COUNT), np.float32)
for _row, _pose_of in enumerate(EMOTIONS.values()):
    _POSES[_row, channel_indices(_pose_of)] = list(_pose_of.values())


def articulation(channels: Floats) -> Floats:
    """How much a mouth is speaking, by what it does in one frame.

    Args:
        channels: `[..., 61]`.

    Returns:
        `[...]`, 0 for a mouth at rest, 1 for one that articulates. Continuous. Between two sounds a mouth may pass
        through rest: whoever has time should hold the highest value for a moment.
    """
    return _speaking(channels, channels @ _MEASURES)


def with_emotion(channels: Floats, weights: Mapping[str, float], speech: Floats | float | None = None) -> Floats:
    """Frames with a feeling on them.

    Args:
        channels: `[..., 61]`; blendshapes 0..1, angles in radians.
        weights: strength of each feeling, 0..1, by the names of `EMOTION_NAMES`; absent ones are 0. They may mix.
        speech: `[...]`, 0..1, how much the mouth is speaking; None takes each frame's `articulation`.

    Returns:
        `[..., 61]`: the same array where every weight is 0, else a new one. Continuous in the weights.

    Raises:
        ValueError: an unknown feeling, or a weight beyond 0..1.
    """
    strengths = _strengths(weights)
    if not any(strengths):
        return channels
    pose, head_pitch, gaze_pitch, calm = _felt(strengths)
    measures = channels @ _MEASURES
    gap, rounding = measures[..., 0], measures[..., 3]
    effort = _effort(channels, measures)
    speaks = _speaking(channels, measures) if speech is None else np.asarray(speech, np.float32)
    parted = _smooth((gap - SEALED_MM) / (OPEN_MM - SEALED_MM))
    vowel = _smooth((gap - SEALED_MM) / (_WIDE_MM - SEALED_MM))
    tuck = _smooth((measures[..., 4] - 0.1) / 0.3)
    rests = 1 - speaks
    mouth = 1 - (1 - _IN_SPEECH) * speaks
    quiet = 1 - np.maximum(speaks, effort)
    shaped = (1 - quiet) * (1 - effort)
    may_part = quiet + shaped * parted
    limits = np.empty((*gap.shape, len(_FAMILIES)), np.float32)
    for i, limit in enumerate(
        (
            1.0,
            1 - channels[..., _BLINKS[0]],
            1 - channels[..., _BLINKS[1]],
            mouth * (1 - _YIELD_TO_ROUNDING * _smooth((rounding - 0.05) / 0.35)),
            mouth * may_part,
            quiet + _JAW_IN_SPEECH * shaped * vowel,
            rests * may_part,
            1 - (1 - _NOSE_IN_SPEECH) * speaks,
            rests,
            (1 - tuck) * (rests + _SHRUG_IN_SPEECH * speaks * effort),
        )
    ):
        limits[..., i] = limit
    share: Floats = limits @ _MEMBERS
    added: Floats = pose * share * (1 - channels)
    # The nose lifts the upper lip: where lips must meet the lower one follows, unless something else has closed them.
    lifted = np.minimum(added @ _NOSE_GAP, np.maximum(added @ _GAP_AT_MOST, 0))
    # Teeth that show on a tucked lip go on showing on the heads whose nose lifts it less.
    added[..., _CLOSE] += (1 - may_part) * (1 - _SPARE * tuck) * lifted / -GAP_RESPONSE[_CLOSE]
    out: Floats = channels + added
    shapes = out[..., :BLENDSHAPE_COUNT]
    np.minimum(shapes, 1, out=shapes)
    _bow(channels, out, head_pitch, gaze_pitch, calm)
    return out


def _strengths(weights: Mapping[str, float]) -> tuple[float, ...]:
    for name, weight in weights.items():
        if name not in EMOTIONS:
            raise ValueError(f"{name!r} is no emotion; there are {', '.join(EMOTIONS)}")
        if not 0 <= weight <= 1:
            raise ValueError(f"{name} {weight:g}; it is within 0 and 1")
    return tuple(float(weights.get(name, 0.0)) for name in EMOTIONS)


@lru_cache(maxsize=64)
def _felt(strengths: tuple[float, ...]) -> tuple[Floats, float, float, float]:
    """Pose `[61]`, the head's and the gaze's lowering, and how calm the head is."""
    weights = np.array(strengths, np.float32)
    pose: Floats = 1 - np.prod(1 - weights[:, None] * _POSES, axis=0)

    def total(by_name: Mapping[str, float]) -> float:
        return sum(weight * by_name.get(name, 0.0) for name, weight in zip(EMOTIONS, strengths, strict=True))

    return pose, total(_HEAD_PITCH), total(_GAZE_PITCH), total(_CALM)


def _effort(channels: Floats, measures: Floats) -> Floats:
    """`[...]`, 0..1: lips are being held together, or under the teeth, rather than just resting."""
    closed = np.minimum(channels[..., _JAW], channels[..., _CLOSE])
    return _smooth((measures[..., 1] + 3 * closed - 0.05) / 0.35)


def _speaking(channels: Floats, measures: Floats) -> Floats:
    return np.maximum(_smooth((measures[..., 2] - _QUIET) / _BUSY), _effort(channels, measures))


def _bow(channels: Floats, out: Floats, head_pitch: float, gaze_pitch: float, calm: float) -> None:
    """Moves the head, and the eyes so that the gaze goes where it should; lids go along."""
    out[..., _HEAD] *= np.float32(1 - calm)
    out[..., _PITCH] += np.float32(head_pitch)
    turn = channels[..., _TURNS] - out[..., _TURNS]
    turn[..., 1] += np.float32(gaze_pitch)
    before = channels[..., _EYES]
    after = np.minimum(np.maximum(before + turn[..., None], -EYE_LIMIT), EYE_LIMIT)
    more, less = channels[..., _LOOKS_MORE], channels[..., _LOOKS_LESS]
    both = np.minimum(more, less)
    look = more - less + (after - before) / RADIANS_PER_LOOK
    out[..., _EYES] = after
    out[..., _LOOKS_MORE] = np.minimum(both + np.maximum(look, 0), 1)
    out[..., _LOOKS_LESS] = np.minimum(both + np.maximum(-look, 0), 1)


def _smooth(x: Floats) -> Floats:
    """0..1 with no slope at either end."""
    x = np.minimum(np.maximum(x, 0), 1)
    smooth: Floats = x * x * (3 - 2 * x)
    return smooth
