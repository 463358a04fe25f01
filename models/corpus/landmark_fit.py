"""The 61 channels of a talker whose face a camera tracked: landmarks in, motion out.

Head pose is taken off first (`models.corpus.face_landmarks`); what is left are displacements from the talker's own
face at rest. Mouth, jaw, cheeks, nose and brows are the weights of the FaceKit's displacements that explain them best:
least squares within 0..1, with a Gaussian prior on each weight, on the difference of left and right and on the second
difference in time. The inner-lip gap is the one thing a viewer measures exactly, so it has a row of its own and is
made exact at the end. Lids and gaze are read off directly.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from models.corpus.articulation import GAP_MM_AT_AY, REST_RIG_GAP_MM, gap_coefficients
from models.corpus.face_landmarks import (
    EYE_CORNERS,
    IRIS,
    LIDS,
    Floats,
    Landmarks,
    LandmarksError,
    Posed,
    lid_gap,
    lip_gap,
    take_pose_off,
)
from models.corpus.landmark_basis import LIP_LANDMARKS, landmark_basis, model_landmarks
from models.face.channels import CHANNEL_COUNT, RADIANS_PER_LOOK, channel_index, channel_indices
from models.face.rig import Rig

AY_GAP: Final = 0.19
"""Inner-lip gap over eye distance at which the normalized gap is 1 (the vowel of "five")."""
CAMERA_BIAS: Final = 0.04
"""A measured gap of closed lips is 0.01–0.03 (the landmarks' own width); taken off so that closed means closed."""

_USE: Final[dict[str, float]] = {
    "JawForward": 0.05, "JawRight": 0.06, "JawLeft": 0.06, "JawOpen": 0.4, "MouthClose": 0.25, "MouthFunnel": 0.06,
    "MouthPucker": 0.7, "MouthRight": 0.08, "MouthLeft": 0.08, "MouthSmileLeft": 0.3, "MouthSmileRight": 0.3,
    "MouthFrownLeft": 0.07, "MouthFrownRight": 0.07, "MouthDimpleLeft": 0.15, "MouthDimpleRight": 0.15,
    "MouthStretchLeft": 0.5, "MouthStretchRight": 0.5, "MouthRollLower": 0.5, "MouthRollUpper": 0.2,
    "MouthShrugLower": 0.15, "MouthShrugUpper": 0.1, "MouthPressLeft": 0.15, "MouthPressRight": 0.15,
    "MouthLowerDownLeft": 0.5, "MouthLowerDownRight": 0.5, "MouthUpperUpLeft": 0.5, "MouthUpperUpRight": 0.5,
    "BrowDownLeft": 0.4, "BrowDownRight": 0.4, "BrowInnerUp": 0.4, "BrowOuterUpLeft": 0.4, "BrowOuterUpRight": 0.4,
    "CheekPuff": 0.04, "NoseSneerLeft": 0.15, "NoseSneerRight": 0.15,
}  # fmt: skip
"""Fitted channels, and how large a weight is usual in speech (standard deviation of the prior)."""
_SLOW: Final = frozenset(
    name for name in _USE if name.startswith(("Brow", "Cheek", "Nose", "MouthFrown", "MouthDimple"))
)
_BEND_PER_S2: Final = (60.0, 25.0)
"""Usual second difference of a weight over time squared: of what speaks, and of what is slow."""
_ASYMMETRY: Final = 0.06
_ERROR_MM: Final = 1.6
"""How far a landmark usually lies off the fit; large, because neighbours err together."""
_GAP_ERROR_MM: Final = 0.25
_DEPTH_WEIGHT: Final = 0.1
"""What MediaPipe's z counts against x and y: it is guessed, but it alone shows protrusion."""
_LIP_WEIGHT, _CORNER_WEIGHT, _CHIN_WEIGHT, _OUTLINE_WEIGHT, _REST_WEIGHT = 1.5, 8.0, 12.0, 0.3, 0.6
_CORNERS: Final = frozenset({61, 291})
_CHIN: Final = frozenset({152, 175, 148, 377})
_OUTLINE: Final = frozenset({
    127, 234, 93, 132, 58, 172, 136, 150, 149, 176, 148, 377, 400, 378, 379, 365, 397, 288, 361, 323, 454, 356, 389,
    251, 284, 332, 297, 338, 10, 109, 67, 103, 54, 21, 162,
})  # fmt: skip
_EYES: Final = frozenset(
    {*EYE_CORNERS, 249, 390, 373, 374, 380, 381, 382, 466, 388, 387, 386, 385, 384, 398, 7, 163, 144, 145, 153, 154,
     155, 246, 161, 160, 159, 158, 157, 173, *range(468, 478)}
)  # fmt: skip
_ROUNDS: Final = 250
_EYEBALL_MM: Final = 12.0
_SHUT, _WIDE = 0.35, 1.5
"""Lid gap over that at rest which a tracker shows of a shut eye, and of one torn open."""

MEASURED: Final = (
    *_USE, *(name + side for side in LIDS for name in ("EyeBlink", "EyeWide", "EyeLookUp", "EyeLookDown", "EyeLookIn",
    "EyeLookOut")), "HeadYaw", "HeadPitch", "HeadRoll", "LeftEyeYaw", "LeftEyePitch", "RightEyeYaw", "RightEyePitch",
)  # fmt: skip
"""Channels that landmarks tell of; the others (tongue, squints) stay 0."""


@dataclass(frozen=True, slots=True)
class Fitted:
    """A talker's motion.

    Attributes:
        motion: `[F, 61]` float32 channels.
        gap: `[F]`, normalized inner-lip gap as measured (1 is `AY_GAP` of the eye distance, closed is below 0).
        posed: the landmarks without head motion, millimetres.
        error_mm: root mean square distance of the lips' landmarks from the fit, in x and y.
    """

    motion: Floats
    gap: Floats
    posed: Posed
    error_mm: float


def fit_landmarks(
    points: Floats, landmark_index: Floats | list[int], fps: float, ict: Rig, *, starts: tuple[int, ...] = (0,)
) -> Fitted:
    """Fits the 61 channels to one talker's tracked landmarks.

    Args:
        points: `[F, N, 3]`, pixels (x right, y down; of a picture that is not mirrored) and MediaPipe's z in the same
            scale.
        landmark_index: `[N]`, which of MediaPipe's 478 each is; lips, eye corners, lids, brows, nose, forehead and
            chin are needed, irises wanted.
        fps: frames a second.
        ict: the FaceKit (`models.face.importers.ict.load_ict`).
        starts: first frames of recordings that were laid end to end, 0 first.

    Returns:
        Motion and what it was read from. Some frames must show the face at rest: lips together, eyes open.

    Raises:
        LandmarksError: a landmark that is needed is missing, values are not finite or the face never rests.
    """
    if not starts or starts[0] != 0 or list(starts) != sorted(set(starts)) or starts[-1] >= len(points):
        raise LandmarksError(f"recordings must start at 0 and at rising frames below {len(points)}, not at {starts}")
    landmarks = Landmarks(points, landmark_index)
    pieces = [slice(a, b) for a, b in zip(starts, (*starts[1:], len(points)), strict=True)]
    posed = take_pose_off(landmarks, model_landmarks(ict), fps, pieces)
    gap = lip_gap(landmarks) / AY_GAP - CAMERA_BIAS
    basis = landmark_basis(ict, landmarks, posed.neutral)
    motion = np.zeros((len(points), CHANNEL_COUNT), np.float32)
    motion[:, channel_indices(_USE)], error_mm = _weights(landmarks, posed, basis, gap, fps, pieces)
    _make_gap_exact(motion, gap)
    for side in LIDS:
        _read_eye(motion, landmarks, posed, side, fps)
    motion[:, channel_indices(("HeadYaw", "HeadPitch", "HeadRoll"))] = posed.angles
    return Fitted(motion, gap, posed, error_mm)


def _weights(
    landmarks: Landmarks, posed: Posed, basis: Floats, gap: Floats, fps: float, pieces: list[slice]
) -> tuple[Floats, float]:
    """Weights `[F, K]` of the channels of `_USE`, and how far the lips are off."""
    channels = channel_indices(_USE)
    rows = [row for row, landmark in enumerate(landmarks.index) if landmark not in _EYES]
    weight = np.array([_trust(landmarks.index[row]) for row in rows])
    axes = np.sqrt(weight)[:, None] * np.array([1.0, 1.0, np.sqrt(_DEPTH_WEIGHT)]) / _ERROR_MM
    design = (basis[channels][:, rows] * axes).reshape(len(channels), -1).T
    seen = (posed.moved[:, rows] * axes).reshape(len(gap), -1)
    gap_row = gap_coefficients()[channels].astype(np.float64) / _GAP_ERROR_MM
    wanted = (GAP_MM_AT_AY * gap - REST_RIG_GAP_MM) / _GAP_ERROR_MM

    use = np.array(list(_USE.values()))
    quadratic = design.T @ design + np.outer(gap_row, gap_row) + np.diag(1 / use**2)
    names = list(_USE)
    for i, name in enumerate(names):
        if name.endswith("Left") and name not in ("JawLeft", "MouthLeft"):
            j = names.index(name.removesuffix("Left") + "Right")
            difference = np.zeros(len(names))
            difference[[i, j]] = 1, -1
            quadratic += np.outer(difference, difference) / _ASYMMETRY**2
    linear = seen @ design + wanted[:, None] * gap_row
    bend = np.array([_BEND_PER_S2[name in _SLOW] / fps**2 for name in names])
    weights = _solve(quadratic, linear, 1 / bend**2, use, pieces)
    lips = landmarks.rows(LIP_LANDMARKS)
    off = np.einsum("fk,kni->fni", weights, basis[channels][:, lips, :2]) - posed.moved[:, lips, :2]
    return weights, float(np.sqrt((off**2).sum(-1).mean()))


def _trust(landmark: int) -> float:
    if landmark in _CORNERS:
        return _CORNER_WEIGHT
    if landmark in LIP_LANDMARKS:
        return _LIP_WEIGHT
    if landmark in _CHIN:
        return _CHIN_WEIGHT
    return _OUTLINE_WEIGHT if landmark in _OUTLINE else _REST_WEIGHT


def _solve(quadratic: Floats, linear: Floats, stiffness: Floats, use: Floats, pieces: list[slice]) -> Floats:
    """Minimizes ½ wᵀQw − lᵀw + ½ s |w″|² within 0..1 for all frames together (FISTA, Beck & Teboulle 2009).

    Weights are scaled by their usual size first, and the search restarts when it climbs (O'Donoghue & Candès 2015).
    """
    scale = 1 / np.sqrt(np.diag(quadratic))
    q = (quadratic * scale[:, None] * scale).astype(np.float32)
    target = (linear * scale).astype(np.float32)
    stiff = (stiffness * scale**2).astype(np.float32)
    top = (1 / scale).astype(np.float32)
    step = np.float32(1 / (np.linalg.eigvalsh(q)[-1] + 16 * stiff.max()))
    inner = np.ones((len(target), 1), np.float32)  # a second difference lies within one recording
    for piece in pieces:
        inner[piece.start] = inner[piece.stop - 1] = 0
    now: Floats = np.clip(target @ np.linalg.inv(q), 0, top).astype(np.float32)
    ahead, momentum = now.copy(), 1.0
    for _ in range(_ROUNDS):
        gradient = ahead @ q - target + stiff * _bend_gradient(ahead, inner)
        following = np.clip(ahead - step * gradient, 0, top)
        change = following - now
        if np.vdot(ahead - following, change) > 0:
            momentum = 1.0
        grown = (1 + np.sqrt(1 + 4 * momentum**2)) / 2
        ahead = following + np.float32((momentum - 1) / grown) * change
        now, momentum = following, grown
    return np.asarray(np.clip(now * scale, 0, 1))


def _bend_gradient(track: Floats, inner: Floats) -> Floats:
    bend = np.zeros_like(track)
    bend[1:-1] = (track[:-2] - 2 * track[1:-1] + track[2:]) * inner[1:-1]
    out = -2 * bend
    out[1:] += bend[:-1]
    out[:-1] += bend[1:]
    return out


def _make_gap_exact(motion: Floats, gap: Floats) -> None:
    """Shuts or parts the lips by what is missing: first the lips themselves, then the jaw."""
    response = gap_coefficients()
    missing = GAP_MM_AT_AY * gap - REST_RIG_GAP_MM - motion @ response
    close, jaw = channel_index("MouthClose"), channel_index("JawOpen")
    lips = channel_indices(("MouthLowerDownLeft", "MouthLowerDownRight", "MouthUpperUpLeft", "MouthUpperUpRight"))
    for channel in (close, *lips, jaw):
        before = motion[:, channel].copy()
        motion[:, channel] = np.clip(before + missing / response[channel] * (0.25 if channel in lips else 1), 0, 1)
        missing = missing - response[channel] * (motion[:, channel] - before)
    for channel in (*lips, jaw, close):
        before = motion[:, channel].copy()
        motion[:, channel] = np.clip(before + missing / response[channel], 0, 1)
        missing = missing - response[channel] * (motion[:, channel] - before)


def _read_eye(motion: Floats, landmarks: Landmarks, posed: Posed, side: str, fps: float) -> None:
    """Lids and gaze of one eye into its channels; gaze is held while the eye is shut."""
    placed = posed.neutral + posed.moved
    opening = lid_gap(landmarks, placed, side)
    opening = opening / np.median(opening[posed.resting])
    blink = np.clip((1 - opening) / (1 - _SHUT), 0, 1)
    blink = np.where(blink < 0.15, 0, (blink - 0.15) / 0.85)  # the landmarks' jitter is no blink
    motion[:, channel_index("EyeBlink" + side)] = blink
    motion[:, channel_index("EyeWide" + side)] = np.clip((opening - 1.15) / (_WIDE - 1.15), 0, 1)
    if IRIS[side] not in landmarks:
        return
    corners = EYE_CORNERS[:2] if side == "Right" else EYE_CORNERS[2:]
    off = landmarks.of(placed, (IRIS[side],))[:, 0] - landmarks.of(placed, corners).mean(1)
    off = off - np.median(off[posed.resting], axis=0)
    seen = np.flatnonzero(blink < 0.3)
    if len(seen) < fps / 5:
        return
    frames = np.arange(len(off))
    yaw, pitch = (
        np.interp(frames, seen, np.arcsin(np.clip(sign * off[seen, axis] / _EYEBALL_MM, -0.7, 0.7)))
        for axis, sign in ((0, 1), (1, -1))
    )
    motion[:, channel_index(side + "EyeYaw")], motion[:, channel_index(side + "EyePitch")] = yaw, pitch
    outward = yaw if side == "Left" else -yaw
    for name, angle in (("Down", pitch), ("Up", -pitch), ("Out", outward), ("In", -outward)):
        motion[:, channel_index(f"EyeLook{name}{side}")] = np.clip(angle / RADIANS_PER_LOOK, 0, 1)
