"""A spoken sentence: synthesized with known phones, turned into motion by the real pipeline, drawn frame by frame."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import soxr
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from benchmarks.pictures.layout import FAINT, INK, MARGIN, PAGE, font, rounded_mask
from benchmarks.pictures.pose_tab import PoseTab, Shot
from models.corpus.phones import Phone
from models.corpus.synthesizers import Flite
from models.face.channels import CHANNELS, channel_indices
from models.face.head_rig import load_head
from stream_engine.animate import animate_samples
from stream_engine.clock import MODEL_RATE

Floats = NDArray[np.float32]

TEXT = "My voice moves a beautiful face."
VOICE = "slt"
SEED = 9
FRAMES_PER_S = 50
_PAUSE_S = 0.4
_SHOWN = {
    "P",
    "B",
    "M",
    "F",
    "V",
    "W",
    "UW",
    "UH",
    "OW",
    "OY",
    "AO",
    "AA",
    "AE",
    "AY",
    "AW",
    "EH",
    "EY",
    "IY",
    "ER",
    "SH",
    "CH",
}
"""Phones that are read from the lips; the others leave them to their neighbours."""
_SEALED = {"P", "B", "M"}
_AWAKE = 0.2
_LEAST_APART_S = 0.06

_FRAME = (150, 160)
_GAP = 6
_LEAD = 70
_CHART = 210
_PHONES = 34
_SOUND = (206, 212, 218)
_OPENING = (214, 73, 51)
_RULE = (173, 181, 189)
_SMOOTH = 2
_BAR = 4


@dataclass(frozen=True)
class Sentence:
    """A sentence and the motion that says it.

    Attributes:
        pcm: float32 `[N]` at 16 kHz, -1..1.
        phones: in seconds, silence named `SIL`.
        motion: `[T, 61]` at 50 a second, frame k at k · 20 ms.
        opening_mm: `[T]` distance of the inner lips of the built-in head.
    """

    pcm: Floats
    phones: tuple[Phone, ...]
    motion: Floats
    opening_mm: Floats

    @property
    def seconds(self) -> float:
        """Length of the sound."""
        return len(self.pcm) / MODEL_RATE

    @property
    def without_pauses(self) -> Floats:
        """The sound from the first phone to the last."""
        voiced = [phone for phone in self.phones if phone.name != "SIL"]
        return self.pcm[int(voiced[0].start * MODEL_RATE) : int(voiced[-1].end * MODEL_RATE)]

    @property
    def mid_word(self) -> float:
        """The second at which the lips are widest apart while the eyes are open."""
        lids = self.motion[:, channel_indices(["EyeBlinkLeft", "EyeBlinkRight"])].max(-1)
        return int(np.where(lids < _AWAKE, self.opening_mm, -1).argmax()) / FRAMES_PER_S

    def pose(self, second: float) -> dict[str, float]:
        """Channel values at an instant, interpolated as the page does."""
        at = min(max(second * FRAMES_PER_S, 0.0), len(self.motion) - 1.0)
        below = int(at)
        above = min(below + 1, len(self.motion) - 1)
        values = self.motion[below] + (at - below) * (self.motion[above] - self.motion[below])
        return {name: float(value) for name, value in zip(CHANNELS, values, strict=True)}


def speak(text: str = TEXT, *, seed: int = SEED) -> Sentence:
    """Says a sentence and animates it, the same every time.

    Raises:
        models.corpus.synthesizers.SynthesizerError: flite is not installed.
    """
    speech = Flite(VOICE).say(text)
    pcm = speech.pcm if speech.rate == MODEL_RATE else soxr.resample(speech.pcm, speech.rate, MODEL_RATE)
    pause = np.zeros(int(_PAUSE_S * MODEL_RATE), np.float32)
    pcm = np.concatenate([pause, np.asarray(pcm, np.float32), pause])
    motion = animate_samples(pcm, seeds=(seed,))[0]
    phones = tuple(Phone(start + _PAUSE_S, end + _PAUSE_S, name) for start, end, name in speech.phones)
    return Sentence(pcm, phones, motion, load_head().lip_gap(motion))


def readable(phones: Sequence[Phone], count: int, least_apart_s: float = _LEAST_APART_S) -> list[Phone]:
    """Phones worth a picture, in order: those read from the lips, the longest where there are more than wanted.

    Args:
        phones: in seconds.
        count: how many at most.
        least_apart_s: middles nearer to the one before are left out.
    """
    candidates: list[Phone] = []
    for phone in phones:
        middle = (phone.start + phone.end) / 2
        if phone.name not in _SHOWN:
            continue
        if candidates and middle - (candidates[-1].start + candidates[-1].end) / 2 < least_apart_s:
            continue
        candidates.append(phone)
    longest = sorted(candidates, key=lambda phone: phone.start - phone.end)[:count]
    return sorted(longest, key=lambda phone: phone.start)


def instant_of(phone: Phone, sentence: Sentence) -> float:
    """The second at which a phone is pictured: its middle; where lips must seal, their narrowest within it."""
    if phone.name not in _SEALED:
        return (phone.start + phone.end) / 2
    first, last = (round(second * FRAMES_PER_S) for second in (phone.start, phone.end))
    return (first + int(sentence.opening_mm[first : last + 1].argmin())) / FRAMES_PER_S


def strip(tab: PoseTab, sentence: Sentence, *, frames: int = 12) -> Image.Image:
    """Frames of a sentence over its phones, its sound and the opening of its lips."""
    shown = readable(sentence.phones, frames)
    instants = [instant_of(phone, sentence) for phone in shown]
    pictures = [tab.take(Shot(sentence.pose(second), "cheeks", yaw=10, size=_FRAME)) for second in instants]
    width = 2 * MARGIN + len(pictures) * (_FRAME[0] + _GAP) - _GAP
    height = 2 * MARGIN + _FRAME[1] + _LEAD + _PHONES + _CHART
    page = _timeline(sentence, list(zip(shown, instants, strict=True)), (width, height))
    mask = rounded_mask(_FRAME, 8)
    for i, picture in enumerate(pictures):
        page.paste(picture, (MARGIN + i * (_FRAME[0] + _GAP), MARGIN), mask)
    return page


def _timeline(sentence: Sentence, shown: Sequence[tuple[Phone, float]], size: tuple[int, int]) -> Image.Image:
    """Everything below the frames, and the lines that lead to them, drawn large and shrunk."""
    s = _SMOOTH
    page = Image.new("RGB", (size[0] * s, size[1] * s), PAGE)
    draw = ImageDraw.Draw(page)
    first, last = _spoken(sentence)
    left, room = MARGIN * s, (size[0] - 2 * MARGIN) * s

    def across(second: float) -> float:
        return left + (second - first) / (last - first) * room

    top = (MARGIN + _FRAME[1]) * s
    cells = top + _LEAD * s
    chart = cells + _PHONES * s
    bottom = chart + _CHART * s
    label = font(15 * s)
    for i, (phone, second) in enumerate(shown):
        x = (_FRAME[0] + _GAP) * s * i + left + _FRAME[0] * s / 2
        draw.text((x, top + 15 * s), phone.name, font=label, fill=INK, anchor="mm")
        draw.line([(x, top + 27 * s), (x, top + 32 * s), (across(second), cells - 4 * s), (across(second), cells)],
                  fill=_RULE, width=s, joint="curve")  # fmt: skip
    _sound(draw, sentence, across, (chart, bottom), (first, last))
    for start, end, name in sentence.phones:
        if end <= first or start >= last:
            continue
        x0, x1 = across(max(start, first)), across(min(end, last))
        draw.line([(x0, cells), (x0, bottom)], fill=(233, 236, 239), width=s)
        chosen = any(phone.start == start for phone, _ in shown)
        text = "" if name == "SIL" else name
        if label.getlength(text) < x1 - x0 + 6 * s:
            draw.text(((x0 + x1) / 2, cells + _PHONES * s / 2), text, font=label, fill=INK if chosen else FAINT,
                      anchor="mm")  # fmt: skip
    _opening(draw, sentence, across, (chart, bottom), (first, last))
    return page.resize(size, Image.Resampling.LANCZOS)


def _spoken(sentence: Sentence) -> tuple[float, float]:
    """The seconds shown: from a little before the first sound to a little after the last."""
    voiced = [phone for phone in sentence.phones if phone.name != "SIL"]
    return max(voiced[0].start - 0.12, 0.0), min(voiced[-1].end + 0.2, sentence.seconds)


def _sound(
    draw: ImageDraw.ImageDraw,
    sentence: Sentence,
    across: Callable[[float], float],
    rows: tuple[float, float],
    span: tuple[float, float],
) -> None:
    """The waveform around the chart's middle."""
    middle, reach = (rows[0] + rows[1]) / 2, (rows[1] - rows[0]) / 2
    peak = float(np.abs(sentence.pcm).max())
    left, right = across(span[0]), across(span[1])
    for x in range(round(left), round(right), _BAR * _SMOOTH):
        start, end = (span[0] + (x + k - left) / (right - left) * (span[1] - span[0]) for k in (0, _BAR * _SMOOTH))
        piece = sentence.pcm[int(start * MODEL_RATE) : int(end * MODEL_RATE) + 1]
        height = max(float(np.abs(piece).max(initial=0.0)) / peak * reach, _SMOOTH)
        draw.rectangle([x, middle - height, x + (_BAR - 1) * _SMOOTH - 1, middle + height], fill=_SOUND)


def _opening(
    draw: ImageDraw.ImageDraw,
    sentence: Sentence,
    across: Callable[[float], float],
    rows: tuple[float, float],
    span: tuple[float, float],
) -> None:
    """How far the lips are apart, from the chart's foot upwards, with its scale."""
    s = _SMOOTH
    seconds = np.arange(len(sentence.opening_mm)) / FRAMES_PER_S
    shown = (seconds >= span[0]) & (seconds <= span[1])
    highest = max(float(sentence.opening_mm[shown].max()), 1.0)
    foot = rows[1] - 6 * s
    up = (foot - rows[0] - 12 * s) / highest
    draw.line([(across(span[0]), foot), (across(span[1]), foot)], fill=_RULE, width=s)
    line = [
        (across(float(second)), foot - float(opening) * up)
        for second, opening in zip(seconds[shown], sentence.opening_mm[shown], strict=True)
    ]
    draw.line(line, fill=_OPENING, width=3 * s, joint="curve")
    note = f"lips {highest:.0f} mm apart at most"
    draw.text((across(span[1]), rows[0] + 2 * s), note, font=font(15 * s), fill=_OPENING, anchor="ra")
