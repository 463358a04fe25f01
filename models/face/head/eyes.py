"""Eyeballs, their painted iris, and the highlights that make them wet."""

import numpy as np

from models.face.gltf import png
from models.face.head.mesh import Mesh, grid_faces
from models.face.head.proportions import Array, unit

_AROUND, _ALONG = 36, 22
IRIS_DEG = 30.0
PUPIL_DEG = 13.5
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


def highlights(radius: float) -> Mesh:
    """Two small discs on the eyeball, to stay where the lights are while the eye turns."""
    parts = Mesh(np.zeros((0, 3)), np.zeros((0, 3), np.int64))
    for x, y, size in ((-0.27, 0.31, 3.3), (0.22, -0.20, 1.4)):
        axis = unit(np.array([x, y, 1.0]))
        side = unit(np.cross((0.0, 1.0, 0.0), axis))
        up = np.cross(axis, side)
        angle = np.arange(20) * 2 * np.pi / 20
        rim = axis * radius + size * (np.cos(angle)[:, None] * side + np.sin(angle)[:, None] * up)
        points = radius * 1.004 * unit(np.concatenate([axis[None] * radius, rim]))
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
    white = np.array([0.982, 0.97, 0.955])[None, None] * np.ones((size, size, 1))
    pink = np.clip((degrees - 44) / 26, 0, 1)[..., None] * 0.55
    image = white * (1 - pink) + np.array([0.86, 0.66, 0.62]) * pink
    stops = [0.0, 0.42, 0.74, 0.9, 1.0]
    codes = [dark, mid, light, mid, dark]
    tones = np.array([[int(c[i : i + 2], 16) / 255 for i in (0, 2, 4)] for c in codes])
    ring = np.stack([np.interp(iris, stops, tones[:, k]) for k in range(3)], -1)
    fibres = sum(
        amount * np.cos(angle * count + phase)
        for count, amount, phase in zip((31, 47, 73, 97), (0.5, 0.45, 0.35, 0.3), rng.uniform(0, 6, 4), strict=True)
    )
    band = np.clip((iris - 0.42) / 0.2, 0, 1) * np.clip((0.98 - iris) / 0.12, 0, 1)
    ring = ring * (1 + 0.16 * (fibres * band)[..., None])
    glow = np.exp(-(((x / 0.26) ** 2) + ((y + 0.20) / 0.17) ** 2))
    ring = ring + glow[..., None] * np.array([0.30, 0.19, 0.08])
    shade = np.clip((y - 0.05) / 0.40, 0, 1)
    ring = ring * (1 - 0.55 * shade[..., None])
    inside = np.clip((IRIS_DEG - degrees) / 1.4 + 0.5, 0, 1)[..., None]
    image = image * (1 - inside) + ring * inside
    pupil = np.clip((PUPIL_DEG - degrees) / 1.2 + 0.5, 0, 1)[..., None]
    image = image * (1 - pupil) + np.array([0.045, 0.025, 0.022]) * pupil
    under_lid = np.clip((y - 0.02) / 0.42, 0, 1)[..., None]
    image = image * (1 - 0.22 * under_lid * (1 - 0.4 * inside))
    return png(np.round(np.clip(image, 0, 1) * 255).astype(np.uint8))
