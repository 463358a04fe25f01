"""Signed distance fields: negative inside, millimetres.

Ellipsoids, spheres and capsules joined by polynomial smooth minima (Quilez). Distances are approximate away from the
surface, so projection is by damped Newton steps.
"""

import itertools
from collections.abc import Callable

import numpy as np

from models.face.head.proportions import Array

Field = Callable[[Array], Array]
"""Points `[..., 3]` → distances `[...]`."""

Triple = tuple[float, float, float]


def join(a: Array, b: Array, blend: float) -> Array:
    """Smooth union; `blend` is how far the fillet reaches."""
    h = np.maximum(blend - np.abs(a - b), 0.0) / blend
    joined: Array = np.minimum(a, b) - h * h * blend * 0.25
    return joined


def cut(a: Array, b: Array, blend: float) -> Array:
    """`a` without `b`, with a smooth edge."""
    return -join(-a, b, blend)


def sphere(p: Array, centre: Triple | Array, radius: float) -> Array:
    """A sphere."""
    distance: Array = np.linalg.norm(p - np.asarray(centre), axis=-1) - radius
    return distance


def ellipsoid(p: Array, centre: Triple, radii: Triple) -> Array:
    """An axis-aligned ellipsoid (first-order distance)."""
    q = p - np.array(centre)
    r = np.array(radii)
    k0 = np.linalg.norm(q / r, axis=-1)
    k1 = np.linalg.norm(q / (r * r), axis=-1) + 1e-9
    distance: Array = k0 * (k0 - 1.0) / k1
    return distance


def capsule(p: Array, start: Triple, end: Triple, r_start: float, r_end: float) -> Array:
    """A rounded cone from `start` to `end`."""
    a, ab = np.array(start), np.array(end) - np.array(start)
    t = np.clip(((p - a) @ ab) / (ab @ ab), 0.0, 1.0)
    distance: Array = np.linalg.norm(p - a - t[..., None] * ab, axis=-1) - (r_start + (r_end - r_start) * t)
    return distance


def folded(p: Array) -> Array:
    """Points with |x|, so that a feature placed on the left appears on both sides."""
    q = p.copy()
    q[..., 0] = np.abs(q[..., 0])
    return q


def gradient(field: Field, p: Array, step: float = 0.2) -> Array:
    """Central differences, `[N, 3]`."""
    g = np.zeros_like(p)
    for axis in range(3):
        offset = np.zeros(3)
        offset[axis] = step
        g[:, axis] = (field(p + offset) - field(p - offset)) / (2 * step)
    return g


def normals(field: Field, p: Array) -> Array:
    """Outward unit normals of the field at `p`."""
    g = gradient(field, p)
    unit: Array = g / np.maximum(np.linalg.norm(g, axis=1, keepdims=True), 1e-12)
    return unit


def project(field: Field, p: Array, steps: int = 4) -> Array:
    """Move points onto the surface along the gradient, at most 5 mm a step."""
    for _ in range(steps):
        g = gradient(field, p)
        p = p - (np.clip(field(p), -5, 5) / np.maximum((g * g).sum(1), 0.2))[:, None] * g
    return p


def cast_out(field: Field, origin: Array, directions: Array, reach: float, samples: int) -> Array:
    """First exits of rays that start inside: `origin` `[3]` or `[N, 3]`, unit `directions` `[N, 3]`."""
    return _bisect(field, origin, directions, np.linspace(0.0, reach, samples), leaving=True)


def cast_front(field: Field, x: Array, y: Array) -> Array:
    """Height z of the foremost surface over points of the frontal plane."""
    origin = np.stack([x, y, np.zeros_like(x)], -1)
    forward = np.broadcast_to(np.array([0.0, 0.0, 1.0]), origin.shape)
    return _bisect(field, origin, forward, np.linspace(130.0, 30.0, 200), leaving=False)[:, 2]


def _bisect(field: Field, origin: Array, directions: Array, ts: Array, *, leaving: bool) -> Array:
    origin = np.broadcast_to(origin, directions.shape)
    near, far = np.full(len(directions), ts[0]), np.full(len(directions), ts[-1])
    found = np.zeros(len(directions), np.bool_)
    for before, t in itertools.pairwise(ts):
        open_rays = np.flatnonzero(~found)
        if len(open_rays) == 0:
            break
        value = field(origin[open_rays] + directions[open_rays] * t)
        hit = open_rays[(value > 0) if leaving else (value < 0)]
        near[hit], far[hit], found[hit] = before, t, True
    for _ in range(28):
        middle = (near + far) / 2
        crossed = (field(origin + directions * middle[:, None]) > 0) == leaving
        near, far = np.where(crossed, near, middle), np.where(crossed, middle, far)
    exits: Array = origin + directions * ((near + far) / 2)[:, None]
    return exits
