"""The head's form as a distance field, symmetric about x = 0: skull, flesh and nose, without lips and nostrils.

Big masses first (cranium, face, cheekbones, jaw, chin, muzzle, neck), then strokes: soft ridges and grooves laid on the
surface as a sculptor adds and takes away clay.
"""

from dataclasses import dataclass

import numpy as np

from models.face.head.field import Triple, capsule, cut, ellipsoid, folded, join, sphere
from models.face.head.proportions import Array, Proportions

NOSE_BLEND = 8.5
"""How softly the nose goes over into the face, millimetres."""


@dataclass(frozen=True)
class _Stroke:
    """A soft ridge (or groove) along a line: `raise_mm` at its middle, fading over `width` to either side."""

    start: Triple
    end: Triple
    width: float
    raise_mm: float


class Form:
    """The surface of one face."""

    def __init__(self, proportions: Proportions) -> None:
        self.proportions = proportions
        self._strokes = [stroke for stroke in _strokes(proportions) if stroke.raise_mm != 0.0]

    def skull(self, p: Array) -> Array:
        """Head and neck without the nose."""
        m, q = self.proportions, folded(p)
        w, j, c = m.face_width, m.face_width * m.jaw_width, m.chin_width
        d = ellipsoid(p, (0, 26, -9), (78 * (0.5 + 0.5 * w), 75, 83))
        d = join(d, ellipsoid(p, (0, -19, 12), (59 * w, 64, 61)), 30)
        d = join(d, ellipsoid(p, (0, 46, 38), (50 * w, 34, 36)), 30)  # forehead
        d = join(d, capsule(q, (27 * w, -22, 53), (56 * w, -10, 14), 11.0 + m.cheekbones, 12.0), 24)
        d = join(d, sphere(q, (31 * w, -34, 47), 21.5 + 2.5 * m.cheek_fullness), 22)
        d = join(d, sphere(q, (34 * w, -43, 27), 16.5 + 2.0 * m.cheek_fullness), 24)
        drop, ahead = m.chin_length, m.chin_forward
        jaw = capsule(q, (36 * j, -47, 3), (13 * c, -75 - drop, 44 + ahead), 13.5, 13.0)
        d = join(d, jaw, 24)
        d = join(d, ellipsoid(p, (0, -78.5 - drop, 56 + ahead), (14.5 * c, 12.5, 15)), 26)
        d = cut(d, sphere(q, (m.eye_spacing / 2 + 1, 5, 92), 22), 22)
        d = join(d, ellipsoid(p, (0, m.mouth_y + 1, 62.5), (20, 14.5, 17.5)), 20)  # the teeth push the mouth forward
        d = join(d, ellipsoid(q, (23 * w, 27, 54.5 + 1.3 * m.brow_ridge), (26, 9.5, 14)), 24)
        d = join(d, sphere(q, m.eye_centre, m.lid_radius), 7)
        n = m.neck_width
        d = join(d, capsule(p, (0, -58, -15), (0, -179, -20), 28 * n, 33 * n), 15)
        for stroke in self._strokes:
            d = d - _raised(q, stroke)
        return d

    def nose(self, p: Array) -> Array:
        """Bridge, tip, wings and the bar between the nostrils."""
        m, q = self.proportions, folded(p)
        tip_y, tip_z = -19.5 - m.nose_length + m.nose_tip_up, 88.0 + m.nose_projection
        w = m.nose_width
        base_y = -25.5 - m.nose_length
        bridge = capsule(p, (0, 7, 69.5 + m.nose_bridge), (0, tip_y + 2, tip_z - 2.5), 4.3 * w, 5.6 * w)
        d = join(bridge, sphere(q, (2.2 * w, tip_y, tip_z), 5.9 * w), 6)
        d = join(d, capsule(p, (0, tip_y, tip_z - 1), (0, base_y - 4, tip_z - 11), 4.2, 3.4), 5)
        return join(d, ellipsoid(q, (9.3 * w, base_y + 0.9, tip_z - 8.0), (4.4, 4.8, 7.2)), 7.0)

    def head(self, p: Array) -> Array:
        """The whole head, closed mouth, no lips, no nostrils."""
        return join(self.skull(p), self.nose(p), NOSE_BLEND)


def _strokes(m: Proportions) -> list[_Stroke]:
    """What the big masses leave out, on the left side."""
    w, age = m.face_width, m.age
    return [
        _Stroke((70 * w, 34, 26), (68 * w, 14, 30), 24, -1.6),  # temple
        _Stroke((50 * w, -40, 32), (42 * w, -52, 40), 16, 1.9 - 0.8 * m.cheekbones),  # hollow under the cheekbone
        _Stroke((17, -28, 73), (29, -47, 60), 4.5, -0.7 - 1.1 * age),  # fold from the nose past the mouth
        _Stroke((19, -13, 66), (36, -21, 68), 4.0, -0.3 - 1.0 * age),  # groove under the eye
        _Stroke((22, -17, 68), (42, -16, 64), 3.5, 0.9 * age),  # pouch above it
        _Stroke((31, -55, 58), (27, -72, 50), 6.0, -0.9 * age),  # from the mouth's corner down
        _Stroke((38, -68, 36), (34, -72, 42), 9.0, 2.0 * age),  # jowl
        _Stroke((0, 12, 76), (0, 8, 74), 8.0, -1.4),  # root of the nose
        _Stroke((36, -70, 34), (27, -79, 46), 11.0, 2.4),  # the jaw's edge runs on into the chin
        _Stroke((46, -66, -10), (34, -82, 14), 8.0, -1.6),  # under the jaw's corner
        _Stroke((38, -66, -22), (11, -116, 6), 7.5, 1.6),  # the muscle from behind the ear to the breastbone
        _Stroke((0, -106, 13), (0, -112, 13), 7.0, 3.2 * m.adams_apple),
        _Stroke((0, -91, 40), (0, -88, 30), 14.0, -1.5),  # soft floor of the mouth, drawn up
    ]


def _raised(q: Array, stroke: _Stroke) -> Array:
    along = capsule(q, stroke.start, stroke.end, 0.0, 0.0)
    raised: Array = stroke.raise_mm * np.exp(-((along / stroke.width) ** 2))
    return raised
