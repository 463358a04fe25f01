"""Brows and lashes: solid strokes that ride on the skin."""

import numpy as np

from models.face.head import eye_rings, field
from models.face.head.follow import Follower
from models.face.head.form import Form
from models.face.head.mesh import Mesh, grid_faces
from models.face.head.proportions import MIRROR, Array, unit
from models.face.head.topology import Skin

_BROW_STEPS, _BROW_AROUND = 26, 10

BROW_MORPHS: tuple[str, ...] = (
    "BrowDownLeft", "BrowDownRight", "BrowInnerUp", "BrowOuterUpLeft", "BrowOuterUpRight", "NoseSneerLeft",
    "NoseSneerRight",
)  # fmt: skip
LID_MORPHS: tuple[str, ...] = tuple(
    name + side
    for name in ("EyeBlink", "EyeSquint", "EyeWide", "EyeLookUp", "EyeLookDown", "EyeLookIn", "EyeLookOut")
    for side in ("Left", "Right")
)


def _brow(form: Form) -> Mesh:
    """The left brow: a flat stroke, thick and rounded inside, tapering out."""
    t = np.linspace(0, 1, _BROW_STEPS)
    x = 10.5 + 41.5 * t
    y = 30.5 + 6.6 * np.sin(np.pi * (0.08 + 0.74 * t)) - 4.5 * t**2
    z = field.cast_front(form.head, x, y)
    spine = np.stack([x, y, z], -1)
    out = field.normals(form.head, spine)
    across = np.cross(out, unit(np.gradient(spine, axis=0)))
    start = np.sqrt(np.clip(1 - (1 - np.clip(t / 0.17, 0, 1)) ** 2, 0, 1))
    half = (3.1 * (1 - t**1.6) ** 0.75 + 0.35) * (0.06 + 0.94 * start)
    thick = 1.5 * np.clip(half / 3.0, 0.25, 1.0)
    angle = np.arange(_BROW_AROUND) * 2 * np.pi / _BROW_AROUND
    rows = (
        spine[:, None]
        + across[:, None] * (half[:, None] * np.cos(angle))[..., None]
        + out[:, None] * (thick[:, None] * np.sin(angle) + 0.5)[..., None]
    )
    middle = spine + out * 0.5
    mesh = Mesh(rows.reshape(-1, 3), grid_faces(_BROW_STEPS, _BROW_AROUND, wrap=True))
    caps = np.stack([rows[0].mean(0), rows[-1].mean(0)])
    n, j = _BROW_STEPS * _BROW_AROUND, np.arange(_BROW_AROUND)
    k = (j + 1) % _BROW_AROUND
    last = n - _BROW_AROUND
    ends = np.concatenate([np.stack([0 * j + n, k, j], 1), np.stack([0 * j + n + 1, last + j, last + k], 1)])
    outward = np.concatenate([(rows - middle[:, None]).reshape(-1, 3), np.zeros((2, 3))])
    whole = Mesh(np.concatenate([mesh.vertices, caps]), np.concatenate([mesh.faces, ends]))
    return whole.facing(outward)


def brows(skin: Skin, morphs: dict[str, Array]) -> tuple[Mesh, dict[str, Array]]:
    """Both brows and their morphs."""
    left = _brow(skin.form)
    mesh = left + left.mirrored()
    follower = Follower(skin, mesh.vertices)
    return mesh, {name: follower.carry(morphs[name]) for name in BROW_MORPHS}


def _lash(centre: Array, rim: Array, lift: float) -> Array:
    """Upper lashes of the left eye along `rim` `[n, 3]`, outer corner first: root, ridge and tip rows.

    Args:
        centre: of the eyeball.
        rim: the upper lid's rim.
        lift: 1 for open lids (lashes sweep up), −1 for closed (down).
    """
    out = unit(rim - centre)
    t = np.linspace(0, 1, len(rim))
    length = 0.5 + 4.4 * np.sin(np.pi * np.clip(1 - t, 0, 1)) ** 0.7 * (1.25 - 0.85 * t)
    length += 1.3 * np.exp(-(((t - 0.10) / 0.07) ** 2))
    up = unit(np.array([0.0, 1.0, 0.0]) - out * out[:, 1:2])
    side = np.array([1.0, 0.0, 0.0]) * np.clip(1 - t * 1.6, -0.2, 1)[:, None]
    tip = rim + length[:, None] * (0.75 * out + 0.45 * lift * up + 0.5 * side)
    return np.concatenate([rim - out * 1.1, rim + out * 0.35 + up * 0.9 * lift, tip])


def lashes(skin: Skin, morphs: dict[str, Array]) -> tuple[Mesh, dict[str, Array]]:
    """Upper lashes of both eyes and their morphs."""
    columns = np.arange(eye_rings.COLUMNS // 2 + 1)
    rim_ids = skin.eyes[0][eye_rings.LID_RINGS - 1][columns]
    rim = skin.mesh.vertices[rim_ids]
    centre = skin.form.proportions.eye_centre
    rest = _lash(centre, rim, 1.0)
    mesh = Mesh(rest, grid_faces(3, len(columns), wrap=False)).facing(np.tile([0.0, 0.0, 1.0], (len(rest), 1)))
    lift = {"EyeBlink": -0.8, "EyeLookDown": 0.45, "EyeSquint": 0.85}
    moved = {}
    for name in LID_MORPHS:
        if name.endswith("Left"):
            delta = _lash(centre, rim + morphs[name][rim_ids], lift.get(name.removesuffix("Left"), 1.0)) - rest
            moved[name] = np.concatenate([delta, 0 * delta])
            moved[name.removesuffix("Left") + "Right"] = np.concatenate([0 * delta, delta * MIRROR])
    return mesh + mesh.mirrored(), moved
