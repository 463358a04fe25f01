"""Vertex colours of the skin: blush, lips, lids, the mouth's inside, and shade where the field is hollow."""

from dataclasses import dataclass

import numpy as np

from models.face.head import eye_rings, mouth_rings
from models.face.head.mesh import vertex_normals
from models.face.head.occlusion import openness, smoothed
from models.face.head.proportions import Array, bell
from models.face.head.topology import Skin

_OPEN_SKY = 0.93
"""What an open, slightly curved place sees."""
_SHADE = 1.25
"""Strength of the baked shade."""


def srgb(code: str) -> Array:
    """A colour `rrggbb` as linear light, `[3]`."""
    c = np.array([int(code[i : i + 2], 16) for i in (0, 2, 4)]) / 255.0
    linear: Array = np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)
    return linear


def blend(a: Array, b: Array, t: Array | float) -> Array:
    """`a` where `t` is 0, `b` where it is 1."""
    weight = np.asarray(t, float)[..., None]
    mixed: Array = a * (1 - weight) + b * weight
    return mixed


@dataclass(frozen=True)
class Tones:
    """Colours of a skin, sRGB `rrggbb`.

    Attributes:
        skin: the ground colour.
        cheeks, nose, forehead, sockets, chin: what it turns to there, by the amounts in `skin_colours`.
        nostrils: inside them.
        lips: the red.
        line: where the lips meet.
        deep, dark: the mouth's inside, at its beginning and its end.
        lid, rim, tear: of the lids: beside the lashes, on their edge, and behind it.
        ears: their colour.
    """

    skin: str = "f0bfa1"
    cheeks: str = "e8897c"
    nose: str = "e48a78"
    forehead: str = "f6ccae"
    sockets: str = "dd9a86"
    chin: str = "e59b86"
    nostrils: str = "5f2a22"
    lips: str = "cf7b73"
    line: str = "8a3d45"
    deep: str = "6a2a2f"
    dark: str = "220909"
    lid: str = "d08d7d"
    rim: str = "d8957f"
    tear: str = "b87066"
    ears: str = "e9a68b"


def skin_colours(skin: Skin, nostrils: Array, tones: Tones) -> Array:
    """Linear RGB `[V, 3]`; `nostrils` `[V]` is 1 inside them."""
    v = skin.mesh.vertices
    p = v * np.where(v[:, :1] < 0, (-1, 1, 1), (1, 1, 1))
    colour = np.tile(srgb(tones.skin), (len(v), 1))
    for code, amount, centre, size in (
        (tones.cheeks, 0.50, (39, -26, 68), (17, 13, 28)),  # cheeks
        (tones.nose, 0.42, (0, -23, 96), (10, 9, 14)),  # tip of the nose
        (tones.forehead, 0.50, (0, 47, 75), (38, 24, 38)),  # forehead
        (tones.sockets, 0.30, (33, 8, 75), (24, 16, 24)),  # around the eyes
        (tones.chin, 0.25, (0, -80, 68), (14, 11, 20)),  # chin
    ):
        colour = blend(colour, srgb(code), amount * bell(p, centre, size))
    light = _light(skin)
    # Light that has been through skin is red: shade is warmer than the skin, never grey.
    colour *= light[:, None] ** np.array([0.62, 1.0, 1.12])
    colour = blend(colour, srgb(tones.nostrils), np.clip(nostrils * 1.5, 0, 0.9))
    _paint_lips(colour, skin, tones)
    _paint_lids(colour, skin, tones)
    return colour


def _paint_lips(colour: Array, skin: Skin, tones: Tones) -> None:
    """The red fades into the skin; it is lightest where the lips are fullest and darkest where they meet."""
    red, line, deep, dark = (srgb(code) for code in (tones.lips, tones.line, tones.deep, tones.dark))
    b, c, n = mouth_rings.BORDER, mouth_rings.CONTACT, mouth_rings.INNER
    angle = np.arange(mouth_rings.COLUMNS) * 2 * np.pi / mouth_rings.COLUMNS
    lower, middle = np.sin(angle) < -1e-9, np.abs(np.sin(angle))
    for ring, ids in enumerate(skin.mouth):
        if ring < c:
            covers = {b - 1: 0.14, b: 0.58, b + 1: 0.88}.get(ring, 0.97 * (ring > b))
            across = (ring - b) / (c - b)
            # The upper lip looks down and is darker; the lower catches light on its crest.
            tone = np.where(lower, 1.06 - 0.25 * across**3, 0.86 - 0.30 * across**2)
            tone = tone + np.where(lower, 0.16 * np.exp(-(((across - 0.42) / 0.22) ** 2)) * middle, 0.0)
            shaded = red * np.clip(tone, 0, 1.25)[:, None]
            colour[ids] = blend(colour[ids], shaded, covers)
        elif ring == c:
            colour[ids] = line
        else:
            # The lips' inner side is flesh, not a hole, where it shows beside the teeth; the cheek behind it is dark.
            inner = blend(red * 0.5, deep * 0.6, (ring - c) / (n - c))
            colour[ids] = inner if ring <= n else blend(deep * 0.35, dark, min(1.0, (ring - n) / 2))
    colour[skin.pole] = dark
    for corner in (0, mouth_rings.COLUMNS // 2):
        # The corner is a small pit.
        for ring in range(b - 2, c):
            for column in (-2, -1, 0, 1, 2):
                at = skin.mouth[ring, (corner + column) % mouth_rings.COLUMNS]
                colour[at] = blend(colour[at], line, 0.30 * (1 - abs(column) / 3) * (1 if ring >= b else 0.5))


def _paint_lids(colour: Array, skin: Skin, tones: Tones) -> None:
    """A dark fold, a shaded edge under the upper lashes, a moist rim below."""
    last, fold = eye_rings.LID_RINGS - 1, eye_rings.LID_RINGS - 1 - eye_rings.CREASE_RING
    up = np.clip(np.sin(eye_rings.ANGLE), 0, 1) ** 0.5
    lid, rim, tear, shade = (srgb(code) for code in (tones.lid, tones.rim, tones.tear, tones.line))
    for eye in skin.eyes:
        for ring, amount in ((fold - 1, 0.15), (fold, 0.50), (fold + 1, 0.22), (last - 2, 0.08), (last - 1, 0.25)):
            colour[eye[ring]] = blend(colour[eye[ring]], blend(lid, shade, 0.35), amount * up)
        colour[eye[last]] = blend(blend(colour[eye[last]], rim, 0.6), shade, 0.55 * up)
        colour[eye[last - 1]] = blend(colour[eye[last - 1]], lid, 0.2)
        for ids in eye[last + 1 :]:
            colour[ids] = blend(np.tile(tear, (len(ids), 1)), shade, 0.25 + 0.5 * up)


def _light(skin: Skin) -> Array:
    """1 in the open, less in hollows; the mouth's inside and the lids' edges have their own paint."""
    v, form = skin.mesh.vertices, skin.form
    normal = vertex_normals(v, skin.mesh.faces)
    seen = openness(form.head, v, normal)
    for ids in skin.mouth[mouth_rings.BORDER :]:
        seen[ids] = 1.0
    seen[skin.pole] = 1.0
    for eye in skin.eyes:
        seen[eye[eye_rings.LID_RINGS - 3 :]] = 1.0
    seen = smoothed(np.clip(seen / _OPEN_SKY, 0, 1), skin.mesh.faces)
    light: Array = np.clip(seen, 0.22, 1) ** _SHADE
    # Broad hollows of a smooth face read as dirt when they are dark: beside the mouth and before the ear.
    p = np.abs(v) * (1, 0, 0) + v * (0, 1, 1)
    clean = np.maximum(0.9 * bell(p, (36, -60, 46), (20, 22, 26)), 0.8 * bell(p, (66, -18, 12), (18, 26, 22)))
    light = 1 - (1 - light) * (1 - clean)
    light[skin.mouth[mouth_rings.CONTACT :]] = 1.0
    return light
