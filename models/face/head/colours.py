"""Vertex colours of the skin: blush, lips, lids, the mouth's inside, and shade where the field is hollow."""

from dataclasses import dataclass

import numpy as np

from models.face.head import eye_rings, mouth_rings
from models.face.head.mesh import vertex_normals
from models.face.head.proportions import Array, bell
from models.face.head.topology import Skin


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
    colour *= _occlusion(skin)[:, None] ** np.array([0.8, 1.15, 1.3])
    colour = blend(colour, srgb(tones.nostrils), np.clip(nostrils * 1.4, 0, 0.85))
    red, line, deep, dark = (srgb(code) for code in (tones.lips, tones.line, tones.deep, tones.dark))
    b, c, n = mouth_rings.BORDER, mouth_rings.CONTACT, mouth_rings.INNER
    for ring, ids in enumerate(skin.mouth):
        if ring < c:
            colour[ids] = blend(colour[ids], red, {b - 1: 0.22, b: 0.72, b + 1: 0.9}.get(ring, 0.95 * (ring > b)))
        elif ring == c:
            colour[ids] = line
        else:
            colour[ids] = blend(deep, dark, min(1.0, (ring - c - 0.5) / (n - c + 1.0)))
    colour[skin.pole] = dark
    for eye in skin.eyes:
        colour[eye[eye_rings.LID_RINGS - 2]] = blend(colour[eye[eye_rings.LID_RINGS - 2]], srgb(tones.lid), 0.3)
        colour[eye[eye_rings.LID_RINGS - 1]] = srgb(tones.rim)
        for ids in eye[eye_rings.LID_RINGS :]:
            colour[ids] = srgb(tones.tear)
    return colour


def _occlusion(skin: Skin) -> Array:
    """1 in the open, less in hollows: how much nearer than expected the surface is along the normal."""
    v = skin.mesh.vertices
    normal = vertex_normals(v, skin.mesh.faces)
    hidden = np.zeros(len(v))
    for distance, weight in ((3.0, 1.2), (7.5, 0.9), (15.0, 0.7), (30.0, 0.4)):
        hidden += weight * np.clip(distance - skin.form.head(v + normal * distance), 0, None) / 94.0
    light = np.clip(1 - 1.1 * hidden, 0.35, 1)
    light[skin.mouth[mouth_rings.CONTACT :]] = 1.0
    for eye in skin.eyes:
        light[eye] = np.maximum(light[eye], 0.8)
    return light
