"""Short tight curls, faded at the sides: one surface of small crests, dark in the valleys where each meets the next."""

import numpy as np
from scipy.spatial import ConvexHull

from models.face.head import field
from models.face.head.colours import blend, srgb
from models.face.head.form import Form
from models.face.head.locks import Hair, HairTones
from models.face.head.mesh import Mesh
from models.face.head.proportions import Array, Ints, smoothstep, unit

_SEED = 8
_MIDDLE: Array = np.array([0.0, 20.0, -9.0])
"""A point inside the skull that sees all of the scalp."""
_EDGE, _SIDES, _CROWN = -3.0, 8.5, 7.5
"""How far curls stand off the skull where they end (they go under the skin there), at the sides, and more on top."""


def curls(form: Form, tones: HairTones, *, light: bool) -> Hair:
    """Build them."""
    rng = np.random.default_rng(_SEED)
    spacing = 11.8 if light else 6.4
    roots = _roots(form, spacing, rng)
    triangles = _neighbours(roots, 3.2 * spacing)
    used = np.unique(triangles)
    number = np.full(len(roots), -1)
    number[used] = np.arange(len(used))
    return _surface(form, roots[used], number[triangles], spacing, tones, rng)


def hairline(points: Array) -> Array:
    """0 where skin is bare, 1 where curls stand full, `[N]`: straight over the forehead, faded above the ears."""
    q = field.folded(points)
    y, z = points[:, 1], points[:, 2]
    face = field.ellipsoid(points, (0, -19, 88), (64, 82, 60))
    temple = field.ellipsoid(q, (62, 8, 62), (26, 44, 30))
    front = field.join(face, temple, 10)
    side = y - 14.0 + 0.35 * np.clip(-z - 10.0, 0, 80)
    full: Array = smoothstep(-1.0, 13.0, front) * smoothstep(-4.0, 34.0, side)
    return full


def shadow(points: Array) -> Array:
    """How much of the hair's colour the skin shows, `[N]`: fully under curls, less and less down the faded sides."""
    q = field.folded(points)
    face = field.ellipsoid(points, (0, -19, 88), (62, 80, 59))
    temple = field.ellipsoid(q, (62, 2, 64), (27, 46, 31))
    cheek = field.ellipsoid(q, (64, -42, 46), (46, 56, 40))
    front = smoothstep(-4.0, 10.0, field.join(face, temple, 10)) * smoothstep(-6.0, 24.0, cheek)
    dark: Array = front * smoothstep(-44.0, 34.0, points[:, 1]) ** 1.2
    return dark


def _roots(form: Form, spacing: float, rng: np.random.Generator) -> Array:
    """Blue-noise points of the haired scalp and a little beyond its line."""
    toward = unit(rng.normal(size=(20000, 3)) + np.array([0.0, 0.5, -0.1]))
    scalp = field.cast_out(form.skull, _MIDDLE, toward, 150.0, 60)
    scalp = scalp[hairline(scalp) > 0.004]
    chosen = np.empty((0, 3))
    for p in scalp:
        if len(chosen) == 0 or ((chosen - p) ** 2).sum(1).min() > spacing**2:
            chosen = np.concatenate([chosen, p[None]])
    return chosen


def _neighbours(roots: Array, longest: float) -> Ints:
    """Triangles `[T, 3]` between neighbouring roots, seen from the skull's middle, with no side over `longest`."""
    ray = unit(roots - _MIDDLE)
    # Delaunay on the sphere is the convex hull of the directions.
    triangles: Ints = ConvexHull(ray).simplices.astype(np.int64)
    a, b, c = (ray[triangles[:, n]] for n in range(3))
    flipped = (np.cross(b - a, c - a) * (a + b + c)).sum(1) < 0
    triangles[flipped] = triangles[flipped][:, ::-1]
    p = roots[triangles]
    sides = np.linalg.norm(p - np.roll(p, 1, axis=1), axis=-1).max(1)
    near: Ints = triangles[sides < longest]
    return near


def _surface(
    form: Form, roots: Array, triangles: Ints, spacing: float, tones: HairTones, rng: np.random.Generator
) -> Hair:
    """One closed surface of curls: each a crest and, in every triangle it is a corner of, a point down its flank."""
    n = len(roots)
    full = hairline(roots)
    normal = field.normals(form.skull, roots)
    # Coarse curls would be spikes if they were as high as they are wide.
    bulge = min(spacing, 8.0) * (0.15 + 0.85 * full)
    stand = _EDGE + full * (_SIDES + _CROWN * smoothstep(20.0, 95.0, roots[:, 1]))
    stand = stand + rng.uniform(-0.2, 0.2, n) * min(spacing, 7.0) * full
    drift = rng.normal(size=(n, 3)) * (0.09 * spacing)
    crest = roots + normal * stand[:, None] + drift - (drift * normal).sum(1, keepdims=True) * normal

    corner = triangles.reshape(-1)
    aside = np.repeat(roots[triangles].mean(1), 3, axis=0) - roots[corner]
    aside = aside - (aside * normal[corner]).sum(1, keepdims=True) * normal[corner]
    drop = (0.34 + rng.uniform(-0.06, 0.06, len(corner)))[:, None]
    flank = crest[corner] + 0.74 * aside - normal[corner] * drop * bulge[corner][:, None]

    flank_of = {(i // 3, c): n + i for i, c in enumerate(corner.tolist())}
    across: dict[tuple[int, int], list[int]] = {}
    faces = []
    for t, three in enumerate(triangles.tolist()):
        faces.append([flank_of[t, c] for c in three])
        for a, b in zip(three, three[1:] + three[:1], strict=True):
            across.setdefault((min(a, b), max(a, b)), []).append(t)
    for (a, b), sides in across.items():
        if len(sides) == 2:
            s, t = sides
            a_s, a_t, b_s, b_t = flank_of[s, a], flank_of[t, a], flank_of[s, b], flank_of[t, b]
            faces += [[a, a_s, a_t], [b, b_s, b_t], [a_s, b_s, a_t], [a_t, b_s, b_t]]
    owner = np.concatenate([np.arange(n), corner])
    outward = normal[owner]
    mesh = Mesh(np.concatenate([crest, flank]), _facing(np.concatenate([crest, flank]), np.array(faces), outward))
    soft = np.concatenate([normal, unit(0.55 * normal[corner] + 0.8 * unit(aside) * full[corner][:, None])])

    root, body, shine = srgb(tones.root), srgb(tones.body), srgb(tones.shine)
    top = smoothstep(25.0, 105.0, crest[:, 1])
    bright = blend(np.broadcast_to(body, crest.shape), shine, 0.15 + 0.45 * top)
    bright = blend(np.broadcast_to(root, crest.shape), bright, 0.25 + 0.75 * full)
    bright = bright * rng.uniform(0.82, 1.15, n)[:, None]
    dark = blend(np.broadcast_to(root, flank.shape), body, rng.uniform(0.05, 0.4, len(flank)))
    return Hair(mesh, np.clip(np.concatenate([bright, dark]), 0, 1), soft)


def _facing(points: Array, faces: Ints, outward: Array) -> Ints:
    """The triangles turned so that they are seen from `outward` `[V, 3]` of them."""
    a, b, c = (points[faces[:, k]] for k in range(3))
    turned = (np.cross(b - a, c - a) * outward[faces].sum(1)).sum(1) < 0
    return np.where(turned[:, None], faces[:, ::-1], faces)
