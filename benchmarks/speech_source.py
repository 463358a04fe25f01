"""Speech for a browser's fake microphone: a human's, where the data are there, else synthesized; with phone times."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from benchmarks.lip_clips import Clips
from models.face.lip_measures import Phone
from models.measured_data import data_root
from models.ticks import SAMPLE_RATE

MICROPHONE_RATE = 48_000
BURST_LEVEL = 0.9
SPEECH_PEAK = 0.25
"""Speech stays this low where bursts must stand out of it."""
_SENTENCES = (
    "My mother bought a big blue map, and my father put it by the open window.",
    "Papa may mop the path before breakfast, but Bob is happy to pay him back.",
)


@dataclass(frozen=True, slots=True)
class SpokenSound:
    """Speech with known phones.

    Attributes:
        audio: float32 `[N]` at 16 kHz.
        phones: in ms, `SIL` for silence.
        human: spoken by a person rather than a synthesizer.
    """

    audio: NDArray[np.float32]
    phones: tuple[Phone, ...]
    human: bool

    @property
    def duration_ms(self) -> float:
        """Length of the sound."""
        return len(self.audio) * 1000 / SAMPLE_RATE


def spoken(lead_ms: float = 800, gap_ms: float = 1200) -> SpokenSound:
    """Held-out human sentences, or flite's voice where the data are absent, with silence before, between and after."""
    human = data_root().is_dir()
    parts = [(clip.audio, clip.phones) for clip in Clips().speech] if human else _synthesized()
    pieces: list[NDArray[np.float32]] = [np.zeros(int(lead_ms * SAMPLE_RATE / 1000), np.float32)]
    phones: list[Phone] = [(0.0, lead_ms, "SIL")]
    at_ms = lead_ms
    for audio, spoken_phones in parts:
        level = np.sqrt((audio**2).mean())
        pieces += [audio * 10 ** (-24 / 20) / level, np.zeros(int(gap_ms * SAMPLE_RATE / 1000), np.float32)]
        phones += [(at_ms + start, at_ms + end, phone) for start, end, phone in spoken_phones]
        at_ms += len(audio) * 1000 / SAMPLE_RATE
        phones.append((at_ms, at_ms + gap_ms, "SIL"))
        at_ms += gap_ms
    return SpokenSound(np.concatenate(pieces).astype(np.float32), tuple(phones), human)


def speech_and_bursts(seconds: float, seed: int = 0) -> NDArray[np.float32]:
    """Quiet speech with loud 10 ms bursts of 2 kHz at irregular times, 0.7 to 1.3 s apart, `[N]` at 48 kHz."""
    count = int(seconds * MICROPHONE_RATE)
    speech = soxr.resample(spoken(lead_ms=300, gap_ms=300).audio, SAMPLE_RATE, MICROPHONE_RATE)
    speech = speech * SPEECH_PEAK / np.abs(speech).max()
    sound = np.resize(speech, count).astype(np.float32)
    shape = burst(0.01)
    rng = np.random.default_rng(seed)
    at = rng.uniform(0.4, 0.8)
    while (start := int(at * MICROPHONE_RATE)) + len(shape) < count:
        sound[start : start + len(shape)] = shape
        at += rng.uniform(0.7, 1.3)
    return sound


def burst(seconds: float, level: float = BURST_LEVEL) -> NDArray[np.float32]:
    """A tone of 2 kHz with steep edges, at 48 kHz."""
    count = int(seconds * MICROPHONE_RATE)
    tone = np.sin(2 * np.pi * 2000 * np.arange(count) / MICROPHONE_RATE) * np.hanning(count) ** 0.25
    return (level * tone).astype(np.float32)


def write_microphone(path: Path, sound: NDArray[np.float32], rate: int) -> Path:
    """Writes what Chromium's fake microphone plays: 16-bit mono WAV at 48 kHz."""
    resampled = sound if rate == MICROPHONE_RATE else soxr.resample(sound, rate, MICROPHONE_RATE)
    soundfile.write(path, np.clip(resampled, -1, 1), MICROPHONE_RATE, subtype="PCM_16")
    return path


def _synthesized() -> list[tuple[NDArray[np.float32], tuple[Phone, ...]]]:
    # Imported here: the synthesizers' C libraries are only needed where there is no human speech.
    from models.corpus.synthesizers import Flite

    parts = []
    voice = Flite("slt")
    for sentence in _SENTENCES:
        speech = voice.say(sentence)
        pcm = soxr.resample(speech.pcm, speech.rate, SAMPLE_RATE) if speech.rate != SAMPLE_RATE else speech.pcm
        phones = tuple((phone.start * 1000, phone.end * 1000, phone.name) for phone in speech.phones)
        parts.append((np.asarray(pcm, np.float32), phones))
    return parts
