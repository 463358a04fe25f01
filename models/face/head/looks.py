"""The heads that ship: each a name, colours and a shape."""

from dataclasses import dataclass, field

from models.face.head.brows_lashes import Brow
from models.face.head.colours import Tones
from models.face.head.hair import Style
from models.face.head.locks import HairTones
from models.face.head.proportions import Proportions
from models.face.head.shirt import Cut

_BROW = Brow()
_CHESTNUT = HairTones("2b1610", "5a3320", "94603a", "6d4229")


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
        style: of the hair.
        hair: its colours.
        brow: shape of the brows.
        brow_hair: their colours; None for the hair's.
        lashes: their length, a factor.
        stubble: strength of a short beard's shadow, 0..1.
        cut: of the shirt.
        shirt: its colour, sRGB `rrggbb`.
    """

    name: str
    label: str
    proportions: Proportions = field(default_factory=Proportions)
    tones: Tones = field(default_factory=Tones)
    iris: Iris = field(default_factory=Iris)
    style: Style = "bob"
    hair: HairTones = _CHESTNUT
    brow: Brow = _BROW
    brow_hair: HairTones | None = None
    lashes: float = 1.0
    stubble: float = 0.0
    cut: Cut = "roll"
    shirt: str = "3f7f86"


LOOKS: tuple[Look, ...] = (
    Look("mira", "Mira", brow_hair=HairTones("2b1610", "3c2115", "5a3320", "432618")),
    Look(
        "kofi",
        "Kofi",
        proportions=Proportions(
            face_width=1.03,
            cheekbones=1.3,
            cheek_fullness=0.7,
            jaw_width=1.12,
            chin_width=1.22,
            chin_length=2.0,
            brow_ridge=1.9,
            nose_width=1.2,
            nose_bridge=-1.0,
            nose_projection=0.5,
            neck_width=1.17,
            adams_apple=0.7,
            ear_size=1.08,
            age=0.35,
            eye_radius=23.2,
            eye_open=0.9,
            eye_tilt=2.0,
            lid_fold=1.1,
            lip_upper=1.2,
            lip_lower=1.15,
        ),
        tones=Tones(
            skin="7d4a30",
            cheeks="8a4a33",
            nose="7a412c",
            forehead="8f5a3c",
            sockets="63382a",
            chin="6f402b",
            nostrils="2a120d",
            lips="8a4a45",
            line="471f20",
            deep="5a2427",
            dark="1c0707",
            lid="5f3527",
            rim="8a5243",
            tear="7d4340",
            ears="74432c",
        ),
        iris=Iris("170b06", "2e190d", "4a2a14"),
        style="curls",
        hair=HairTones("0d0806", "1f1512", "3d2d27", "2a1d18"),
        brow=Brow(width=1.25, arch=4.6, height=-1.5),
        lashes=0.4,
        stubble=0.5,
        cut="crew",
        shirt="b8783a",
    ),
    Look(
        "edda",
        "Edda",
        proportions=Proportions(
            face_width=0.98,
            cheekbones=1.2,
            cheek_fullness=1.1,
            jaw_width=0.98,
            chin_length=0.5,
            brow_ridge=0.8,
            nose_length=1.5,
            nose_bridge=1.0,
            nose_width=1.05,
            ear_size=1.08,
            age=0.65,
            eye_radius=23.8,
            eye_tilt=2.5,
            lip_upper=0.78,
            lip_lower=0.85,
        ),
        tones=Tones(
            skin="f1c8b4",
            cheeks="e59a92",
            nose="e39686",
            forehead="f4d3c0",
            sockets="d9a294",
            chin="e8ab9c",
            lips="c06f72",
            line="7d3a44",
            ears="e8ad9a",
        ),
        iris=Iris("1d2a36", "47667c", "8fb0bd"),
        style="updo",
        hair=HairTones("a09c97", "bab7b4", "f0eeea", "cfccc8"),
        brow=Brow(width=1.0, arch=6.0),
        brow_hair=HairTones("6f6a66", "98938e", "b9b7b4", "a5a09b"),
        lashes=0.7,
        cut="cowl",
        shirt="7a4a63",
    ),
)
"""The first is the head that benchmarks measure and the page shows unless told otherwise."""
