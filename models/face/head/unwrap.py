"""Texture coordinates of the skin, for maps that people paint themselves; the shipped head needs none."""

import numpy as np

from models.face.head.proportions import Array, unit

_CENTRE: Array = np.array([0.0, -20.0, -10.0])


def unwrap(vertices: Array) -> Array:
    """The skin seen from inside the head and spread flat, `[V, 2]` in 0..1, v downward as glTF has it.

    Lambert's azimuthal projection about the direction of the face, equal in area and without a seam: the nose lies in
    the middle, the back of the head is the rim. The lips' inner side lies over their front.
    """
    toward = unit(vertices - _CENTRE)
    angle = np.arccos(np.clip(toward[:, 2], -1, 1)) / np.pi
    around = np.arctan2(toward[:, 1], toward[:, 0])
    radius = 0.5 * np.sin(angle * np.pi / 2)
    return np.stack([0.5 + radius * np.cos(around), 0.5 - radius * np.sin(around)], -1)
