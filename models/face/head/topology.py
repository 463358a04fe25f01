"""The skin's mesh: loops around eyes and mouth, mirrored blue-noise points elsewhere, exactly symmetric.

The left half is meshed and mirrored. Free points are triangulated by the convex hull of their directions from the
head's centre, which is a Delaunay triangulation on the sphere, then relaxed on the surface.
"""

from dataclasses import dataclass
from functools import partial
from itertools import pairwise

import numpy as np
from scipy.spatial import ConvexHull, cKDTree

from models.face.head import eye_rings, field, mouth_rings
from models.face.head.form import NOSE_BLEND, Form
from models.face.head.mesh import Mesh, neighbours
from models.face.head.nostrils import with_nostrils
from models.face.head.proportions import MIRROR, Array, Ints, Mask, unit

_CENTRE: Array = np.array([0.0, -14.0, -12.0])
_NECK_END = -154.0
_NECK_RINGS: tuple[float, ...] = (-132.0, -143.0, -155.0)
"""The neck ends, under the collar, in regular rings."""
_NECK_STILL = -122.0
"""Below this the neck keeps its first points, hidden by the collar as they soon are."""
_SEED = 3
_CLEAR_OF_RINGS_MM = 2.7
_GROWTH_ROUNDS = 6
_NOSE_SUNK_MM = 24.0
"""The nose rises out of the face from this deep, so slowly that points stay on its surface."""


@dataclass(frozen=True)
class Skin:
    """The skin at rest and where its loops are.

    Attributes:
        form: the surface it lies on.
        mesh: all of the skin and the mouth's bag.
        mirror: `[V]` each vertex's partner on the other side (itself on the middle).
        mouth: `[mouth_rings.RINGS, 60]` vertices of the mouth's loops, columns counter-clockwise from the left corner.
        pole: the vertex at the mouth's back.
        eyes: vertices of the loops of the left and right eye, `[rings, 44]` each, outermost first.
    """

    form: Form
    mesh: Mesh
    mirror: Ints
    mouth: Ints
    pole: int
    eyes: tuple[Ints, Ints]


def build_skin(form: Form) -> Skin:
    """Mesh the skin."""
    eye, mouth = eye_rings.rings(form), mouth_rings.half_rings(form)
    points = _free_points(form, eye[0], mouth[0])
    vertices, faces, label = points
    vertices, faces = _relaxed(form, vertices, faces, pinned=label > 0)
    vertices, faces, eye_ids, mouth_ids, pole = _with_rings(vertices, faces, label, eye, mouth)
    vertices = _settled(form, vertices, faces, eye_ids, mouth_ids, pole)
    return _mirrored(form, with_nostrils(vertices), faces, eye_ids, mouth_ids, pole)


def _spacing(p: Array) -> Array:
    """Wanted distance between free points, millimetres: fine at the nose, coarse under the hair."""
    x, y, z = np.abs(p[:, 0]), p[:, 1], p[:, 2]
    front = np.clip((z + 5) / 47, 0, 1)
    spacing = 7.0 * (1 - front) + 2.65 * front
    to_nose = np.sqrt(x**2 + ((y + 23) / 1.1) ** 2 + (z - 87) ** 2)
    near_nose = np.clip((to_nose - 16) / 14, 0, 1)
    spacing = 1.5 * (1 - near_nose) + spacing * near_nose
    hair = np.clip((y - 58) / 19, 0, 1)
    wanted: Array = spacing * (1 - hair) + 8.5 * hair
    return wanted


def _bounded(form: Form, p: Array) -> Array:
    """The head without its nose, the neck cut off so that every ray from the centre leaves it."""
    shape: Array = np.maximum(form.skull(p), -207 - p[..., 1])
    return shape


def _outside(points: Array, ring: Array) -> Mask:
    """Which points lie outside a ring, both seen from the head's centre."""
    offset = points - _CENTRE
    ahead = offset[:, 2] > 5
    seen = offset[:, :2] / np.where(ahead, offset[:, 2], 1.0)[:, None]
    polygon = (ring - _CENTRE)[:, :2] / (ring - _CENTRE)[:, 2:]
    inside = np.zeros(len(points), np.bool_)
    for a, b in zip(polygon, np.roll(polygon, 1, axis=0), strict=True):
        crosses = (a[1] > seen[:, 1]) != (b[1] > seen[:, 1])
        with np.errstate(divide="ignore", invalid="ignore"):
            inside ^= crosses & (seen[:, 0] < (b[0] - a[0]) * (seen[:, 1] - a[1]) / (b[1] - a[1]) + a[0])
    outside: Mask = ~(inside & ahead)
    return outside


def _neck_points(form: Form) -> Array:
    """Rings around the neck's left half, their ends on the middle."""
    angle = np.linspace(-np.pi / 2, np.pi / 2, 15)
    toward = np.stack([np.cos(angle), 0 * angle, np.sin(angle)], -1)
    toward[[0, -1], 0] = 0.0
    return np.concatenate(
        [field.cast_out(form.skull, np.array([0.0, y, -17.0]), toward, 80.0, 60) for y in _NECK_RINGS]
    )


class _Sieve:
    """Accepts points at least a given distance from every point accepted before."""

    def __init__(self, cell: float) -> None:
        self._cell = cell
        self._grid: dict[tuple[int, int, int], list[tuple[float, float, float]]] = {}

    def add(self, p: Array) -> None:
        self._grid.setdefault(self._key(p), []).append((float(p[0]), float(p[1]), float(p[2])))

    def clear_of(self, p: Array, distance: float) -> bool:
        i, j, k = self._key(p)
        x, y, z = float(p[0]), float(p[1]), float(p[2])
        for a in (i - 1, i, i + 1):
            for b in (j - 1, j, j + 1):
                for c in (k - 1, k, k + 1):
                    for qx, qy, qz in self._grid.get((a, b, c), ()):
                        if (x - qx) ** 2 + (y - qy) ** 2 + (z - qz) ** 2 < distance * distance:
                            return False
        return True

    def _key(self, p: Array) -> tuple[int, int, int]:
        i, j, k = (p // self._cell).astype(int)
        return int(i), int(j), int(k)


def _free_points(form: Form, eye_ring: Array, mouth_ring: Array) -> tuple[Array, Ints, Ints]:
    """Points of the half, their triangles, and labels: 1 eye ring, 2 mouth ring, 3 middle, 0 free."""
    rng = np.random.default_rng(_SEED)
    clouds = [
        rng.normal(size=(30000, 3)),
        rng.normal(size=(30000, 3)) * (0.35, 0.5, 0.2) + (0.2, -0.1, 0.9),
        rng.normal(size=(5000, 3)) * 0.35 + (0, -1, -0.1),
        rng.normal(size=(14000, 3)) * (0.13, 0.14, 0.0) + (0, -0.12, 1.0),
    ]
    toward = unit(np.concatenate(clouds))
    toward[:, 0] = np.abs(toward[:, 0])
    turn = np.linspace(0, 2 * np.pi, 1500)
    toward_middle = np.stack([0 * turn, np.sin(turn), np.cos(turn)], -1)
    whole_mouth = np.concatenate([mouth_ring, mouth_ring[-2:0:-1] * MIRROR])

    def candidates(directions: Array) -> Array:
        p = field.cast_out(partial(_bounded, form), _CENTRE, directions, 220.0, 90)
        p = p[_outside(p, eye_ring) & _outside(p, whole_mouth)]
        # A point on the line between two of a ring's would be joined to the ring's other side.
        p = p[p[:, 1] > _NECK_STILL - 4]  # below are the neck's rings
        return p[cKDTree(np.concatenate([eye_ring, whole_mouth])).query(p)[0] > _CLEAR_OF_RINGS_MM]

    sieve = _Sieve(9.0)
    for p in np.concatenate([eye_ring, mouth_ring]):
        sieve.add(p)
    middle: list[Array] = []
    free: list[Array] = []
    for p in _neck_points(form):
        sieve.add(p)
        (middle if p[0] < 1e-9 else free).append(p)
    on_middle = candidates(toward_middle)
    for p, distance in zip(on_middle, _spacing(on_middle), strict=True):
        if sieve.clear_of(p, distance * 0.95):
            sieve.add(p)
            middle.append(p)
    anywhere = candidates(toward)
    for p, distance in zip(anywhere, _spacing(anywhere), strict=True):
        if p[0] > 0.5 * distance and sieve.clear_of(p, distance):
            sieve.add(p)
            free.append(p)
    vertices = np.concatenate([eye_ring, mouth_ring, np.array(middle), np.array(free)])
    label = np.repeat([1, 2, 3, 0], [len(eye_ring), len(mouth_ring), len(middle), len(free)])
    vertices[label == 3, 0] = 0.0
    directions = unit(vertices - _CENTRE)
    faces = ConvexHull(directions).simplices.astype(np.int64)
    corner = label[faces]
    in_hole = (corner[:, :1] == corner).all(1) & np.isin(corner[:, 0], (1, 2))
    on_plane = (np.abs(vertices[faces][:, :, 0]) < 1e-9).all(1)
    below = (vertices[faces][:, :, 1] < _NECK_END).all(1)
    faces = faces[~(in_hole | on_plane | below)]
    a, b, c = (vertices[faces[:, k]] for k in range(3))
    inward = (np.cross(b - a, c - a) * directions[faces].mean(1)).sum(1) < 0
    faces[inward] = faces[inward][:, ::-1]
    return vertices, faces, label


def _flipped(vertices: Array, faces: Ints, passes: int) -> Ints:
    """Flip edges whose opposite angles sum to more than half a turn (Delaunay)."""
    triangles = [tuple(int(i) for i in f) for f in faces]
    for _ in range(passes):
        edges = {(t[k], t[(k + 1) % 3]): (i, t[(k + 2) % 3]) for i, t in enumerate(triangles) for k in range(3)}
        touched: set[int] = set()
        for (a, b), (i, c) in edges.items():
            if a > b or (b, a) not in edges:
                continue
            j, d = edges[(b, a)]
            if i in touched or j in touched or (c, d) in edges or (d, c) in edges:
                continue
            if _angle(vertices, a, c, b) + _angle(vertices, a, d, b) > np.pi + 0.05:
                triangles[i], triangles[j] = (c, a, d), (d, b, c)
                touched |= {i, j}
        if not touched:
            break
    return np.array(triangles)


def _angle(vertices: Array, a: int, apex: int, b: int) -> float:
    u, v = vertices[a] - vertices[apex], vertices[b] - vertices[apex]
    return float(np.arccos(np.clip(u @ v / np.sqrt((u @ u) * (v @ v)), -1, 1)))


def _relaxed(form: Form, vertices: Array, faces: Ints, pinned: Mask) -> tuple[Array, Ints]:
    """Even out the free points while the nose grows in, so that its steep sides get triangles of their own."""
    middle = np.abs(vertices[:, 0]) < 1e-9
    fixed = (pinned & ~middle) | (vertices[:, 1] < _NECK_STILL)
    ring = pinned & middle & np.isin(np.arange(len(vertices)), np.arange(eye_rings.COLUMNS + len(mouth_rings.HALF)))
    fixed = fixed | ring
    for round_ in range(_GROWTH_ROUNDS + 4):
        sunk = np.array([0.0, 0.0, _NOSE_SUNK_MM * max(0.0, 1.0 - round_ / _GROWTH_ROUNDS)])

        def shape(p: Array, sunk: Array = sunk) -> Array:
            return field.join(form.skull(p), form.nose(p + sunk), NOSE_BLEND)

        if round_ <= _GROWTH_ROUNDS:
            # The nose rises straight forward, and takes the points before it along.
            near = ~fixed & (vertices[:, 0] < 19) & (np.abs(vertices[:, 1] + 12) < 26) & (vertices[:, 2] > 55)
            vertices[near, 2] = field.cast_front(shape, vertices[near, 0], vertices[near, 1])
        if (round_ >= 2 and round_ % 2 == 0) or round_ > _GROWTH_ROUNDS:
            faces = _flipped(vertices, faces, 3)
        adjacency = neighbours(faces, len(vertices))
        degree = np.maximum(np.asarray(adjacency.sum(1)).ravel(), 1.0)[:, None]
        for step in range(6):
            move = (adjacency @ vertices) / degree - vertices
            normal = field.normals(shape, vertices)
            move -= (move * normal).sum(1)[:, None] * normal
            move[fixed] = 0.0
            move[middle, 0] = 0.0
            vertices = vertices + 0.45 * move
            if step % 3 == 2:
                vertices = np.where(fixed[:, None], vertices, field.project(shape, vertices, 2))
                vertices[middle, 0] = 0.0
    return vertices, faces


def _with_rings(
    vertices: Array, faces: Ints, label: Ints, eye: list[Array], mouth: list[Array]
) -> tuple[Array, Ints, Ints, Ints, int]:
    """Stitch the loops of eye and mouth into their holes; drop what no triangle uses."""
    parts, faces_all, count = [vertices], [faces], len(vertices)
    columns = {1: eye_rings.COLUMNS, 2: len(mouth_rings.HALF)}
    ids = {}
    for kind, rings in ((1, eye), (2, mouth)):
        rows = [np.flatnonzero(label == kind)]
        for ring in rings[1:]:
            rows.append(np.arange(count, count + len(ring)))
            parts.append(ring)
            count += len(ring)
        for outer, inner in pairwise(rows):
            i = np.arange(columns[kind] if kind == 1 else columns[kind] - 1)
            j = (i + 1) % columns[kind]
            loop = [np.stack([outer[i], outer[j], inner[j]], 1), np.stack([outer[i], inner[j], inner[i]], 1)]
            # The mouth's half runs clockwise from top to bottom, the eye's ring counter-clockwise.
            faces_all += loop if kind == 1 else [f[:, ::-1] for f in loop]
        ids[kind] = np.stack(rows)
    pole = count
    parts.append(mouth[-1].mean(0, keepdims=True) * (0, 1, 1) + (0, 0, -1))
    last = ids[2][-1]
    faces_all.append(np.stack([last[1:], last[:-1], np.full(len(last) - 1, pole)], 1))
    vertices, faces = np.concatenate(parts), np.concatenate(faces_all)
    used = np.zeros(len(vertices), np.bool_)
    used[faces] = True
    number = np.cumsum(used) - 1
    return vertices[used], number[faces], number[ids[1]], number[ids[2]], int(number[pole])


def _settled(form: Form, vertices: Array, faces: Ints, eye: Ints, mouth: Ints, pole: int) -> Array:
    """A last smoothing along the surface that also spreads the outer loops."""
    free = vertices[:, 1] > _NECK_STILL
    free[mouth[4:]] = False
    free[pole] = False
    free[eye[3:]] = False
    middle = np.abs(vertices[:, 0]) < 1e-9
    adjacency = neighbours(faces, len(vertices))
    degree = np.maximum(np.asarray(adjacency.sum(1)).ravel(), 1.0)[:, None]
    for step in range(14):
        move = (adjacency @ vertices) / degree - vertices
        normal = field.normals(form.head, vertices)
        move -= (move * normal).sum(1)[:, None] * normal
        move[~free] = 0.0
        move[middle, 0] = 0.0
        vertices = vertices + 0.5 * move
        if step % 3 == 1 or step > 11:
            vertices = np.where(free[:, None], field.project(form.head, vertices, 2), vertices)
            vertices[middle, 0] = 0.0
    return vertices


def _mirrored(form: Form, vertices: Array, faces: Ints, eye: Ints, mouth: Ints, pole: int) -> Skin:
    """Both halves."""
    middle = np.abs(vertices[:, 0]) < 1e-9
    half = len(vertices)
    partner = np.arange(half)
    partner[~middle] = half + np.arange((~middle).sum())
    whole = np.concatenate([vertices, vertices[~middle] * MIRROR])
    mirror = np.concatenate([partner, np.flatnonzero(~middle)])
    faces = np.concatenate([faces, partner[faces][:, ::-1]])
    quarter = mouth_rings.COLUMNS // 4
    left = mouth  # columns: 90° … −90°
    upper_left, lower_left = left[:, quarter::-1], left[:, :quarter:-1]  # 0° … 90°; −90° … −6°
    right = partner[left[:, 1:-1]]  # 96° … 264° on the far side, from the top down
    ring = np.concatenate([upper_left, right, lower_left], axis=1)
    return Skin(form, Mesh(whole, faces), mirror, ring, pole, (eye, partner[eye]))
