from shutil import which

import pytest

from benchmarks.lip_clips import Clips, Group
from benchmarks.lip_readability import readability
from benchmarks.lip_truth import CAMERA_FPS, real_truths, unseen_truths
from benchmarks.lip_vertices import MouthVertices
from models.face.head_rig import load_head
from models.face.lip_measures import Closures, closures, pearson


@pytest.mark.data
def test_the_real_talkers_motion_is_his(clips: Clips) -> None:
    truths, mouth = real_truths(clips.grid_val), MouthVertices(load_head())
    assert len(truths) == 88
    shapes = {truth.clip.name: mouth.shape(truth.motion) for truth in truths}
    for truth in truths:
        assert truth.clip.aperture is not None
        assert pearson(shapes[truth.clip.name].gap, truth.clip.aperture) > 0.98
    found = readability(shapes, clips.grid_val, CAMERA_FPS)
    assert found["open_auc"] > 0.95
    assert found["labiodental_auc"] > 0.8


@pytest.mark.skipif(not (which("flite") and which("espeak-ng")), reason="flite or espeak-ng is not installed")
def test_unseen_voices_say_what_their_lips_show() -> None:
    truths, mouth, counts = unseen_truths(8), MouthVertices(load_head()), Closures()
    for truth in truths:
        assert truth.clip.group is Group.UNSEEN
        assert len(truth.motion) == pytest.approx(truth.clip.frames / 2, abs=1)
        counts += closures(mouth.rig.lip_gap(truth.motion), truth.clip.phones, CAMERA_FPS)
    assert counts.stops >= 6
    assert counts.recall > 0.9
    assert counts.false_closure < 0.1
