"""The ICT FaceKit as a rig: names mapped, millimetres, left is the character's left, lips where lips are."""

from pathlib import Path

import numpy as np
import pytest

from models.face.channels import BLENDSHAPES, CHANNEL_COUNT, channel_index
from models.face.importers.ict import ICT_MISSING, IctFileError, ict_path, load_ict
from models.face.rig import Rig


def test_missing_file_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(IctFileError, match="STREAM_ENGINE_DATA"):
        load_ict(tmp_path / "absent.npz")


@pytest.fixture(scope="module")
def rig() -> Rig:
    if not ict_path().is_file():
        pytest.skip(f"no ICT FaceKit at {ict_path()}")
    return load_ict()


def frame(**weights: float) -> np.ndarray:
    channels = np.zeros(CHANNEL_COUNT, np.float32)
    for name, weight in weights.items():
        channels[channel_index(name)] = weight
    return channels


@pytest.mark.data
def test_every_channel_but_the_missing_moves_something(rig: Rig) -> None:
    still = {name for name, delta in zip(BLENDSHAPES, rig.deltas, strict=True) if not np.abs(delta).any()}
    assert still == set(ICT_MISSING)


@pytest.mark.data
@pytest.mark.parametrize(
    "name",
    [n for n in BLENDSHAPES if n.endswith("Left") and n not in ("JawLeft", "MouthLeft")],
)
def test_left_is_plus_x(rig: Rig, name: str) -> None:
    amount = np.linalg.norm(rig.deltas[channel_index(name)], axis=1)
    assert (amount * rig.neutral[:, 0]).sum() / amount.sum() > 5


@pytest.mark.data
def test_the_jaw_opens_by_29_mm_and_mouth_close_seals_it(rig: Rig) -> None:
    rest = rig.signed_gaps(frame()).mean()
    assert rig.signed_gaps(frame(JawOpen=1)).mean() - rest == pytest.approx(28.9, abs=0.2)
    for x in (0.1, 0.5, 1.0):
        assert rig.lip_gap(frame(JawOpen=x, MouthClose=x)) < 0.5


@pytest.mark.data
def test_mouth_and_lips_have_human_size(rig: Rig) -> None:
    assert rig.mouth_width(frame()) == pytest.approx(50.6, abs=0.5)
    lips = rig.neutral[rig.lips]
    assert 100 < len(lips) < 1200
    assert np.ptp(lips[:, 0]) == pytest.approx(51, abs=2)
    assert np.ptp(lips[:, 1]) == pytest.approx(20, abs=3)
    assert set(rig.upper_lip) | set(rig.lower_lip) | set(rig.mouth_corners) <= set(rig.lips)
