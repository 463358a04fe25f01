"""Brows and lashes: solid strokes that ride on the skin."""

from dataclasses import dataclass, replace

import numpy as np

from models.face.head import eye_rings, field
from models.face.head.follow import Follower
from models.face.head.form import Form
from models.face.head.locks import Cut, Hair, HairTones, locks
from models.face.head.mesh import Mesh, grid_faces
from models.face.head.proportions import MIRROR, Array, unit
from models.face.head.topology import Skin

_SEED = 4

BROW_MORPHS: tuple[str, ...] = (
    "BrowDownLeft", "BrowDownRight", "BrowInnerUp", "BrowOuterUpLeft", "BrowOuterUpRight", "NoseSneerLeft",
    "NoseSneerRight",
)  # fmt: skip
LID_MORPHS: tuple[str, ...] = tuple(
    name + side
    for name in ("EyeBlink", "EyeSquint", "EyeWide", "EyeLookUp", "EyeLookDown", "EyeLookIn", "EyeLookOut")
    for side in ("Left", "Right")
)


@dataclass(frozen=True)
class Brow:
    """A brow's shape: thickness as a factor, arch and added height in millimetres."""

    width: float = 1.0
    arch: float = 6.4
    height: float = 0.0


def _brow(form: Form, shape: Brow, tones: HairTones, light: bool) -> Hair:
    """The left brow: hairs fanned along its line, upright at the inner end, lying along the line at the outer."""
    rng = np.random.default_rng(_SEED)
    count, rows = (11, 4) if light else (18, 5)
    t = np.linspace(0, 1, count)

    def on_line(t: Array, above: Array | float = 0.0) -> tuple[Array, Array]:
        x = 11.5 + 38.5 * t
        y = 28.4 + shape.height + shape.arch * np.sin(np.pi * (0.06 + 0.74 * t)) - 4.0 * t**2
        return x, y + above

    grow = np.radians(np.interp(t, (0.0, 0.2, 0.5, 1.0), (72.0, 42.0, 18.0, -14.0)))
    length = shape.width * np.interp(t, (0.0, 0.12, 0.5, 1.0), (5.2, 8.2, 10.5, 10.0))
    x, y = on_line(t, rng.uniform(-0.5, 0.5, count) + shape.width * np.interp(t, (0.0, 0.6, 1.0), (0.0, 0.6, 0.4)))
    along = np.linspace(0, 1, rows)
    bend = grow[:, None] - np.radians(22.0) * along**1.5
    px = x[:, None] + length[:, None] * along * np.cos(bend) * 0.95
    py = y[:, None] + length[:, None] * along * np.sin(bend)
    pz = field.cast_front(form.head, px.ravel(), py.ravel()).reshape(px.shape)
    spine = np.stack([px, py, pz], -1)
    outward = field.normals(form.head, spine.reshape(-1, 3)).reshape(spine.shape)
    spine = spine + outward * 0.25
    wide = shape.width * np.interp(t, (0.0, 0.15, 0.6, 1.0), (1.5, 2.5, 2.3, 1.0))
    cut = Cut(wide, 0.75, taper=0.30, root=0.55, blunt=0.7, tilt=0.12, sink=0.5, shine_y=300.0)
    if light:
        cut = replace(cut, width=wide * 1.5)
    return locks(outward, spine, cut, tones, rng, light=True)


def brows(
    skin: Skin, morphs: dict[str, Array], shape: Brow, tones: HairTones, *, light: bool
) -> tuple[Hair, dict[str, Array]]:
    """Both brows and their morphs."""
    left = _brow(skin.form, shape, tones, light)
    both = left + Hair(left.mesh.mirrored(), left.colours, left.normals * MIRROR)
    follower = Follower(skin, both.mesh.vertices)
    return both, {name: follower.carry(morphs[name]) for name in BROW_MORPHS}


def _lash(centre: Array, rim: Array, lift: float, length: float) -> Array:
    """Upper lashes of the left eye along `rim` `[n, 3]`, outer corner first: root, ridge and tip rows.

    Args:
        centre: of the eyeball.
        rim: the upper lid's rim.
        lift: 1 for open lids (lashes sweep up), −1 for closed (down).
        length: of the lashes, a factor.
    """
    out = unit(rim - centre)
    t = np.linspace(0, 1, len(rim))
    reach = 2.9 * np.sin(np.pi * np.clip(1 - t, 0, 1)) ** 0.8 * (1.25 - 0.9 * t)
    # A wing at the outer corner.
    reach = 0.35 + length * (reach + 1.7 * np.exp(-(((t - 0.09) / 0.06) ** 2)))
    up = unit(np.array([0.0, 1.0, 0.0]) - out * out[:, 1:2])
    side = np.array([1.0, 0.0, 0.0]) * np.clip(1 - t * 1.6, -0.2, 1)[:, None]
    tip = rim + reach[:, None] * (0.75 * out + 0.45 * lift * up + 0.55 * side)
    return np.concatenate([rim - out * 1.0, rim + out * 0.35 + up * 0.7 * lift, tip])


def lashes(skin: Skin, morphs: dict[str, Array], length: float) -> tuple[Mesh, dict[str, Array]]:
    """Upper lashes of both eyes and their morphs; `length` is a factor."""
    columns = np.arange(eye_rings.COLUMNS // 2 + 1)
    rim_ids = skin.eyes[0][eye_rings.LID_RINGS - 1][columns]
    rim = skin.mesh.vertices[rim_ids]
    centre = skin.form.proportions.eye_centre
    rest = _lash(centre, rim, 1.0, length)
    mesh = Mesh(rest, grid_faces(3, len(columns), wrap=False)).facing(np.tile([0.0, 0.0, 1.0], (len(rest), 1)))
    lift = {"EyeBlink": -0.8, "EyeLookDown": 0.45, "EyeSquint": 0.85}
    moved = {}
    for name in LID_MORPHS:
        if name.endswith("Left"):
            sweep = lift.get(name.removesuffix("Left"), 1.0)
            delta = _lash(centre, rim + morphs[name][rim_ids], sweep, length) - rest
            moved[name] = np.concatenate([delta, 0 * delta])
            moved[name.removesuffix("Left") + "Right"] = np.concatenate([0 * delta, delta * MIRROR])
    return mesh + mesh.mirrored(), moved
