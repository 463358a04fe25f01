"""Who speaks in the corpus: voices to train on, and voices never trained on, to be tested with."""

import functools
import random
from collections.abc import Sequence
from typing import Final, NamedTuple

from models.corpus.sentences import LANGUAGES, english, foreign
from models.corpus.synthesizers import Espeak, Flite, Speech, SynthesizerError


class Voice(NamedTuple):
    """A synthesizer, `flite` or `espeak`, and its name for the voice (for espeak-ng, language+variant)."""

    synthesizer: str
    name: str

    @property
    def language(self) -> str:
        """espeak-ng's name of the language; flite speaks American English."""
        return self.name.split("+")[0] if self.synthesizer == "espeak" else "en-us"


_VARIANTS: Final = (
    "", "f2", "f3", "f4", "f5", "m2", "m3", "m4", "m5", "m6", "m7", "croak", "klatt", "klatt2", "klatt4", "steph",
    "edward", "grandma", "grandpa", "Alex", "Alicia", "Andrea", "Andy", "Annie", "AnxiousAndy", "Denis", "Gene", "Hugo",
    "Jacky", "Lee", "Marco", "Mario", "Michael", "Mike", "Storm", "anika", "antonio", "aunty", "belinda", "boris",
    "david", "ed", "gustave", "kaukovalta", "linda", "marcelo", "max", "michel", "norbert", "pablo", "paul", "pedro",
    "quincy", "rob", "sandro", "shelby", "travis", "victor", "zac", "whisper", "whisperf",
)  # fmt: skip
"""Without the robots, whose echoes smear time, and without what is kept for testing and its twins (iven2 and on)."""
_ACCENTS: Final = ("en-us", "en", "en-gb-x-rp", "en-us-nyc", "en-029", "en-gb-x-gbclan", "en-gb-x-gbcwmd")


def _espeak(languages: Sequence[str], variants: Sequence[str]) -> tuple[Voice, ...]:
    return tuple(Voice("espeak", f"{lang}+{v}" if v else lang) for lang in languages for v in variants)


ENGLISH_TRAIN_VOICES: Final = (
    *(Voice("flite", name) for name in ("slt", "rms", "awb")),
    *_espeak(_ACCENTS, _VARIANTS),
)
FOREIGN_TRAIN_VOICES: Final = _espeak(LANGUAGES, _VARIANTS)
TRAIN_VOICES: Final = (*ENGLISH_TRAIN_VOICES, *FOREIGN_TRAIN_VOICES)
TEST_VOICES: Final = (
    Voice("flite", "kal16"),
    *_espeak(("en-us",), ("f1", "m1", "m8", "iven")),
    *_espeak(("en-gb-scotland",), ("", "f1", "m1", "m8", "iven")),
)
"""Never trained on: neither these throats nor the Scottish accent."""


@functools.cache
def _flite(name: str) -> Flite:
    return Flite(name)


@functools.cache
def _the_espeak() -> Espeak:
    return Espeak()


def say(voice: Voice, text: str, choose: random.Random) -> Speech:
    """Speaks a sentence; espeak-ng at any pace of 110–260 words a minute, and any pitch and liveliness.

    Args:
        voice: who.
        text: in the voice's language.
        choose: source of pace and pitch.

    Raises:
        SynthesizerError: the synthesizer is missing, lacks the voice, or said nothing.
        UnknownPhonesError: a symbol has no ARPABET counterpart.
    """
    if voice.synthesizer == "flite":
        speech = _flite(voice.name).say(text)
    else:
        pace = round(choose.triangular(110, 260, 175))
        speech = _the_espeak().say(text, voice.name, pace, choose.randint(15, 85), choose.randint(20, 90))
    if not speech.phones:
        raise SynthesizerError(f"{voice} said nothing to {text!r}")
    return speech


def training_speech(choose: random.Random, prompts: Sequence[str] = ()) -> Speech:
    """One sentence by one of `TRAIN_VOICES`: four in ten by flite, four by espeak-ng in English, two foreign.

    Args:
        choose: source of every choice.
        prompts: more English sentences, for half of those spoken in English.
    """
    who = choose.random()
    if who < 0.2:
        voice = choose.choice(FOREIGN_TRAIN_VOICES)
        return say(voice, foreign(voice.language, choose), choose)
    voice = choose.choice(ENGLISH_TRAIN_VOICES[:3] if who < 0.6 else ENGLISH_TRAIN_VOICES[3:])
    text = choose.choice(prompts) if prompts and choose.random() < 0.5 else english(choose)
    return say(voice, text, choose)


def unseen_speech(count: int, seed: int) -> list[Speech]:
    """Sentences by `TEST_VOICES` in turn, for measuring how speech carries to voices never heard.

    Args:
        count: how many.
        seed: of texts, pace and pitch; speech repeats as far as `Espeak` does.
    """
    choose = random.Random(seed)
    speeches: list[Speech] = []
    while len(speeches) < count:
        text = english(choose)
        if len(text) >= 20:  # a lone "Yes." measures little
            speeches.append(say(TEST_VOICES[len(speeches) % len(TEST_VOICES)], text, choose))
    return speeches
