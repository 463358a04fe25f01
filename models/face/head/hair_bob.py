"""A chin-length bob, parted on the left, swept across the forehead and tucked behind the left ear."""

import numpy as np

from models.face.head import field
from models.face.head.form import Form
from models.face.head.locks import Cut, Hair, HairTones, above, hugging, locks, reach, through
from models.face.head.proportions import Array, smoothstep, unit

_SEED = 5
_MIDDLE: Array = np.array([0.0, 18.0, -10.0])
"""A point inside the skull that sees all of the scalp."""
_PART_FRONT: Array = np.array([19.0, 78.0, 56.0])
_PART_BACK: Array = np.array([10.0, 98.0, -34.0])

_Path = tuple[tuple[tuple[float, float, float], tuple[float, float, float]], ...]
_SWEPT: _Path = (
    ((18.0, 80.0, 58.0), (15.0, 95.0, 30.0)),
    ((-6.0, 70.0, 72.0), (-18.0, 92.0, 46.0)),
    ((-36.0, 55.0, 69.0), (-52.0, 66.0, 52.0)),
    ((-62.0, 24.0, 52.0), (-72.0, 34.0, 40.0)),
    ((-76.0, -16.0, 38.0), (-82.0, -10.0, 27.0)),
    ((-76.0, -46.0, 35.0), (-84.0, -46.0, 24.0)),
    ((-68.0, -70.0, 33.0), (-74.0, -76.0, 22.0)),
)
"""From the parting over the forehead to the right temple, lowest and highest lock."""
_AT_LEFT: _Path = (
    ((21.0, 80.0, 58.0), (19.0, 92.0, 38.0)),
    ((40.0, 66.0, 64.0), (48.0, 78.0, 46.0)),
    ((63.0, 42.0, 48.0), (70.0, 50.0, 32.0)),
    ((81.0, 10.0, 28.0), (85.0, 14.0, 14.0)),
    ((84.0, -24.0, 23.0), (88.0, -20.0, 11.0)),
    ((82.0, -54.0, 22.0), (86.0, -54.0, 10.0)),
    ((70.0, -78.0, 22.0), (73.0, -80.0, 10.0)),
)


def bob(form: Form, tones: HairTones, *, light: bool) -> Hair:
    """Build it."""
    rng = np.random.default_rng(_SEED)
    rows = 13 if light else 18
    parts = []
    for side, count, front in ((-1, 9 if light else 14, 56.0), (1, 8 if light else 12, 64.0)):
        spine = _curtain(form, side, count, front, rows, rng)
        width = reach(spine, 0.64) * rng.uniform(0.94, 1.2, count)[:, None]
        cut = Cut(
            width, rng.uniform(4.5, 7.5, count), taper=0.86, root=0.8, blunt=0.32, tilt=0.16 * side, sink=3.0,
            shine_y=60.0,
        )  # fmt: skip
        parts.append(locks(above(form, spine), spine, cut, tones, rng, light=light))
        # A darker layer beneath shows between the tips, and from below.
        under = _curtain(form, side, count * 2 // 3, front + 9.0, 6, rng, depth=6.0)[:, 2:]
        cut = Cut(reach(under, 0.7), 2.5, taper=0.9, root=1.0, blunt=0.25, sink=0.0, shine_y=200.0)
        shadow = HairTones(tones.root, tones.root, tones.root, tones.root)
        parts.append(locks(above(form, under), under, cut, shadow, rng, light=True))
    for path, count in ((_SWEPT, 3 if light else 5), (_AT_LEFT, 2)):
        fringe = _fringe(form, path, count, rows)
        cut = Cut(np.linspace(9.0, 12.0, count), 4.5, taper=0.72, root=0.7, blunt=0.5, tilt=-0.2, sink=3.0)
        parts.append(locks(above(form, fringe), fringe, cut, tones, rng, light=light))
    return sum(parts[1:], parts[0])


def _fringe(form: Form, path: _Path, count: int, rows: int) -> Array:
    """Locks along the forehead, between the first and the second of the points of `path`."""
    u = np.linspace(0, 1, count)[:, None]
    control = np.stack([np.array(a) * (1 - u) + np.array(b) * u for a, b in path], 1)
    curve = hugging(form, through(control, 40), 7.0 + 6.0 * np.sin(np.pi * np.linspace(0, 1, 40)) ** 0.5)
    return through(curve[:, ::2], rows)


def _scalp(form: Form, points: Array) -> Array:
    """Points brought onto the skull, seen from its middle."""
    return field.cast_out(form.skull, _MIDDLE, unit(points - _MIDDLE), 150.0, 60)


def _curtain(
    form: Form, side: int, count: int, front: float, rows: int, rng: np.random.Generator, depth: float = 0.0
) -> Array:
    """Spines `[count, rows, 3]` of one side, from the face to the middle of the back, `depth` under the surface."""
    u = (np.arange(count) + 0.5) / count
    azimuth = np.radians(front + (183.0 - front) * (u + rng.uniform(-0.25, 0.25, count) / count) ** 0.9)
    along = smoothstep(0.0, 0.8, u)[:, None]
    root = _scalp(form, _PART_FRONT * (1 - along) + _PART_BACK * along)
    around = np.stack([side * np.sin(azimuth), 0 * u, np.cos(azimuth)], -1)

    def ring(y: Array | float, rx: Array | float, rz: Array | float) -> Array:
        points = around * np.stack([rx - depth + 0 * u, 0 * u, rz - depth + 0 * u], -1) + (0.0, 0.0, -10.0)
        points[:, 1] = y
        return points

    swing = np.exp(-((u / 0.25) ** 2))[:, None]
    over = _scalp(form, 0.5 * (root + ring(40.0, 80.0, 80.0)) + swing * np.array([side * 6.0, -4.0, 26.0]))
    ends = -84.0 + 12.0 * u + rng.uniform(-2.0, 2.0, count)
    tuck = rng.uniform(-3.0, 3.0, count)
    control = np.stack(
        [
            root,
            over,
            ring(20.0, 87.0, 87.0),
            ring(-20.0, 87.0, 85.0),
            ring(-54.0, 84.0, 80.0),
            ring(ends + 8.0, 76.0, 69.0),
            ring(ends, 62.0 + tuck, 55.0 + tuck),
        ],
        1,
    )
    curve = through(control, 48)
    t = np.linspace(0, 1, 48)
    height = 6.0 - 0.5 * depth + 9.0 * smoothstep(0.0, 0.16, t) - 3.0 * smoothstep(0.3, 0.6, t)
    curve = hugging(form, curve, height)
    sway = np.stack([around[:, 2], 0 * u, -around[:, 0]], -1)
    wave = rng.uniform(1.0, 2.5, count)[:, None] * np.sin(2 * np.pi * (1.3 * t + rng.uniform(0, 1, count)[:, None]))
    curve = curve + (wave * smoothstep(0.25, 0.7, t))[..., None] * sway[:, None]
    return through(curve[:, ::2], rows)
