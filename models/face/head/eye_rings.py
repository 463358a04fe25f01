"""Quad loops around an eye: nine of lid skin, three behind the rim. Angles are about the eyeball's centre."""

import numpy as np

from models.face.head import field
from models.face.head.form import Form
from models.face.head.proportions import Array, Proportions

COLUMNS = 44
ANGLE: Array = np.arange(COLUMNS) * 2 * np.pi / COLUMNS
"""0 is the outer corner, counter-clockwise seen from the front: first quarter to the top of the lid."""

SPREAD: Array = np.array([0.0, 1.6, 4.0, 6.5, 9.2, 12.0, 16.5, 22.0, 29.0])
"""How far each ring lies outside the rim, degrees."""
LID_RINGS = len(SPREAD)
INNER_RINGS = 3
RIM = 1.02
"""Radius on which open lids' rims slide, in eyeball radii."""
RIM_CLOSED = 1.06
"""A morph moves points on straight lines: closed lids bulge so that half-closed ones still clear the eyeball."""

LIFT_POWER = 0.85
"""Lids rise and fall as the opening is high, so that they meet at its corners without crossing there."""
CREASE_RING = 4
"""The upper lid's fold, counted from the rim."""
_CREASE_MM: tuple[float, ...] = (0.0, 0.0, 0.1, 0.25, -0.65, 0.45, 0.5, 0.1, 0.0)
"""How far each ring of the upper lid stands out: the lid below the fold, the fold, the brow's flesh over it."""
_POUCH_MM: tuple[float, ...] = (0.0, 0.1, 0.3, 0.4, 0.25, 0.0, -0.2, -0.1, 0.0)
"""The same for the lower lid."""


def angles(m: Proportions, spread: float) -> tuple[Array, Array]:
    """Longitude and latitude, degrees on the eyeball, of the ring `spread` degrees outside the rim."""
    c, s = np.cos(ANGLE), np.sin(ANGLE)
    longitude = np.where(c > 0, (46.5 + spread * 0.75) * c, (42.5 + spread * 0.18) * c)
    upper = (24.5 * m.eye_open + spread) * np.abs(s) ** 0.86
    lower = (20.0 * m.eye_open + spread * 0.95) * np.abs(s) ** 0.98
    latitude = np.where(s > 0, upper, -lower) + m.eye_tilt * c
    return longitude, latitude


def direction(m: Proportions, longitude: Array, latitude: Array) -> Array:
    """Unit vectors from the eyeball's centre."""
    lam, phi = np.radians(longitude + m.eye_yaw), np.radians(latitude)
    toward: Array = np.stack([np.sin(lam) * np.cos(phi), np.sin(phi), np.cos(lam) * np.cos(phi)], -1)
    return toward


def on_skin(form: Form, longitude: Array, latitude: Array) -> Array:
    """Points of the face (without its nose) in these directions."""
    m = form.proportions
    points = field.cast_out(form.skull, m.eye_centre, direction(m, longitude, latitude), 85.0, 120)
    return field.project(form.skull, points, 3)


def lifted(d_upper: Array | float, d_lower: Array | float = 0.0) -> Array:
    """How far each column of the rim rises, degrees, `[COLUMNS]`: nothing at the corners."""
    s = np.sin(ANGLE)
    lift: Array = np.where(s > 0, d_upper, d_lower) * np.abs(s) ** LIFT_POWER
    return lift


def rings(form: Form, d_upper: Array | float = 0.0, d_lower: Array | float = 0.0, d_side: float = 0.0) -> list[Array]:
    """The rings, outermost first, with the rim slid along the eyeball.

    Args:
        form: the face.
        d_upper: degrees by which the upper rim rises, `[COLUMNS]` or one number; fades out over the lid's rings.
        d_lower: the same for the lower rim.
        d_side: degrees by which both turn outward.

    Returns:
        `LID_RINGS + INNER_RINGS` arrays `[COLUMNS, 3]`.
    """
    m, s = form.proportions, np.sin(ANGLE)
    lift = lifted(d_upper, d_lower)
    sweep = float(np.abs(lift).max()) / 40.0
    result = []
    for ring, spread in enumerate(SPREAD):
        fade = (1 - spread / SPREAD[-1]) ** 0.9
        longitude, latitude = angles(m, spread)
        longitude, latitude = longitude + d_side * fade, latitude + lift * fade
        points = on_skin(form, longitude, latitude)
        if ring == 0:
            points = m.eye_centre + (points - m.eye_centre) * 0.985
        # The fold unrolls as the lid comes down.
        fold = _CREASE_MM[ring] * m.lid_fold * np.clip(s, 0, 1) ** 0.8 * np.clip(1 + lift / 40, 0.15, 1.0)
        pouch = _POUCH_MM[ring] * np.clip(-s, 0, 1) ** 0.5
        points = points + direction(m, longitude, latitude) * (fold + pouch)[:, None]
        result.append(points)
    result.reverse()
    longitude, latitude = angles(m, 0.0)
    radius = RIM + (RIM_CLOSED - RIM) * np.clip(np.abs(lift) / 40.0, 0, 1)[:, None]
    for step in range(INNER_RINGS):
        toward = direction(m, longitude * (1 + 0.12 * step) + d_side, latitude * (1 + 0.28 * step) + lift)
        result.append(m.eye_centre + m.eye_radius * (radius if sweep else RIM) * toward)
    return result
