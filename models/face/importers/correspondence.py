"""Carries the built-in head's motion over to another face: what its channels *would* look like there.

The built-in head is bent onto the other face by a handful of places that every face has (eyes, mouth, nose, chin,
temples), and each vertex of the other face takes the motion of what then lies beside it. Vertices of different lips lie
beside each other in a closed mouth; they are kept apart by how much the jaw moves them.
"""

from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.face.channels import BLENDSHAPES, channel_index
from models.face.gltf import read_glb
from models.face.head_rig import HEAD_PATH, load_head
from models.face.importers.lip_finder import find_lips
from models.face.importers.source_rig import Floats, Indices, Lips

_NEIGHBOURS: Final = 4
_JAW_MM: Final = 25.0
"""How far apart, in millimetres, full and no motion of the jaw count in looking for neighbours."""
_REACH_MM: Final = 15.0
"""Vertices further than this from the bent head (ears of another form, shoulders) take less and less of its motion."""


@dataclass(frozen=True)
class Likeness:
    """A face as far as it must be known to be likened to another; millimetres.

    Attributes:
        vertices: `[V, 3]`.
        eyes: centres of the left and right eyeball `[2, 3]`.
        lips: its lips.
        jaw_share: `[V]`, 0 on the skull, 1 where the jaw moves most.
        skin: `[V]` bool, false for eyeballs.
        brow_height: of the brows above the eyes' centres; None where they lie on the bone above the eye, as a human's.
    """

    vertices: Floats
    eyes: Floats
    lips: Lips
    jaw_share: Floats
    skin: NDArray[np.bool_]
    brow_height: float | None = None


def jaw_share(jaw_open: Floats) -> Floats:
    """How much of the jaw's motion each vertex takes, 0..1, of JawOpen's displacements `[V, 3]`."""
    amount = np.linalg.norm(jaw_open, axis=1)
    share: Floats = amount / amount.max()
    return share


@cache
def built_in() -> tuple[Likeness, Floats]:
    """The built-in head, and its channels `[52, V, 3]`."""
    rig, glb = load_head(), read_glb(HEAD_PATH)
    eyes = {node["name"]: node.get("translation") for node in glb.document["nodes"]}
    faces: Indices = glb.triangles("skin")
    vertices, deltas = rig.neutral.astype(np.float64), rig.deltas.astype(np.float64)
    jaw = deltas[channel_index("JawOpen")]
    lips = find_lips(vertices, faces, jaw)
    centres = np.array([eyes["eye_left"], eyes["eye_right"]], np.float64) * 1000.0
    brows = glb.array(glb.mesh("brows")["primitives"][0]["attributes"]["POSITION"])[:, 1] * 1000.0
    skin = np.ones(len(vertices), bool)
    height = float(brows.mean() - centres[:, 1].mean())
    return Likeness(vertices, centres, lips, jaw_share(jaw), skin, height), deltas


def carried_over(face: Likeness) -> tuple[dict[str, Floats], Floats]:
    """The built-in head's channels on another face.

    Returns:
        Channel → wanted displacement `[V, 3]`, and `[V]` how surely each vertex has a counterpart, 0..1.
    """
    head, deltas = built_in()
    bend = _Bend(anchors(head), anchors(face))
    bent = bend(head.vertices)
    here = np.concatenate([face.vertices, _JAW_MM * face.jaw_share[:, None]], axis=1)
    there = np.concatenate([bent, _JAW_MM * head.jaw_share[:, None]], axis=1)
    nearest, distance = _nearest(here, there)
    weight = 1 / (distance + 0.5)
    weight /= weight.sum(1, keepdims=True)
    sure = np.clip(2 - distance.min(1) / _REACH_MM, 0, 1)
    wanted = {}
    for name, delta in zip(BLENDSHAPES, deltas, strict=True):
        moved = np.zeros_like(delta)
        moves = delta.any(1)
        # A motion is bent as the face is: lids that shut on the one head, shut on the other.
        moved[moves] = bend(head.vertices[moves] + delta[moves]) - bent[moves]
        wanted[name] = np.einsum("vk,vkc->vc", weight, moved[nearest]) * sure[:, None]
    return wanted, sure


def _nearest(here: Floats, there: Floats) -> tuple[Indices, Floats]:
    """For each row of one table the nearest rows of the other, and how far they are."""
    nearest = np.empty((len(here), _NEIGHBOURS), np.int64)
    distance = np.empty((len(here), _NEIGHBOURS))
    squares = (there**2).sum(1)
    for start in range(0, len(here), 512):  # the whole table of distances would not fit for large faces
        rows = slice(start, start + 512)
        apart = squares - 2 * here[rows] @ there.T
        near = np.argpartition(apart, _NEIGHBOURS, axis=1)[:, :_NEIGHBOURS]
        nearest[rows] = near
        distance[rows] = np.linalg.norm(here[rows, None] - there[near], axis=2)
    return nearest, distance


def anchors(face: Likeness) -> Floats:
    """Places every face has, `[22, 3]`: mouth, nose, chin, rims and ridges of the eyes, temples, sides of the jaw."""
    vertices, lips = face.vertices, face.lips
    eyes, corners = face.eyes, vertices[list(lips.corners)]
    pairs = (vertices[list(lips.upper)] + vertices[list(lips.lower)]) / 2
    vertices = vertices[face.skin]
    mouth, middle = pairs[0], eyes.mean(0)
    unit = float(middle[1] - mouth[1])
    nose = _foremost(vertices, mouth[0], mouth[1] + 0.25 * unit, middle[1] - 0.25 * unit)
    chin = _foremost(vertices, mouth[0], mouth[1] - 0.9 * unit, mouth[1] - 0.35 * unit)
    places = [*corners, *pairs[:3], nose, chin]
    for eye in eyes:
        rim = _lid_rim(vertices, eye, unit)
        ridge_point = _brow_ridge(vertices, eye, rim[1], unit)
        if face.brow_height is not None:
            height = eye[1] + face.brow_height
            ridge_point = _foremost(vertices, eye[0], height - 2, height + 2)
        places += [*rim, ridge_point]
    ridge = float(np.mean([places[-1][1], places[-6][1]]))
    places.append(_foremost(vertices, mouth[0], ridge - 0.05 * unit, ridge + 0.05 * unit))
    places += [_outermost(vertices, sign, at[1], unit) for at in (middle, mouth) for sign in (1.0, -1.0)]
    return np.stack(places)


def _foremost(vertices: Floats, x: float, low: float, high: float) -> Floats:
    """The foremost point of a profile between two heights."""
    inside = (vertices[:, 1] > low) & (vertices[:, 1] < high)
    reach = 4.0
    while not (inside & (np.abs(vertices[:, 0] - x) < reach)).any():
        reach *= 2
    profile = vertices[inside & (np.abs(vertices[:, 0] - x) < reach)]
    point: Floats = profile[profile[:, 2].argmax()].copy()
    point[0] = x
    return point


def _lid_rim(vertices: Floats, eye: Floats, unit: float) -> list[Floats]:
    """The rim of the lids to the left, above, to the right and below, of an eye seen from the front."""
    away = vertices - eye
    beside = np.linalg.norm(away[:, :2], axis=1)
    near = np.flatnonzero((away[:, 2] > 0) & (beside < 0.6 * unit))
    angle = np.arctan2(away[near, 1], away[near, 0])
    rim = []
    for way in (0.0, np.pi / 2, np.pi, -np.pi / 2):
        sector = near[np.abs(np.angle(np.exp(1j * (angle - way)))) < np.pi / 9]
        rim.append(vertices[sector[beside[sector].argmin()]])
    return rim


def _brow_ridge(vertices: Floats, eye: Floats, lid: Floats, unit: float) -> Floats:
    """The bone above an eye: where the profile stands out most before the line from the upper lid to the forehead.

    Simply the foremost point would be the lid itself where eyes are large and round.
    """
    near = np.abs(vertices[:, 0] - eye[0]) < 0.1 * unit
    near &= (vertices[:, 2] > eye[2] - 0.5 * unit) & (vertices[:, 1] > lid[1])
    profile = vertices[near & (vertices[:, 1] < eye[1] + 1.1 * unit)]
    high = profile[profile[:, 1] > eye[1] + 0.9 * unit]
    top = high[high[:, 2].argmax()] if len(high) else profile[profile[:, 1].argmax()]
    rise = (top - lid)[1:]
    ahead = (profile[:, 2] - lid[2]) * rise[0] - (profile[:, 1] - lid[1]) * rise[1]
    ridge: Floats = profile[ahead.argmax()].copy()
    ridge[0] = eye[0]
    return ridge


def _outermost(vertices: Floats, sign: float, height: float, unit: float) -> Floats:
    """Where the face's silhouette is at a height, on the front of the head (ears are of many forms)."""
    front = vertices[vertices[:, 2] > np.percentile(vertices[:, 2], 40)]
    band = front[np.abs(front[:, 1] - height) < 0.12 * unit]
    point: Floats = band[(sign * band[:, 0]).argmax()]
    return point


class _Bend:
    """Bends space so that places `here` come to lie `there`.

    A spline of the distance itself (the thin plate in three dimensions; Bookstein 1989), with an affine part.

    Args:
        here: `[N, 3]`.
        there: `[N, 3]`.
    """

    def __init__(self, here: Floats, there: Floats) -> None:
        count = len(here)
        system = np.zeros((count + 4, count + 4))
        system[:count, :count] = np.linalg.norm(here[:, None] - here[None], axis=2)
        system[:count, count] = 1
        system[:count, count + 1 :] = here
        system[count:, :count] = system[:count, count:].T
        self._here = here
        self._solved: Floats = np.linalg.lstsq(system, np.concatenate([there, np.zeros((4, 3))]), rcond=None)[0]

    def __call__(self, points: Floats) -> Floats:
        """Where points `[N, 3]` come to lie."""
        count = len(self._here)
        kernel = np.linalg.norm(points[:, None] - self._here[None], axis=2)
        bent: Floats = kernel @ self._solved[:count] + self._solved[count] + points @ self._solved[count + 1 :]
        return bent
