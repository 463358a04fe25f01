"""FLAME as a rig: which of ARKit's channels its jaw and its expressions can make, and how well.

FLAME has no ARKit channels. Its jaw is a joint, its expressions are principal components of scanned faces. Here the
jaw's channels are turns of that joint, with the model's own skinning and pose correctives; every other channel is the
mixture of expressions that comes nearest, by least squares with FLAME's Gaussian prior, to what the built-in head does
there (`correspondence`). What the mixture misses is told per channel, and channels it mostly misses are left out: a
wrong motion is worse than none. docs/rigs.md has the table.
"""

from itertools import pairwise
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.face.channels import BLENDSHAPES
from models.face.head.response import GAP_RESPONSE_MM
from models.face.importers.correspondence import Likeness, carried_over, jaw_share
from models.face.importers.flame_file import FlameModel, read_flame_file
from models.face.importers.lip_finder import find_lips
from models.face.importers.source_rig import Fit, Floats, Quality, SourceRig

NO_EXPRESSION: Final = ("TongueOut",)
"""FLAME has no tongue."""
LEFT_OUT_ABOVE: Final = 0.75
"""A channel of whose wanted displacement more than this share is missed, is left out."""
_M_TO_MM: Final = 1000.0
_JAW, _LEFT_EYE, _RIGHT_EYE = 2, 3, 4
_TRIAL_TURN: Final = 0.2
_LARGEST_TURN: Final = 0.6
_NOISE_MM: Final = 0.5
"""How well the wanted displacements are known: the weight of FLAME's prior against them."""
_LARGEST_COMPONENT: Final = 4.0
"""In standard deviations: further out, FLAME's faces are no faces."""
_MOUTH_WIDTH_MM: Final = 50.0
"""Of the built-in head, whose gap per weight `GAP_RESPONSE_MM` is."""
_LIP_SHARE: Final = 0.06
_FADE_SHARE: Final = 0.3
"""The lips' thickness, and how far around them skin goes along, as shares of the mouth's width."""
_EYEBALL: Final = 0.5


def read_flame(path: Path) -> SourceRig:
    """FLAME's mean face with ARKit's channels, as far as they can be made.

    Args:
        path: `.pkl` or `.npz`; see `read_flame_file`.

    Raises:
        RigImportError: unreadable, or not FLAME.
    """
    model = read_flame_file(path)
    return FlameFit(model).source()


class FlameFit:
    """Makes the channels of one model.

    Args:
        model: FLAME.
    """

    def __init__(self, model: FlameModel) -> None:
        self._model = model
        self._vertices = model.vertices * _M_TO_MM
        self._lips = find_lips(self._vertices, model.faces, self._turned(0, _TRIAL_TURN))
        self._deltas: dict[str, Floats] = {}
        self._fits: dict[str, Fit] = {}

    def source(self) -> SourceRig:
        """The face in millimetres, its channels, and how each came about."""
        model, vertices = self._model, self._vertices
        eyes = model.joints[[_LEFT_EYE, _RIGHT_EYE]] * _M_TO_MM
        self._open_jaw()
        eyeballs = model.weights[:, [_LEFT_EYE, _RIGHT_EYE]] > _EYEBALL
        skin: NDArray[np.bool_] = eyeballs.sum(axis=1) == 0
        face = Likeness(vertices, eyes, self._lips, jaw_share(self._deltas["JawOpen"]), skin)
        wanted, sure = carried_over(face)
        self._move_jaw_aside(wanted)
        self._shut_lids()
        self._undo_jaw_at_the_lips()
        rest = [name for name in BLENDSHAPES if name not in self._deltas and name not in NO_EXPRESSION]
        self._mix({name: wanted[name] for name in rest}, sure * skin)
        eyelids = "" if model.eyelids is not None else "; put l_eyelid.npy and r_eyelid.npy beside it for exact blinks"
        return SourceRig(
            kind="FLAME",
            vertices=vertices,
            faces=model.faces,
            deltas=self._deltas,
            fits=self._fits,
            eye_centres=eyes,
            eyeballs=(np.flatnonzero(eyeballs[:, 0]), np.flatnonzero(eyeballs[:, 1])),
            lips=self._lips,
            notes=("read as metres, as FLAME is published", f"{len(model.expressions)} expression components{eyelids}"),
        )

    def _turned(self, axis: int, angle: float) -> Floats:
        """Displacements of a turn of the jaw about one of the face's axes, with its pose correctives."""
        model = self._model
        turn = _rotation(axis, angle)
        entries = slice(9 * (_JAW - 1), 9 * _JAW)
        corrected = model.vertices + model.pose_correctives[:, :, entries] @ (turn - np.eye(3)).ravel()
        carried = (corrected - model.joints[_JAW]) @ turn.T + model.joints[_JAW]
        share = model.weights[:, [_JAW]]
        moved: Floats = ((1 - share) * corrected + share * carried - model.vertices) * _M_TO_MM
        return moved

    def _gap(self, delta: Floats) -> float:
        """How much a displacement opens the lips, millimetres."""
        return float((delta[list(self._lips.upper), 1] - delta[list(self._lips.lower), 1]).mean())

    def _open_jaw(self) -> None:
        """JawOpen: the turn that opens the lips as wide, for the mouth's width, as on every rig of ours."""
        left, right = self._vertices[list(self._lips.corners)]
        wanted = GAP_RESPONSE_MM["JawOpen"] * float(np.linalg.norm(left - right)) / _MOUTH_WIDTH_MM
        low, high = 0.0, _LARGEST_TURN
        for _ in range(30):
            middle = (low + high) / 2
            low, high = (middle, high) if self._gap(self._turned(0, middle)) < wanted else (low, middle)
        self._deltas["JawOpen"] = self._turned(0, low)
        self._fits["JawOpen"] = Fit(Quality.EXACT, f"jaw turned by {np.degrees(low):.0f}°")

    def _move_jaw_aside(self, wanted: dict[str, Floats]) -> None:
        """JawLeft and JawRight: turns about the vertical that carry the chin as far as on the built-in head."""
        chin = int((jaw_share(self._deltas["JawOpen"]) * self._model.weights[:, _JAW]).argmax())
        for name, sign in (("JawLeft", 1.0), ("JawRight", -1.0)):
            reach = float(self._turned(1, sign * _TRIAL_TURN)[chin, 0])
            angle = sign * float(np.clip(_TRIAL_TURN * wanted[name][chin, 0] / reach, 0, _LARGEST_TURN))
            self._deltas[name] = self._turned(1, angle)
            self._fits[name] = Fit(Quality.APPROXIMATE, f"jaw turned aside by {np.degrees(abs(angle)):.0f}°")

    def _shut_lids(self) -> None:
        if self._model.eyelids is not None:
            for side, lid in zip(("Left", "Right"), self._model.eyelids, strict=True):
                self._deltas[f"EyeBlink{side}"] = lid * _M_TO_MM
                self._fits[f"EyeBlink{side}"] = Fit(Quality.EXACT, "eyelid file")

    def _undo_jaw_at_the_lips(self) -> None:
        """MouthClose: what the jaw does to the lips, taken back, and less and less of it away from them.

        No mixture of expressions lifts a lip by as much as the jaw lowers it, and equal weights must seal.
        """
        lips, vertices = self._lips, self._vertices
        slit = vertices[[lips.corners[0], lips.lower[1], lips.lower[0], lips.lower[2], lips.corners[1]]]
        width = float(np.linalg.norm(slit[0] - slit[-1]))
        away = np.min([_from_segment(vertices, a, b) for a, b in pairwise(slit)], axis=0)
        near = np.exp(-((np.maximum(away - _LIP_SHARE * width, 0) / (_FADE_SHARE * width)) ** 2))
        self._deltas["MouthClose"] = -near[:, None] * self._deltas["JawOpen"]
        self._fits["MouthClose"] = Fit(Quality.APPROXIMATE, "the jaw's turn undone at the lips")

    def _mix(self, wanted: dict[str, Floats], trust: Floats) -> None:
        """The mixtures of expressions nearest to some displacements; those that are near enough are kept."""
        basis = self._model.expressions * _M_TO_MM
        weight = np.repeat(np.sqrt(trust), 3)
        matrix = basis.reshape(len(basis), -1).T * weight[:, None]
        aims = np.stack([delta.ravel() * weight for delta in wanted.values()], axis=1)
        normal = matrix.T @ matrix + _NOISE_MM**2 * np.eye(len(basis))
        mixtures = np.linalg.solve(normal, matrix.T @ aims)
        mixtures /= np.maximum(1.0, np.abs(mixtures).max(0) / _LARGEST_COMPONENT)
        missed = np.linalg.norm(matrix @ mixtures - aims, axis=0) / np.maximum(np.linalg.norm(aims, axis=0), 1e-12)
        for name, mixture, share in zip(wanted, mixtures.T, missed.tolist(), strict=True):
            if share > LEFT_OUT_ABOVE:
                self._fits[name] = Fit(Quality.MISSING, "no mixture comes near", min(share, 1.0))
            else:
                self._deltas[name] = np.tensordot(mixture, basis, axes=1)
                self._fits[name] = Fit(Quality.APPROXIMATE, "mixture", share)


def _from_segment(points: Floats, a: Floats, b: Floats) -> Floats:
    """Distance of points `[N, 3]` from a segment."""
    along = np.clip((points - a) @ (b - a) / max(float((b - a) @ (b - a)), 1e-12), 0, 1)
    away: Floats = np.linalg.norm(points - a - along[:, None] * (b - a), axis=1)
    return away


def _rotation(axis: int, angle: float) -> Floats:
    one, two = (axis + 1) % 3, (axis + 2) % 3
    turn = np.eye(3)
    turn[one, one] = turn[two, two] = np.cos(angle)
    turn[one, two], turn[two, one] = -np.sin(angle), np.sin(angle)
    return turn
