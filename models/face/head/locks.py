"""Locks of hair: big tapering strokes along curves that hug the head, shaded from dark roots over a band of light.

A lock's cross-section is a lens with two ridges and a groove between them, so that one lock reads as many hairs. Its
colour is baked: darker at the root and in the valleys between locks, lighter in a band around the head where hair of
this height would shine.
"""

from dataclasses import dataclass

import numpy as np

from models.face.head import field
from models.face.head.colours import blend, srgb
from models.face.head.form import Form
from models.face.head.mesh import Mesh, grid_faces, vertex_normals
from models.face.head.proportions import Array, smoothstep, unit

# Across the lock −1..1, height above its edge in thicknesses, and how much light gets there.
_FULL: Array = np.array([
    (-1.00, 0.00, 0.50), (-0.70, 0.62, 0.86), (-0.34, 0.98, 1.02), (0.00, 0.80, 0.84), (0.34, 1.02, 1.04),
    (0.70, 0.62, 0.86), (1.00, 0.00, 0.50),
])  # fmt: skip
_PLAIN: Array = np.array([
    (-1.00, -0.10, 0.55), (-0.45, 0.88, 0.96), (0.45, 0.88, 0.96), (1.00, -0.10, 0.55),
])  # fmt: skip


@dataclass(frozen=True)
class HairTones:
    """Colours of hair, sRGB `rrggbb`: near the skin, along the lock, where light gathers, and at the tip."""

    root: str
    body: str
    shine: str
    tip: str


@dataclass(frozen=True)
class Hair:
    """Finished hair: a surface, linear colours `[V, 3]` and softened normals `[V, 3]`."""

    mesh: Mesh
    colours: Array
    normals: Array

    def __add__(self, other: "Hair") -> "Hair":
        colours = np.concatenate([self.colours, other.colours])
        return Hair(self.mesh + other.mesh, colours, np.concatenate([self.normals, other.normals]))


@dataclass(frozen=True)
class Cut:
    """How locks are shaped, one number or `[N]` for each lock; millimetres and radians.

    Attributes:
        width: half the width before it narrows to the tip, also `[N, R]` along the lock.
        thickness: height of the ridges.
        taper: where along the lock (0..1) it begins to narrow towards the tip.
        root: share of the width at the root.
        flat: share of the thickness at the root.
        full: where along the lock (0..1) it has its full width.
        blunt: form of the tip, from 0 (cut off) to 1 (a long point).
        tilt: how far each lies rolled about its own direction, one edge over its neighbour.
        sink: how deep the root lies under the curve.
        shine_y: height on the head at which the band of light lies.
    """

    width: Array | float
    thickness: Array | float
    taper: float = 0.55
    root: float = 0.35
    flat: float = 0.3
    full: float = 0.35
    blunt: float = 0.6
    tilt: Array | float = 0.0
    sink: float = 4.0
    shine_y: float = 66.0


def through(points: Array, count: int) -> Array:
    """Smooth curves `[N, count, 3]` through control points `[N, K, 3]`, evenly spaced (Catmull-Rom)."""
    first, last = 2 * points[:, :1] - points[:, 1:2], 2 * points[:, -1:] - points[:, -2:-1]
    p = np.concatenate([first, points, last], axis=1)
    spans, fine = points.shape[1] - 1, 12
    t = np.linspace(0, spans, spans * fine + 1)
    i = np.minimum(t.astype(int), spans - 1)
    s = (t - i)[None, :, None]
    a, b, c, d = (p[:, i + k] for k in range(4))
    curve = 0.5 * (2 * b + (c - a) * s + (2 * a - 5 * b + 4 * c - d) * s**2 + (3 * b - a - 3 * c + d) * s**3)
    return even(curve, count)


def even(curves: Array, count: int) -> Array:
    """Curves `[N, M, 3]` resampled to `count` points at equal distances."""
    length = np.linalg.norm(np.diff(curves, axis=1), axis=-1)
    travelled = np.concatenate([np.zeros((len(curves), 1)), np.cumsum(length, axis=1)], axis=1)
    at = np.linspace(0, 1, count)
    result = np.empty((len(curves), count, 3))
    for n, (curve, distance) in enumerate(zip(curves, travelled, strict=True)):
        for axis in range(3):
            result[n, :, axis] = np.interp(at * distance[-1], distance, curve[:, axis])
    return result


def hugging(form: Form, curves: Array, height: Array | float) -> Array:
    """Curves `[N, R, 3]` lifted to at least `height` `[N, R]` above the skull where they run lower."""
    wanted = np.broadcast_to(height, curves.shape[:2]).reshape(-1)
    p = curves.reshape(-1, 3)
    for _ in range(6):
        g = field.gradient(form.skull, p)
        lack = np.clip(wanted - form.skull(p), 0.0, 12.0)
        p = p + (lack / np.maximum((g * g).sum(1), 0.2))[:, None] * g
    return p.reshape(curves.shape)


def locks(outward: Array, spine: Array, cut: Cut, tones: HairTones, rng: np.random.Generator, *, light: bool) -> Hair:
    """Mesh one lock around each spine.

    Args:
        outward: `[N, R, 3]` away from what they lie on, as `above` gives it for the head.
        spine: `[N, R, 3]` from root to tip.
        cut: their shape.
        tones: their colours.
        rng: draws small differences of tone.
        light: coarser cross-sections.
    """
    n, rows = spine.shape[:2]
    section = _PLAIN if light else _FULL
    t = np.linspace(0, 1, rows)
    tangent = unit(np.gradient(spine, axis=1))
    outward = unit(outward - (outward * tangent).sum(-1, keepdims=True) * tangent)
    across = np.cross(tangent, outward)
    tilt = np.broadcast_to(cut.tilt, n)[:, None, None]
    across, outward = (
        across * np.cos(tilt) + outward * np.sin(tilt),
        outward * np.cos(tilt) - across * np.sin(tilt),
    )
    growth = cut.root + (1 - cut.root) * smoothstep(0.0, cut.full, t)
    narrowing = np.clip((1 - t) / (1 - cut.taper), 0, 1)
    width = _per_row(cut.width, n) * (growth * narrowing**cut.blunt) + 0.12
    thick = _per_row(cut.thickness, n) * (cut.flat + (1 - cut.flat) * smoothstep(0.0, 0.3, t)) * narrowing**0.6 + 0.08
    spine = spine - outward * (cut.sink * (1 - smoothstep(0.0, min(0.22, cut.full), t)))[None, :, None]
    rows_of = (
        spine[:, :, None]
        + across[:, :, None] * (width[..., None] * section[:, 0])[..., None]
        + outward[:, :, None] * (thick[..., None] * section[:, 1])[..., None]
    )
    around = len(section)
    one = grid_faces(rows, around, wrap=True)
    faces = (one[None] + (np.arange(n) * rows * around)[:, None, None]).reshape(-1, 3)
    mesh = Mesh(rows_of.reshape(-1, 3), faces).facing((rows_of - spine[:, :, None]).reshape(-1, 3))
    colours = _colours(rows_of, t, section[:, 2], cut, tones, rng)
    own = vertex_normals(mesh.vertices, mesh.faces)
    # Part of the head's normals: locks shade as one head of hair, not as a bundle of tubes.
    soft = unit(own + 0.55 * np.repeat(outward.reshape(-1, 3), around, axis=0))
    return Hair(mesh, colours, soft)


def above(form: Form, spine: Array) -> Array:
    """Directions `[N, R, 3]` away from the skull."""
    return field.normals(form.skull, spine.reshape(-1, 3)).reshape(spine.shape)


def reach(spine: Array, overlap: float) -> Array:
    """Half widths `[N, R]` at which neighbouring locks meet (`overlap` 0.5) or overlap, everywhere along them."""
    gap = np.linalg.norm(np.diff(spine, axis=0), axis=-1)
    apart: Array = overlap * np.maximum(np.concatenate([gap, gap[-1:]]), np.concatenate([gap[:1], gap]))
    return apart


def _per_row(value: Array | float, count: int) -> Array:
    """`[N, R]` as it is; one number or `[N]` as `[N, 1]`."""
    array = np.asarray(value, float)
    return array if array.ndim == 2 else np.broadcast_to(array, count)[:, None]


def _colours(points: Array, t: Array, lit: Array, cut: Cut, tones: HairTones, rng: np.random.Generator) -> Array:
    """Linear colours `[V, 3]` of the vertices `[N, R, A, 3]`."""
    n = len(points)
    root, body, shine, tip = (srgb(code) for code in (tones.root, tones.body, tones.shine, tones.tip))
    along = np.broadcast_to(t[None, :, None], points.shape[:3])
    colour = blend(np.broadcast_to(root, points.shape), body, smoothstep(0.0, 0.34, along))
    colour = blend(colour, tip, smoothstep(0.55, 1.0, along) * 0.8)
    jitter = rng.uniform(-7.0, 7.0, n)[:, None, None]
    band = np.exp(-(((points[..., 1] - cut.shine_y - jitter) / 17.0) ** 2)) * smoothstep(0.06, 0.3, along)
    colour = blend(colour, shine, 0.75 * band * lit)
    tone = rng.uniform(0.86, 1.08, n)[:, None, None] * lit
    shaded: Array = np.clip(colour * tone[..., None], 0, 1).reshape(-1, 3)
    return shaded
