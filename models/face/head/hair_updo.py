"""Hair combed up from the hairline into a bun on the crown, with a few strands that got away."""

import numpy as np

from models.face.head import field
from models.face.head.form import Form
from models.face.head.locks import Cut, Hair, HairTones, above, hugging, locks, reach, through
from models.face.head.proportions import MIRROR, Array, smoothstep, unit

_SEED = 12
_MIDDLE: Array = np.array([0.0, 18.0, -10.0])
"""A point inside the skull that sees all of the scalp."""
_BUN: Array = np.array([0.0, 113.0, -50.0])
_BUN_AXIS: Array = np.array([0.0, 0.86, -0.51])
_BUN_RADIUS = 25.0
# Hairline of the left half, from the middle of the forehead over temple, ear and nape.
_LINE: Array = np.array([
    (0.0, 74.0, 66.0), (24.0, 73.0, 62.0), (46.0, 62.0, 52.0), (58.0, 42.0, 46.0), (66.0, 22.0, 38.0),
    (74.0, 10.0, 22.0), (76.0, 16.0, 2.0), (77.0, 6.0, -20.0), (72.0, -16.0, -36.0), (54.0, -34.0, -52.0),
    (28.0, -44.0, -62.0), (0.0, -46.0, -66.0),
])  # fmt: skip


def updo(form: Form, tones: HairTones, *, light: bool) -> Hair:
    """Build it."""
    rng = np.random.default_rng(_SEED)
    parts = [
        _combed(form, tones, rng, light=light),
        _bun(tones, rng, light=light),
        _loose(form, tones, rng, light=light),
        _baby_hair(form, tones, rng, 10 if light else 28),
    ]
    return sum(parts[1:], parts[0])


def line(form: Form, count: int) -> Array:
    """The hairline all around, `[count, 3]` on the skin, from the forehead's middle over the left side."""
    half = through(_LINE[None], 60)[0]
    whole = np.concatenate([half, half[-2::-1] * MIRROR])[None]
    ring = through(whole[:, ::3], count + 1)[0, :-1]
    return field.cast_out(form.skull, _MIDDLE, unit(ring - _MIDDLE), 150.0, 60)


def _combed(form: Form, tones: HairTones, rng: np.random.Generator, *, light: bool) -> Hair:
    """Locks from the hairline to the foot of the bun."""
    count, rows = (22, 8) if light else (44, 10)
    root = line(form, count)
    side, up = _frame()
    offset = root - _BUN
    turn = np.arctan2(offset @ up, offset @ side)
    foot = _BUN + 15.0 * (np.cos(turn)[:, None] * side + np.sin(turn)[:, None] * up) - 17.0 * _BUN_AXIS
    front = smoothstep(10.0, 70.0, root[:, 1])[:, None] * smoothstep(10.0, 50.0, root[:, 2])[:, None]
    # Locks begin in the painted roots, no two at the same height.
    outside = root + rng.uniform(-5.0, 3.0, count)[:, None] * unit(foot - root)
    root = field.cast_out(form.skull, _MIDDLE, unit(outside - _MIDDLE), 150.0, 60)
    near = root + 0.30 * (foot - root) + front * np.array([0.0, 6.0, 0.0])
    far = root + 0.68 * (foot - root) + front * np.array([0.0, 4.0, 0.0])
    control = np.stack([root, near, far, foot], 1)
    curve = through(control, 40)
    t = np.linspace(0, 1, 40)
    lift = (7.0 + 8.0 * front) * np.sin(np.pi * np.clip(t * 0.92, 0, 1)) ** 0.9
    curve = hugging(form, curve, 0.2 + lift + rng.uniform(-0.6, 0.6, count)[:, None] * smoothstep(0.1, 0.4, t))
    spine = through(curve[:, ::2], rows)
    cut = Cut(
        reach(spine, 0.80) * rng.uniform(0.9, 1.15, count)[:, None],
        rng.uniform(3.4, 5.2, count),
        taper=0.96,
        root=0.42,
        flat=0.03,
        full=0.32,
        tilt=0.10,
        sink=1.4,
        shine_y=78.0,
    )
    combed = locks(above(form, spine), spine, cut, tones, rng, light=light)
    if light:
        return combed
    # A smooth layer beneath, so that no scalp is seen where the locks are still narrow.
    low = through(hugging(form, through(control, 20), 0.2 + 0.6 * lift[:, ::2]), 6)[::2]
    cut = Cut(reach(low, 0.8), 1.4, taper=0.97, root=0.5, flat=0.05, full=0.25, sink=2.2, shine_y=78.0)
    return combed + locks(above(form, low), low, cut, tones, rng, light=True)


def _frame() -> tuple[Array, Array]:
    """Two directions across the bun's axis."""
    side = np.array([1.0, 0.0, 0.0])
    return side, np.cross(_BUN_AXIS, side)


def _bun(tones: HairTones, rng: np.random.Generator, *, light: bool) -> Hair:
    """Locks wound into a ball."""
    count, rows = (6, 7) if light else (8, 11)
    side, up = _frame()
    t = np.linspace(0, 1, rows)
    polar = np.radians(128.0 - 116.0 * t)
    turn = 2 * np.pi * np.arange(count)[:, None] / count + 2.5 * t + rng.uniform(-0.1, 0.1, count)[:, None]
    around = np.cos(turn)[..., None] * side + np.sin(turn)[..., None] * up
    outward = np.cos(polar)[None, :, None] * _BUN_AXIS + np.sin(polar)[None, :, None] * around
    spine = _BUN + outward * (np.array([1.0, 0.92, 1.0]) * _BUN_RADIUS * rng.uniform(0.96, 1.04, count)[:, None, None])
    wide = reach(spine, 0.72)
    cut = Cut(wide, 5.0, taper=0.97, root=1.0, tilt=0.25, sink=0.0, shine_y=128.0)
    return locks(outward, spine, cut, tones, rng, light=light)


def _loose(form: Form, tones: HairTones, rng: np.random.Generator, *, light: bool) -> Hair:
    """A thin curl before each ear and two wisps at the nape."""
    paths = np.array([
        [(64.0, 40.0, 44.0), (73.0, 18.0, 42.0), (75.0, -6.0, 38.0), (70.0, -26.0, 42.0), (68.0, -42.0, 38.0)],
        [(-62.0, 42.0, 45.0), (-73.0, 22.0, 43.0), (-76.0, -2.0, 38.0), (-71.0, -20.0, 43.0), (-70.0, -34.0, 38.0)],
        [(34.0, -40.0, -58.0), (36.0, -52.0, -60.0), (33.0, -64.0, -56.0), (31.0, -72.0, -60.0), (33.0, -80.0, -58.0)],
        [(-24.0, -42.0, -62.0), (-25.0, -54.0, -63.0), (-22.0, -62.0, -60.0), (-24.0, -70.0, -62.0), (-22.0, -76, -60)],
    ])  # fmt: skip
    spine = through(hugging(form, through(paths, 24), 2.0), 6 if light else 12)
    cut = Cut(np.array([3.0, 2.8, 2.2, 2.2]), 1.5, taper=0.3, root=0.6, blunt=0.8, sink=2.0, shine_y=20.0)
    return locks(above(form, spine), spine, cut, tones, rng, light=light)


def _baby_hair(form: Form, tones: HairTones, rng: np.random.Generator, count: int) -> Hair:
    """Short fine strands over the hairline: they begin on bare skin and lie down on the locks."""
    root = line(form, count)
    root = root[root[:, 1] > 8.0]
    up = unit(_BUN - root)
    lean = rng.uniform(-0.35, 0.35, len(root))[:, None] * np.cross(up, unit(root - _MIDDLE))
    begin = root - rng.uniform(1.0, 6.0, len(root))[:, None] * up
    length = rng.uniform(20.0, 32.0, len(root))[:, None]
    control = np.stack([begin, begin + 0.5 * length * (up + lean), begin + length * (up + 0.3 * lean)], 1)
    spine = through(hugging(form, through(control, 16), np.linspace(0.3, 6.5, 16)), 4)
    cut = Cut(rng.uniform(0.9, 1.8, len(root)), 0.9, taper=0.4, root=0.05, flat=0.3, sink=0.3, shine_y=78.0)
    return locks(above(form, spine), spine, cut, tones, rng, light=True)


def shadow(form: Form, points: Array) -> Array:
    """How much of the hair's colour the skin shows, `[N]`: under the hair, softly ending at the hairline."""
    ring = unit(line(form, 240) - _MIDDLE)
    toward = unit(points - _MIDDLE)
    pole = unit(np.array([0.0, 1.0, -0.35]))
    side = unit(np.cross(pole, (0.0, 0.0, 1.0)))
    other = np.cross(side, pole)
    order = np.argsort(np.arctan2(ring @ other, ring @ side))
    ring = ring[order]
    line_at = np.interp(
        np.arctan2(toward @ other, toward @ side),
        np.arctan2(ring @ other, ring @ side),
        np.degrees(np.arccos(np.clip(ring @ pole, -1, 1))),
        period=2 * np.pi,
    )
    inside: Array = line_at - np.degrees(np.arccos(np.clip(toward @ pole, -1, 1)))
    covered: Array = smoothstep(-9.0, 0.0, inside)
    return covered
