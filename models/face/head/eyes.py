"""Eyeballs, their painted iris, and the highlights that make them wet."""

import numpy as np

from models.face.gltf import png
from models.face.head.mesh import Mesh, grid_faces
from models.face.head.proportions import Array, Mask, smoothstep, unit

_AROUND, _ALONG = 36, 22
IRIS_DEG = 28.5
PUPIL_DEG = 12.0
_MAPPED_DEG = 66.0
"""The texture spans this angle from the axis; beyond it the white goes on."""


def eyeball(radius: float) -> tuple[Mesh, Array]:
    """A sphere around the origin looking along +z, and its texture coordinates `[V, 2]`."""
    around = np.arange(_AROUND + 1) * 2 * np.pi / _AROUND
    away = np.linspace(0, 1, _ALONG) ** 0.85 * np.radians(125)
    theta, phi = np.meshgrid(away, around, indexing="ij")
    toward = np.stack([np.sin(theta) * np.cos(phi), np.sin(theta) * np.sin(phi), np.cos(theta)], -1)
    mesh = Mesh(radius * toward.reshape(-1, 3), grid_faces(_ALONG, _AROUND + 1, wrap=False))
    r = np.minimum(theta / np.radians(_MAPPED_DEG), 1.0)
    uv = np.stack([0.5 + 0.5 * r * np.cos(phi), 0.5 - 0.5 * r * np.sin(phi)], -1).reshape(-1, 2)
    return mesh.facing(mesh.vertices), uv


def seam() -> Mask:
    """Vertices of the eyeball `[V]` where its texture begins and ends."""
    column = np.tile(np.arange(_AROUND + 1), _ALONG)
    ends: Mask = (column == 0) | (column == _AROUND)
    return ends


def highlights(radius: float) -> Mesh:
    """Two small discs on the eyeball, to stay where the lights are while the eye turns."""
    parts = Mesh(np.zeros((0, 3)), np.zeros((0, 3), np.int64))
    for x, y, size in ((-0.20, 0.24, 2.7), (0.19, -0.17, 1.1)):
        axis = unit(np.array([x, y, 1.0]))
        side = unit(np.cross((0.0, 1.0, 0.0), axis))
        up = np.cross(axis, side)
        angle = np.arange(20) * 2 * np.pi / 20
        rim = axis * radius + size * (np.cos(angle)[:, None] * side + np.sin(angle)[:, None] * up)
        points = radius * 1.012 * unit(np.concatenate([axis[None] * radius, rim]))
        i = np.arange(20)
        faces = np.stack([0 * i, 1 + i, 1 + (i + 1) % 20], 1)
        parts = parts + Mesh(points, faces)
    return parts


def iris_texture(dark: str, mid: str, light: str, size: int = 256) -> bytes:
    """The eye seen along its axis, a PNG of sRGB."""
    rng = np.random.default_rng(11)
    grid = (np.arange(size) + 0.5) / size * 2 - 1
    x, y = np.meshgrid(grid, -grid)
    angle = np.arctan2(y, x)
    degrees = np.hypot(x, y) * _MAPPED_DEG
    iris = degrees / IRIS_DEG
    # The white is never white: ivory, warmer and darker towards the corners.
    image = np.array([0.93, 0.905, 0.88])[None, None] * np.ones((size, size, 1))
    away = np.clip((degrees - 26) / 36, 0, 1)[..., None] ** 1.3
    image = image * (1 - away) + np.array([0.80, 0.62, 0.56]) * away
    stops = [0.0, 0.40, 0.62, 0.82, 0.95, 1.0]
    codes = [dark, mid, light, light, mid, dark]
    tones = np.array([[int(c[i : i + 2], 16) / 255 for i in (0, 2, 4)] for c in codes])
    ring = np.stack([np.interp(iris, stops, tones[:, k]) for k in range(3)], -1)
    fibres = sum(
        amount * np.cos(angle * count + phase + 0.6 * np.sin(9 * iris + phase))
        for count, amount, phase in zip((29, 43, 67, 91), (0.5, 0.45, 0.35, 0.3), rng.uniform(0, 6, 4), strict=True)
    )
    band = np.clip((iris - 0.42) / 0.2, 0, 1) * np.clip((0.98 - iris) / 0.15, 0, 1)
    ring = ring * (1 + 0.13 * (fibres * band)[..., None])
    # Light enters from above and gathers in the lower half of the iris.
    glow = np.exp(-(((x / 0.27) ** 2) + ((y + 0.21) / 0.16) ** 2))
    ring = ring * (1 + 0.85 * glow[..., None]) + glow[..., None] * np.array([0.10, 0.07, 0.04])
    shade = np.clip((y + 0.02) / 0.42, 0, 1)
    ring = ring * (1 - 0.50 * shade[..., None])
    inside = _smooth((IRIS_DEG + 1.4 - degrees) / 3.6)[..., None]
    image = image * (1 - inside) + ring * inside
    pupil = _smooth((PUPIL_DEG + 1.0 - degrees) / 2.4)[..., None]
    image = image * (1 - pupil) + np.array([0.03, 0.018, 0.016]) * pupil
    return png(np.round(np.clip(image, 0, 1) * 255).astype(np.uint8))


def _smooth(t: Array) -> Array:
    return smoothstep(0.0, 1.0, t)
