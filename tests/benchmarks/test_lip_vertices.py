import numpy as np
import pytest

from benchmarks.lip_clips import Clip, Clips, Group
from benchmarks.lip_jitter import jitter_figures
from benchmarks.lip_motion import motion_figures
from benchmarks.lip_readability import human_readability
from benchmarks.lip_truth import Truth
from benchmarks.lip_vertices import Motion, MouthVertices
from models.face.channels import CHANNEL_COUNT, channel_index
from models.face.head_rig import load_head

MOUTH = MouthVertices(load_head())


def motion(frames: int = 150, **channels: float) -> Motion:
    out = np.zeros((frames, CHANNEL_COUNT), np.float32)
    for name, value in channels.items():
        out[:, channel_index(name)] = value
    return out


def talking(frames: int = 150, scale: float = 1.0) -> Motion:
    out, t = motion(frames), np.arange(frames) / 50
    out[:, channel_index("JawOpen")] = scale * (0.2 + 0.1 * np.sin(9 * t) + 0.1 * np.sin(13 * t))
    out[:, channel_index("MouthPucker")] = scale * (0.3 + 0.3 * np.sin(5 * t))
    return out


def test_equals_have_no_error_and_no_spread() -> None:
    found = MOUTH.errors(np.stack([talking()] * 2), talking())
    assert found.lve_mm == pytest.approx(0, abs=1e-4)
    assert (found.l_pcc, found.l_ccc) == pytest.approx((1, 1))
    assert 0.5 < found.l_pcc_all < 1, "some coordinates never move, and count 0"
    assert (found.s_div_upper_mm, found.s_div_lower_mm) == pytest.approx((0, 0), abs=1e-4)


def test_less_motion_keeps_correlation_and_loses_concordance() -> None:
    found = MOUTH.errors(talking(scale=0.5)[None], talking())
    assert found.l_pcc > 0.99
    assert found.l_ccc < 0.9
    assert found.lve_mm > 1


def test_samples_that_differ_in_the_brows_spread_above_alone() -> None:
    found = MOUTH.errors(np.stack([motion(BrowInnerUp=0.0), motion(BrowInnerUp=1.0)]), talking())
    assert found.s_div_upper_mm > 0.1
    assert found.s_div_lower_mm < 0.05


def test_shapes_are_what_they_are_called() -> None:
    rest = MOUTH.shape(motion(1))
    pucker, tuck = MOUTH.shape(motion(1, MouthPucker=0.7)), MOUTH.shape(motion(1, MouthRollLower=0.5))
    spread = MOUTH.shape(motion(1, MouthStretchLeft=0.5, MouthStretchRight=0.5))
    assert pucker.width[0] < rest.width[0] - 5
    assert pucker.protrusion[0] > rest.protrusion[0] + 3
    assert tuck.lower_rim[0] > rest.lower_rim[0] + 0.5
    assert spread.width[0] > rest.width[0] + 2


@pytest.mark.data
def test_the_real_talkers_lips_can_be_read(clips: Clips) -> None:
    found = human_readability(clips.grid_val)
    assert found["open_auc"] > 0.95
    assert found["rounding_auc"] > 0.85
    assert found["labiodental_auc"] > 0.85


def test_a_motion_that_is_the_truth_is_in_time_and_in_place() -> None:
    clip = Clip("said", Group.GRID_VAL, np.zeros(48_000, np.float32))
    truth = Truth(clip, talking()[::2])
    found = motion_figures({"said": np.stack([talking(), talking()])}, [truth], MOUTH)
    assert found["lve_mm"] == pytest.approx(0, abs=1e-3)
    assert found["dtw_mm"] == pytest.approx(0, abs=1e-3)
    assert found["mtm_ms"] < 3
    assert found["mtm_matched"] > 0.9


def test_tremble_is_told_from_talk() -> None:
    phones = ((0.0, 1000.0, "SIL"), (1000.0, 2000.0, "AA"), (2000.0, 3000.0, "SIL"))
    clip = Clip("said", Group.GRID_VAL, np.zeros(48_000, np.float32), phones)
    ours = talking()
    ours[:, channel_index("JawOpen")] += 0.02 * (np.arange(150) % 2)
    found = jitter_figures({"said": ours[None]}, [clip], [Truth(clip, talking()[::2])], MOUTH)
    assert found["speech_50_mm"] > 3 * found["real_speech_50_mm"]
    assert found["rest_50_mm"] > 3 * found["real_rest_50_mm"]
    # Every second frame of ours does not tremble: what is compared at 25 a second is the same path.
    assert found["speech_25_mm"] == pytest.approx(found["real_speech_25_mm"], rel=0.05)
