import json
from pathlib import Path

import numpy as np
import pytest
import torch

from benchmarks.json_figures import rounded, write_figures
from benchmarks.lip_clips import Clip, Clips, Group, noise, quiet_stretches, stitch
from benchmarks.lip_predict import predict
from benchmarks.lip_score import score, score_gaps
from models.face.channels import BLENDSHAPE_COUNT, CHANNEL_COUNT, channel_index
from models.face.lip_measures import Closures, closures, gap_at
from models.face.rig import Rig
from models.measured_data import DataMissingError
from models.thunder import Thunder, ThunderConfig, save_thunder
from stream_engine.animate import Animator, animate_samples


def test_missing_data_say_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(DataMissingError, match="STREAM_ENGINE_DATA"):
        Clips(tmp_path / "nowhere")
    with pytest.raises(DataMissingError, match=r"speech.*phones\.json"):
        _ = Clips(tmp_path).speech


@pytest.mark.data
def test_every_group_is_there(clips: Clips) -> None:
    assert [len(group) for group in (clips.mouths, clips.speech, clips.grid_val, clips.rest)] == [4, 3, 88, 5]
    assert len({clip.name for clip in clips.all()}) == 100
    assert all(clip.audio.dtype == np.float32 and np.abs(clip.audio).max() <= 1 for clip in clips.all())
    assert all(clip.phones and clip.aperture is not None and len(clip.aperture) == 75 for clip in clips.grid_val)


@pytest.mark.data
def test_room_tone_holds_no_speech(clips: Clips) -> None:
    for clip in clips.rest:
        level = 20 * np.log10(np.sqrt((clip.audio.reshape(-1, 1600) ** 2).mean(1)) + 1e-9)
        assert level.max() < -34, clip.name


@pytest.mark.data
def test_a_human_mouth_passes_the_closure_metric(clips: Clips) -> None:
    counts = Closures()
    for clip in clips.grid_val:
        assert clip.aperture is not None
        counts += closures(clip.aperture, clip.phones, clip.fps)
    assert counts.stops > 100
    assert counts.recall > 0.95
    assert counts.false_closure < 0.06


@pytest.mark.data
def test_a_human_mouth_scores_full_marks_against_itself(clips: Clips) -> None:
    gaps = {}
    for clip in (*clips.mouths, *clips.grid_val):
        assert clip.aperture is not None
        gaps[clip.name] = gap_at(clip.aperture, np.arange(clip.frames) * 20, clip.fps).astype(np.float32)
    result = score_gaps(gaps, clips.all())
    assert result.mouths is not None
    assert result.mouths.real_mouth_r > 0.99
    assert result.mouths.real_mouth_lag_ms == 0
    assert set(result.closures_by_set) == {"grid_s1_val"}
    assert result.as_json()["closure_recall"] > 0.95


def jaw_rig() -> Rig:
    """Two vertices; JawOpen lowers the lower lip by 20 mm, from 1 mm of overlap."""
    deltas = np.zeros((BLENDSHAPE_COUNT, 2, 3), np.float32)
    deltas[channel_index("JawOpen"), 1, 1] = -20
    one = np.array([0]), np.array([1])
    return Rig("jaw", np.array([[0, 0, 0], [0, 1, 0]], np.float32), deltas, *one, np.array([0, 1]), (0, 1))


def test_a_score_is_of_the_rig_and_of_the_clips_that_were_predicted() -> None:
    phones = ((0.0, 500.0, "SIL"), (500.0, 900.0, "AA"), (900.0, 1000.0, "M"), (1000.0, 1500.0, "AA"))
    spoken = Clip("said", Group.SPEECH, np.zeros(24_000, np.float32), phones)
    noisy = Clip("noise", Group.REST, np.zeros(3200, np.float32))
    unseen = Clip("unseen", Group.MOUTHS, np.zeros(3200, np.float32), aperture=np.ones(5))
    times = np.arange(spoken.frames) * 20
    channels = np.zeros((2, spoken.frames, CHANNEL_COUNT), np.float32)
    channels[:, (times > 500) & ((times < 900) | (times > 1000)), channel_index("JawOpen")] = 0.5
    resting = np.zeros((2, noisy.frames, CHANNEL_COUNT), np.float32)
    resting[0, :5, channel_index("JawOpen")] = 1.0

    result = score({"said": channels, "noise": resting}, [spoken, noisy, unseen], jaw_rig())

    assert result.mouths is None
    assert result.closures is not None
    assert (result.closures.closure_recall, result.closures.false_closure, result.closures.stops) == (1, 0, 2)
    assert result.rest is not None
    assert result.rest.by_source == {"noise": 0.25, "silence_in_speech": 0}
    assert result.rest.speech_range_mm == pytest.approx((0, 9))  # 0.5 · 20 mm less 1 mm of overlap
    assert "real_mouth_r" not in result.as_json()


def test_noise_is_seeded_and_at_its_level() -> None:
    for exponent in (0.0, 1.0):
        sound = noise(16_000, exponent=exponent)
        np.testing.assert_array_equal(sound, noise(16_000, exponent=exponent))
        assert 20 * np.log10(np.sqrt((sound**2).mean())) == pytest.approx(-40, abs=0.01)
    power = np.abs(np.fft.rfft(noise(160_000, exponent=1.0))) ** 2
    assert power[1000:2000].sum() / power[10_000:20_000].sum() == pytest.approx(1, rel=0.2)  # equal power per octave


def test_pauses_are_cut_out_and_stitched_to_length() -> None:
    rng = np.random.default_rng(0)
    hiss = rng.standard_normal(32_000).astype(np.float32) * 0.01
    loud = hiss.copy()
    loud[8000:16_000] += 0.3
    pauses = quiet_stretches(loud)
    assert [len(pause) for pause in pauses] == [8000 - 1920, 16_000 - 1920]
    tone = stitch(pauses, 100_000)
    assert tone.shape == (100_000,)
    assert np.abs(tone).max() < 0.1
    with pytest.raises(ValueError, match="long enough"):
        stitch([hiss[:100]], 1000)


@pytest.mark.parametrize("look_ahead", [0, 1, 3, 5])
def test_predictions_are_what_animate_gives_seed_for_seed(tmp_path: Path, look_ahead: int) -> None:
    torch.manual_seed(0)
    model = Thunder(ThunderConfig(dim=32, layers=1, heads=2, feed_forward=32, window=8, head_width=32)).eval()
    save_thunder(model, tmp_path / "small.safetensors")
    rng = np.random.default_rng(3)
    sounds = [rng.standard_normal(count).astype(np.float32) * 0.1 for count in (20_000, 6500)]
    clips = [Clip(f"clip{i}", Group.REST, sound) for i, sound in enumerate(sounds)]

    got = predict(model, clips, (0, 5), look_ahead_ms=20 * look_ahead)

    assert {name: motion.shape for name, motion in got.items()} == {"clip0": (2, 63, 61), "clip1": (2, 21, 61)}
    assert not np.allclose(got["clip0"][0], got["clip0"][1]), "two seeds move alike"
    animator = Animator("torch", str(tmp_path / "small.safetensors"), slots=2)
    for clip in clips:
        wanted = animate_samples(clip.audio, seeds=(0, 5), look_ahead_ticks=look_ahead, animator=animator)
        np.testing.assert_allclose(got[clip.name], wanted, atol=1e-4)


def test_a_look_ahead_the_model_has_not_is_refused() -> None:
    with pytest.raises(ValueError, match="offers 0, 20"):
        predict(Thunder(ThunderConfig(dim=32, layers=1, heads=2)), [], (0,), look_ahead_ms=50)


def test_json_figures_are_rounded_and_never_nan(tmp_path: Path) -> None:
    assert rounded({"a": [float("nan"), 0.123456], "b": (1, "x")}) == {"a": [None, 0.1235], "b": [1, "x"]}
    write_figures(tmp_path / "new" / "figures.json", {"r": 0.5})
    assert json.loads((tmp_path / "new" / "figures.json").read_text()) == {"r": 0.5}
