"""Hair: a dark cap on the skull under locks that flow from a side parting and a crown.

A lock is a tapering flat stroke whose spine follows a direction field over the skull; where it leaves the hairline it
ends, a little beyond, so that the edge is of tips and not of a cut.
"""

from functools import partial

import numpy as np

from models.face.head import field
from models.face.head.form import Form
from models.face.head.mesh import Mesh, grid_faces, surface_net, vertex_normals
from models.face.head.proportions import Array, Mask, smoothstep, unit

_SEED = 5
_LOCKS = 118
_ROWS, _AROUND = 9, 7
_STEP_MM = 5.0
_STEPS = 26
_SOFTENING = 0.8
_BEFORE_ROOT_MM = 11.0
"""Locks start, thin and sunk, this far before their root, so that they are full where the parting shows."""
_CAP_MM = 3.5
"""Thickness of the cap under the locks."""

_CROWN: Array = np.array([10.0, 96.0, -52.0])
_PARTING_X = 24.0
_MIDDLE: Array = np.array([0.0, 20.0, -9.0])
"""A point inside the skull that sees all of the scalp."""


def hair(form: Form) -> tuple[Mesh, Array, Array]:
    """Cap and locks, their shade as factors of the hair's colour `[V, 3]`, and softened normals `[V, 3]`."""
    cap = surface_net(partial(_cap, form), np.array([-95.0, -62.0, -112.0]), np.array([95.0, 120.0, 90.0]), 8.5)
    locks, shade = _locks(form)
    shades = np.concatenate([np.full(len(cap.vertices), 0.55), shade])
    whole = cap + locks
    own = vertex_normals(whole.vertices, whole.faces)
    # Half the skull's normals: locks shade as one head of hair, not as a bundle of tubes.
    soft = unit(own + _SOFTENING * field.normals(form.skull, whole.vertices))
    return whole, np.repeat(shades[:, None], 3, axis=1), soft


def _bald(p: Array, margin: float = 0.0) -> Array:
    """Negative on face, ears and neck: what hair must not cover; `margin` lets it grow inwards."""
    q = field.folded(p)
    face = field.ellipsoid(p, (0, -19, 87), (67, 80, 60))
    cheek = field.ellipsoid(q, (64, -34, 47), (46, 66, 40))
    ear = field.ellipsoid(q, (86, -26, 10), (33, 38, 27))
    nape = p[..., 1] + 44 + 0.12 * p[..., 2]
    bald: Array = np.minimum(field.join(face, cheek, 30), np.minimum(ear, nape)) - margin
    return bald


def _cap(form: Form, p: Array) -> Array:
    return field.cut(form.skull(p) - _CAP_MM, _bald(p, 3.0), 7)


def _flow(form: Form, p: Array) -> Array:
    """Which way hair lies at points of the scalp: away from the crown, at the front to either side of the parting."""
    away = p - _CROWN
    front = smoothstep(-15.0, 45.0, p[:, 2]) * smoothstep(20.0, 60.0, p[:, 1])
    side = np.tanh((p[:, 0] - _PARTING_X) / 6.0)
    sweep = np.stack([side * 1.0, np.full(len(p), -0.15), np.full(len(p), 0.25)], -1)
    down = np.array([0.0, -0.9, -0.12])
    low = 1 - smoothstep(-10.0, 55.0, p[:, 1])
    flow = unit(away) * (1 - front)[:, None] + sweep * front[:, None] * 1.3 + down * low[:, None] * 1.2
    normal = field.normals(form.skull, p)
    return unit(flow - (flow * normal).sum(1)[:, None] * normal)


def _on_level(form: Form, p: Array, height: Array) -> Array:
    """Points brought to a given height above the skull."""
    for _ in range(3):
        g = field.gradient(form.skull, p)
        p = p - ((form.skull(p) - height) / np.maximum((g * g).sum(1), 0.2))[:, None] * g
    return p


def _roots(form: Form, rng: np.random.Generator) -> Array:
    """Blue-noise roots on the haired scalp, dense along the parting."""
    toward = unit(rng.normal(size=(6000, 3)) * (1.0, 0.9, 1.0) + (0, 0.45, -0.05))
    scalp = field.cast_out(form.skull, _MIDDLE, toward, 150.0, 60)
    scalp = scalp[(_bald(scalp) > 6) & (scalp[:, 1] > -34)]
    line = np.stack([np.linspace(_PARTING_X, _CROWN[0], 12), np.full(12, 60.0), np.linspace(60.0, _CROWN[2], 12)], -1)
    ring = np.arange(8) * 2 * np.pi / 8
    about = _CROWN + 7.0 * np.stack([np.cos(ring), 0 * ring, np.sin(ring)], -1)
    beside = np.array([3.5, 0.0, 0.0])
    first = np.concatenate([line + beside, line - beside, about])
    first = field.cast_out(form.skull, _MIDDLE, unit(first - _MIDDLE), 150.0, 60)
    chosen: list[Array] = [p for p in first if _bald(p[None])[0] > 3]
    for p in scalp:
        if all(float(((p - q) ** 2).sum()) > 14.5**2 for q in chosen):
            chosen.append(p)
            if len(chosen) == _LOCKS:
                break
    return np.array(chosen)


def _paths(form: Form, roots: Array, length: Array, height: Array) -> Array:
    """Spines `[N, _ROWS, 3]`: along the flow until `length` or the hairline."""
    n = len(roots)
    p = _on_level(form, roots - _BEFORE_ROOT_MM * _flow(form, roots), height * 0.4)
    points, left = [p], np.full(n, np.inf)
    travelled = np.zeros(n)
    for _ in range(_STEPS):
        p = _on_level(form, p + _STEP_MM * _flow(form, p), height)
        points.append(p)
        travelled += _STEP_MM
        gone: Mask = (_bald(p) < 0) & np.isinf(left)
        left[gone] = travelled[gone]
    end = np.minimum(length, left + 3.5)
    track = np.stack(points, 1)  # [N, steps, 3]
    at = np.linspace(0, 1, _ROWS)[None] * end[:, None] / _STEP_MM
    low = np.clip(at.astype(int), 0, _STEPS - 1)
    part = (at - low)[..., None]
    index = np.arange(n)[:, None]
    spine: Array = track[index, low] * (1 - part) + track[index, low + 1] * part
    return spine


def _locks(form: Form) -> tuple[Mesh, Array]:
    rng = np.random.default_rng(_SEED)
    roots = _roots(form, rng)
    n = len(roots)
    top = smoothstep(35.0, 85.0, roots[:, 1]) * smoothstep(-60.0, 30.0, roots[:, 2])
    height = 5.0 + 6.5 * top + rng.uniform(-1.0, 2.5, n)
    length = rng.uniform(66, 92, n) + 14 * top
    spine = _paths(form, roots, length, height)
    t = np.linspace(0, 1, _ROWS)
    normal = unit(field.gradient(form.skull, spine.reshape(-1, 3)).reshape(spine.shape))
    tangent = unit(np.gradient(spine, axis=1))
    across = np.cross(tangent, normal)
    width = rng.uniform(10.5, 14.5, n)[:, None] * (0.28 + 0.72 * np.sin(np.pi * np.clip(t * 1.4, 0, 0.5)))
    width = width * np.sqrt(np.clip(1 - t**2.6, 0, 1)) + 0.15
    thick = (2.8 + 2.0 * top + rng.uniform(0, 1.2, n))[:, None] * np.sqrt(np.clip(1 - t**2.2, 0, 1)) + 0.1
    curl = rng.uniform(-1, 1, n)[:, None] * 4.0 * t**2
    sink = (0.35 * height)[:, None] * (t**3) + (height[:, None] * 0.9 + 2.0) * (1 - t) ** 5
    spine = spine + across * curl[..., None] - normal * sink[..., None]
    angle = np.arange(_AROUND) * 2 * np.pi / _AROUND
    rows = (
        spine[:, :, None]
        + across[:, :, None] * (width[..., None] * np.cos(angle))[..., None]
        + normal[:, :, None] * (thick[..., None] * np.sin(angle))[..., None]
    )
    one = grid_faces(_ROWS, _AROUND, wrap=True)
    count = _ROWS * _AROUND
    faces = (one[None] + (np.arange(n) * count)[:, None, None]).reshape(-1, 3)
    outward = (rows - spine[:, :, None]).reshape(-1, 3)
    mesh = Mesh(rows.reshape(-1, 3), faces).facing(outward)
    tone = rng.uniform(0.82, 1.12, n)[:, None] * (0.72 + 0.36 * t)
    lit = 0.80 + 0.20 * np.sin(angle)
    return mesh, (tone[..., None] * lit).reshape(-1)
