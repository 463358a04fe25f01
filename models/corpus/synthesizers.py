"""Speech with known phone times from two synthesizers, in process through their C libraries.

espeak-ng (many voices, rates, pitches; GPL-3.0, used as an installed library) and flite (concatenative and
statistical voices; BSD-like). Neither is needed to run the engine, only to train.
"""

import array
import ctypes as C  # noqa: N812 - the usual short name for a page full of C types
from pathlib import Path
from typing import Any, ClassVar, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.corpus.foreign_phones import foreign_phones
from models.corpus.phones import FROM_SYNTHESIZER, Phone


class SynthesizerError(RuntimeError):
    """A synthesizer that is not installed or lacks a voice."""


class Speech(NamedTuple):
    """One utterance: float32 samples in -1..1, their rate in Hz, and its phones in seconds."""

    pcm: NDArray[np.float32]
    rate: int
    phones: list[Phone]


def _library(name: str) -> Any:
    try:
        return C.CDLL(name, mode=C.RTLD_GLOBAL)
    except OSError as error:
        raise SynthesizerError(f"{name} cannot be loaded; install espeak-ng and flite (Debian's names)") from error


class UnknownPhonesError(ValueError):
    """The synthesizer used a symbol that has no ARPABET counterpart."""


_ENGLISH: Final[dict[str, tuple[str, ...]]] = {
    **{symbol: (phone,) for symbol, phone in FROM_SYNTHESIZER.items()},
    **{"_!": ("HH",), "_|": ("HH",), "t[": ("T",), "d[": ("D",)},
}
"""A glottal stop is no pause: lips wait for it in the shape of the next vowel."""


def _arpabet(marks: list[tuple[float, float, str]], table: dict[str, tuple[str, ...]], language: str) -> list[Phone]:
    phones = []
    for start, end, symbol in marks:
        if symbol not in table:
            raise UnknownPhonesError(
                f"no ARPABET phone for the symbol {symbol!r} in {language!r}; "
                "add it to models/corpus/phones.py (English) or foreign_phones.py"
            )
        names = table[symbol]
        edges = [start + (end - start) * k / len(names) for k in range(len(names) + 1)]
        phones += [Phone(a, b, name) for a, b, name in zip(edges, edges[1:], names, strict=False) if b > a]
    return phones


class _FliteWave(C.Structure):
    _fields_: ClassVar = [
        ("type", C.c_char_p),
        ("rate", C.c_int),
        ("count", C.c_int),
        ("channels", C.c_int),
        ("samples", C.POINTER(C.c_short)),
    ]


class Flite:
    """flite's voices slt, rms, awb (16 kHz) and kal16."""

    _LAG_S: ClassVar = {"slt": 0.015, "rms": 0.006, "awb": 0.006, "kal16": 0.0}
    """How much later than its stamp a voice's p, b and t fall silent between vowels (80 sentences each)."""

    def __init__(self, voice: str) -> None:
        self._lib = lib = _library("libflite.so.1")
        for dependency in ("usenglish", "cmulex"):
            _library(f"libflite_{dependency}.so.1")
        signatures: tuple[tuple[str, Any, list[Any]], ...] = (
            ("flite_synth_text", C.c_void_p, [C.c_char_p, C.c_void_p]),
            ("utt_wave", C.POINTER(_FliteWave), [C.c_void_p]),
            ("utt_relation", C.c_void_p, [C.c_void_p, C.c_char_p]),
            ("relation_head", C.c_void_p, [C.c_void_p]),
            ("item_next", C.c_void_p, [C.c_void_p]),
            ("item_feat_string", C.c_char_p, [C.c_void_p, C.c_char_p]),
            ("item_feat_float", C.c_float, [C.c_void_p, C.c_char_p]),
            ("delete_utterance", None, [C.c_void_p]),
        )
        for name, result, arguments in signatures:
            function = getattr(lib, name)
            function.restype, function.argtypes = result, arguments
        lib.flite_init()
        register = getattr(_library(f"libflite_cmu_us_{voice}.so.1"), f"register_cmu_us_{voice}")
        register.restype, register.argtypes = C.c_void_p, [C.c_char_p]
        self._voice = register(None)
        self._lag = self._LAG_S[voice]

    def say(self, text: str) -> Speech:
        """Speaks a sentence.

        Raises:
            UnknownPhonesError: a symbol has no ARPABET counterpart.
        """
        lib, marks, start = self._lib, [], 0.0
        utterance = lib.flite_synth_text(text.encode(), self._voice)
        item = lib.relation_head(lib.utt_relation(utterance, b"Segment"))
        while item:
            end = lib.item_feat_float(item, b"end") + self._lag
            marks.append((start, end, lib.item_feat_string(item, b"name").decode()))
            start, item = end, lib.item_next(item)
        wave = lib.utt_wave(utterance).contents
        pcm = np.frombuffer(C.string_at(wave.samples, 2 * wave.count), np.int16).astype(np.float32) / np.float32(32768)
        rate = wave.rate
        lib.delete_utterance(utterance)
        return Speech(pcm, rate, _arpabet(marks, _ENGLISH, "en-us"))


class _EspeakId(C.Union):
    _fields_: ClassVar = [("number", C.c_int), ("name", C.c_char_p), ("string", C.c_char * 8)]


class _EspeakEvent(C.Structure):
    _fields_: ClassVar = [
        ("type", C.c_int),
        ("unique_identifier", C.c_uint),
        ("text_position", C.c_int),
        ("length", C.c_int),
        ("audio_ms", C.c_int),
        ("sample", C.c_int),
        ("user_data", C.c_void_p),
        ("id", _EspeakId),
    ]


class Espeak:
    """espeak-ng's voices at any rate and pitch. One per process (the library keeps global state).

    The flutter in its voices goes on from sentence to sentence: the same sentences in the same order, in a new
    process, are the same to the bit; otherwise the same but for a wobble of pitch and some hundredths of a second.
    """

    _RATE, _PITCH, _RANGE, _PHONEME_EVENT, _SYNCHRONOUS = 1, 3, 4, 7, 2
    _RELEASE_LAG_S = 0.035
    """Voiceless stops are stamped at their release, in all languages; their closure begins this much earlier."""
    _STOPS = frozenset({"p", "t", "k", "p2", "c", "pF"})

    def __init__(self) -> None:
        self._pcm: array.array[int] = array.array("h")
        self._marks: list[tuple[float, str]] = []
        self._lib = _library("libespeak-ng.so.1")
        self._callback = C.CFUNCTYPE(C.c_int, C.c_void_p, C.c_int, C.POINTER(_EspeakEvent))(self._collect)
        self._lib.espeak_Synth.argtypes = [
            C.c_char_p, C.c_size_t, C.c_uint, C.c_int, C.c_uint, C.c_uint, C.POINTER(C.c_uint), C.c_void_p,
        ]  # fmt: skip
        self.rate: int = self._lib.espeak_Initialize(self._SYNCHRONOUS, 200, None, 1)
        if self.rate <= 0:
            raise SynthesizerError("espeak-ng did not start; is espeak-ng-data installed?")
        self._lib.espeak_Info.restype = C.c_char_p
        folder = C.c_char_p()
        self._lib.espeak_Info(C.byref(folder))
        self._variants = Path((folder.value or b"").decode()) / "voices" / "!v"

    def _collect(self, wave: int | None, count: int, events: Any) -> int:
        if wave and count > 0:
            self._pcm.frombytes(C.string_at(wave, 2 * count))
        i = 0
        while events[i].type:
            if events[i].type == self._PHONEME_EVENT:
                symbol = events[i].id.string.decode("utf8", "replace")
                self._marks.append((events[i].audio_ms / 1000, symbol))
            i += 1
        return 0

    def say(
        self, text: str, voice: str = "en-us", words_per_minute: int = 175, pitch: int = 50, pitch_range: int = 50
    ) -> Speech:
        """Speaks a sentence.

        Args:
            text: in the voice's language.
            voice: a language and, after a plus, a variant, as in `en-us+f2`.
            words_per_minute: 80–450.
            pitch: 0–100.
            pitch_range: 0, a monotone, to 100.

        Raises:
            SynthesizerError: there is no such voice or variant.
            UnknownPhonesError: a symbol has no ARPABET counterpart.
        """
        self._pcm, self._marks = array.array("h"), []
        variant = voice.partition("+")[2]
        # espeak-ng itself passes over a variant it does not know, and speaks as if none had been asked for.
        if (variant and not (self._variants / variant).exists()) or self._lib.espeak_SetVoiceByName(voice.encode()):
            raise SynthesizerError(f"espeak-ng has no voice {voice!r}")
        self._lib.espeak_SetParameter(self._RATE, words_per_minute, 0)
        self._lib.espeak_SetParameter(self._PITCH, pitch, 0)
        self._lib.espeak_SetParameter(self._RANGE, pitch_range, 0)
        self._lib.espeak_SetSynthCallback(self._callback)  # another instance may have put its own
        data = text.encode() + b"\0"
        self._lib.espeak_Synth(data, len(data), 0, 0, 0, 1, None, None)
        pcm = np.array(self._pcm, np.float32) / np.float32(32768)
        starts = [time for time, _ in self._marks]
        before = 0.0
        for i, (time, symbol) in enumerate(self._marks):
            if symbol in self._STOPS:  # yet the phone before keeps half its time
                starts[i] = max(time - self._RELEASE_LAG_S, (before + time) / 2)
            if i + 1 < len(starts) and starts[i + 1] > time:
                before = time
        for i in reversed(range(len(starts) - 1)):  # marks of no length go along with what follows them
            starts[i] = min(starts[i], starts[i + 1])
        ends = [*starts[1:], len(pcm) / self.rate]
        marks = [(start, end, symbol) for start, end, (_, symbol) in zip(starts, ends, self._marks, strict=True)]
        language = voice.split("+")[0]
        table = _ENGLISH if language.startswith("en") else foreign_phones(language)
        return Speech(pcm, self.rate, _arpabet(marks, table, language))
