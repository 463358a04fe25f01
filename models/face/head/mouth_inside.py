"""Teeth, gums and tongue: the upper row on the skull, the lower and the tongue on the jaw."""

import numpy as np

from models.face.head.colours import blend, srgb
from models.face.head.mesh import Mesh, grid_faces
from models.face.head.proportions import Array, Proportions, smoothstep, unit

_ENAMEL = "efe4d6"
_GUM = "c9686e"
_STEPS_PER_TOOTH = 9
_UPPER_WIDTHS: tuple[float, ...] = (6.7, 5.6, 5.9, 5.8, 6.0, 8.0, 8.4)
_LOWER_WIDTHS: tuple[float, ...] = (4.7, 5.0, 5.6, 5.7, 5.9, 8.0, 8.4)
_ARC = 25.0
"""Half width of the arch of teeth; it is an ellipse, deeper than wide."""
_ARC_DEPTH = 28.5
_SQUARENESS = 2.6
"""The arch is a superellipse, flatter in front than an ellipse (exponent 2)."""

UPPER_EDGE = -2.2
"""Height of the upper incisors' edges above the line of closed lips: a little below it."""
LOWER_EDGE = -1.6
BEHIND_LIPS_UPPER = 7.4
"""The incisors' front lies this far behind the line where lips meet."""
BEHIND_LIPS_LOWER = 9.2

_TONGUE_BACK, _TONGUE_TIP = -54.0, -13.0
"""Root and tip, millimetres from where the lips meet."""

# Height above the edge, outward offset, how deep the gap between teeth cuts, whether it is gum.
_PROFILE: tuple[tuple[float, float, float, bool], ...] = (
    (2.0, -3.4, 0.0, False),
    (0.0, -1.6, 0.0, False),
    (0.2, -0.35, 0.8, False),
    (1.6, 0.25, 1.0, False),
    (4.5, 0.3, 1.0, False),
    (7.4, 0.0, 0.9, False),
    (8.8, -0.2, 0.5, False),
    (9.2, 0.55, 0.0, True),
    (10.6, 0.9, 0.0, True),
    (12.6, -0.6, 0.0, True),
    (14.5, -4.0, 0.0, True),
)


def teeth(m: Proportions, lip_z: float, *, upper: bool) -> tuple[Mesh, Array]:
    """A row of fourteen teeth with its gum; mesh and linear colours.

    Args:
        m: the face's measures.
        lip_z: z of the middle of the line where the lips meet.
        upper: the upper row.
    """
    widths = _UPPER_WIDTHS if upper else _LOWER_WIDTHS
    sign = 1.0 if upper else -1.0
    shrink = 1.0 if upper else 0.93
    a, b = _ARC * shrink, _ARC_DEPTH * shrink
    z_middle = lip_z - (BEHIND_LIPS_UPPER if upper else BEHIND_LIPS_LOWER) - b
    edge_y = m.mouth_y + (UPPER_EDGE if upper else LOWER_EDGE)
    along, angle = _arch(a, b, sum(widths))
    borders = np.concatenate([[0.0], np.cumsum(widths)])
    to_border = np.abs(np.abs(along)[:, None] - borders).min(1)
    tooth = np.clip(np.searchsorted(borders, np.abs(along) - 1e-9) - 1, 0, len(widths) - 1)
    middle = (borders[tooth] + borders[tooth + 1]) / 2
    half = np.array(widths)[tooth] / 2
    between = np.exp(-((to_border / 0.55) ** 2))
    rounded = 0.9 * np.abs((np.abs(along) - middle) / half) ** 4 * np.where(tooth == 2, 0.4, 1.0)
    shorter = np.select(
        [tooth == 0, tooth == 1, tooth == 2],
        [0.0, 0.7 if upper else 0.1, 0.1],
        (0.25 if upper else 0.5) * (tooth - 1.0),
    )
    x, z = _on_arch(a, b, angle)
    slope = np.abs(np.stack([x / a, z / b])) ** (_SQUARENESS - 1) * np.sign(np.stack([x, z]))
    outward = unit(np.stack([slope[0] / a, np.zeros_like(angle), slope[1] / b], -1))
    base = np.stack([x, np.zeros_like(angle), z_middle + z], -1)
    rows, colours = [], []
    # Light comes in through the lips: behind the canines the cheek shades the row, so that it ends nowhere in sight.
    shade = 0.05 + 0.87 * (1 - smoothstep(9.0, 31.0, np.abs(along)))
    for height, out, gap, gum in _PROFILE:
        lift = (rounded + shorter) * np.clip(1 - height / 7.5, 0, 1) + (0.7 * between if height == 9.2 else 0.0)
        row = base + outward * (out - 0.75 * gap * between)[:, None]
        row[:, 1] = edge_y + sign * (height * (1.0 if upper else 0.86) + lift)
        rows.append(row)
        enamel = blend(srgb(_ENAMEL), srgb("c79c86"), np.clip(0.26 * gap * between, 0, 1))
        colours.append((np.tile(srgb(_GUM), (len(row), 1)) if gum else enamel) * shade[:, None])
    mesh = Mesh(np.concatenate(rows), grid_faces(len(rows), len(angle), wrap=False))
    facing = np.tile(outward, (len(rows), 1))
    return mesh.facing(facing), np.concatenate(colours)


def _on_arch(a: float, b: float, angle: Array) -> tuple[Array, Array]:
    """Points on the superellipse of the arch; `angle` 0 is the front."""
    s, c = np.sin(angle), np.cos(angle)
    bulge = 2 / _SQUARENESS
    return a * np.sign(s) * np.abs(s) ** bulge, b * np.sign(c) * np.abs(c) ** bulge


def _arch(a: float, b: float, length: float) -> tuple[Array, Array]:
    """Signed arc length along the arch and its angle, evenly spaced, odd count (one sample in the middle)."""
    fine = np.linspace(0, np.pi * 0.72, 4000)
    x, z = _on_arch(a, b, fine)
    arc = np.concatenate([[0.0], np.cumsum(np.hypot(np.diff(x), np.diff(z)))])
    count = 7 * _STEPS_PER_TOOTH
    half = np.linspace(0, min(length, float(arc[-1])), count + 1)
    along = np.concatenate([-half[:0:-1], half])
    angle: Array = np.sign(along) * np.interp(np.abs(along), arc, fine)
    return along, angle


def tongue(m: Proportions, lip_z: float) -> tuple[Mesh, Array]:
    """The tongue, tip behind the lower incisors, and its linear colours."""
    length, around = 14, 18
    t = np.linspace(0, 1, length)
    back, tip = lip_z + _TONGUE_BACK, lip_z + _TONGUE_TIP
    z = back + (tip - back) * np.sin(t * np.pi / 2) ** 0.9
    width = 13.5 * (1 - np.clip((t - 0.35) / 0.65, 0, 1) ** 3.0) ** 0.5 + 0.05
    height = 6.0 * (1 - np.clip((t - 0.30) / 0.70, 0, 1) ** 2.6) ** 0.5 + 0.05
    middle_y = m.mouth_y - 10.0 + 3.0 * np.sin(np.pi * np.clip(t * 0.9, 0, 1)) + 6.5 * t**2
    angle = np.arange(around) * 2 * np.pi / around
    groove = 1.5 * np.exp(-((np.sin(angle / 2 - np.pi / 4) / 0.22) ** 2))
    x = width[:, None] * np.cos(angle)
    y = middle_y[:, None] + height[:, None] * (np.sin(angle) - 0.18 * groove * (1 - t[:, None] ** 2))
    points = np.stack([x, y, np.broadcast_to(z[:, None], x.shape)], -1)
    mesh = Mesh(points.reshape(-1, 3), grid_faces(length, around, wrap=True))
    out = mesh.vertices - np.repeat(np.stack([0 * z, middle_y, z], -1), around, axis=0)
    light = 0.10 + 0.80 * np.clip((mesh.vertices[:, 2] - back - 8) / (tip - back - 8), 0, 1)
    return mesh.facing(out), srgb("cf6a6e") * light[:, None]


def tongue_out(vertices: Array, lip_z: float) -> Array:
    """TongueOut: forward between the teeth and past the lips, the tip drooping."""
    back, tip = lip_z + _TONGUE_BACK, lip_z + _TONGUE_TIP
    t = np.clip((vertices[:, 2] - back) / (tip - back), 0, 1)
    forward = 33.0 * t**1.5
    lift = 5.0 * t**0.7 * (1 - t) + 1.0 * t - 2.5 * np.clip((t - 0.85) / 0.15, 0, 1) ** 2
    return np.stack([-0.10 * vertices[:, 0] * t, lift, forward], -1)
