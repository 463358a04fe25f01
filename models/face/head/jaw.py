"""Morphs of the jaw: bone that turns and slides, and the skin that goes along."""

import numpy as np

from models.face.head.lip_loops import LipLoops
from models.face.head.mouth_rings import CONTACT, INNER
from models.face.head.proportions import JAW_SLIDE, JAW_SWING, JAW_THRUST, Array, smoothstep
from models.face.head.response import GAP_RESPONSE_MM

_CORNER_SHARE = 0.34
"""How much of the jaw's turn the mouth's corners take."""

_MEET_DOWN = 0.24
"""Sealed lips over an open jaw meet this far down the opening: the lower lip reaches up, the upper stretches."""


class Jaw:
    """The jaw's share in every vertex, and its morphs.

    Attributes:
        share: `[V]` 0 on the skull, 1 on the chin and lower lip.
        angle: radians at JawOpen 1.
    """

    def __init__(self, lips: LipLoops) -> None:
        self._lips = lips
        self.share = _share(lips)
        self.angle = 0.33
        for _ in range(4):
            self.angle *= GAP_RESPONSE_MM["JawOpen"] / lips.gap(self._opened())

    def open(self) -> Array:
        """JawOpen: a turn about the joints; the corners draw in a little as the mouth rounds."""
        return self._opened()

    def close(self) -> Array:
        """MouthClose: what seals the lips of the fully opened jaw, so that equal weights stay sealed."""
        lips, rest = self._lips, self._lips.skin.mesh.vertices
        opened = rest + self.open()
        contact = lips.skin.mouth[CONTACT]
        here, there = opened[contact], opened[contact[lips.opposite]]
        upper = np.round(np.sin(2 * np.pi * np.arange(len(contact)) / len(contact)), 9) > 0
        share = np.where(upper, _MEET_DOWN, 1 - _MEET_DOWN)[:, None]
        meet = here * (1 - share) + there * share
        rows = INNER + 1 - int(lips.row.min())
        target = np.tile(meet, (rows, 1)) + lips.rest - np.tile(rest[contact], (rows, 1))
        # As wide as at rest, and pressed: the overlap grows from nothing at the corners.
        target[:, 0] += 0.85 * (lips.rest[:, 0] - target[:, 0])
        seal = lips.spread(target - opened[lips.ids], reach=40.0)
        press = lips.spread(lips.vectors(y=(lips.lower - lips.upper) * lips.depth.clip(0, 1)), reach=40.0)
        return lips.with_gap(lambda k: seal + k * press, GAP_RESPONSE_MM["MouthClose"])

    def forward(self) -> Array:
        """JawForward: the bone slides 7 mm out of its joint."""
        lips = self._lips
        part = lips.spread(lips.vectors(y=-lips.lower))
        slide = self.share[:, None] * JAW_THRUST
        return lips.with_gap(lambda k: slide + k * part, GAP_RESPONSE_MM["JawForward"])

    def left(self) -> Array:
        """JawLeft: the bone swings 7 mm to the character's left; the lip that trails keeps clear of the teeth."""
        lips = self._lips
        clear = lips.spread(lips.vectors(z=3.4 * np.clip(-lips.across, 0, 1) ** 1.5))
        swung: Array = self.share[:, None] * JAW_SWING + clear
        return swung

    def turned(self, points: Array, share: Array | float = 1.0) -> Array:
        """Displacement of `points` `[N, 3]` at JawOpen 1, `share` of the turn."""
        share = np.broadcast_to(np.asarray(share, float), points.shape[:1])
        moved: Array = (
            turn(points, self._lips.proportions.jaw_axis, share * self.angle) - points + share[:, None] * JAW_SLIDE
        )
        return moved

    def _opened(self) -> Array:
        lips = self._lips
        turned = self.turned(lips.skin.mesh.vertices, self.share)
        rounded = lips.spread(lips.vectors(x=-0.10 * lips.rest[:, 0], y=0.4 * lips.upper))
        opened: Array = turned + rounded
        return opened


def turn(points: Array, axis: Array, angle: Array) -> Array:
    """Points turned about the jaw's axis through `axis`, the front going down, `angle` `[N]` radians."""
    q = points - axis
    c, s = np.cos(angle), np.sin(angle)
    turned: Array = np.stack([q[:, 0], c * q[:, 1] - s * q[:, 2], s * q[:, 1] + c * q[:, 2]], -1) + axis
    return turned


def _share(lips: LipLoops) -> Array:
    v = lips.skin.mesh.vertices
    height = np.abs(lips.side) * np.sqrt(lips.full)
    on_lips = np.where(
        lips.side > 0,
        _CORNER_SHARE * (1 - height) ** 1.8,
        _CORNER_SHARE + (1 - _CORNER_SHARE) * smoothstep(-0.05, 0.90, height),
    )
    mouth = np.zeros(len(v), np.bool_)
    mouth[lips.skin.mouth.ravel()] = True
    skin = ~mouth
    skin[lips.skin.pole] = False
    chin = skin & (v[:, 1] < -69) & (v[:, 1] > -97) & (v[:, 2] > 28) & (np.abs(lips.skin.form.head(v)) < 1.2)
    edge = skin & (v[:, 1] < -72) & (v[:, 1] > -97) & (np.abs(v[:, 0]) > 22) & (v[:, 2] > -8) & ~chin
    skull = skin & ((v[:, 1] > -27) | (v[:, 2] < -12) | (v[:, 1] < -116)) & ~chin & ~edge
    skull[lips.skin.mouth[-1]] = True
    skull[lips.skin.pole] = True
    held = np.concatenate([lips.ids, np.flatnonzero(chin), np.flatnonzero(edge), np.flatnonzero(skull)])
    on_edge = smoothstep(-14.0, 32.0, v[edge, 2])
    values = np.concatenate([on_lips, np.ones(chin.sum()), on_edge, np.zeros(skull.sum())])
    share: Array = np.clip(lips.fill.solve(held, values[:, None])[:, 0], -0.03, 1.04)
    return share
