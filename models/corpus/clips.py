"""Training examples: stretches of sound with the lips, phones and effort that belong to them.

An example is a stream of a few seconds cut from clips laid end to end with pauses: synthesized sentences, the real
talker's takes, or no speech at all. Times are shifted by the example's look-ahead here, so that tick n of an example
carries the target of the frame the network must return at tick n.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import soundfile
import soxr
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import IterableDataset

from models.corpus.articulation import REST_GAP, SHAPE_AXES, Lips, articulate, channels_from_lips, measured_lips
from models.corpus.augmentation import RATE, Samples, degrade, noise_like, non_speech, resample, rms
from models.corpus.grid import FPS, Take, load_takes
from models.corpus.phones import PHONE_INDEX, Phone
from models.corpus.synthesizers import Espeak, Flite, Speech, UnknownPhonesError
from models.measured_data import measured

TICK_S: Final = 0.02
_ESPEAK_VOICES: Final = tuple(
    f"{accent}{variant}"
    for accent in ("en-us", "en-us", "en-gb-x-rp")
    for variant in (
        "", "+f2", "+f3", "+f4", "+f5", "+m2", "+m3", "+m5", "+m7", "+croak", "+klatt2", "+steph", "+edward",
        "+Annie", "+Andy", "+belinda", "+linda", "+max", "+Marco", "+whisper",
    )
)  # fmt: skip
_CAMERA_BIAS: Final = 0.04
"""A measured gap of closed lips is 0.01–0.03 (the landmarks' own width); taken off so that closed means closed."""


@dataclass(frozen=True, slots=True)
class Clip:
    """One utterance.

    Attributes:
        pcm: float16 samples at 16 kHz (half the memory; far above the noise of any microphone).
        phones: where its phones lie, seconds.
        gap: measured inner-lip gap at 25 fps, or None where only phones are known.
    """

    pcm: NDArray[np.float16]
    phones: list[Phone]
    gap: NDArray[np.float32] | None = None


def synthesize(minutes: float, seed: int) -> list[Clip]:
    """Synthesized sentences, half by flite, half by espeak-ng, from the prompts of the data folder."""
    choose = random.Random(seed)
    prompts = measured("text/prompts.txt").read_text().splitlines()
    flite, espeak = [Flite(voice) for voice in Flite.VOICES], Espeak()
    clips: list[Clip] = []
    total = 0.0
    while total < 60 * minutes:
        text = choose.choice(prompts)
        try:
            speech = _say(text, flite, espeak, choose)
        except UnknownPhonesError:
            continue
        pcm = soxr.resample(speech.pcm, speech.rate, RATE) if speech.rate != RATE else speech.pcm
        clips.append(Clip(pcm.astype(np.float16), speech.phones))
        total += len(pcm) / RATE
    return clips


def _say(text: str, flite: list[Flite], espeak: Espeak, choose: random.Random) -> Speech:
    if choose.random() < 0.5:
        return choose.choice(flite).say(text)
    return espeak.say(text, choose.choice(_ESPEAK_VOICES), choose.randint(120, 230), choose.randint(20, 80))


def real_clips(split: str) -> list[Clip]:
    """The real talker's takes as clips."""

    def clip(take: Take) -> Clip:
        pcm, rate = soundfile.read(take.audio, dtype="float32")
        if rate != RATE:
            raise ValueError(f"{take.audio} has {rate} Hz, expected {RATE}")
        return Clip(pcm.astype(np.float16), take.phones, take.gap - _CAMERA_BIAS)

    return [clip(take) for take in load_takes(split)]


@dataclass(frozen=True, slots=True)
class Stretch:
    """A clip as it lies in an example: already resampled, starting at `start` seconds (may be negative)."""

    start: float
    pcm: Samples
    phones: list[Phone]
    gap: NDArray[np.float32] | None
    ratio: float

    @property
    def end(self) -> float:
        """Where it ends, seconds."""
        return self.start + len(self.pcm) / RATE


def place(clip: Clip, start: float, ratio: float) -> Stretch:
    """Puts a clip, played `ratio` times as fast, at `start` seconds of an example."""
    phones = [Phone(p.start / ratio + start, p.end / ratio + start, p.name) for p in clip.phones]
    return Stretch(start, resample(clip.pcm.astype(np.float32), ratio), phones, clip.gap, ratio)


def lips_of(stretches: list[Stretch], times: NDArray[np.float32]) -> Lips:
    """Lips at the given instants; between stretches they rest."""
    count = len(times)
    gap = np.full(count, REST_GAP, np.float32)
    shape, seal = np.zeros((count, len(SHAPE_AXES)), np.float32), np.zeros(count, np.float32)
    shape[:, :2] = (0.0, 0.02)
    shape[:, 4], shape[:, 6] = 0.02, 0.02
    for stretch in stretches:
        near = (times > stretch.start - 0.15) & (times < stretch.end + 0.25)
        if not near.any():
            continue
        first, last = stretch.phones[0], stretch.phones[-1]
        phones = [
            Phone(first.start - 0.5, first.start, "SIL"), *stretch.phones, Phone(last.end, last.end + 0.5, "SIL")
        ]  # fmt: skip
        if stretch.gap is None:
            lips = articulate(phones, times[near])
        else:
            camera = stretch.start + np.arange(len(stretch.gap)) / FPS / stretch.ratio
            lips = measured_lips(phones, times[near], stretch.gap, camera.astype(np.float32))
            outside = np.maximum(stretch.start - times[near], times[near] - stretch.end)
            rest = np.clip(outside / 0.15, 0, 1)
            lips = Lips(lips.gap * (1 - rest) + REST_GAP * rest, lips.shape, lips.seal)
        gap[near], shape[near], seal[near] = lips.gap, lips.shape, lips.seal
    return Lips(gap, shape, seal)


def phone_classes(stretches: list[Stretch], times: NDArray[np.float32]) -> NDArray[np.int64]:
    """Index into `ARPABET` at each instant."""
    classes = np.full(len(times), PHONE_INDEX["SIL"], np.int64)
    for stretch in stretches:
        for phone in stretch.phones:
            classes[(times >= phone.start) & (times < phone.end)] = PHONE_INDEX[phone.name]
    return classes


def effort_of(clean: Samples, times: NDArray[np.float32]) -> NDArray[np.float32]:
    """Loudness at each instant against the example's own loud parts, 0..1, smoothed over 160 ms."""
    energy = np.convolve(np.square(clean), np.ones(RATE // 50) / (RATE // 50), "same")[:: RATE // 50]
    loud = np.sqrt(energy) / (np.percentile(np.sqrt(energy), 92) + 1e-4)
    smooth = np.convolve(np.minimum(loud, 1.2), np.hanning(10)[1:-1] / np.hanning(10).sum(), "same")
    return np.interp(times, (np.arange(len(smooth)) + 0.5) * TICK_S, smooth).clip(0, 1).astype(np.float32)


class Examples(IterableDataset[dict[str, Tensor]]):
    """An endless, seeded stream of training examples.

    Args:
        synthesized: clips of which only phones are known.
        real: clips with a measured mouth.
        ticks: length of an example.
        seed: of every choice.
        real_share: share of clips that are real.
        lead_s: how far targets run ahead of the frames' instants, against the lateness of a prediction in doubt.
    """

    def __init__(
        self, synthesized: list[Clip], real: list[Clip], *, ticks: int, seed: int, real_share: float, lead_s: float
    ) -> None:
        self.synthesized, self.real = synthesized, real
        self.ticks, self.seed, self.real_share, self.lead_s = ticks, seed, real_share, lead_s

    def __iter__(self) -> Iterator[dict[str, Tensor]]:
        worker = torch.utils.data.get_worker_info()
        rng = np.random.default_rng((self.seed, worker.id if worker else 0))
        while True:
            yield self.example(rng)

    def _clip(self, rng: np.random.Generator) -> Clip:
        pool = self.real if rng.random() < self.real_share else self.synthesized
        return pool[rng.integers(len(pool))]

    def _stretches(self, rng: np.random.Generator) -> list[Stretch]:
        seconds, stretches = self.ticks * TICK_S, []
        clip, ratio = self._clip(rng), rng.uniform(0.85, 1.2)
        length = len(clip.pcm) / RATE / ratio
        start = -rng.uniform(-0.6, max(length - 1.5, -0.5))
        while start < seconds - 0.5:
            stretches.append(place(clip, start, ratio))
            start = stretches[-1].end + rng.choice([rng.uniform(0.05, 0.3), rng.uniform(0.3, 1.5)])
            clip, ratio = self._clip(rng), rng.uniform(0.85, 1.2)
        return stretches

    def _non_speech(self, count: int, rng: np.random.Generator) -> Samples:
        if rng.random() < 0.5:
            return non_speech(count, rng)
        clip = self._clip(rng)
        pcm = clip.pcm.astype(np.float32)
        silence = [p for p in clip.phones if p.name == "SIL" and p.end - p.start > 0.25]
        if silence and rng.random() < 0.6:  # the take's own room
            pcm = pcm[int((silence[0].start + 0.05) * RATE) : int((silence[0].end - 0.12) * RATE)]
        noise = noise_like(pcm, count, rng) * 10 ** (rng.uniform(-78, -25) / 20)
        return np.asarray(np.clip(noise, -1, 1), np.float32)

    def example(self, rng: np.random.Generator) -> dict[str, Tensor]:
        """One example.

        Returns:
            `audio [T * 320]`, `look_ahead []`, `mouth [T, 61]`, `gap [T]`, `seal [T]`, `phone [T]`, `effort [T]`.
        """
        count = self.ticks * 320
        look_ahead = 3 if rng.random() < 0.7 else int(rng.integers(0, 6))
        times = ((np.arange(self.ticks) + 1 - look_ahead) * TICK_S + self.lead_s).astype(np.float32)
        stretches: list[Stretch] = []
        if rng.random() < 0.15:
            audio = self._non_speech(count, rng)
            effort = np.zeros(self.ticks, np.float32)
        else:
            stretches = self._stretches(rng)
            clean = np.zeros(count, np.float32)
            for stretch in stretches:
                _mix(clean, stretch)
            effort = effort_of(clean, times)
            babble = np.concatenate([self._clip(rng).pcm for _ in range(4)]).astype(np.float32)
            audio = degrade(clean, babble if len(babble) >= count else None, rng) if rms(clean) > 1e-5 else clean
        lips = lips_of(stretches, times)
        return {
            "audio": torch.from_numpy(audio),
            "look_ahead": torch.tensor(look_ahead),
            "mouth": torch.from_numpy(channels_from_lips(lips)),
            "gap": torch.from_numpy(lips.gap),
            "seal": torch.from_numpy(lips.seal),
            "phone": torch.from_numpy(phone_classes(stretches, times)),
            "effort": torch.from_numpy(effort),
        }


def _mix(into: Samples, stretch: Stretch) -> None:
    first = round(stretch.start * RATE)
    low, high = max(first, 0), min(first + len(stretch.pcm), len(into))
    if high > low:
        voice = stretch.pcm[low - first : high - first]
        into[low:high] += voice * (0.1 / rms(stretch.pcm))
