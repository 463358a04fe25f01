"""Which way a face looks and how large it is, guessed from how it moves.

Lids that blink say where the eyes are: their distance tells the unit (pupils of adults lie 63 mm apart), their
direction the character's left. An opening jaw goes down. What is left is forward, and it must be where the mouth is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import permutations, product
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.face.importers.source_rig import Floats, RigImportError, SourceRig

PUPIL_DISTANCE_MM: Final = 63.0
"""Of adults, mean (Dodgson 2004)."""
_UNITS: Final[dict[str, float]] = {"m": 1000.0, "cm": 10.0, "mm": 1.0, "inch": 25.4}
_PLAUSIBLE_MM: Final = (45.0, 90.0)
"""Faces whose pupils are this far apart are taken at their word; stylized ones have wider eyes."""
_EYE_CHANNELS: Final = ("EyeBlink", "EyeSquint", "EyeWide", "EyeLookDown", "EyeLookUp")


@dataclass(frozen=True)
class Placement:
    """What was guessed.

    Attributes:
        unit: name of the source's unit, or how it was scaled.
        mm_per_unit: scale to millimetres.
        axes: rows: the character's left, up and forward in the source's axes.
        pupil_distance_mm: distance of the eyes afterwards; None where the eyes were not found.
        notes: what was not as expected.
    """

    unit: str
    mm_per_unit: float
    axes: Floats
    pupil_distance_mm: float | None
    notes: Sequence[str] = ()

    @property
    def axes_text(self) -> str:
        """Such as `left +X, up +Y, forward +Z`."""
        names = ("left", "up", "forward")
        return ", ".join(f"{name} {_axis_name(row)}" for name, row in zip(names, self.axes, strict=True))


def place(source: SourceRig, mm_per_unit: float | None = None) -> tuple[SourceRig, Placement]:
    """Turns and scales a face: millimetres, +X the character's left, +Y up, +Z out of the face.

    Args:
        source: as read.
        mm_per_unit: None to guess.

    Raises:
        RigImportError: the face has no size.
    """
    if not np.isfinite(source.vertices).all() or not np.ptp(source.vertices, axis=0).max() > 0:
        raise RigImportError("its vertices are not finite or all in one place; export the mesh anew")
    notes: list[str] = []
    eyes = _eyes(source)
    axes = _axes(source, eyes, notes)
    if np.linalg.det(axes) < 0:
        # The axes are as measured; a mirrored face would be one whose names tell the viewer's sides.
        source = _swap_sides(source)
        axes[0] = -axes[0]
        eyes = None if eyes is None else eyes[::-1]
        notes.append("its Left is the viewer's left; the sides were swapped, Left is the character's")
    distance = None if eyes is None else float(np.linalg.norm(eyes[0] - eyes[1]))
    unit, scale = _unit(distance, mm_per_unit, notes)
    turn = axes.T * scale
    placed = replace(
        source,
        vertices=source.vertices @ turn,
        deltas={name: delta @ turn for name, delta in source.deltas.items()},
        both_sides={name: delta @ turn for name, delta in source.both_sides.items()},
        eye_centres=None if eyes is None else eyes @ turn,
    )
    return placed, Placement(unit, scale, axes, None if distance is None else distance * scale, tuple(notes))


def _eyes(source: SourceRig) -> Floats | None:
    if source.eye_centres is not None:
        return source.eye_centres
    for channel in _EYE_CHANNELS:
        pair = [source.deltas.get(channel + side) for side in ("Left", "Right")]
        centres = [_centre(source.vertices, delta) for delta in pair if delta is not None]
        if len(centres) == 2:
            return np.stack(centres)
    return None


def _centre(vertices: Floats, delta: Floats) -> Floats:
    """Middle of what moves by at least a third of the most."""
    amount = np.linalg.norm(delta, axis=1)
    moved = vertices[amount > amount.max() / 3]
    middle: Floats = (moved.min(0) + moved.max(0)) / 2
    return middle


def _axes(source: SourceRig, eyes: Floats | None, notes: list[str]) -> Floats:
    """Left, up and forward as rows, each along an axis of the source; they may be left-handed."""
    jaw = source.deltas.get("JawOpen")
    if jaw is None or eyes is None:
        missing = "JawOpen" if jaw is None else "channels of the eyes"
        notes.append(f"without {missing} its axes cannot be told; taken to be glTF's (+Y up, looking along +Z)")
        return np.eye(3)
    left = eyes[0] - eyes[1]
    amount = np.linalg.norm(jaw, axis=1)
    down = (jaw * amount[:, None]).sum(0)
    mouth = (source.vertices * amount[:, None] ** 2).sum(0) / (amount**2).sum()
    # The jaw lies below the eyes and opens downwards: both say where up is.
    up = (eyes.mean(0) - mouth) / np.linalg.norm(eyes.mean(0) - mouth) - down / np.linalg.norm(down)
    low, high = source.vertices.min(0), source.vertices.max(0)
    forward = (eyes.mean(0) + mouth) / 2 - (low + high) / 2
    measured = [left, up, forward]
    best, axes = -np.inf, np.eye(3)
    for order in permutations(range(3)):
        for signs in product((1.0, -1.0), repeat=3):
            rows = np.zeros((3, 3))
            rows[range(3), order] = signs
            # Forward is the least certain: a bust's middle may be anywhere.
            score = sum(
                trust * float(row @ way) / float(np.linalg.norm(way))
                for trust, row, way in zip((1.0, 1.0, 0.3), rows, measured, strict=True)
            )
            if score > best:
                best, axes = score, rows
    tilt = np.degrees(np.arccos(np.clip(axes[0] @ left / np.linalg.norm(left), -1, 1)))
    if tilt > 10:
        notes.append(f"it stands {tilt:.0f}° askew to its own axes; straighten it in the modelling program")
    return axes


def _unit(distance: float | None, mm_per_unit: float | None, notes: list[str]) -> tuple[str, float]:
    if mm_per_unit is not None:
        return f"{mm_per_unit:g} mm, as told", mm_per_unit
    if distance is None:
        notes.append("without channels of the eyes its unit cannot be told; taken to be the metre")
        return "m", _UNITS["m"]
    low, high = _PLAUSIBLE_MM
    for name, scale in _UNITS.items():
        if low <= distance * scale <= high:
            return name, scale
    scale = PUPIL_DISTANCE_MM / distance
    notes.append(
        f"in no common unit are its eyes a human's distance apart; scaled so that they are {PUPIL_DISTANCE_MM:g} mm"
    )
    return f"{scale:.4g} mm, scaled", scale


def _swap_sides(source: SourceRig) -> SourceRig:
    def other(name: str) -> str:
        for one, two in (("Left", "Right"), ("Right", "Left")):
            if name.endswith(one):
                return name.removesuffix(one) + two
        return name

    def swapped(entries: Mapping[str, NDArray[np.float64]]) -> dict[str, NDArray[np.float64]]:
        return {other(name): value for name, value in entries.items()}

    return replace(
        source,
        deltas=swapped(source.deltas),
        fits={other(name): fit for name, fit in source.fits.items()},
        eyeballs=None if source.eyeballs is None else (source.eyeballs[1], source.eyeballs[0]),
    )


def _axis_name(row: Floats) -> str:
    axis = int(np.abs(row).argmax())
    return ("+" if row[axis] > 0 else "-") + "XYZ"[axis]
