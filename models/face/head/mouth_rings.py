"""Quad loops around the mouth: skin, the red of the lips, their inner side, the bag behind them.

Built for the character's left half, columns from the middle of the upper lip over the corner to the middle of the
lower; `topology` mirrors them.
"""

import numpy as np

from models.face.head import field
from models.face.head.form import Form
from models.face.head.proportions import Array, Proportions

COLUMNS = 60
"""All around; the half has `COLUMNS // 2 + 1`."""
HALF: Array = np.pi / 2 - np.arange(COLUMNS // 2 + 1) * 2 * np.pi / COLUMNS
"""Angle of each column of the half: from 90° down; 0 is the corner."""

_SKIN: tuple[float, ...] = (12.2, 9.2, 6.6, 4.3, 2.3, 0.8, 0.0)
"""Rings of skin, millimetres from the border of the red."""
_PROFILE: tuple[float, ...] = (0.16, 0.34, 0.52, 0.70, 0.86, 1.0)
"""Where the red's rings lie on its curve from border to contact."""

BORDER = len(_SKIN) - 1
CONTACT = BORDER + len(_PROFILE)
INNER = CONTACT + 3
"""Last ring of the lips' inner side; the bag follows."""
RINGS = INNER + 5

CLOSED_OVERLAP_MM = 0.3
"""Lips at rest pass each other by this much, so that no light shows between them."""


def line(m: Proportions, x: Array) -> Array:
    """Height of the line where closed lips meet: a hint of a smile, the upper lip's bead in its middle."""
    bead = -0.45 * np.exp(-((x / 4.5) ** 2)) + 0.25 * np.exp(-(((np.abs(x) - 9.0) / 5.0) ** 2))
    y: Array = m.mouth_y + 2.4 * (x / m.mouth_half_width) ** 2 - 0.4 + bead
    return y


def fullness(m: Proportions, x: Array) -> Array:
    """1 at the middle of the mouth, 0 at its corners."""
    full: Array = np.clip(1 - (x / m.mouth_half_width) ** 2, 0, 1)
    return full


def half_rings(form: Form) -> list[Array]:
    """`RINGS` arrays `[31, 3]`, from the skin inward; columns 0 and 30 lie on x = 0."""
    m = form.proportions
    c, s = np.cos(HALF), np.sin(HALF)
    c[0] = c[-1] = 0.0
    s[COLUMNS // 4] = 0.0
    upper, sign = s > 0, np.sign(s)
    x = m.mouth_half_width * c
    full = fullness(m, x)
    bow = -1.5 * np.exp(-((x / 3.8) ** 2)) + 0.9 * np.exp(-(((x - 6.5) / 4.5) ** 2))
    red_upper = m.lip_upper * (6.3 * full**0.62 + bow * full)
    red_lower = m.lip_lower * 8.0 * full**0.62
    y = line(m, x) + np.where(upper, red_upper, -red_lower) * np.abs(sign)
    outward = np.stack([c * 0.9, s], -1)
    outward /= np.linalg.norm(outward, axis=1, keepdims=True)
    rings = []
    for distance in _SKIN:
        sx = x + outward[:, 0] * distance * 1.05
        sy = y + outward[:, 1] * distance * np.where(upper, 0.62, 1.0)
        rings.append(np.stack([sx, sy, field.cast_front(form.skull, sx, sy)], -1))
    for ring in rings[2:]:
        ring[:, 2] -= 1.1 * np.exp(-((ring[:, 0] / 2.8) ** 2)) * upper  # philtrum
    for ring, depth in zip(rings[3:], (1.0, 1.3, 0.9, 0.5), strict=True):
        ring[:, 2] -= depth * np.exp(-((ring[:, 0] / 11) ** 2)) * (s < 0)  # fold under the lower lip
    border = rings[-1]
    contact_x = x * 0.965
    contact_y = line(m, contact_x) - sign * (CLOSED_OVERLAP_MM / 2)
    contact_z = field.cast_front(form.skull, contact_x, contact_y) - 0.6 - 1.9 * (1 - full) ** 2
    contact = np.stack([contact_x, contact_y, contact_z], -1)
    knee = 0.5 * (border + contact)
    # A bead in the middle of the upper lip, two soft cushions on the lower: what makes lips more than a tube.
    bead = 1.0 * np.exp(-((x / 4.5) ** 2))
    cushions = 1.1 * np.exp(-(((x - 7.5) / 6.0) ** 2)) - 0.3 * np.exp(-((x / 3.0) ** 2))
    knee[:, 2] += np.where(
        upper, 4.9 * m.lip_upper**0.5 * full**0.7 + bead, 6.2 * m.lip_lower**0.5 * full**0.7 + cushions
    )
    knee[:, 2] += 0.3
    knee[:, 1] += np.where(upper, -1.2, -0.3) * full
    rings += [(1 - t) ** 2 * border + 2 * t * (1 - t) * knee + t * t * contact for t in _PROFILE]
    apart = sign * full**0.5
    for dy, dz, narrow in ((0.6, -1.8, 0.985), (2.4, -3.9, 0.975), (5.4, -5.6, 0.965)):
        rings.append(np.stack([contact_x * narrow, contact_y + apart * dy, contact_z + dz], -1))
    for dy, dz, narrow in ((9.5, -17.0, 1.0), (13.5, -27.0, 0.97), (15.0, -40.0, 0.85), (8.0, -51.0, 0.5)):
        rings.append(np.stack([contact_x * narrow, m.mouth_y - 1.9 + apart * dy, contact_z + dz], -1))
    # The last of the five is the pole's own ring.
    last = rings[-1]
    rings.append(
        np.stack([last[:, 0] * 0.4, m.mouth_y - 1.9 + (last[:, 1] - m.mouth_y + 1.9) * 0.4, last[:, 2] - 2], -1)
    )
    return rings
