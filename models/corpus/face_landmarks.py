"""Landmarks of MediaPipe's face mesh in the head's own space: which are which, head pose and a face at rest.

A camera's picture has y down and MediaPipe's z is smaller towards the camera; head space is glTF's: +X the
character's left, +Y up, +Z out of the face, millimetres.
"""

from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.floating[Any]]

EYE_CORNERS: Final = (33, 133, 362, 263)
"""Right outer and inner, left inner and outer."""
OUTER_UPPER_LIP: Final = (61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291)
OUTER_LOWER_LIP: Final = (61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291)
INNER_UPPER_LIP: Final = (78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308)
INNER_LOWER_LIP: Final = (78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308)
"""Rings of the lips from the character's right corner to the left one."""
GAP_PAIRS: Final = ((13, 14), (82, 87), (312, 317))
"""Inner upper lip over inner lower lip."""
LIDS: Final[dict[str, tuple[tuple[int, int], ...]]] = {
    "Right": ((160, 144), (159, 145), (158, 153)),
    "Left": ((387, 373), (386, 374), (385, 380)),
}
"""Upper over lower lid."""
IRIS: Final = {"Right": 468, "Left": 473}
_STEADY: Final = (
    *EYE_CORNERS, 168, 6, 197, 195, 10, 338, 297, 332, 284, 251, 109, 67, 103, 54, 21,
)  # fmt: skip
"""Landmarks that speech and expression leave alone: eye corners, bridge of the nose, forehead."""
INTEROCULAR_MM: Final = 63.0
"""Distance of the middles of the eyes, which sets the scale."""
_POSE_SMOOTHING_S: Final = 0.045
_REST_SHARE: Final = 0.15
"""Share of the range of lip gaps below which a face may be at rest."""


class LandmarksError(ValueError):
    """Landmarks that no face can be fitted to; the text says what to do."""


class Landmarks:
    """A talker's tracked landmarks by their MediaPipe index.

    Args:
        points: `[F, N, 3]`, pixels (x right, y down) and MediaPipe's z in the same scale.
        index: `[N]`, which landmark of the face mesh each is.

    Raises:
        LandmarksError: shapes do not fit, values are missing, or a landmark that is needed.
    """

    def __init__(self, points: Floats, index: Floats | list[int]) -> None:
        self._row = {int(landmark): row for row, landmark in enumerate(index)}
        if points.ndim != 3 or points.shape[1:] != (len(self._row), 3) or not len(points):
            raise LandmarksError(f"landmarks must be [F, {len(self._row)}, 3], they are {points.shape}")
        if not np.isfinite(points).all():
            raise LandmarksError(
                "some frames have no landmarks; interpolate short gaps and cut the recording at others"
            )
        needed = {*_STEADY, *OUTER_UPPER_LIP, *OUTER_LOWER_LIP, *INNER_UPPER_LIP, *INNER_LOWER_LIP, 152}
        if missing := sorted(needed - self._row.keys()):
            raise LandmarksError(f"landmarks {missing} are missing; track all 468 (with irises 478) of the face mesh")
        self.index = [int(landmark) for landmark in index]
        self.points = np.asarray(points, np.float64) * (1.0, -1.0, -1.0)

    def __contains__(self, landmark: int) -> bool:
        return landmark in self._row

    def rows(self, landmarks: tuple[int, ...]) -> list[int]:
        """Where landmarks lie along the second axis of `points`."""
        return [self._row[landmark] for landmark in landmarks]

    def of(self, points: Floats, landmarks: tuple[int, ...]) -> Floats:
        """Chosen landmarks of any `[..., N, 3]`."""
        return np.asarray(points[..., self.rows(landmarks), :])


def lip_gap(landmarks: Landmarks) -> Floats:
    """`[F]`, mean inner-lip gap over the distance between the eyes, as the picture shows it (x and y alone)."""
    flat = landmarks.points[..., :2]
    upper, lower = (landmarks.of(flat, tuple(pair[k] for pair in GAP_PAIRS)) for k in (0, 1))
    return np.asarray(np.linalg.norm(upper - lower, axis=-1).mean(-1) / eye_distance(landmarks, flat))


def eye_distance(landmarks: Landmarks, points: Floats) -> Floats:
    """Distance between the middles of the eyes, `[...]` for points `[..., N, 2 or 3]`."""
    corners = landmarks.of(points, EYE_CORNERS)
    return np.asarray(np.linalg.norm(corners[..., :2, :].sum(-2) - corners[..., 2:, :].sum(-2), axis=-1) / 2)


@dataclass(frozen=True, slots=True)
class Posed:
    """Landmarks freed of head motion.

    Attributes:
        neutral: `[N, 3]`, the face at rest, millimetres in head space, mean of the steady landmarks at 0.
        moved: `[F, N, 3]`, displacement from it, millimetres.
        angles: `[F, 3]`, head yaw, pitch and roll against the face at rest, radians (`models.face.channels`).
        resting: `[F]`, the frames the face at rest was taken from.
    """

    neutral: Floats
    moved: Floats
    angles: Floats
    resting: NDArray[np.bool_]


def take_pose_off(landmarks: Landmarks, model: dict[int, Floats], fps: float, pieces: list[slice]) -> Posed:
    """Frees landmarks of head motion, and finds the talker's face at rest.

    Every frame is laid onto the talker's own face by the similarity that fits the steady landmarks best (Umeyama 1991);
    rotation and scale are smoothed over 45 ms, since the landmarks jitter and heads are heavy. The face at rest is the
    median of frames whose lips are together and still and whose eyes are open.

    Args:
        landmarks: the tracks.
        model: where some landmarks lie on a face that looks straight ahead; says which way is ahead.
        fps: frames a second.
        pieces: stretches of frames recorded in one go.
    """
    points = landmarks.points
    reference = _facing_ahead(landmarks, model)
    for _ in range(3):
        rotation, scale, centre = _similarity(landmarks, points, reference, pieces, fps)
        aligned = np.einsum("fij,fnj->fni", rotation, points - centre[:, None]) * scale[:, None, None]
        reference = np.median(aligned, axis=0)
    resting = _resting(landmarks, pieces)
    neutral = np.median(aligned[resting], axis=0)
    to_mm = INTEROCULAR_MM / float(eye_distance(landmarks, neutral))
    origin = landmarks.of(neutral, _STEADY).mean(0)
    # rotation takes the picture to the face; the head's own turn is its inverse, against what it is at rest
    turn = np.swapaxes(rotation, 1, 2)
    return Posed((neutral - origin) * to_mm, (aligned - neutral) * to_mm, _angles(turn, resting), resting)


def _facing_ahead(landmarks: Landmarks, model: dict[int, Floats]) -> Floats:
    known = tuple(landmark for landmark in model if landmark in landmarks)
    first = landmarks.points[0] - landmarks.of(landmarks.points[0], known).mean(0)
    target = np.array([model[landmark] for landmark in known])
    rotation = _nearest_rotation(((target - target.mean(0)).T @ landmarks.of(first, known))[None])[0]
    return np.asarray(first @ rotation.T)


def _similarity(
    landmarks: Landmarks, points: Floats, reference: Floats, pieces: list[slice], fps: float
) -> tuple[Floats, Floats, Floats]:
    """Rotation `[F, 3, 3]`, scale `[F]` and centre `[F, 3]` that take frames onto `reference`."""
    steady, target = landmarks.of(points, _STEADY), landmarks.of(reference, _STEADY)
    centre, target_centre = steady.mean(1), target.mean(0)
    steady, target = steady - centre[:, None], target - target_centre
    rotation = _nearest_rotation(np.einsum("ni,fnj->fij", target, steady))
    for piece in pieces:
        rotation[piece] = _smooth(rotation[piece], fps)
    rotation = _nearest_rotation(rotation)
    turned = np.einsum("fij,fnj->fni", rotation, steady)
    scale = (turned * target).sum((1, 2)) / (steady**2).sum((1, 2))
    for piece in pieces:
        scale[piece] = _smooth(scale[piece], fps)
    return rotation, scale, centre


def _nearest_rotation(matrices: Floats) -> Floats:
    u, _, vt = np.linalg.svd(matrices)
    flip = np.ones((len(matrices), 3))
    flip[:, 2] = np.sign(np.linalg.det(u @ vt))
    return np.asarray((u * flip[:, None]) @ vt)


def _smooth(track: Floats, fps: float) -> Floats:
    sigma = _POSE_SMOOTHING_S * fps
    reach = min(int(np.ceil(3 * sigma)), max(len(track) - 1, 0))
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    padded = np.concatenate([np.repeat(track[:1], reach, 0), track, np.repeat(track[-1:], reach, 0)])
    return np.asarray(
        sum(k * padded[i : i + len(track)] for i, k in enumerate(kernel / kernel.sum())), np.float64
    )  # fmt: skip


def _resting(landmarks: Landmarks, pieces: list[slice]) -> NDArray[np.bool_]:
    gap = lip_gap(landmarks)
    low, high = np.percentile(gap, [2, 95])
    still = np.zeros(len(gap))
    for piece in pieces:
        change = np.abs(np.diff(gap[piece], prepend=gap[piece][0]))
        still[piece] = np.convolve(change, np.ones(7) / 7, "same")[: len(change)]
    flat = landmarks.points[..., :2]
    open_eyes = np.mean([_lid_gap(landmarks, flat, side) for side in LIDS], axis=0)
    calm = (gap <= low + _REST_SHARE * (high - low)) & (open_eyes >= np.percentile(open_eyes, 25))
    if calm.sum() < 5:
        raise LandmarksError("the face is never seen at rest; record a second of silence with the lips together")
    return np.asarray(calm & (still <= np.percentile(still[calm], 60)))


def _lid_gap(landmarks: Landmarks, points: Floats, side: str) -> Floats:
    upper, lower = (landmarks.of(points, tuple(pair[k] for pair in LIDS[side])) for k in (0, 1))
    return np.asarray((upper - lower)[..., 1].mean(-1))


def lid_gap(landmarks: Landmarks, points: Floats, side: str) -> Floats:
    """How far the lids of `Left` or `Right` are apart, `[...]` for points `[..., N, 2 or 3]` in head space."""
    return _lid_gap(landmarks, points, side)


def _angles(turn: Floats, resting: NDArray[np.bool_]) -> Floats:
    """Yaw, pitch, roll (YXZ) of rotations `[F, 3, 3]`, against their median at rest."""
    pitch = np.arcsin(np.clip(-turn[:, 1, 2], -1, 1))
    yaw = np.arctan2(turn[:, 0, 2], turn[:, 2, 2])
    roll = np.arctan2(turn[:, 1, 0], turn[:, 1, 1])
    angles = np.stack([yaw, pitch, roll], -1)
    return np.asarray(angles - np.median(angles[resting], axis=0))
