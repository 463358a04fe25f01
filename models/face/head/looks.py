"""The heads that ship: each a name, colours and a shape."""

from dataclasses import dataclass, field

from models.face.head.colours import Tones
from models.face.head.proportions import Proportions


@dataclass(frozen=True)
class Iris:
    """Colours of an iris, sRGB `rrggbb`: its rim, its ground and its fibres."""

    dark: str = "2a150b"
    mid: str = "57321a"
    light: str = "8a5a2c"


@dataclass(frozen=True)
class Look:
    """What tells one head from another.

    Attributes:
        name: stable, lower case; the head's file is called so.
        label: for people.
        proportions: the face's measures.
        tones: colours of the skin.
        iris: colours of the eyes.
        hair: colour of hair and brows, sRGB `rrggbb`.
        shirt: colour of the shirt, sRGB `rrggbb`.
    """

    name: str
    label: str
    proportions: Proportions = field(default_factory=Proportions)
    tones: Tones = field(default_factory=Tones)
    iris: Iris = field(default_factory=Iris)
    hair: str = "4a2a1b"
    shirt: str = "3f7f86"


LOOKS: tuple[Look, ...] = (Look("mira", "Mira"),)
"""The first is the head that benchmarks measure and the page shows unless told otherwise."""
