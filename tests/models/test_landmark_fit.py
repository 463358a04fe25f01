"""Channels fitted to landmarks: planted ones are found again, the real talker's say what was measured."""

import json
from typing import TypeAlias

import numpy as np
import pytest
from numpy.typing import NDArray

from models.corpus.articulation import GAP_MM_AT_AY, REST_RIG_GAP_MM, gap_coefficients
from models.corpus.face_landmarks import Landmarks, LandmarksError, take_pose_off
from models.corpus.grid import FPS, FRAMES, fit_talker, real_takes
from models.corpus.landmark_basis import landmark_basis, model_landmarks
from models.corpus.landmark_fit import Fitted, fit_landmarks
from models.face.channels import BLENDSHAPE_COUNT, CHANNEL_COUNT, channel_index
from models.face.importers.ict import load_ict
from models.face.rig import Rig
from models.measured_data import DataMissingError, measured

pytestmark = pytest.mark.data
Floats: TypeAlias = NDArray[np.floating]


@pytest.fixture(scope="module")
def ict() -> Rig:
    try:
        measured("grid_s1")
        measured("face/ict_facekit.npz")
    except DataMissingError as error:
        pytest.skip(str(error))
    return load_ict()


@pytest.fixture(scope="module")
def tracked(ict: Rig) -> tuple[Floats, list[int]]:
    """Ten sentences of landmarks, `[750, N, 3]` in pixels, and which they are."""
    archive = np.load(measured("grid_s1/val.npz"))
    points = archive["landmarks_delta"][:, :, :10].cumsum(-1, dtype=np.int32) / archive["scale"]
    points = points.transpose(2, 3, 0, 1) * np.array([360.0, 288.0, 360.0])
    return points.reshape(-1, points.shape[2], 3), archive["landmark_index"].tolist()


@pytest.fixture(scope="module")
def fitted(ict: Rig) -> Fitted:
    return fit_talker("val")


def _planted(frames: int) -> Floats:
    """A mouth that rests for a second and then moves in five ways, one after the other."""
    out = np.zeros((frames, CHANNEL_COUNT))
    sway = 0.5 - 0.5 * np.cos(np.arange(frames) * 2 * np.pi / 12)
    for k, (names, size) in enumerate(
        (
            (("JawOpen",), 0.4),
            (("MouthPucker",), 0.6),
            (("MouthStretchLeft", "MouthStretchRight"), 0.6),
            (("BrowInnerUp", "BrowOuterUpLeft", "BrowOuterUpRight"), 0.6),
            (("MouthSmileLeft", "MouthSmileRight"), 0.6),
        )
    ):
        part = slice(25 + 24 * k, 49 + 24 * k)
        for name in names:
            out[part, channel_index(name)] = size * sway[: len(out[part])]
    return out


def test_planted_channels_and_head_angles_are_found(ict: Rig, tracked: tuple[Floats, list[int]]) -> None:
    points, index = tracked
    landmarks = Landmarks(points, index)
    neutral = take_pose_off(landmarks, model_landmarks(ict), FPS, [slice(0, len(points))]).neutral
    frames = 160
    planted = _planted(frames)
    basis = landmark_basis(ict, landmarks, neutral)
    shape = neutral + np.einsum("fk,kni->fni", planted[:, :BLENDSHAPE_COUNT], basis)
    yaw = np.deg2rad(8) * np.sin(np.arange(frames) / 25)
    turn = np.zeros((frames, 3, 3))
    turn[:, 0, 0], turn[:, 0, 2], turn[:, 2, 0], turn[:, 2, 2] = np.cos(yaw), np.sin(yaw), -np.sin(yaw), np.cos(yaw)
    turn[:, 1, 1] = 1
    rng = np.random.default_rng(0)
    seen = np.einsum("fij,fnj->fni", turn, shape) / 1.3 * (1, -1, -1) + (180, 140, 0)
    seen += rng.normal(0, 0.15, seen.shape)
    fit = fit_landmarks(seen, index, FPS, ict)
    yaws = fit.motion[:, channel_index("HeadYaw")]
    assert np.abs(yaws - yaw - np.median(yaws - yaw)).max() < np.deg2rad(1)
    for name in ("JawOpen", "MouthPucker", "MouthStretchLeft", "BrowInnerUp", "MouthSmileRight"):
        found, wanted = fit.motion[:, channel_index(name)], planted[:, channel_index(name)]
        assert np.corrcoef(found, wanted)[0, 1] > 0.85, name
        assert 0.5 < found.max() / wanted.max() < 1.4, name


def test_the_lips_part_as_measured(ict: Rig, fitted: Fitted) -> None:
    motion = fitted.motion
    gap_mm = motion @ gap_coefficients() + REST_RIG_GAP_MM
    np.testing.assert_allclose(gap_mm, GAP_MM_AT_AY * fitted.gap, atol=0.02)
    assert motion[:, :BLENDSHAPE_COUNT].min() >= 0
    assert motion[:, :BLENDSHAPE_COUNT].max() <= 1
    assert fitted.error_mm < 1.2
    chin = -fitted.posed.moved[:, _row(152), 1]
    assert np.corrcoef(motion[:, channel_index("JawOpen")], chin)[0, 1] > 0.9
    corners = (fitted.posed.neutral + fitted.posed.moved)[:, [_row(61), _row(291)], :2]
    width = np.linalg.norm(corners[:, 0] - corners[:, 1], axis=-1)
    assert np.corrcoef(ict.mouth_width(motion), width)[0, 1] > 0.85
    for name in ("MouthSmile", "MouthStretch", "MouthLowerDown", "MouthUpperUp", "MouthPress"):
        left, right = (motion[:, channel_index(name + side)] for side in ("Left", "Right"))
        assert np.abs(left - right).mean() < 0.03, name


def _row(landmark: int) -> int:
    return int(np.flatnonzero(np.load(measured("grid_s1/val.npz"))["landmark_index"] == landmark)[0])


def test_rounded_vowels_pucker_and_spread_ones_do_not(ict: Rig) -> None:
    takes = real_takes("val")
    assert len(takes) == 88
    pucker = {"round": [0.0], "spread": [0.0]}
    for take in takes:
        assert take.motion.shape == (FRAMES, CHANNEL_COUNT)
        for phone in take.phones:
            middle = round((phone.start + phone.end) / 2 * take.fps)
            kind = {"W": "round", "UW": "round", "OW": "round", "IY": "spread", "EH": "spread", "EY": "spread"}
            if phone.name in kind and middle < FRAMES:
                pucker[kind[phone.name]].append(float(take.motion[middle, channel_index("MouthPucker")]))
    assert np.mean(pucker["round"]) > 3 * np.mean(pucker["spread"])
    assert (
        takes[0].phones[0].name
        == json.loads(measured("grid_s1/phones.json").read_text())[takes[0].name]["phones"][0][2]
    )


def test_what_cannot_be_fitted_is_refused(ict: Rig, tracked: tuple[Floats, list[int]]) -> None:
    points, index = tracked
    with pytest.raises(LandmarksError, match="missing"):
        fit_landmarks(points[:, 1:], index[1:], FPS, ict)
    with pytest.raises(LandmarksError, match="no landmarks"):
        fit_landmarks(np.where(np.arange(len(points))[:, None, None] == 3, np.nan, points), index, FPS, ict)
    with pytest.raises(LandmarksError, match="start"):
        fit_landmarks(points, index, FPS, ict, starts=(5,))
