"""espeak-ng's symbols in languages other than English, as the ARPABET phones whose lips look the same.

What counts is what a camera sees: how far the lips part, round, spread or touch. So front rounded vowels are the back
ones of the same roundness (y is UW, ö is UH or OW), r is a tongue behind open lips (never English's rounded R), and
sounds English lacks are taken apart ("pf" is P, then F). What each symbol means is in espeak-ng's docs/phonemes.md and
its phsource.
"""

from typing import Final

_PHONES: Final = {
    "SIL": "_ _:", "P": "p p2", "B": "b", "M": "m m-", "F": "f", "W": "w w2 y-", "V": "v v# B",
    "UW": "u u: y y: u- u~ yY", "UH": "U Y Y: 8", "OW": "o o: O~ W W: W~ oU ou", "AO": "O O:", "OY": "OY oI oi",
    "SH": "S S; s. sx C s#", "ZH": "Z Z; R^", "CH": "tS ts;", "JH": "dZ dz;", "S": "s s2 ss", "Z": "z z2 z;",
    "TH": "T", "DH": "D", "T": "t t2 t; t. t[", "D": "d d. d[ J", "N": "n n^ n; n.", "NG": "N",
    "L": "l l^ l- l. r r- R R2 * **", "K": "k c", "G": "g Q", "HH": "h x _! _| ! ?", "Y": "j J^ ; I^",
    "AA": "a a: a- A A: A~", "AE": "&: E~", "AW": "aU VU &U~ au", "AY": "aI ai &i", "EH": "E E: E# e",
    "EY": "e: eI EI ei", "AH": "@ @- 3 V & a# E- &~", "IH": "I", "IY": "i i: iI",
}  # fmt: skip
_SEQUENCES: Final[dict[str, tuple[str, ...]]] = {
    "pF": ("P", "F"), "ts": ("T", "S"), "ts2": ("T", "S"), "dz": ("D", "Z"), "Wy": ("OW", "UW"), "ie": ("IY", "EH"),
    "uo": ("UW", "AO"), "ea": ("EH", "AA"), "Oa": ("AO", "AA"), "eU": ("EH", "UW"), "iU": ("IY", "UW"),
    "uI": ("UW", "IY"), "yI": ("IH", "IY"),
}  # fmt: skip
_OWN: Final[dict[str, dict[str, str]]] = {
    "de": {"r": "G", "R": "AH", "Y": "UH", "y": "UH"},
    "fr": {"r": "G"},
    "fi": {"&": "AE"},
    "pl": {"y": "IH"},
    "pt-br": {"y": "IH"},
    "ro": {"y": "IH"},
}
"""Where a language means something else by a symbol."""

_COMMON: Final[dict[str, tuple[str, ...]]] = {
    **{symbol: (phone,) for phone, symbols in _PHONES.items() for symbol in symbols.split()},
    **_SEQUENCES,
}


def foreign_phones(language: str) -> dict[str, tuple[str, ...]]:
    """Each symbol of a language's voices, and the phones it is, one after another in equal parts."""
    return {**_COMMON, **{symbol: (phone,) for symbol, phone in _OWN.get(language, {}).items()}}
