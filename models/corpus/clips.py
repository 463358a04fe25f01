"""Training examples: streams of speech and what is not speech, with the motion that belongs to them.

An example is laid out as a microphone hears a day: sentences of several voices with pauses between them, or no speech
at all, through some room, microphone and line. Its targets lie on the ticks of its sound; look-ahead shifts them later.
"""

import random
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import soxr
from numpy.typing import NDArray

from models.corpus.articulation import Style, motion_from_phones, sample_style
from models.corpus.augmentation import degrade
from models.corpus.cues import cues_of
from models.corpus.non_speech import non_speech
from models.corpus.own_takes import own_motion
from models.corpus.phones import PHONE_INDEX, UNKNOWN_PHONE, Phone
from models.corpus.revoicing import revoice, whisper
from models.corpus.sound import Samples, resample, rms
from models.corpus.takes import Take
from models.corpus.voices import training_speech
from models.face.channels import CHANNEL_COUNT, channel_indices
from models.measured_data import measured
from models.ticks import SAMPLE_RATE, TICK_S, TICK_SAMPLES

_PAUSES_S: Final = ((0.05, 0.3), (0.3, 1.5), (1.5, 4.0))
_PAUSE_SHARES: Final = (0.5, 0.4, 0.1)
_NO_SOUND: Final = np.zeros(0, np.float32)
_REST: Final = [Phone(0.0, 20.0, "SIL")]


@dataclass(frozen=True, slots=True)
class Clip:
    """One utterance.

    Attributes:
        pcm: float16 samples at 16 kHz (half the memory; far above the noise of any microphone).
        phones: where its phones lie, seconds; empty where nobody knows.
        take: the measured motion that belongs to it, without sound, with the phones and frame rate of this clip; None
            where only phones are known.
    """

    pcm: NDArray[np.float16]
    phones: list[Phone]
    take: Take | None = None


@dataclass(frozen=True, slots=True)
class Example:
    """A stream of T ticks; frame n shows the instant at which tick n ends, (n + 1) · 20 ms.

    Attributes:
        audio: `[T * 320]` float32.
        motion: `[T, 61]`.
        known: `[T, 61]` bool, which of the motion is a target at all.
        seal: `[T]`, 0..1, how much a closure is due.
        cues: `[T, 4]`, see `models.corpus.cues`.
        phone: `[T]` uint8 index into `ARPABET`, or `UNKNOWN_PHONE`.
    """

    audio: Samples
    motion: NDArray[np.float32]
    known: NDArray[np.bool_]
    seal: NDArray[np.float32]
    cues: NDArray[np.float32]
    phone: NDArray[np.uint8]


def take_clips(takes: Iterable[Take], voices: int, seed: int) -> list[Clip]:
    """Each take in its own voice, and in those of `voices` other talkers: one mouth, many throats."""
    clips = []
    for number, take in enumerate(takes):
        clips.append(Clip(take.pcm.astype(np.float16), take.phones, replace(take, pcm=_NO_SOUND)))
        for voice in range(voices):
            rng = np.random.default_rng((seed, number, voice))
            pcm, ratio = revoice(take.pcm, rng)
            phones = [Phone(p.start * ratio, p.end * ratio, p.name) for p in take.phones]
            other = replace(take, pcm=_NO_SOUND, phones=phones, fps=take.fps / ratio)
            clips.append(Clip(pcm.astype(np.float16), phones, other))
    return clips


def synthesized_clips(minutes: float, seed: int) -> list[Clip]:
    """Synthesized sentences of the voices that training may hear, a third of them revoiced."""
    rng, choose = np.random.default_rng((seed, 1)), random.Random(seed)
    prompts = measured("text/prompts.txt").read_text().splitlines()
    clips: list[Clip] = []
    left = 60 * minutes
    while left > 0:
        pcm, rate, phones = training_speech(choose, prompts)
        pcm = soxr.resample(pcm, rate, SAMPLE_RATE) if rate != SAMPLE_RATE else pcm
        if rng.random() < 0.33 and len(pcm) > SAMPLE_RATE:
            pcm, ratio = revoice(pcm, rng)
            phones = [Phone(p.start * ratio, p.end * ratio, p.name) for p in phones]
        clips.append(Clip(pcm.astype(np.float16), phones))
        left -= len(pcm) / SAMPLE_RATE
    return clips


@dataclass(frozen=True, slots=True)
class Stretch:
    """A clip as it lies in an example: already resampled, starting at `start` seconds (may be negative)."""

    start: float
    pcm: Samples
    phones: list[Phone]
    take: Take | None
    style: Style

    @property
    def end(self) -> float:
        """Where it ends, seconds."""
        return self.start + len(self.pcm) / SAMPLE_RATE


def place(clip: Clip, start: float, ratio: float, rng: np.random.Generator) -> Stretch:
    """Puts a clip, played `ratio` times as fast, at `start` seconds of an example."""
    phones = [Phone(p.start / ratio, p.end / ratio, p.name) for p in clip.phones]
    pcm = resample(clip.pcm.astype(np.float32), ratio)
    if rng.random() < 0.03:
        pcm = whisper(pcm, rng)
    take = clip.take
    if take is not None:
        take = replace(take, phones=phones, fps=take.fps * ratio)
    return Stretch(start, pcm, phones, take, sample_style(rng))


class Corpus:
    """Clips, and the examples made of them.

    Args:
        synthesized: clips of which only phones are known.
        real: clips with measured motion.
        real_share: share of draws that are real; within either kind a clip is as likely as it is long.
        seconds: length of an example.
    """

    def __init__(self, synthesized: list[Clip], real: list[Clip], *, real_share: float, seconds: float) -> None:
        self.synthesized, self.real, self.real_share = synthesized, real, real_share
        self.ticks = round(seconds / TICK_S)
        self._until = [np.cumsum([len(clip.pcm) for clip in clips]) for clips in (synthesized, real)]
        rest, _ = motion_from_phones(_REST, np.array([10.0], np.float32))
        self._rest = rest[0]
        self._pauses = [pause for clip in real for pause in _pauses(clip)]

    def example(self, rng: np.random.Generator) -> Example:
        """One example; every choice is the generator's."""
        count = self.ticks * TICK_SAMPLES
        times = ((np.arange(self.ticks) + 1) * TICK_S).astype(np.float32)
        if rng.random() < 0.14:
            return self._lay([], times, non_speech(count, rng, self._pauses), np.zeros(count, np.float32))
        stretches = self._stretches(rng)
        clean = np.zeros(count, np.float32)
        for stretch in stretches:
            _mix(clean, stretch)
        babble = np.concatenate([self._clip(rng).pcm for _ in range(4)]).astype(np.float32)
        babble = np.resize(babble, count)
        audio = degrade(clean, babble, rng) if rms(clean) > 1e-5 else clean
        return self._lay(stretches, times, audio, clean)

    def _clip(self, rng: np.random.Generator) -> Clip:
        real = int(rng.random() < self.real_share)
        until = self._until[real]
        return (self.synthesized, self.real)[real][int(np.searchsorted(until, rng.integers(until[-1]), "right"))]

    def _stretches(self, rng: np.random.Generator) -> list[Stretch]:
        seconds, stretches = self.ticks * TICK_S, []
        clip, ratio = self._clip(rng), rng.uniform(0.9, 1.12)
        length = len(clip.pcm) / SAMPLE_RATE / ratio
        start = -rng.uniform(-0.6, max(length - 1.5, -0.5))
        while start < seconds - 0.5:
            stretches.append(place(clip, start, ratio, rng))
            shortest, longest = _PAUSES_S[rng.choice(len(_PAUSES_S), p=_PAUSE_SHARES)]
            start = stretches[-1].end + rng.uniform(shortest, longest)
            clip, ratio = self._clip(rng), rng.uniform(0.9, 1.12)
        return stretches

    def _lay(self, stretches: list[Stretch], times: NDArray[np.float32], audio: Samples, clean: Samples) -> Example:
        count = len(times)
        motion = np.repeat(self._rest[None], count, 0)
        known = np.ones((count, CHANNEL_COUNT), bool)
        seal, phone = np.zeros(count, np.float32), np.full(count, PHONE_INDEX["SIL"], np.uint8)
        spoken: list[Phone] = []
        for stretch in stretches:
            near = np.flatnonzero((times > stretch.start - 0.15) & (times < stretch.end + 0.25))
            if not len(near):
                continue
            local = times[near] - np.float32(stretch.start)
            here, due = _motion(stretch, local)
            length = len(stretch.pcm) / SAMPLE_RATE
            outside = np.clip(np.maximum(-local, local - length) / 0.15, 0, 1)[:, None]
            motion[near] = here * (1 - outside) + motion[near] * outside
            seal[near] = np.maximum(seal[near], due)
            within = near[(local >= 0) & (local < length)]
            if stretch.take is not None:
                unknown = np.ones(CHANNEL_COUNT, bool)
                unknown[channel_indices(stretch.take.measured)] = False
                known[np.ix_(within, unknown)] = bool(stretch.phones)  # phones tell what no camera saw
            if not stretch.phones:
                phone[within] = UNKNOWN_PHONE
            for p in stretch.phones:
                start, end = p.start + stretch.start, p.end + stretch.start
                phone[(times >= start) & (times < end)] = PHONE_INDEX[p.name]
                spoken.append(Phone(start, end, p.name))
        return Example(audio, motion, known, seal, cues_of(clean, spoken, times), phone)


def _motion(stretch: Stretch, times: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    if stretch.take is not None:
        return own_motion(stretch.take, times)
    return motion_from_phones(stretch.phones, times, stretch.style, _loudness(stretch.pcm, times))


def _pauses(clip: Clip) -> list[Samples]:
    """What a take holds where nobody speaks: the truest rooms there are."""
    spans = [(p.start + 0.06, p.end - 0.06) for p in clip.phones if p.name == "SIL" and p.end - p.start > 0.25]
    return [clip.pcm[int(start * SAMPLE_RATE) : int(end * SAMPLE_RATE)].astype(np.float32) for start, end in spans]


def _loudness(pcm: Samples, times: NDArray[np.float32]) -> NDArray[np.float32]:
    """The voice's amplitude over its own usual one `[T]`, over a fifth of a second."""
    hop = SAMPLE_RATE // 50
    power = np.square(pcm[: len(pcm) // hop * hop]).reshape(-1, hop).mean(1)
    amplitude = np.sqrt(np.convolve(power, np.full(10, 0.1), "same"))
    usual = float(np.percentile(amplitude, 65)) + 1e-4
    return np.interp(times, (np.arange(len(amplitude)) + 0.5) / 50, amplitude / usual).astype(np.float32)


def _mix(into: Samples, stretch: Stretch) -> None:
    first = round(stretch.start * SAMPLE_RATE)
    low, high = max(first, 0), min(first + len(stretch.pcm), len(into))
    if high > low:
        voice = stretch.pcm[low - first : high - first]
        into[low:high] += voice * (0.1 / rms(stretch.pcm))
