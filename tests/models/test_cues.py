"""Cues of planted prosody: who speaks, where a phrase begins, which vowel stands out."""

import numpy as np
import pytest

from models.corpus.cues import accents, cues_of, pitch_track, speech_stretches
from models.corpus.phones import Phone
from models.thunder.behaviour import CUES

RATE = 16_000
TIMES = (np.arange(200) * 0.02).astype(np.float32)


def tone(hertz: float, seconds: float, size: float) -> np.ndarray:
    """A buzz of ten harmonics with soft edges."""
    t = np.arange(round(seconds * RATE)) / RATE
    edge = np.clip(np.minimum(t, t[-1] - t) / 0.01, 0, 1)
    harmonics = np.arange(1, 11)[:, None]
    buzz = (np.sin(2 * np.pi * hertz * harmonics * t) / harmonics).sum(0)
    return np.asarray(size * edge * buzz, np.float32)


def utterance(*vowels: tuple[float, float, float]) -> tuple[np.ndarray, list[Phone]]:
    """Half a second of silence, then a vowel every 0.2 s, each of a pitch, a length and a size, then silence."""
    pcm, phones = np.zeros(4 * RATE, np.float32), [Phone(0, 0.5, "SIL")]
    for i, (hertz, seconds, size) in enumerate(vowels):
        start = 0.5 + 0.2 * i
        first = round((start + 0.08) * RATE)
        sound = tone(hertz, seconds, size)
        pcm[first : first + len(sound)] = sound
        phones += [Phone(start, start + 0.08, "T"), Phone(start + 0.08, start + 0.08 + seconds, "AA")]
    return pcm, [*phones, Phone(phones[-1].end, 4, "SIL")]


def test_the_accent_is_on_the_vowel_that_stands_out() -> None:
    plain = (120.0, 0.12, 0.1)
    for accented in ((170.0, 0.12, 0.1), (120.0, 0.12, 0.25), (140.0, 0.12, 0.16)):
        pcm, phones = utterance(plain, plain, plain, accented, plain, plain, plain)
        ((middle, strength),) = accents(pcm, phones)
        assert middle == pytest.approx(0.5 + 0.6 + 0.14, abs=0.001)
        assert 0.5 < strength <= 1
        cues = cues_of(pcm, phones, TIMES)
        assert TIMES[cues[:, 2].argmax()] == pytest.approx(middle, abs=0.01)
        assert (cues[:, 2] > 0.5 * strength).sum() * 0.02 == pytest.approx(0.12, abs=0.021)


def test_a_last_vowel_is_long_without_an_accent() -> None:
    plain = (120.0, 0.1, 0.1)
    pcm, phones = utterance(plain, plain, plain, plain, plain, (120.0, 0.17, 0.1))
    assert accents(pcm, phones) == []


def test_speaking_effort_and_onset() -> None:
    pcm, phones = utterance(*[(120.0, 0.12, 0.2)] * 5)
    cues = cues_of(pcm, phones, TIMES)
    assert cues.shape == (200, len(CUES))
    assert cues.dtype == np.float32
    assert cues.min() >= 0
    assert cues.max() <= 1
    speaking, effort, _, onset = cues.T
    assert TIMES[speaking > 0.5][[0, -1]] == pytest.approx([0.5, 1.5], abs=0.021)
    assert effort[(TIMES > 0.6) & (TIMES < 1.4)].mean() > 0.5
    assert effort[TIMES < 0.4].max() == effort[TIMES > 1.7].max() == 0
    assert TIMES[onset.argmax()] == pytest.approx(0.65, abs=0.011)
    assert onset[(TIMES < 0.5) | (TIMES > 0.8)].max() == 0


def test_pauses_part_phrases_only_if_they_are_long() -> None:
    phones = [
        Phone(0, 0.2, "SIL"), Phone(0.2, 0.5, "AA"), Phone(0.5, 0.6, "SIL"), Phone(0.6, 0.9, "AA"),
        Phone(0.9, 1.4, "SIL"), Phone(1.4, 1.8, "AA"),
    ]  # fmt: skip
    assert speech_stretches(phones, 0.12) == [(0.2, 0.9), (1.4, 1.8)]
    assert speech_stretches(phones, 0.5) == [(0.2, 1.8)]


def test_silence_has_no_cues() -> None:
    for phones in ([], [Phone(0, 4, "SIL")]):
        assert not cues_of(np.zeros(4 * RATE, np.float32), phones, TIMES).any()
    assert not cues_of(np.zeros(0, np.float32), [], TIMES).any()


def test_pitch_is_heard_to_a_quarter_tone() -> None:
    for hertz in (80.0, 123.0, 220.0, 330.0):
        track = pitch_track(tone(hertz, 0.5, 0.2))
        assert np.nanmedian(track) == pytest.approx(12 * np.log2(hertz), abs=0.5)
    hiss = np.random.default_rng(0).standard_normal(RATE).astype(np.float32)
    assert np.isnan(pitch_track(hiss)).mean() > 0.9
