"""Sheets of posed faces: views, visemes, emotions, morphs, looks, and what a graphics card adds."""

from collections.abc import Mapping

import numpy as np
from PIL import Image

from benchmarks.pictures.layout import Tile, grid
from benchmarks.pictures.pose_tab import Framing, PoseTab, Shot
from models.face.channels import BLENDSHAPES, CHANNELS, channel_indices
from models.face.expression import with_emotion
from models.face.poses import EMOTIONS, VISEMES, scaled

FRIENDLY: Mapping[str, float] = {
    "MouthSmileLeft": 0.3,
    "MouthSmileRight": 0.27,
    "CheekSquintLeft": 0.12,
    "CheekSquintRight": 0.12,
}
"""The beginning of a smile: how one looks at a guest."""

SOUNDS: Mapping[str, str] = {
    "sil": "rest",
    "PP": "p b m",
    "FF": "f v",
    "TH": "th",
    "DD": "t d",
    "kk": "k g",
    "CH": "ch j sh",
    "SS": "s z",
    "nn": "n l",
    "RR": "r",
    "aa": "car",
    "E": "bed",
    "ih": "see",
    "oh": "go",
    "ou": "moon",
}
"""What is heard with a viseme, in English spelling."""

_GAZE_RAD = 0.38
"""Eyes turned as far as the morphs that carry the lids along mean it at full weight."""


def views(tab: PoseTab) -> Image.Image:
    """The first look from the front, three-quarter and in profile."""
    size = (520, 600)
    angles = (("front", 0.0), ("three-quarter", 38.0), ("profile", 90.0))
    return grid([Tile(tab.take(Shot(FRIENDLY, yaw=yaw, size=size)), name) for name, yaw in angles], 3, text=22)


def visemes(tab: PoseTab) -> Image.Image:
    """The mouth for each of the fifteen visemes, a little from the side."""
    return grid(
        [
            Tile(tab.take(Shot(pose, "mouth", yaw=14, size=(300, 236))), name, SOUNDS[name])
            for name, pose in VISEMES.items()
        ],
        5,
    )


def emotions(tab: PoseTab) -> Image.Image:
    """Each emotion at half strength, and under it in full."""
    tiles = [
        Tile(tab.take(Shot(scaled(pose, amount), "face", yaw=10, size=(260, 300))), name, note)
        for note, amount in (("half", 0.5), ("full", 1.0))
        for name, pose in EMOTIONS.items()
    ]
    return grid(tiles, len(EMOTIONS))


def feelings(tab: PoseTab) -> Image.Image:
    """Each emotion at rest and over speech: an open vowel, sealed lips, round lips, and lips under the teeth."""
    said = (("sil", 1.0), ("aa", 0.7), ("PP", 1.0), ("ou", 0.8), ("FF", 0.9))
    tiles = [
        Tile(tab.take(Shot(felt(name, scaled(VISEMES[sound], amount)), "face", size=(250, 280))), name, SOUNDS[sound])
        for name in EMOTIONS
        for sound, amount in said
    ]
    return grid(tiles, len(said))


def felt(emotion: str, mouth: Mapping[str, float], strength: float = 0.85) -> dict[str, float]:
    """What the stage makes of a mouth in a feeling."""
    frame = np.zeros(len(CHANNELS), np.float32)
    frame[channel_indices(mouth)] = list(mouth.values())
    return dict(zip(CHANNELS, with_emotion(frame, {emotion: strength}).tolist(), strict=True))


def morphs(tab: PoseTab) -> Image.Image:
    """Each of ARKit's 52 blendshapes at full weight, near enough to see what it moves."""
    return grid([Tile(tab.take(morph_shot(name)), *morph_label(name)) for name in BLENDSHAPES], 8, text=17)


def morph_shot(name: str) -> Shot:
    """A blendshape at full weight, in the framing that shows it."""
    framing, yaw = _where(name)
    channels = {name: 1.0}
    if name == "MouthClose":
        # It closes the lips of an open jaw; of a closed one it would push them through each other.
        channels = {"MouthClose": 0.5, "JawOpen": 0.5}
    if name.startswith("EyeLook"):
        side = "Left" if name.endswith("Left") else "Right"
        channels |= _gaze(name.removeprefix("EyeLook").removesuffix(side), side)
    return Shot(channels, framing, yaw=yaw, size=(216, 168))


def morph_label(name: str) -> tuple[str, str]:
    """Name and note under a blendshape's picture."""
    return (name, "with JawOpen, both 0.5") if name == "MouthClose" else (name, "")


def looks(tab: PoseTab) -> Image.Image:
    """The built-in heads side by side."""
    tiles = [
        Tile(tab.take(Shot(FRIENDLY, "bust", yaw=yaw, look=look, size=(480, 540))), label)
        for (look, label), yaw in zip(tab.looks, (22.0, 0.0, -22.0), strict=False)
    ]
    return grid(tiles, 3, text=22)


def poster(tab: PoseTab, look: str) -> Image.Image:
    """What the studio shows of a look until the face itself is there: at rest, transparent around it."""
    return tab.take(Shot(framing="poster", look=look, background=None, size=(542, 647)))


def finishes(full: PoseTab, plain: PoseTab) -> Image.Image:
    """The same face as a graphics card draws it, and as the studio draws it without one."""
    size = (480, 540)
    shot = Shot(FRIENDLY, "face", yaw=20, size=size)
    light = Shot(FRIENDLY, "face", yaw=20, size=size, light=True)
    tiles = [
        Tile(full.take(shot), "with a graphics card"),
        Tile(plain.take(shot), "without", "full head"),
        Tile(plain.take(light), "without", "light head"),
    ]
    return grid(tiles, 3, text=22)


def _where(name: str) -> tuple[Framing, float]:
    if name.startswith(("Eye", "Brow")):
        return "eyes", 0.0
    if name.startswith(("Nose", "Cheek")):
        return "cheeks", 0.0 if name.endswith(("Left", "Right")) else 20.0
    if name == "JawForward":
        return "mouth", 90.0
    if name in {"TongueOut", "MouthPucker", "MouthFunnel"}:
        return "mouth", 45.0
    return "mouth", 0.0 if name.endswith(("Left", "Right")) else 18.0


def _gaze(direction: str, side: str) -> dict[str, float]:
    """The eye's own angle for a gaze morph: +yaw to the character's left, +pitch down."""
    towards_left = 1.0 if side == "Left" else -1.0
    pitch = {"Down": 1.0, "Up": -1.0}.get(direction, 0.0)
    yaw = {"Out": towards_left, "In": -towards_left}.get(direction, 0.0)
    return {f"{side}EyePitch": pitch * _GAZE_RAD, f"{side}EyeYaw": yaw * _GAZE_RAD}
