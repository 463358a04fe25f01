"""The head's form as a distance field, symmetric about x = 0: skull, flesh and nose, without lips and nostrils."""

from models.face.head.field import capsule, cut, ellipsoid, folded, join, sphere
from models.face.head.proportions import Array, Proportions

NOSE_BLEND = 12.5
"""How softly the nose goes over into the face, millimetres."""


class Form:
    """The surface of one face."""

    def __init__(self, proportions: Proportions) -> None:
        self.proportions = proportions

    def skull(self, p: Array) -> Array:
        """Head and neck without the nose."""
        m, q = self.proportions, folded(p)
        d = join(ellipsoid(p, (0, 26, -9), (79, 75, 83)), ellipsoid(p, (0, -25, 13), (62, 66, 62)), 33)
        d = join(d, sphere(q, (33.5, -32, 43), 25.5), 23)  # cheeks
        d = join(d, sphere(q, (22.5, -59, 27), 23), 23)  # angle of the jaw
        d = join(d, ellipsoid(p, (0, -78.5, 55.5), (18, 12.5, 15)), 28)  # chin
        d = cut(d, sphere(q, (34, 7, 96), 24), 22)  # eye sockets
        d = join(d, ellipsoid(p, (0, m.mouth_y + 1, 63.5), (17.5, 14, 17)), 17)  # the teeth push the mouth forward
        d = join(d, ellipsoid(q, (24, 33, 57), (26, 10, 13)), 25)  # brow ridge
        d = join(d, sphere(q, m.eye_centre, m.lid_radius), 8)
        return join(d, capsule(p, (0, -61, -13), (0, -179, -21), 28, 33), 21)  # neck

    def nose(self, p: Array) -> Array:
        """Bridge, tip and wings."""
        q = folded(p)
        d = join(capsule(p, (0, 3, 71), (0, -20, 83.5), 4.2, 7.4), sphere(p, (0, -20, 85.5), 7.4), 12)
        return join(d, ellipsoid(q, (9.2, -24.8, 80.5), (4.4, 4.9, 6.4)), 5.5)

    def head(self, p: Array) -> Array:
        """The whole head, closed mouth, no lips, no nostrils."""
        return join(self.skull(p), self.nose(p), NOSE_BLEND)
