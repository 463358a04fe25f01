"""From phones, or a camera's takes, to the mouth's channels.

Coarticulation by dominance (`models.corpus.dominance`) says how far the lips part and what shape they take; hard
constraints say what no neighbour may undo: p b m seal, f v put the lower lip under the teeth, w and u round, s and z
nearly shut the jaw, the tongue shows in th. Channels are then solved so that the rig's inner-lip gap is the wanted one:
the jaw goes where the phone puts it, and the lips open or seal relative to it.
"""

from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from models.corpus.dominance import AXES, fitted_dominance
from models.corpus.phones import BILABIALS, Phone
from models.corpus.takes import Take
from models.face.channels import CHANNEL_COUNT, CHANNELS, channel_index, channel_indices

Track: TypeAlias = NDArray[np.floating[Any]]

GAP_MM_AT_AY: Final = 12.0
"""Inner-lip gap in millimetres at a normalized gap of 1."""
SEALED_GAP: Final = -0.16
"""Normalized gap aimed at in a bilabial's closure: lips pressed, so that a blurred prediction still closes."""
REST_GAP: Final = -0.10
REST_RIG_GAP_MM: Final = 0.4
"""Gap of a rig at rest: 0.8 mm on a human scan, 0 on the built-in head; the middle serves both."""

GAP_MM: Final[dict[str, float]] = {
    "JawOpen": 28.9, "MouthClose": -37.2, "MouthFunnel": 10.8, "MouthPucker": -1.3, "MouthRollLower": -2.5,
    "MouthRollUpper": 1.6, "MouthShrugLower": -6.4, "MouthShrugUpper": 4.6, "MouthPressLeft": -1.1,
    "MouthPressRight": -1.1, "MouthLowerDownLeft": 2.9, "MouthLowerDownRight": 2.9, "MouthUpperUpLeft": 3.5,
    "MouthUpperUpRight": 3.5, "NoseSneerLeft": 3.2, "NoseSneerRight": 3.2, "JawForward": 1.1,
}  # fmt: skip
"""Millimetres of inner-lip gap per unit of each channel, measured on a human rig; the built-in head is made alike."""

_RAISING: Final = frozenset(channel_indices(("MouthUpperUpLeft", "MouthUpperUpRight")))
SHAPE_AXES: Final = AXES[1:]
"""Columns of `Lips.shape`: jaw, pucker, funnel, stretch, smile, tuck (lower lip to upper teeth), press, …"""
_PARTING: Final = ("MouthLowerDownLeft", "MouthLowerDownRight", "MouthUpperUpLeft", "MouthUpperUpRight")
_SPEAKING: Final = channel_indices(
    name for name in CHANNELS if name.startswith(("Jaw", "Mouth", "CheekPuff", "NoseSneer", "Tongue"))
)
"""Channels that rest when nobody speaks."""
_SEAL_S: Final = (0.075, 0.1)
"""Shortest and longest full seal of p b m; with its ramps the lips stay shut for 80 to 120 ms."""
_CLOSING_S, _RELEASE_S = 0.06, 0.04
_FIRM_ROUNDING: Final = {"W": 0.7, "UW": 0.65}
"""Pucker that w and u reach at their core, whatever surrounds them."""
_NEAR_SHUT_JAW: Final = 0.1
"""Jaw that s and z allow at most."""
_TONGUE_OUT, _TONGUE_GAP = 0.24, 0.27
"""TongueOut in th, the tip between the teeth, and the normalized gap that lets it be seen."""
_TUCKED, _BARED = 0.85, 0.36
"""MouthRollLower of f and v, and the MouthUpperUp that shows the teeth on it."""
_TUCK_GAP, _TUCK_JAW = 0.15, 0.07
"""Normalized gap of f and v, narrower hides the teeth and wider takes the lip from them; and the jaw that allows it."""


@dataclass(frozen=True, slots=True)
class Style:
    """How one person speaks; constant within a clip. 1 and 0 are the fitted talker, made legible.

    Attributes:
        jaw: amplitude of the jaw (JALI's first axis, Edwards et al. 2016).
        lips: amplitude of the lips' shapes (its second).
        asymmetry: share by which the left side outdoes the right, −0.1..0.1.
        smile: MouthSmile that underlies all speech, 0..0.12.
        rounding: strength of pucker and funnel.
    """

    jaw: float = 1.0
    lips: float = 1.0
    asymmetry: float = 0.0
    smile: float = 0.0
    rounding: float = 1.0


PLAIN: Final = Style()


def sample_style(rng: np.random.Generator) -> Style:
    """A person: from mumbling to over-articulated, jaw and lips apart."""
    return Style(
        jaw=float(np.clip(rng.normal(1.0, 0.16), 0.65, 1.4)),
        lips=float(np.clip(rng.normal(1.05, 0.16), 0.7, 1.45)),
        asymmetry=float(np.clip(rng.normal(0, 0.05), -0.1, 0.1)),
        smile=float(np.clip(rng.normal(0.0, 0.05), 0, 0.12)),
        rounding=float(np.clip(rng.normal(1.05, 0.15), 0.75, 1.4)),
    )


@dataclass(frozen=True, slots=True)
class Lips:
    """What the lips should do.

    Attributes:
        gap: `[T]`, normalized inner-lip gap; below 0 pressed.
        shape: `[T, 12]`, weights 0..1 of `SHAPE_AXES`.
        seal: `[T]`, 0..1, how much a bilabial's closure is due.
    """

    gap: Track
    shape: Track
    seal: Track


def articulate(phones: list[Phone], times: Track, style: Style = PLAIN, loudness: Track | float = 1.0) -> Lips:
    """Lips at the given instants for phones that may lie anywhere, in order.

    Every instant is computed by itself: a stretch computed in pieces is the stretch computed whole. Hurried phones
    undershoot, since pulls last as long as mouths take; closures are kept whole.

    Args:
        phones: with their times in seconds.
        times: `[T]` seconds.
        style: whose mouth.
        loudness: `[T]` or one number, amplitude of the voice over its own usual one; opens the mouth by its cube root.
    """
    times = np.asarray(times, np.float32)
    model = fitted_dominance()
    rest = _rest_share(phones, times)[:, None]
    tracks = model.tracks(_between_silences(phones), times) * (1 - rest) + model.tracks([], times) * rest
    gap, shape = tracks[:, 0], np.clip(tracks[:, 1:], 0, 1)
    louder = np.cbrt(np.clip(np.asarray(loudness, np.float32), 0.2, 5.0))
    opening = louder * np.float32(style.jaw**0.6 * style.lips**0.4)
    gap = np.where(gap > 0, gap * opening, gap)
    rounding = style.lips**0.5 * style.rounding
    scale = {"pucker": rounding, "funnel": rounding, "tuck": 1.0, "press": 1.0, "tongue": 1.0}
    for k, axis in enumerate(SHAPE_AXES):
        shape[:, k] *= louder * style.jaw if axis == "jaw" else scale.get(axis, style.lips)
    shape[:, SHAPE_AXES.index("smile")] += style.smile
    seal = _hold(phones, times, gap, shape, style)
    return Lips(_sealed(gap, seal), np.clip(shape, 0, 1), seal)


def _between_silences(phones: list[Phone]) -> list[Phone]:
    if not phones:
        return []
    first, last = phones[0], phones[-1]
    before = [] if first.name == "SIL" else [Phone(first.start - 0.5, first.start, "SIL")]
    after = [] if last.name == "SIL" else [Phone(last.end, last.end + 0.5, "SIL")]
    return [*before, *phones, *after]


def _hold(phones: list[Phone], times: Track, gap: Track, shape: Track, style: Style) -> Track:
    """Applies the hard constraints to `gap` and `shape` in place; returns the seal due, `[T]`."""
    seal = np.zeros_like(times)
    column = {axis: shape[:, k] for k, axis in enumerate(SHAPE_AXES)}
    for phone in phones:
        centre, length = (phone.start + phone.end) / 2, phone.end - phone.start
        if phone.name in BILABIALS:
            half = float(np.clip(0.8 * length, *_SEAL_S)) / 2
            due = _window(times, centre - half, centre + half, _CLOSING_S, _RELEASE_S)
            seal = np.maximum(seal, due)
            np.maximum(column["press"], due, out=column["press"])
        elif phone.name in ("F", "V"):
            due = _core(times, phone)
            np.maximum(column["tuck"], due, out=column["tuck"])
            gap += due * (_TUCK_GAP - gap)
            column["jaw"] -= due * np.maximum(column["jaw"] - _TUCK_JAW, 0)
        elif phone.name in _FIRM_ROUNDING:
            firm = _FIRM_ROUNDING[phone.name] * style.rounding
            np.maximum(column["pucker"], firm * _core(times, phone), out=column["pucker"])
        elif phone.name in ("S", "Z"):
            column["jaw"] -= _core(times, phone) * np.maximum(column["jaw"] - _NEAR_SHUT_JAW, 0)
        elif phone.name in ("TH", "DH"):
            np.maximum(column["tongue"], _core(times, phone), out=column["tongue"])
            gap += _core(times, phone) * np.maximum(_TONGUE_GAP - gap, 0)
    return seal


def _core(times: Track, phone: Phone) -> Track:
    quarter = (phone.end - phone.start) / 4
    return _window(times, phone.start + quarter, phone.end - quarter, 0.05, 0.05)


def _window(times: Track, start: float, end: float, rise: float, fall: float) -> Track:
    """1 from start to end, with smooth ramps of `rise` and `fall` seconds outside."""
    before, after = (start - times) / rise, (times - end) / fall
    outside = np.clip(np.maximum(before, after), 0, 1)
    return np.asarray(0.5 + 0.5 * np.cos(np.pi * outside), np.float32)


def _sealed(gap: Track, seal: Track) -> Track:
    return np.asarray(np.minimum(gap, gap * (1 - seal) + SEALED_GAP * seal), np.float32)


def _rest_share(phones: list[Phone], times: Track) -> Track:
    """`[T]`, 0 near speech, 1 from 260 ms away from it: what a mouth does there nobody can hear."""
    spoken = [phone for phone in phones if phone.name != "SIL"]
    if not spoken:
        return np.ones_like(times)
    away = np.min([np.maximum(phone.start - times, times - phone.end) for phone in spoken], axis=0)
    return np.asarray(np.clip((away - 0.12) / 0.14, 0, 1), np.float32)


def _measured_seal(phones: list[Phone], times: Track, gap: Track, gap_times: Track) -> Track:
    """Seal due `[T]` where a camera saw p b m.

    A closure lasts two camera frames and is blurred by them, so around the measured minimum of each bilabial the gap
    is taken down to a full seal; where the talker plainly did not close, he is believed.
    """
    seal = np.zeros_like(times)
    for phone in phones:
        near = (gap_times >= phone.start - 0.05) & (gap_times <= phone.end + 0.05)
        if phone.name in BILABIALS and near.any() and gap[near].min() < 0.25:
            moment = float(gap_times[near][gap[near].argmin()])
            seal = np.maximum(seal, _window(times, moment - 0.025, moment + 0.025, 0.05, 0.035))
    return seal


def channels_from_lips(lips: Lips, asymmetry: float = 0.0) -> Track:
    """The mouth's channels `[T, 61]` that show these lips; all others are 0.

    Gap first: whatever jaw, rounding and tuck contribute, the lips' own opening or their seal against the jaw makes
    up the rest, so that the rig's inner-lip gap is `GAP_MM_AT_AY · gap`.

    Args:
        lips: what they should do.
        asymmetry: share by which the left side outdoes the right.
    """
    out = np.zeros((len(lips.gap), CHANNEL_COUNT), np.float32)
    column = {axis: lips.shape[:, k] for k, axis in enumerate(SHAPE_AXES)}
    parted = 1 - lips.seal

    def put(name: str, value: Track) -> None:
        out[:, channel_index(name)] = np.clip(value, 0, 1)

    def both(name: str, value: Track) -> None:
        put(name + "Left", value * (1 + asymmetry))
        put(name + "Right", value * (1 - asymmetry))

    round_share = np.clip(column["pucker"] / 0.6, 0, 1)  # lips drawn together are not drawn apart
    put("MouthPucker", column["pucker"] * (1 - 0.4 * column["tuck"]))
    put("MouthFunnel", column["funnel"] * parted * (1 - 0.8 * column["tuck"]))  # a flared lip reaches no teeth
    both("MouthStretch", column["stretch"] * (1 - round_share))
    both("MouthSmile", column["smile"] * (1 - 0.7 * round_share))
    put("MouthRollLower", _TUCKED * column["tuck"] + 0.15 * column["press"])
    put("MouthRollUpper", np.maximum(column["roll_upper"] * parted, 0.15 * column["press"]))
    put("MouthShrugLower", column["shrug"] * (1 - column["tuck"]))
    both("MouthPress", 0.35 * column["press"])
    put("TongueOut", _TONGUE_OUT * np.maximum(column["tongue"] - 0.1, 0) / 0.9)
    both("MouthUpperUp", np.maximum(column["upper"] * parted, _BARED * column["tuck"]))
    both("MouthLowerDown", column["lower"] * parted * (1 - column["tuck"]))
    # a sealed mouth need not open its jaw
    put("JawOpen", column["jaw"] * (1 - 0.6 * lips.seal))
    _reach_gap(out, GAP_MM_AT_AY * lips.gap)
    return out


def _reach_gap(motion: Track, wanted_mm: Track) -> None:
    """Opens or shuts the lips of `[T, 61]` in place until the rig's gap is `wanted_mm` `[T]`.

    Too narrow: the lips part a little more, then the jaw drops. Too wide: half by lips that part less, then by a
    smaller jaw, the rest by lips that meet against the jaw.
    """
    response = gap_coefficients()
    jaw, close = channel_index("JawOpen"), channel_index("MouthClose")

    def shift(channel: int, by_mm: Track, low: Track | float, high: Track | float) -> None:
        motion[:, channel] = np.clip(motion[:, channel] + by_mm / response[channel], low, high)

    def missing() -> Track:
        return np.asarray(wanted_mm - REST_RIG_GAP_MM - motion @ response)

    shift(close, np.maximum(missing(), 0), 0, 1)
    more = np.maximum(missing(), 0)
    for channel, share in zip(channel_indices(_PARTING), (0.275, 0.275, 0.225, 0.225), strict=True):
        before = motion[:, channel].copy()
        shift(channel, share * more, before, np.maximum(before, 0.5 if share > 0.25 else 0.35))
    shift(jaw, np.maximum(missing(), 0), 0, 1)
    less = np.minimum(missing(), 0)
    for channel in channel_indices(_PARTING):
        before = motion[:, channel].copy()
        shift(channel, 0.25 * 0.5 * less, (0.6 if channel in _RAISING else 0.3) * before, before)
    shift(jaw, 0.5 * np.minimum(missing(), 0), 0.6 * motion[:, jaw], motion[:, jaw].copy())
    shift(close, np.minimum(missing(), 0), 0, 1)


def motion_from_phones(
    phones: list[Phone], times: Track, style: Style = PLAIN, loudness: Track | float = 1.0
) -> tuple[Track, Track]:
    """What a mouth shows that says these phones.

    Args:
        phones: with their times in seconds, in order; beyond them the mouth rests.
        times: `[T]` seconds.
        style: whose mouth.
        loudness: see :func:`articulate`.

    Returns:
        Motion `[T, 61]` (jaw, mouth and tongue; all others 0) and the seal due `[T]`, 0..1.
    """
    lips = articulate(phones, times, style, loudness)
    return channels_from_lips(lips, style.asymmetry), lips.seal


def motion_from_take(take: Take, times: Track, legibility: float = 0.7) -> tuple[Track, Track]:
    """What the talker of a take showed, at any instants.

    Between the camera's frames motion follows a Catmull-Rom spline. Where phones are known, p b m seal around the
    measured minimum of the gap, away from speech the mouth rests, and what a camera does not resolve is put from the
    phones: the lower lip under the teeth in f v, the tongue, and rounding (which he mumbles) at least `legibility`
    times as firm as articulated speech has it. The measured gap is kept throughout, but for f and v it is at least what
    shows the teeth.

    Args:
        take: measured motion.
        times: `[T]` seconds; before the first frame and after the last the nearest one is held.
        legibility: 0 leaves rounding and tuck as measured.

    Returns:
        Motion `[T, 61]` and the seal due `[T]`, 0..1 (0 where phones are unknown).
    """
    times = np.asarray(times, np.float32)
    motion = _between_frames(take.motion, times * take.fps)
    motion[:, :52] = np.clip(motion[:, :52], 0, 1)
    if not take.phones:
        return motion, np.zeros_like(times)
    response = gap_coefficients()
    frames = (np.arange(len(take.motion)) / take.fps).astype(np.float32)
    gap = (take.motion @ response + REST_RIG_GAP_MM) / GAP_MM_AT_AY
    seal = _measured_seal(take.phones, times, gap, frames)
    rest = _rest_share(take.phones, times)
    gap_now = (motion @ response + REST_RIG_GAP_MM) / GAP_MM_AT_AY
    lips = articulate(take.phones, times)
    column = {axis: lips.shape[:, k] for k, axis in enumerate(SHAPE_AXES)}
    wanted = gap_now * (1 - rest) + REST_GAP * rest
    # no landmark lies on the teeth: how far lips part that show them is put from the phones, too
    wanted = _sealed(wanted + column["tuck"] * np.maximum(_TUCK_GAP - wanted, 0), seal)

    at_rest, _ = motion_from_phones([], times[:1])
    motion[:, _SPEAKING] += rest[:, None] * (at_rest[:, _SPEAKING] - motion[:, _SPEAKING])

    def at_least(name: str, value: Track) -> None:
        channel = channel_index(name)
        motion[:, channel] = np.maximum(motion[:, channel], value)

    spoken = 1 - rest
    at_least("MouthPucker", legibility * column["pucker"] * (1 - 0.4 * column["tuck"]) * spoken)
    at_least("MouthFunnel", legibility * column["funnel"] * (1 - seal) * (1 - 0.8 * column["tuck"]) * spoken)
    at_least("MouthRollLower", np.maximum(_TUCKED * min(legibility / 0.7, 1) * column["tuck"], 0.15 * seal))
    at_least("MouthRollUpper", 0.15 * seal)
    at_least("TongueOut", _TONGUE_OUT * np.maximum(column["tongue"] - 0.1, 0) / 0.9 * spoken)
    for side in ("Left", "Right"):
        at_least("MouthPress" + side, 0.35 * seal)
        at_least("MouthUpperUp" + side, _BARED * column["tuck"] * spoken)
    _reach_gap(motion, GAP_MM_AT_AY * wanted)
    return motion, seal


def _between_frames(motion: Track, at: Track) -> Track:
    """Catmull-Rom spline through frames `[F, C]` at positions `[T]`, held beyond the ends."""
    last = len(motion) - 1
    at = np.clip(at, 0, last)
    left = np.minimum(at.astype(np.int64), max(last - 1, 0))
    part = (at - left)[:, None]
    a, b, c, d = (motion[np.clip(left + k, 0, last)] for k in (-1, 0, 1, 2))
    bent = b + 0.5 * part * (c - a + part * (2 * a - 5 * b + 4 * c - d + part * (3 * (b - c) + d - a)))
    return np.asarray(bent, np.float32)


def gap_coefficients() -> Track:
    """`[61]`, millimetres of inner-lip gap per unit of each channel."""
    out = np.zeros(CHANNEL_COUNT, np.float32)
    for name, value in GAP_MM.items():
        out[channel_index(name)] = value
    return out
