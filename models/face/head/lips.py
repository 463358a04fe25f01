"""Morphs of the lips and mouth corners. Each is a displacement of the lip loops, spread over the skin around them."""

import numpy as np

from models.face.head import field
from models.face.head.lip_loops import LipLoops
from models.face.head.mouth_rings import line
from models.face.head.proportions import Array, bell, smoothstep
from models.face.head.response import GAP_RESPONSE_MM

_WIDE = 46.0
"""Reach of morphs that take the cheeks along, millimetres."""


def lip_morphs(lips: LipLoops) -> dict[str, Array]:
    """All mouth morphs but MouthClose, by their ARKit names, `[V, 3]` each."""
    morphs = {
        "MouthFunnel": _funnel(lips),
        "MouthPucker": _pucker(lips),
        "MouthRollLower": _roll_lower(lips),
        "MouthRollUpper": _roll_upper(lips),
        "MouthShrugLower": _shrug_lower(lips),
        "MouthShrugUpper": _shrug_upper(lips),
        "MouthLeft": _aside(lips),
    }
    morphs["MouthRight"] = lips.other_side(morphs["MouthLeft"])
    for name, left in (
        ("MouthSmile", _smile(lips)),
        ("MouthFrown", _frown(lips)),
        ("MouthDimple", _dimple(lips)),
        ("MouthStretch", _stretch(lips)),
        ("MouthPress", _press(lips)),
        ("MouthLowerDown", _lower_down(lips)),
        ("MouthUpperUp", _upper_up(lips)),
    ):
        morphs[name + "Left"] = left
        morphs[name + "Right"] = lips.other_side(left)
    return morphs


def parting(lips: LipLoops, upper: float, lower: float, reach: float = 38.0) -> Array:
    """The lips drawn apart: the upper by `upper`, the lower by `lower` millimetres, arched over the width."""
    apart = lips.vectors(y=upper * lips.upper - lower * lips.lower)
    return lips.spread(apart, reach)


def _height(lips: LipLoops) -> Array:
    """Height above the line between the lips."""
    height: Array = lips.rest[:, 1] - line(lips.proportions, lips.rest[:, 0])
    return height


def _funnel(lips: LipLoops) -> Array:
    """An O: corners in, lips forward and turned out."""
    dx = -0.31 * lips.rest[:, 0]
    flare = np.clip(lips.depth, 0, 1)
    dy = -2.6 * lips.across**2 + _height(lips) * 0.10
    dz = 7.0 + 0.8 * lips.along_face(dx) + 2.2 * flare * lips.full - 1.0 * (1 - flare) * lips.full
    shape = lips.spread(lips.vectors(dx, dy, dz), reach=44.0)
    apart = parting(lips, 0.45, 0.55, 44.0)
    return lips.with_gap(lambda k: shape + k * apart, GAP_RESPONSE_MM["MouthFunnel"])


def _pucker(lips: LipLoops) -> Array:
    """A kiss: corners in, lips closed, forward, fuller."""
    dx = -0.43 * lips.rest[:, 0]
    dy = 0.22 * _height(lips) - 2.6 * lips.across**2
    dz = 7.5 + 0.8 * lips.along_face(dx) + 1.2 * lips.full
    shape = lips.spread(lips.vectors(dx, dy, dz), reach=44.0)
    apart = parting(lips, 0.4, 0.6, 44.0)
    return lips.with_gap(lambda k: shape + k * apart, GAP_RESPONSE_MM["MouthPucker"])


def _rolling(lips: LipLoops) -> Array:
    """How far a vertex turns in: most where lips meet, less on the inner side, which must not reach the teeth."""
    depth = lips.depth
    rolling: Array = np.where(depth <= 1, depth, np.clip(1 - 1.7 * (depth - 1), 0, 1))
    return rolling


def _roll_lower(lips: LipLoops) -> Array:
    """The lower lip turns in over the lower teeth and up towards the upper."""
    t = _rolling(lips)
    down = lips.lower
    shape = lips.spread(
        lips.vectors(y=down * (2.0 - 1.2 * t), z=-down * (1.3 * (lips.depth <= 1) + 4.4 * t)), reach=34.0
    )
    raised = lips.spread(lips.vectors(y=down * (0.35 + 0.65 * np.minimum(t, 1))), reach=34.0)
    return lips.with_gap(lambda k: shape + k * raised, GAP_RESPONSE_MM["MouthRollLower"])


def _roll_upper(lips: LipLoops) -> Array:
    """The upper lip turns in under the upper teeth; its red thins."""
    t = _rolling(lips)
    shape = lips.spread(
        lips.vectors(y=-1.8 * lips.upper * (1 - t), z=-lips.upper * (0.5 * (lips.depth <= 1) + 3.0 * t)), reach=34.0
    )
    raised = lips.spread(lips.vectors(y=lips.upper * t), reach=34.0)
    return lips.with_gap(lambda k: shape + k * raised, GAP_RESPONSE_MM["MouthRollUpper"])


def _shrug_lower(lips: LipLoops) -> Array:
    """The chin's muscle pushes the lower lip up and out, over the upper."""
    t = np.clip(lips.depth, 0, 1)
    shape = lips.spread(lips.vectors(y=0.8 * lips.upper, z=lips.lower * (2.6 + 1.2 * t) + 0.4 * lips.upper))
    boss = bell(lips.skin.mesh.vertices, (0, -78, 68), (15, 12, 22)) * (lips.skin.mesh.vertices[:, 2] > 20)
    for ring, ids in enumerate(lips.skin.mouth):
        boss[ids] *= max(0.0, 1 - (ring + 1) / 5) ** 1.5
    boss[lips.skin.pole] = 0
    shape = shape + boss[:, None] * np.array([0.0, 3.0, 0.8])
    raised = lips.spread(lips.vectors(y=lips.lower))
    return lips.with_gap(lambda k: shape + k * raised, GAP_RESPONSE_MM["MouthShrugLower"])


def _shrug_upper(lips: LipLoops) -> Array:
    """The upper lip rises towards the nose and pouts."""
    shape = lips.spread(lips.vectors(z=3.8 * lips.upper), reach=34.0)
    raised = lips.spread(lips.vectors(y=lips.upper), reach=34.0)
    return lips.with_gap(lambda k: shape + k * raised, GAP_RESPONSE_MM["MouthShrugUpper"])


def _aside(lips: LipLoops) -> Array:
    """MouthLeft: both lips slide 8 mm to the character's left along the face."""
    dx = 8.0 - 1.5 * np.abs(lips.across)
    dy = 1.2 * lips.across
    return lips.spread(lips.vectors(dx, dy, 0.9 * lips.along_face(dx)), reach=_WIDE)


def _corner(lips: LipLoops) -> Array:
    """How much a vertex belongs to the left corner: grows with the square of its distance from the middle."""
    share: Array = np.clip(lips.across + 0.08, 0, None) ** 2 / 1.08**2
    return share


def _cheek(lips: LipLoops, lift: float) -> Array:
    """The left cheek bulging up as the corner pushes it."""
    v = lips.skin.mesh.vertices
    bulge = bell(v, (37, -27, 66), (15, 12, 24))
    bulge[lips.skin.mouth.ravel()] = 0
    for eye in lips.skin.eyes:
        bulge[eye[2:]] = 0
    lifted: Array = lift * bulge[:, None] * np.array([0.25, 0.65, 0.75])
    return lifted


def nose_fold(lips: LipLoops, depth: float) -> Array:
    """The fold from the left wing of the nose past the mouth's corner, pressed in; the cheek beyond it swells."""
    v, form = lips.skin.mesh.vertices, lips.skin.form
    seen, front = v * (1, 1, 0), smoothstep(30.0, 45.0, v[:, 2])
    groove = np.exp(-((field.capsule(seen, (16.5, -27, 0), (33, -46, 0), 0.0, 0.0) / 3.4) ** 2)) * front
    swell = np.exp(-((field.capsule(seen, (25, -25, 0), (41, -38, 0), 0.0, 0.0) / 8.0) ** 2)) * front
    amount = depth * (0.55 * swell - groove) * smoothstep(3.0, 10.0, v[:, 0])
    for ring, ids in enumerate(lips.skin.mouth):
        amount[ids] *= max(0.0, 1 - ring / 4)
    amount[lips.skin.pole] = 0
    for eye in lips.skin.eyes:
        amount[eye[2:]] = 0
    moving = np.abs(amount) > 0.01
    folded = np.zeros_like(v)
    folded[moving] = amount[moving, None] * field.normals(form.head, v[moving])
    return folded


def _smile(lips: LipLoops) -> Array:
    """The corner goes out, up and back around the teeth; lips thin; the cheek rises."""
    w = _corner(lips)
    dx = 4.3 * w + 0.5 * smoothstep(0.0, 0.6, lips.across)
    dy = 8.2 * w - 0.10 * lips.left * _height(lips) - 0.35 * lips.left
    dz = 0.95 * lips.along_face(dx) * (lips.across > 0) - 1.2 * lips.left * lips.full - 0.8 * w
    shape = lips.spread(lips.vectors(dx, dy, dz), reach=_WIDE, top=-14.0) + _cheek(lips, 3.6) + nose_fold(lips, 2.2)
    return _still_gap(lips, shape)


def _frown(lips: LipLoops) -> Array:
    """The corner goes down and a little out."""
    w = _corner(lips)
    dx = 1.4 * w
    shape = lips.spread(lips.vectors(dx, -7.0 * w + 0.5 * lips.left * lips.full, -0.6 * w), reach=_WIDE)
    return _still_gap(lips, shape)


def _dimple(lips: LipLoops) -> Array:
    """The corner is pulled back into the cheek."""
    w = _corner(lips)
    shape = lips.spread(lips.vectors(4.0 * w, 0.6 * w, -4.4 * w), reach=36.0)
    return _still_gap(lips, shape)


def _stretch(lips: LipLoops) -> Array:
    """The corner goes straight out and slightly down; lips tighten."""
    w = _corner(lips)
    dx = 5.0 * w + 0.5 * smoothstep(0.0, 0.6, lips.across)
    dz = 0.9 * lips.along_face(dx) * (lips.across > 0) - 0.9 * lips.left * lips.full
    dy = -3.0 * w - 0.15 * lips.left * _height(lips)
    return _still_gap(lips, lips.spread(lips.vectors(dx, dy, dz), reach=_WIDE))


def _still_gap(lips: LipLoops, shape: Array) -> Array:
    """The same morph with what it does to the gap taken back."""
    apart = parting(lips, 0.5, 0.5)
    return lips.with_gap(lambda k: shape + k * apart, 0.0)


def _press(lips: LipLoops) -> Array:
    """Half of both lips pressed together, the red drawn in."""
    squeeze = -0.42 * _height(lips) * np.clip(1 - lips.depth, 0, 1)
    inward = -1.9 * lips.full**0.5 * (1.2 - np.clip(lips.depth, 0, 1))
    shape = lips.spread(lips.vectors(y=squeeze * lips.left, z=inward * lips.left), reach=34.0)
    together = lips.spread(lips.vectors(y=(lips.lower - lips.upper) * lips.left), reach=34.0)
    return lips.with_gap(lambda k: shape + k * together, GAP_RESPONSE_MM["MouthPressLeft"])


def _lower_down(lips: LipLoops) -> Array:
    """Half of the lower lip drawn down and turned out a little, as in a spread vowel."""
    t = np.clip(lips.depth, 0, 1)
    w = lips.left * lips.lower
    shape = lips.spread(lips.vectors(x=0.6 * lips.left * lips.across, z=w * (1.0 - 1.2 * t)), reach=36.0)
    down = lips.spread(lips.vectors(y=-w * (0.72 + 0.28 * t)), reach=36.0)
    return lips.with_gap(lambda k: shape + k * down, GAP_RESPONSE_MM["MouthLowerDownLeft"])


def _upper_up(lips: LipLoops) -> Array:
    """Half of the upper lip drawn up, the fold beside the nose deepened."""
    t = np.clip(lips.depth, 0, 1)
    w = lips.left * lips.upper
    shape = lips.spread(lips.vectors(z=w * (1.0 - 0.6 * t)), reach=36.0, top=-26.0)
    shape = shape + nose_fold(lips, 1.0)
    up = lips.spread(lips.vectors(y=w * (0.72 + 0.28 * t)), reach=36.0, top=-26.0)
    return lips.with_gap(lambda k: shape + k * up, GAP_RESPONSE_MM["MouthUpperUpLeft"])
