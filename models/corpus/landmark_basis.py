"""How landmarks of MediaPipe's face mesh move when a channel does: displacements on the ICT FaceKit.

The FaceKit names the 68 landmarks of Multi-PIE, of which MediaPipe has counterparts. Other landmarks are found on it
through the talker's own face at rest: those on the lips' rings at the same share of the ring's half width, the others
by a thin-plate warp of his face onto the FaceKit's (Bookstein 1989) and the nearest vertex.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.corpus.face_landmarks import (
    INNER_LOWER_LIP,
    INNER_UPPER_LIP,
    OUTER_LOWER_LIP,
    OUTER_UPPER_LIP,
    Floats,
    Landmarks,
)
from models.face.rig import Rig

_ICT_68: Final = (
    1225, 1888, 1052, 367, 1719, 1722, 2199, 1447, 966, 3661, 4390, 3927, 3924, 2608, 3272, 4088, 3443, 268, 493, 1914,
    2044, 1401, 3615, 4240, 4114, 2734, 2509, 978, 4527, 4942, 4857, 1140, 2075, 1147, 4269, 3360, 1507, 1542, 1537,
    1528, 1518, 1511, 3742, 3751, 3756, 3721, 3725, 3732, 5708, 5695, 2081, 0, 4275, 6200, 6213, 6346, 6461, 5518, 5957,
    5841, 5702, 5711, 5533, 6216, 6207, 6470, 5517, 5966,
)  # fmt: skip
"""Vertices of the 68 landmarks in Multi-PIE's order."""
_MEDIAPIPE_68: Final = (
    127, 234, 93, 132, 58, 136, 150, 176, 152, 400, 379, 365, 288, 361, 323, 454, 356, 70, 63, 105, 66, 107, 336, 296,
    334, 293, 300, 168, 6, 195, 4, 98, 97, 2, 326, 327, 33, 160, 158, 133, 153, 144, 362, 385, 387, 263, 373, 380, 61,
    39, 37, 0, 267, 269, 291, 405, 314, 17, 84, 181, 78, 82, 13, 312, 308, 317, 14, 87,
)  # fmt: skip
"""The same points of MediaPipe's mesh; the outline of the jaw (the first 17) slides on it and is near at best."""
_VERTEX_OF: Final = dict(zip(_MEDIAPIPE_68, _ICT_68, strict=True))
_ANCHORS: Final = (8, *range(17, 31), 33, *range(36, 48), 48, 51, 54, 57)
"""Of the 68, those that mean the same point on every face: the warp is laid through them."""
_RINGS: Final[tuple[tuple[tuple[int, ...], tuple[int, ...]], ...]] = (
    (OUTER_UPPER_LIP, (48, 49, 50, 51, 52, 53, 54)),
    (OUTER_LOWER_LIP, (48, 59, 58, 57, 56, 55, 54)),
    (INNER_UPPER_LIP, (60, 61, 62, 63, 64)),
    (INNER_LOWER_LIP, (60, 67, 66, 65, 64)),
)
"""A ring of the lips in MediaPipe's mesh, and which of the 68 lie on it."""
LIP_LANDMARKS: Final = tuple(sorted({landmark for ring, _ in _RINGS for landmark in ring}))
_SKIN_VERTICES: Final = 9409


def model_landmarks(ict: Rig) -> dict[int, Floats]:
    """Where the landmarks that both know lie on the FaceKit, millimetres; without the outline of the jaw."""
    return {landmark: ict.neutral[_VERTEX_OF[landmark]].astype(np.float64) for landmark in _MEDIAPIPE_68[17:]}


def landmark_basis(ict: Rig, landmarks: Landmarks, neutral: Floats) -> Floats:
    """Displacements of a talker's landmarks per channel.

    Args:
        ict: the FaceKit (`models.face.importers.ict.load_ict`).
        landmarks: which there are.
        neutral: `[N, 3]`, the talker's face at rest, millimetres in head space.

    Returns:
        `[52, N, 3]`, millimetres at weight 1.
    """
    share = np.zeros((len(landmarks.index), len(ict.neutral)), np.float32)
    on_rings: set[int] = set()
    for ring, on_ict in _RINGS:
        vertices = np.array([_ICT_68[k] for k in on_ict])
        along, ict_along = (_along(x) for x in (landmarks.of(neutral, ring)[:, 0], ict.neutral[vertices, 0]))
        for landmark, row, place in zip(ring, landmarks.rows(ring), along, strict=True):
            share[row] = 0
            right = int(np.clip(np.searchsorted(ict_along, place), 1, len(vertices) - 1))
            part = float(np.clip((place - ict_along[right - 1]) / (ict_along[right] - ict_along[right - 1]), 0, 1))
            share[row, vertices[right - 1]] += 1 - part
            share[row, vertices[right]] += part
            on_rings.add(landmark)
    others = tuple(landmark for landmark in landmarks.index if landmark not in on_rings)
    for row, vertex in zip(landmarks.rows(others), _nearest(ict, landmarks, neutral, others), strict=True):
        share[row, vertex] = 1
    used = np.flatnonzero(share.any(0))
    return np.asarray(np.einsum("nv,kvi->kni", share[:, used], ict.deltas[:, used]), np.float64)


def _along(x: Floats) -> Floats:
    """Places on a ring from −1 at the right corner to 1 at the left one."""
    return np.asarray(2 * (x - x[0]) / (x[-1] - x[0]) - 1)


def _nearest(ict: Rig, landmarks: Landmarks, neutral: Floats, wanted: tuple[int, ...]) -> NDArray[np.int64]:
    anchors = tuple(_MEDIAPIPE_68[k] for k in _ANCHORS if _MEDIAPIPE_68[k] in landmarks)
    source = landmarks.of(neutral, anchors)[:, :2]
    target = ict.neutral[[_VERTEX_OF[landmark] for landmark in anchors], :2].astype(np.float64)
    placed = _warp(source, target, landmarks.of(neutral, wanted)[:, :2])
    skin = _seen_from_ahead(ict.neutral[:_SKIN_VERTICES])
    flat = ict.neutral[skin, :2]
    nearest = skin[((placed[:, None] - flat[None]) ** 2).sum(-1).argmin(1)]
    known = [_VERTEX_OF.get(landmark, vertex) for landmark, vertex in zip(wanted, nearest.tolist(), strict=True)]
    return np.array(known, np.int64)


def _seen_from_ahead(skin: Floats) -> NDArray[np.int64]:
    """Vertices that no other within 3 mm (seen from ahead) hides by more than 8 mm: the mouth's bag goes."""
    chosen = np.flatnonzero(skin[:, 2] > 20)
    points = skin[chosen]
    cell = np.floor(points[:, :2] / 3).astype(int)
    cell -= cell.min(0)
    front = np.full(cell.max(0) + 1, -np.inf)
    np.maximum.at(front, (cell[:, 0], cell[:, 1]), points[:, 2])
    return np.asarray(chosen[points[:, 2] > front[cell[:, 0], cell[:, 1]] - 8], np.int64)


def _warp(source: Floats, target: Floats, points: Floats) -> Floats:
    """Thin-plate spline through `source → target`, `[A, 2]` each, at `points` `[P, 2]`."""

    def bend(a: Floats) -> Floats:
        squared = ((a[:, None] - source[None]) ** 2).sum(-1)
        return np.asarray(squared * np.log(squared + 1e-9))

    count = len(source)
    system = np.zeros((count + 3, count + 3))
    system[:count, :count] = bend(source) + 1.0 * np.eye(count)  # a little smoothing: anchors are noisy
    system[:count, count] = system[count, :count] = 1
    system[:count, count + 1 :] = source
    system[count + 1 :, :count] = source.T
    solved = np.linalg.solve(system, np.concatenate([target, np.zeros((3, 2))]))
    return np.asarray(bend(points) @ solved[:count] + solved[count] + points @ solved[count + 1 :])
