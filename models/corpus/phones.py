"""Phones: ARPABET, and how the synthesizers' own symbols map to it."""

from typing import Final, NamedTuple

ARPABET: Final[tuple[str, ...]] = (
    "SIL", "P", "B", "M", "F", "V", "W", "UW", "UH", "OW", "AO", "OY", "SH", "ZH", "CH", "JH", "S", "Z", "TH", "DH",
    "T", "D", "N", "L", "K", "G", "NG", "HH", "R", "ER", "Y", "AA", "AE", "AW", "AY", "EH", "EY", "AH", "IH", "IY",
)  # fmt: skip
"""The 39 phones of American English and silence, in the order of the network's auxiliary classes."""
PHONE_INDEX: Final = {phone: i for i, phone in enumerate(ARPABET)}
VOWELS: Final = frozenset({"UW", "UH", "OW", "AO", "OY", "ER", "AA", "AE", "AW", "AY", "EH", "EY", "AH", "IH", "IY"})
UNKNOWN_PHONE: Final = 255
"""In place of an index: nobody knows which phone this is."""
BILABIALS: Final = frozenset({"P", "B", "M"})

_SYNTHESIZERS: Final = {
    "SIL": "pau sil _ _: _! ; ? h#", "P": "p", "B": "b", "M": "m m-", "F": "f", "V": "v", "W": "w w#", "UW": "uw u:",
    "UH": "uh U U@", "OW": "ow oU", "AO": "ao O: O@ o@ O", "OY": "oy OI", "SH": "sh S", "ZH": "zh Z", "CH": "ch tS",
    "JH": "jh dZ", "S": "s", "Z": "z z#", "TH": "th T", "DH": "dh D", "T": "t t# t2", "D": "d d#", "N": "n n-",
    "L": "l @L l#", "K": "k", "G": "g", "NG": "ng N", "HH": "hh h", "R": "r r-", "ER": "er 3 3: VR IR", "Y": "y j",
    "AA": "aa A: A@ 0 O2 A#", "AE": "ae a", "AW": "aw aU", "AY": "ay aI aI2 aI3 aI@ aI@3", "EH": "eh E e@ E2",
    "EY": "ey eI", "AH": "ah ax @ a# @2 @- V @5", "IH": "ih I I# I2 i@ i@3", "IY": "iy i: i",
}  # fmt: skip
FROM_SYNTHESIZER: Final = {symbol: phone for phone, symbols in _SYNTHESIZERS.items() for symbol in symbols.split()}
"""espeak-ng's (en-us, en-gb) and flite's symbols to ARPABET."""


class Phone(NamedTuple):
    """A stretch of one phone, in seconds."""

    start: float
    end: float
    name: str
