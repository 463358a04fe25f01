"""Nostrils: dimples pressed into the meshed skin, too small for the field that shapes the rest."""

import numpy as np

from models.face.head.proportions import Array

_CENTRE: Array = np.array([5.2, -30.2, 84.5])
_SIZE: Array = np.array([2.5, 2.6, 3.2])
_INWARD: Array = np.array([0.0, 2.6, -1.0])


def nostril_depth(vertices: Array) -> Array:
    """How deep in a nostril each vertex is, 0..1."""
    z = (vertices * np.sign(np.where(vertices[:, :1] < 0, (-1, 1, 1), 1)) - _CENTRE) / _SIZE
    depth: Array = np.exp(-0.9 * (z * z).sum(1)) * (vertices[:, 1] < -18)
    return depth


def with_nostrils(vertices: Array) -> Array:
    """The vertices with the dimples pressed in."""
    pressed: Array = vertices + nostril_depth(vertices)[:, None] * _INWARD
    return pressed
