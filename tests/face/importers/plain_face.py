"""A plain face for importers: a bent sheet with a slit for a mouth, in millimetres."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

STEP = 2.5
MOUTH_Y = -50.0
MOUTH_HALF = 25.0
JAW_MM = 25.0
EYE_X = 31.5


@dataclass(frozen=True)
class PlainFace:
    vertices: Floats
    faces: NDArray[np.int64]
    deltas: dict[str, Floats]
    upper: NDArray[np.int64]
    lower: NDArray[np.int64]


def plain_face() -> PlainFace:
    """Sheet of 2.5 mm squares; blinks, an opening jaw, a mouth that closes relative to it, smiles and brows."""
    x, y = (grid.ravel() for grid in np.meshgrid(np.arange(-60, 61, STEP), np.arange(-80, 41, STEP)))
    columns = round(120 / STEP) + 1
    upper = np.flatnonzero((y == MOUTH_Y) & (np.abs(x) < MOUTH_HALF))
    lower = len(x) + np.arange(len(upper))
    x, y = np.concatenate([x, x[upper]]), np.concatenate([y, y[upper]])
    z = 100 * np.sqrt(1 - (x / 80) ** 2 - ((y + 20) / 110) ** 2)
    corner = np.arange(columns * columns).reshape(columns, columns)
    squares = [corner[:-1, :-1], corner[:-1, 1:], corner[1:, 1:], corner[:-1, :-1], corner[1:, 1:], corner[1:, :-1]]
    faces = np.stack([square.ravel() for square in squares], axis=1).reshape(-1, 3)
    below = y[faces].mean(1) < MOUTH_Y
    double = np.arange(len(x))
    double[upper] = lower
    faces[below] = double[faces[below]]

    under = np.zeros(len(x), bool)
    under[lower] = True
    under |= y < MOUTH_Y
    chin = np.clip((MOUTH_Y - y) / 20, 0, 1) * np.exp(-((x / 40) ** 2))
    lip = under * np.exp(-(((y - MOUTH_Y) / 8) ** 2)) * np.sqrt(np.clip(1 - (x / MOUTH_HALF) ** 2, 0, None))
    down = np.array([0.0, -1.0, -0.1])
    jaw = JAW_MM * np.maximum(chin, lip)[:, None] * down

    def bump(at: Sequence[float], width: float, way: Sequence[float]) -> Floats:
        near = np.exp(-(((x - at[0]) / width) ** 2) - ((y - at[1]) / width) ** 2)
        near[near < 0.01] = 0
        return near[:, None] * np.array(way, np.float64)

    deltas = {
        "JawOpen": jaw,
        "MouthClose": -JAW_MM * lip[:, None] * down,
        "BrowInnerUp": bump((0, 25), 15, (0, 4, 0)),
    }
    for side, sign in (("Left", 1), ("Right", -1)):
        deltas["EyeBlink" + side] = bump((sign * EYE_X, 0), 8, (0, -8, 0))
        deltas["MouthSmile" + side] = bump((sign * 25, -50), 12, (sign * 4, 5, -2))
    return PlainFace(np.stack([x, y, z], axis=1), faces, deltas, upper, lower)
