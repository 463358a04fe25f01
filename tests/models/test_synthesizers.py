"""Synthesizers say what they are given, in many voices and languages, and when each phone falls."""

import random
import shutil

import numpy as np
import pytest

from models.corpus.foreign_phones import foreign_phones
from models.corpus.phones import PHONE_INDEX
from models.corpus.sentences import LANGUAGES, english, foreign
from models.corpus.synthesizers import Espeak, Flite, Speech, SynthesizerError
from models.corpus.voices import (
    ENGLISH_TRAIN_VOICES,
    FOREIGN_TRAIN_VOICES,
    TEST_VOICES,
    TRAIN_VOICES,
    Voice,
    say,
    training_speech,
    unseen_speech,
)

needs_flite = pytest.mark.skipif(shutil.which("flite") is None, reason="flite is not installed")
needs_espeak = pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng is not installed")


def bilabials(speech: Speech) -> list[str]:
    return [phone.name for phone in speech.phones if phone.name in ("P", "B", "M")]


def level_db(speech: Speech, start: float, end: float) -> float:
    part = speech.pcm[round(start * speech.rate) : round(end * speech.rate)]
    return float(10 * np.log10(np.mean(part.astype(np.float64) ** 2) + 1e-9))


@needs_flite
def test_flite_says_its_phones() -> None:
    speech = Flite("kal16").say("My papa made a big map.")
    assert speech.rate == 16_000
    assert bilabials(speech) == list("MPPMBMP")
    assert abs(speech.phones[-1].end - len(speech.pcm) / speech.rate) < 0.2


@needs_espeak
def test_two_instances_do_not_hear_each_other() -> None:
    first, second = Espeak(), Espeak()
    assert bilabials(first.say("My papa.")) == list("MPP")
    assert bilabials(second.say("A big map.")) == list("BMP")
    assert bilabials(first.say("My papa.")) == list("MPP")


@needs_espeak
def test_espeak_says_its_phones_in_order() -> None:
    speech = Espeak().say("My papa made a big map.", words_per_minute=150)
    assert bilabials(speech) == list("MPPMBMP")
    assert all(a.end == pytest.approx(b.start) for a, b in zip(speech.phones, speech.phones[1:], strict=False))
    assert all(phone.end > phone.start for phone in speech.phones)


@needs_espeak
@pytest.mark.parametrize("voice", ["en-us", "es", "id", "en-us+f2"])
def test_a_closed_mouth_is_heard_where_it_is_stamped(voice: str) -> None:
    speech = Espeak().say("papa tapa mapa sapa", voice, words_per_minute=140)
    inner = [
        (before, p)
        for before, p in zip(speech.phones, speech.phones[1:], strict=False)
        if p.name == "P" and before.name in ("AA", "AE", "AH", "AO")
    ]
    assert len(inner) >= 3
    for vowel, p in inner:
        assert level_db(speech, vowel.start, vowel.end) > level_db(speech, p.start + 0.005, p.start + 0.03) + 15


@needs_espeak
def test_a_stop_after_a_pause_closes_before_its_burst() -> None:
    speech = Espeak().say("No. Papa!", words_per_minute=150)
    first = next(phone for phone in speech.phones if phone.name == "P")
    assert level_db(speech, first.start, first.start + 0.025) < -60
    assert level_db(speech, first.start + 0.03, first.end + 0.02) > -50


@needs_espeak
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_is_spoken_without_an_unknown_symbol(language: str) -> None:
    choose = random.Random(0)
    text = " ".join(foreign(language, choose) for _ in range(40))
    speech = Espeak().say(text, language, words_per_minute=400)
    names = {phone.name for phone in speech.phones}
    assert names <= set(PHONE_INDEX)
    assert {"M", "P", "N", "S", "SIL"} <= names
    assert len(speech.phones) > 600


def test_foreign_symbols_stand_for_phones_that_look_alike() -> None:
    assert foreign_phones("de")["pF"] == ("P", "F")
    assert foreign_phones("de")["r"] == ("G",)  # a uvular r is no rounded R
    assert foreign_phones("fr")["y"] == ("UW",)
    assert foreign_phones("pl")["y"] == ("IH",)
    for language in LANGUAGES:
        assert {name for names in foreign_phones(language).values() for name in names} <= set(PHONE_INDEX)


@needs_espeak
def test_a_voice_that_is_not_there_is_named() -> None:
    with pytest.raises(SynthesizerError, match=r"en-us\+nobody"):
        Espeak().say("Hello", "en-us+nobody")


def test_test_voices_are_never_trained_on() -> None:
    assert not set(TRAIN_VOICES) & set(TEST_VOICES)
    variants = {voice.name.partition("+")[2] for voice in TRAIN_VOICES}
    assert not variants & {"f1", "m1", "m8", "iven"}
    assert not any(voice.language == "en-gb-scotland" or voice.name == "kal16" for voice in TRAIN_VOICES)
    assert len(TRAIN_VOICES) == len(ENGLISH_TRAIN_VOICES) + len(FOREIGN_TRAIN_VOICES)
    assert len(set(TRAIN_VOICES)) == len(TRAIN_VOICES)


def test_english_text_is_varied() -> None:
    choose = random.Random(0)
    texts = [english(choose) for _ in range(500)]
    assert len(set(texts)) > 400
    assert any(text.endswith("?") for text in texts)
    assert any(text.endswith("!") for text in texts)
    assert any(text.startswith(("bin ", "lay ", "place ", "set ")) for text in texts)
    assert all(text.isascii() for text in texts)


@needs_espeak
@needs_flite
def test_speech_repeats_with_its_seed() -> None:
    for a, b in zip(unseen_speech(4, 7), unseen_speech(4, 7), strict=True):
        assert [phone.name for phone in a.phones] == [phone.name for phone in b.phones]
        np.testing.assert_allclose([p.start for p in a.phones], [p.start for p in b.phones], atol=0.04)
    spoken = [training_speech(random.Random(seed), ["The prompt is spoken."]) for seed in range(6)]
    assert all(len(speech.pcm) > 0.2 * speech.rate for speech in spoken)
    calm = say(Voice("espeak", "en-us"), "Good morning", random.Random(0))
    assert 0.3 < len(calm.pcm) / calm.rate < 3
