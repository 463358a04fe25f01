"""The lips as morphs see them: a few numbers per lip vertex, a way to move them, and what the gap does."""

from collections.abc import Callable

import numpy as np

from models.face.head import field, mouth_rings
from models.face.head.fill import Fill
from models.face.head.mouth_rings import BORDER, COLUMNS, CONTACT, INNER
from models.face.head.proportions import MIRROR, PAIR_X, Array, Ints, Proportions, smoothstep
from models.face.head.topology import Skin


class LipLoops:
    """The loops from the border of the red to the last inner ring, flattened to `[N]`.

    Attributes:
        ids: skin vertices.
        rest: their positions.
        row: ring of each, `BORDER`..`INNER`.
        across: −1 at the right corner, 0 in the middle, 1 at the left.
        full: 1 in the middle, 0 at the corners.
        upper, lower: `full` ** 0.5 on that lip, else 0.
        depth: 0 at the border, 1 where the lips meet, more than 1 inside.
        left: 0 at the right corner, a half in the middle, 1 at the left: what a one-sided morph takes.
        upper_pairs, lower_pairs: skin vertices between which the gap is measured, the middle pair first.
        corners: skin vertices at the left and right corner.
    """

    def __init__(self, skin: Skin, fill: Fill) -> None:
        self.skin, self.fill = skin, fill
        self.proportions: Proportions = skin.form.proportions
        loops = skin.mouth[BORDER : INNER + 1]
        angle = np.tile(np.arange(COLUMNS) * 2 * np.pi / COLUMNS, len(loops))
        self.ids: Ints = loops.ravel()
        self.rest: Array = skin.mesh.vertices[self.ids]
        self.row: Ints = np.repeat(np.arange(BORDER, INNER + 1), COLUMNS)
        self.across: Array = np.cos(angle).round(12)
        self.full: Array = np.clip(1 - self.across**2, 0, 1)
        self.side: Array = np.sign(np.round(np.sin(angle), 9))
        self.upper: Array = (self.side > 0) * self.full**0.5
        self.lower: Array = (self.side < 0) * self.full**0.5
        self.depth: Array = (self.row - BORDER) / (CONTACT - BORDER)
        self.left: Array = smoothstep(-0.55, 0.55, self.across)
        self.opposite: Ints = (-np.arange(COLUMNS)) % COLUMNS
        """Column of the partner on the other lip."""
        pair = _column(self.proportions, PAIR_X)
        columns = [COLUMNS // 4, pair, COLUMNS // 2 - pair]
        self.upper_pairs: Ints = skin.mouth[CONTACT, columns]
        self.lower_pairs: Ints = skin.mouth[CONTACT, self.opposite[columns]]
        self.corners: tuple[int, int] = (int(skin.mouth[BORDER, 0]), int(skin.mouth[BORDER, COLUMNS // 2]))
        self._spread: dict[tuple[float, float], Ints] = {}

    def held_still(self, reach: float, top: float) -> Ints:
        """Vertices a lip morph may not move: further than `reach` from the mouth, above `top`, the eyes, the throat."""
        v = self.skin.mesh.vertices
        away = np.linalg.norm((v - (0, self.proportions.mouth_y, 70)) * (1, 1, 0.8), axis=1) > reach
        still = away | (v[:, 1] > top)
        still[self.skin.mouth[: INNER + 1]] = False
        for eye in self.skin.eyes:
            still[eye] = True
        still[self.skin.mouth[-1]] = True
        still[self.skin.pole] = True
        still[self.ids] = False
        return np.flatnonzero(still)

    def spread(self, lips: Array, reach: float = 38.0, top: float = -28.0) -> Array:
        """A morph of the whole skin from displacements `[N, 3]` of the lips."""
        if (reach, top) not in self._spread:
            self._spread[reach, top] = self.held_still(reach, top)
        still = self._spread[reach, top]
        held = np.concatenate([self.ids, still])
        return self.fill.solve(held, np.concatenate([lips, np.zeros((len(still), 3))]))

    def along_face(self, dx: Array, dy: Array | float = 0.0) -> Array:
        """How much further forward the face is where a lip vertex moves to than where it was."""
        x, y = self.rest[:, 0], mouth_rings.line(self.proportions, self.rest[:, 0])
        moved = field.cast_front(self.skin.form.skull, x + dx, y + dy)
        forward: Array = moved - field.cast_front(self.skin.form.skull, x, y)
        return forward

    def gap(self, morph: Array) -> float:
        """Change of the mean lip gap (upper minus lower, signed) by a morph of the skin, in millimetres."""
        return float((morph[self.upper_pairs, 1] - morph[self.lower_pairs, 1]).mean())

    def with_gap(self, make: Callable[[float], Array], wanted: float) -> Array:
        """The morph `make(k)`, linear in k, whose gap is `wanted`."""
        at_zero, at_one = make(0.0), make(1.0)
        k = (wanted - self.gap(at_zero)) / (self.gap(at_one) - self.gap(at_zero))
        morph: Array = at_zero + k * (at_one - at_zero)
        return morph

    def vectors(self, x: Array | float = 0.0, y: Array | float = 0.0, z: Array | float = 0.0) -> Array:
        """Displacements `[N, 3]` from components."""
        zero = np.zeros(len(self.ids))
        return np.stack([zero + x, zero + y, zero + z], -1)

    def other_side(self, morph: Array) -> Array:
        """A left morph for the right."""
        mirrored: Array = morph[self.skin.mirror] * MIRROR
        return mirrored


def _column(m: Proportions, x: float) -> int:
    return round(float(np.arccos(x / m.mouth_half_width / 0.965)) / (2 * np.pi) * COLUMNS)
