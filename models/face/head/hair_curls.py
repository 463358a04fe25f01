"""Short tight curls, faded at the sides: small domes packed over a cap, each darker where it goes under the next."""

import numpy as np

from models.face.head import field
from models.face.head.colours import blend, srgb
from models.face.head.form import Form
from models.face.head.locks import Hair, HairTones
from models.face.head.mesh import Mesh, surface_net
from models.face.head.proportions import Array, Ints, smoothstep, unit

_SEED = 8
_MIDDLE: Array = np.array([0.0, 20.0, -9.0])
"""A point inside the skull that sees all of the scalp."""
_AROUND = 6


def curls(form: Form, tones: HairTones, *, light: bool) -> Hair:
    """Build them."""
    rng = np.random.default_rng(_SEED)
    cap = surface_net(
        lambda p: _over_cap(form, p), np.array([-105.0, -10.0, -125.0]), np.array([105.0, 130.0, 110.0]),
        18.0 if light else 11.5,
    )  # fmt: skip
    shade = srgb(tones.root) * (1.0 + 0 * cap.vertices)
    soft = field.normals(form.skull, cap.vertices)
    roots = _roots(form, 18.5 if light else 9.0, rng)
    full = hairline(roots)
    normal = field.normals(form.skull, roots)
    size = (12.0 if light else 7.1) * rng.uniform(0.85, 1.15, len(roots)) * (0.5 + 0.5 * full)
    height = _thickness(roots, full) + (rng.uniform(-0.6, 1.8, len(roots)) + 0.2) * full
    return Hair(cap, shade, soft) + _domes(roots, normal, size, height, full, tones, rng)


def _thickness(points: Array, full: Array) -> Array:
    """How far the cap stands off the skull, `[N]`; below it at the edge."""
    top: Array = -6.5 + full * (8.5 + 8.0 * smoothstep(20.0, 90.0, points[:, 1]))
    return top


def _over_cap(form: Form, points: Array) -> Array:
    skull = form.skull(points)
    return np.maximum(skull - _thickness(points, hairline(points)), -4.0 - skull)


def hairline(points: Array) -> Array:
    """0 where skin is bare, 1 where curls stand full, `[N]`: straight over the forehead, faded above the ears."""
    q = field.folded(points)
    y, z = points[:, 1], points[:, 2]
    face = field.ellipsoid(points, (0, -19, 88), (64, 82, 60))
    temple = field.ellipsoid(q, (62, 8, 62), (26, 44, 30))
    front = np.minimum(face, temple)
    side = y - 14.0 + 0.35 * np.clip(-z - 10.0, 0, 80)
    full: Array = smoothstep(0.0, 7.0, front) * smoothstep(-4.0, 34.0, side)
    return full


def shadow(points: Array) -> Array:
    """How much of the hair's colour the skin shows, `[N]`: fully under curls, less and less down the faded sides."""
    q = field.folded(points)
    face = field.ellipsoid(points, (0, -19, 88), (62, 80, 59))
    temple = field.ellipsoid(q, (62, 2, 64), (27, 46, 31))
    cheek = field.ellipsoid(q, (64, -42, 46), (46, 56, 40))
    front = smoothstep(-2.0, 6.0, np.minimum(np.minimum(face, temple), cheek))
    fade = smoothstep(-48.0, 30.0, points[:, 1])
    dark: Array = front * fade**0.8
    return dark


def _roots(form: Form, spacing: float, rng: np.random.Generator) -> Array:
    """Blue-noise points of the haired scalp."""
    toward = unit(rng.normal(size=(9000, 3)) + np.array([0.0, 0.5, -0.1]))
    scalp = field.cast_out(form.skull, _MIDDLE, toward, 150.0, 60)
    scalp = scalp[hairline(scalp) > 0.3]
    chosen = np.empty((0, 3))
    for p in scalp:
        if len(chosen) == 0 or ((chosen - p) ** 2).sum(1).min() > spacing**2:
            chosen = np.concatenate([chosen, p[None]])
    return chosen


def _domes(
    roots: Array, normal: Array, size: Array, height: Array, full: Array, tones: HairTones,
    rng: np.random.Generator,
) -> Hair:  # fmt: skip
    n = len(roots)
    lean = unit(normal + 0.35 * rng.normal(size=(n, 3)))
    side = unit(np.cross(lean, rng.normal(size=(n, 3))))
    other = np.cross(lean, side)
    angle = np.arange(_AROUND) * 2 * np.pi / _AROUND
    polar = np.radians((46.0, 90.0))
    twist = 0.5 * np.arange(len(polar))
    toward = [lean[:, None]]
    for theta, turn in zip(polar, twist, strict=True):
        c, s = np.cos(angle + turn)[:, None], np.sin(angle + turn)[:, None]
        toward.append(np.cos(theta) * lean[:, None] + np.sin(theta) * (side[:, None] * c + other[:, None] * s))
    directions = np.concatenate(toward, axis=1)
    centre = roots + normal * height[:, None]
    points = centre[:, None] + directions * size[:, None, None]
    faces = _dome_faces(len(polar))
    count = directions.shape[1]
    mesh = Mesh(points.reshape(-1, 3), (faces[None] + (np.arange(n) * count)[:, None, None]).reshape(-1, 3))
    mesh = mesh.facing(directions.reshape(-1, 3))
    up = (directions * normal[:, None]).sum(-1)
    root, body, shine = srgb(tones.root), srgb(tones.body), srgb(tones.shine)
    colour = blend(np.broadcast_to(root, directions.shape), body, smoothstep(-0.5, 0.75, up))
    top = smoothstep(0.55, 1.0, up) * smoothstep(20.0, 95.0, points[..., 1])
    colour = blend(colour, shine, 0.7 * top)
    colour = colour * (rng.uniform(0.8, 1.12, n) * (0.8 + 0.2 * full))[:, None, None]
    soft = unit(directions + 0.5 * normal[:, None])
    return Hair(mesh, np.clip(colour, 0, 1).reshape(-1, 3), soft.reshape(-1, 3))


def _dome_faces(rings: int) -> Ints:
    j = np.arange(_AROUND)
    k = (j + 1) % _AROUND
    faces = [np.stack([0 * j, 1 + j, 1 + k], 1)]
    for ring in range(rings - 1):
        a, b = 1 + ring * _AROUND, 1 + (ring + 1) * _AROUND
        faces += [np.stack([a + j, b + j, a + k], 1), np.stack([a + k, b + j, b + k], 1)]
    return np.concatenate(faces)
