"""Fewer vertices for machines without a graphics card: edges collapse where the surface and its motion allow it.

Quadric error metrics (Garland & Heckbert 1997) with half-edge collapses: the vertices that stay are vertices of the
fine mesh, so that their normals, colours and morphs stay too. Both sides collapse together, so that the result is as
symmetric as the mesh was.
"""

import heapq
import math
from dataclasses import dataclass

import numpy as np

from models.face.head.mesh import Mesh
from models.face.head.proportions import Array, Ints, Mask

_BORDER_WEIGHT = 30.0
_FLIP_COSINE = 0.25
"""A triangle may not turn by more than this when one of its corners moves."""
_THIN = 0.12
"""Nor become thinner than this: twice its area by its longest edge squared."""
_TRAIT_WEIGHT = 0.6
"""Square millimetres of surface error that a square millimetre of difference in traits counts for."""


@dataclass(frozen=True)
class Coarse:
    """What is left: vertices of the fine mesh `[N]`, ascending, and triangles among them `[F, 3]`."""

    ids: Ints
    faces: Ints


def coarsen(
    mesh: Mesh, count: int, *, keep: Mask | None = None, mirror: Ints | None = None, traits: Array | None = None
) -> Coarse:
    """Collapse edges until `count` vertices are left, or none can go.

    Args:
        mesh: the fine mesh; vertices no triangle uses go, unless kept.
        count: how many vertices to leave.
        keep: `[V]` vertices that must stay.
        mirror: `[V]` each vertex's partner on the other side, itself in the middle.
        traits: `[V, K]` further coordinates, in millimetres, that should stay smooth: colours, displacements.
    """
    return _Collapse(mesh, keep, mirror, traits).run(count)


class _Collapse:
    def __init__(self, mesh: Mesh, keep: Mask | None, mirror: Ints | None, traits: Array | None) -> None:
        self.points = mesh.vertices
        self.corners = [(float(x), float(y), float(z)) for x, y, z in self.points]
        self.homogeneous = np.concatenate([self.points, np.ones((len(self.points), 1))], axis=1)
        total = len(self.points)
        self.mirror = np.arange(total) if mirror is None else mirror
        self.keep = np.zeros(total, np.bool_) if keep is None else keep
        self.middle = (self.mirror == np.arange(total)) if mirror is not None else np.zeros(total, np.bool_)
        self.traits = np.zeros((total, 1)) if traits is None else traits
        self.faces: list[tuple[int, int, int]] = [(int(a), int(b), int(c)) for a, b, c in mesh.faces]
        self.around: list[set[int]] = [set() for _ in range(total)]
        for i, face in enumerate(self.faces):
            for v in face:
                self.around[v].add(i)
        self.quadrics = self._quadrics(mesh)
        self.spread = self._spread()
        self.stamp = [0] * total
        self.alive = {v for v in range(total) if self.around[v]}

    def run(self, count: int) -> Coarse:
        heap: list[tuple[float, int, int, int]] = []
        for v in sorted(self.alive):
            for u in sorted(self._ring(v)):
                self._offer(heap, v, u)
        while len(self.alive) > count and heap:
            _, v, u, stamp = heapq.heappop(heap)
            if v not in self.alive or u not in self.alive or stamp != self.stamp[v] + self.stamp[u]:
                continue
            if not self._collapse_both(v, u):
                continue
            for w in sorted({u, int(self.mirror[u])}):
                self.stamp[w] += 1
                for near in sorted(self._ring(w)):
                    self._offer(heap, w, near)
                    self._offer(heap, near, w)
        ids = np.array(sorted(self.alive | set(np.flatnonzero(self.keep).tolist())), np.int64)
        number = np.full(len(self.points), -1)
        number[ids] = np.arange(len(ids))
        used = sorted({i for v in self.alive for i in self.around[v]})
        return Coarse(ids, number[np.array([self.faces[i] for i in used])])

    def _quadrics(self, mesh: Mesh) -> Array:
        """`[V, 4, 4]`: area-weighted planes of the triangles, and planes across open borders."""
        a, b, c = (self.points[mesh.faces[:, k]] for k in range(3))
        cross = np.cross(b - a, c - a)
        area = np.linalg.norm(cross, axis=1)
        normal = cross / np.maximum(area, 1e-12)[:, None]
        plane = np.concatenate([normal, -(normal * a).sum(1, keepdims=True)], axis=1)
        quadric = np.einsum("f,fi,fj->fij", area, plane, plane)
        total = np.zeros((len(self.points), 4, 4))
        for k in range(3):
            np.add.at(total, mesh.faces[:, k], quadric)
        edges = np.concatenate([mesh.faces[:, [0, 1]], mesh.faces[:, [1, 2]], mesh.faces[:, [2, 0]]])
        owner = np.tile(np.arange(len(mesh.faces)), 3)
        _, first, times = np.unique(np.sort(edges, axis=1), axis=0, return_index=True, return_counts=True)
        for e in first[times == 1]:
            p, q = self.points[edges[e, 0]], self.points[edges[e, 1]]
            across = np.cross(q - p, normal[owner[e]])
            length = float(np.linalg.norm(across))
            wall = np.append(across, -across @ p) / max(length, 1e-12)
            for v in edges[e]:
                total[v] += _BORDER_WEIGHT * length * np.outer(wall, wall)
        return total

    def _spread(self) -> Array:
        """The area around each vertex `[V]`, which weighs its traits."""
        area = np.zeros(len(self.points))
        for v, around in enumerate(self.around):
            for i in around:
                a, b, c = (self.points[w] for w in self.faces[i])
                area[v] += float(np.linalg.norm(np.cross(b - a, c - a))) / 3
        return area

    def _ring(self, v: int) -> set[int]:
        ring = {w for i in self.around[v] for w in self.faces[i]}
        ring.discard(v)
        return ring

    def _offer(self, heap: list[tuple[float, int, int, int]], v: int, u: int) -> None:
        """Put the collapse of `v` into its neighbour `u` into the heap."""
        if self.keep[v] or (self.middle[v] and not self.middle[u]) or (u == self.mirror[v] and not self.middle[v]):
            return
        p = self.homogeneous[u]
        cost = float(p @ (self.quadrics[v] + self.quadrics[u]) @ p)
        change = self.traits[u] - self.traits[v]
        cost += _TRAIT_WEIGHT * self.spread[v] * float(change @ change)
        heapq.heappush(heap, (cost, v, u, self.stamp[v] + self.stamp[u]))

    def _collapse_both(self, v: int, u: int) -> bool:
        """Collapse `v` into `u`, and the same on the other side; all or nothing."""
        if not self._allowed(v, u):
            return False
        before = {i: self.faces[i] for i in self.around[v]}
        rings = {w: set(self.around[w]) for w in self._ring(v) | {v}}
        self._move(v, u)
        other, target = int(self.mirror[v]), int(self.mirror[u])
        if other == v or other not in self.alive:
            return True
        if self._allowed(other, target):
            self._move(other, target)
            return True
        for i, face in before.items():
            self.faces[i] = face
        for w, around in rings.items():
            self.around[w] = around
        self.alive.add(v)
        self.quadrics[u] -= self.quadrics[v]
        self.spread[u] -= self.spread[v]
        return False

    def _allowed(self, v: int, u: int) -> bool:
        shared = self.around[v] & self.around[u]
        if not shared or len(self._ring(v) & self._ring(u)) != len(shared):
            return False
        open_border = len(shared) == 1
        if self._on_border(v) != open_border:
            return False
        for i in self.around[v] - shared:
            face = self.faces[i]
            was, _ = self._normal(*face)
            now, longest = self._normal(*(u if w == v else w for w in face))
            size = math.hypot(*now)
            turned = was[0] * now[0] + was[1] * now[1] + was[2] * now[2]
            if turned < _FLIP_COSINE * math.hypot(*was) * size or size < _THIN * longest:
                return False
        return True

    def _normal(self, a: int, b: int, c: int) -> tuple[tuple[float, float, float], float]:
        """Twice the area as a vector, and the longest edge squared; in plain floats, which are quicker one by one."""
        (ax, ay, az), (bx, by, bz), (cx, cy, cz) = self.corners[a], self.corners[b], self.corners[c]
        ux, uy, uz, vx, vy, vz = bx - ax, by - ay, bz - az, cx - ax, cy - ay, cz - az
        wx, wy, wz = cx - bx, cy - by, cz - bz
        longest = max(ux * ux + uy * uy + uz * uz, vx * vx + vy * vy + vz * vz, wx * wx + wy * wy + wz * wz)
        return (uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx), longest

    def _on_border(self, v: int) -> bool:
        return len(self._ring(v)) != len(self.around[v])

    def _move(self, v: int, u: int) -> None:
        for i in list(self.around[v]):
            face = self.faces[i]
            if u in face:
                for w in face:
                    self.around[w].discard(i)
            else:
                a, b, c = (u if w == v else w for w in face)
                self.faces[i] = (a, b, c)
                self.around[u].add(i)
        self.around[v] = set()
        self.alive.discard(v)
        self.quadrics[u] += self.quadrics[v]
        self.spread[u] += self.spread[v]
