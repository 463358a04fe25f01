"""From phones to lips: how far they part, what shape they take, and the channels that show it.

Each phone pulls every articulator towards a target with a dominance that rises before it and falls after it; the
blend is the weighted mean (Cohen & Massaro 1993). The inner-lip gap's targets and rates are fitted to a real talker;
the other articulators' are textbook values. Channels are then solved so that the rig's gap is the wanted one: the jaw
goes where the phone puts it, and the lips open or seal relative to it.
"""

import json
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from models.corpus.phones import ARPABET, BILABIALS, PHONE_INDEX, Phone
from models.face.channels import CHANNEL_COUNT, channel_index
from models.measured_data import measured

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

# jaw, pucker, funnel, stretch, smile, tuck (lower lip to upper teeth), press, tongue
_SHAPES: Final[dict[str, tuple[float, float, float, float, float, float, float, float]]] = {
    "SIL": (0.00, 0.02, 0.00, 0.00, 0.02, 0, 0.02, 0),
    **dict.fromkeys(("P", "B", "M"), (0.08, 0.04, 0.00, 0.00, 0.00, 0, 1.00, 0)),
    **dict.fromkeys(("F", "V"), (0.07, 0.00, 0.00, 0.04, 0.00, 1, 0.00, 0)),
    "W": (0.10, 0.75, 0.12, 0.00, 0.00, 0, 0.00, 0),
    "UW": (0.12, 0.70, 0.15, 0.00, 0.00, 0, 0.00, 0),
    "UH": (0.16, 0.40, 0.12, 0.00, 0.00, 0, 0.00, 0),
    "OW": (0.26, 0.36, 0.34, 0.00, 0.00, 0, 0.00, 0),
    "AO": (0.34, 0.15, 0.36, 0.00, 0.00, 0, 0.00, 0),
    "OY": (0.30, 0.30, 0.32, 0.00, 0.00, 0, 0.00, 0),
    **dict.fromkeys(("SH", "ZH", "CH", "JH"), (0.09, 0.18, 0.36, 0.00, 0.00, 0, 0.00, 0)),
    **dict.fromkeys(("S", "Z"), (0.05, 0.00, 0.00, 0.16, 0.06, 0, 0.00, 0)),
    **dict.fromkeys(("TH", "DH"), (0.10, 0.00, 0.00, 0.04, 0.00, 0, 0.00, 1)),
    **dict.fromkeys(("T", "D", "N"), (0.12, 0.00, 0.00, 0.06, 0.03, 0, 0.00, 0)),
    "L": (0.16, 0.00, 0.00, 0.06, 0.03, 0, 0.00, 0.3),
    **dict.fromkeys(("K", "G", "NG"), (0.17, 0.00, 0.00, 0.04, 0.02, 0, 0.00, 0)),
    "HH": (0.20, 0.00, 0.00, 0.02, 0.00, 0, 0.00, 0),
    "R": (0.12, 0.28, 0.12, 0.00, 0.00, 0, 0.00, 0),
    "ER": (0.17, 0.24, 0.12, 0.00, 0.00, 0, 0.00, 0),
    "Y": (0.10, 0.00, 0.00, 0.18, 0.12, 0, 0.00, 0),
    "AA": (0.42, 0.00, 0.05, 0.02, 0.00, 0, 0.00, 0),
    "AE": (0.38, 0.00, 0.00, 0.16, 0.08, 0, 0.00, 0),
    "AW": (0.40, 0.10, 0.10, 0.04, 0.00, 0, 0.00, 0),
    "AY": (0.38, 0.00, 0.00, 0.10, 0.06, 0, 0.00, 0),
    "EH": (0.28, 0.00, 0.00, 0.14, 0.08, 0, 0.00, 0),
    "EY": (0.24, 0.00, 0.00, 0.20, 0.14, 0, 0.00, 0),
    "AH": (0.27, 0.00, 0.00, 0.04, 0.02, 0, 0.00, 0),
    "IH": (0.18, 0.00, 0.00, 0.16, 0.10, 0, 0.00, 0),
    "IY": (0.13, 0.00, 0.00, 0.24, 0.18, 0, 0.00, 0),
}
_ROUNDING: Final = frozenset(["W", "UW", "UH", "OW", "AO", "OY", "SH", "ZH", "CH", "JH"])
_VOWELS: Final = frozenset(["UW", "UH", "OW", "AO", "OY", "ER", "AA", "AE", "AW", "AY", "EH", "EY", "AH", "IH", "IY"])
# dominance of a phone on (jaw, lip shape, tuck/press/tongue), and rise and fall rates in 1/s
_RATES: Final = np.array([[15.0, 20.0], [13.0, 20.0], [45.0, 45.0]])


def _dominance(name: str) -> tuple[float, float, float]:
    if name == "SIL":
        return 0.35, 0.35, 1.0
    if name in _VOWELS:
        return 1.0, 1.6 if name in _ROUNDING else 1.0, 0.6
    if name in ("S", "Z"):
        return 1.8, 0.4, 0.6
    jaw = 0.9 if name in BILABIALS or name in ("F", "V", "W") else 0.45
    shape = 1.5 if name in _ROUNDING else 0.12
    return jaw, shape, 3.0 if name in BILABIALS or name in ("F", "V", "TH", "DH") else 0.6


@cache
def _fit() -> tuple[Track, Track, Track, Track, float, float]:
    fit = json.loads(measured("grid_s1/dominance_fit.json").read_text())
    table = [fit["phones"][phone] for phone in ARPABET]
    table[PHONE_INDEX["SIL"]] = table[PHONE_INDEX["SIL"]] | {"target": REST_GAP}
    columns = [np.array([p[key] for p in table], np.float32) for key in ("target", "weight", "rise_rate", "fall_rate")]
    return columns[0], columns[1], columns[2], columns[3], float(fit["lead_s"]), float(fit["flat"])


def _pull(times: Track, centre: Track, flat: Track, rise: Track, fall: Track) -> Track:
    offset = times[:, None] - centre[None]
    return np.asarray(np.exp(-rise * np.maximum(-offset - flat, 0) - fall * np.maximum(offset - flat, 0)), np.float32)


@dataclass(frozen=True, slots=True)
class Lips:
    """What the lips should do.

    Attributes:
        gap: `[T]`, normalized inner-lip gap; below 0 pressed.
        shape: `[T, 8]`, jaw, pucker, funnel, stretch, smile, tuck, press, tongue.
        seal: `[T]`, 0..1, how much a bilabial's closure is due.
    """

    gap: Track
    shape: Track
    seal: Track


def articulate(phones: list[Phone], times: Track) -> Lips:
    """Lips at the given instants (seconds) for phones that may lie anywhere, in order."""
    index = np.array([PHONE_INDEX[p.name] for p in phones])
    start, end = (np.array([p[i] for p in phones], np.float32) for i in (0, 1))
    centre, half = (start + end) / 2, (end - start) / 2
    target, weight, rise, fall, lead, flat = _fit()
    times = np.asarray(times, np.float32)

    w = weight[index] * _pull(times, centre - lead, flat * half, rise[index], fall[index])
    silent = index == PHONE_INDEX["SIL"]
    w = np.where(silent, w * np.minimum(half / 0.15, 1), w)
    gap = (w * target[index]).sum(1) / (w.sum(1) + 1e-6)

    shapes = np.array([_SHAPES[p.name] for p in phones], np.float32)
    strength = np.array([_dominance(p.name) for p in phones], np.float32)
    blended = []
    for group, columns in enumerate((slice(0, 1), slice(1, 5), slice(5, 8))):
        rise_rate, fall_rate = _RATES[group]
        w = strength[:, group] * _pull(times, centre - 0.02, 0.6 * half, rise_rate, fall_rate) + 1e-9
        blended.append((w @ shapes[:, columns]) / w.sum(1, keepdims=True))
    shape = np.concatenate(blended, axis=1).astype(np.float32)

    seal = np.zeros_like(times)
    for phone in phones:
        if phone.name in BILABIALS:
            seal = np.maximum(seal, _seal_window(times, phone.start + 0.01, max(phone.end, phone.start + 0.05) - 0.01))
    return Lips(_sealed(gap.astype(np.float32), seal), shape, seal)


def _seal_window(times: Track, start: float, end: float, ramp: float = 0.045) -> Track:
    inside = np.minimum(times - start, end - times)
    return np.asarray(np.clip(inside / ramp + 1, 0, 1), np.float32)


def _sealed(gap: Track, seal: Track) -> Track:
    return np.minimum(gap, gap * (1 - seal) + SEALED_GAP * seal)


def measured_lips(phones: list[Phone], times: Track, gap: Track, gap_times: Track) -> Lips:
    """As :func:`articulate`, with the gap a camera measured.

    A closure lasts two camera frames and is blurred by them, so around the measured minimum of each bilabial the gap
    is taken down to a full seal; where the talker plainly did not close, he is believed. Away from speech the mouth
    rests, whatever he did: nobody can hear it.
    """
    lips = articulate(phones, times)
    track = np.interp(times, gap_times, gap).astype(np.float32)
    spoken = [phone for phone in phones if phone.name != "SIL"]
    if spoken:
        away = np.min([np.maximum(phone.start - times, times - phone.end) for phone in spoken], axis=0)
        rest = np.clip((away - 0.14) / 0.16, 0, 1)
        track = track * (1 - rest) + REST_GAP * rest
    seal = np.zeros_like(track)
    for phone in phones:
        if phone.name not in BILABIALS:
            continue
        near = (gap_times >= phone.start - 0.05) & (gap_times <= phone.end + 0.05)
        if near.any() and gap[near].min() < 0.25:
            moment = gap_times[near][gap[near].argmin()]
            seal = np.maximum(seal, _seal_window(times, moment - 0.02, moment + 0.02, ramp=0.035))
    return Lips(_sealed(track, seal), lips.shape, seal)


def channels_from_lips(lips: Lips) -> Track:
    """The mouth's channels `[T, 61]` that show these lips; all others are 0.

    Gap first: whatever jaw, rounding and tuck contribute, the lips' own opening or their seal against the jaw makes
    up the rest, so that the rig's inner-lip gap is `GAP_MM_AT_AY · gap`.
    """
    out = np.zeros((len(lips.gap), CHANNEL_COUNT), np.float32)
    jaw, pucker, funnel, stretch, smile, tuck, press, tongue = lips.shape.T
    wanted = GAP_MM_AT_AY * lips.gap
    # a mouth that opens wider than its phone's jaw allows drops the jaw with it, and a sealed one need not open it
    jaw = np.clip(jaw * (1 - 0.6 * lips.seal), 0, 1)

    def put(name: str, value: Track) -> None:
        out[:, channel_index(name)] = value

    def both(name: str, value: Track) -> None:
        put(name + "Left", value)
        put(name + "Right", value)

    put("MouthPucker", pucker)
    put("MouthFunnel", funnel * (1 - lips.seal))
    both("MouthStretch", stretch)
    both("MouthSmile", smile)
    put("MouthRollLower", 0.5 * tuck + 0.15 * press)
    put("MouthRollUpper", 0.15 * press)
    both("MouthPress", 0.35 * press)
    put("TongueOut", 0.06 * tongue)
    both("MouthUpperUp", 0.18 * tuck)
    gap = REST_RIG_GAP_MM + sum(GAP_MM[name] * out[:, channel_index(name)] for name in GAP_MM)
    missing = wanted - gap - GAP_MM["JawOpen"] * jaw
    lower = np.clip(0.55 * missing / (2 * GAP_MM["MouthLowerDownLeft"]), 0, 0.5)
    upper = np.clip(0.45 * missing / (2 * GAP_MM["MouthUpperUpLeft"]), 0, 0.35)
    both("MouthLowerDown", lower)
    both("MouthUpperUp", out[:, channel_index("MouthUpperUpLeft")] + upper)
    missing = missing - 2 * GAP_MM["MouthLowerDownLeft"] * lower - 2 * GAP_MM["MouthUpperUpLeft"] * upper
    jaw = jaw + np.maximum(missing, 0) / GAP_MM["JawOpen"]
    # too open: half by a smaller jaw, the rest by the lips against it
    excess = np.maximum(-missing, 0)
    ease = np.minimum(0.5 * excess / GAP_MM["JawOpen"], 0.8 * jaw)
    jaw = jaw - ease
    put("JawOpen", jaw)
    put("MouthClose", (excess - GAP_MM["JawOpen"] * ease) / -GAP_MM["MouthClose"])
    return np.clip(out, 0, 1)


def gap_coefficients() -> Track:
    """`[61]`, millimetres of inner-lip gap per unit of each channel."""
    out = np.zeros(CHANNEL_COUNT, np.float32)
    for name, value in GAP_MM.items():
        out[channel_index(name)] = value
    return out
