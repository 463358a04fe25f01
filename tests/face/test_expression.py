"""Feelings on speaking faces: what must close closes, what rounds stays round, and nothing jumps."""

from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from models.corpus.articulation import gap_coefficients
from models.face.channels import BLENDSHAPE_COUNT, CHANNEL_COUNT, CHANNELS, channel_index, channel_indices
from models.face.expression import EMOTION_NAMES, articulation, with_emotion
from models.face.head.response import GAP_RESPONSE_MM
from models.face.head_rig import load_head
from models.face.poses import EMOTIONS, VISEMES, Pose, scaled
from models.face.rig import Rig

Frame = NDArray[np.float32]
HEAD_GAP = np.zeros(CHANNEL_COUNT, np.float32)
HEAD_GAP[channel_indices(GAP_RESPONSE_MM)] = list(GAP_RESPONSE_MM.values())
MOUTH_PREFIXES = ("Jaw", "Mouth", "Tongue", "CheekPuff", "NoseSneer")

shapes = arrays(np.float32, BLENDSHAPE_COUNT, elements=st.floats(0, 1, width=32))
angles = arrays(np.float32, CHANNEL_COUNT - BLENDSHAPE_COUNT, elements=st.floats(-0.25, 0.25, width=32))
faces = st.builds(lambda a, b: np.concatenate([a, b]), shapes, angles)
emotions = st.sampled_from(EMOTION_NAMES)
strengths = st.floats(0, 1)
feelings = st.dictionaries(emotions, strengths, min_size=1, max_size=3)


@cache
def head() -> Rig:
    return load_head()


def face(pose: Pose | None = None, **values: float) -> Frame:
    channels = np.zeros(CHANNEL_COUNT, np.float32)
    for name, value in {**(pose or {}), **values}.items():
        channels[channel_index(name)] = value
    return channels


def at(channels: Frame, name: str) -> float:
    return float(channels[channel_index(name)])


@st.composite
def spoken(draw: st.DrawFn) -> Frame:
    """A mouth between two sounds, on a face that lives."""
    names = st.sampled_from(sorted(VISEMES))
    share, strength = draw(strengths), draw(st.floats(0.3, 1))
    mouth = share * face(VISEMES[draw(names)]) + (1 - share) * face(VISEMES[draw(names)])
    life = draw(faces)
    life[[i for i, name in enumerate(CHANNELS) if name.startswith(MOUTH_PREFIXES)]] = 0
    return np.clip(0.3 * life + strength * mouth, -1, 1).astype(np.float32)


@st.composite
def sealed(draw: st.DrawFn, least_press: float) -> Frame:
    """The same with lips that meet: as far as MouthClose must go, and pressed."""
    frame: Frame = draw(spoken())
    press = draw(st.floats(least_press, 0.5))
    for name in ("MouthPressLeft", "MouthPressRight", "MouthRollLower"):
        frame[channel_index(name)] = max(at(frame, name), press)
    roll = [channel_index(name) for name in ("MouthRollLower", "MouthRollUpper")]
    frame[roll] = frame[roll].max()  # else the lower lip is tucked under the teeth: that is an f
    opening = max(float(gap @ frame) for gap in (HEAD_GAP, gap_coefficients()))
    frame[channel_index("MouthClose")] += max(0.0, opening) / GAP_RESPONSE_MM["MouthClose"] * -1
    return np.minimum(frame, 1)


@given(faces)
def test_no_feeling_changes_nothing(channels: Frame) -> None:
    assert with_emotion(channels, {}) is channels
    assert with_emotion(channels, dict.fromkeys(EMOTION_NAMES, 0.0)) is channels


@given(faces, feelings, strengths)
def test_frames_stay_frames(channels: Frame, weights: dict[str, float], speech: float) -> None:
    before = channels.copy()
    out = with_emotion(channels, weights, speech)
    np.testing.assert_array_equal(channels, before)
    assert out.dtype == np.float32
    assert (out[:BLENDSHAPE_COUNT] >= 0).all()
    assert (out[:BLENDSHAPE_COUNT] <= 1).all()
    assert np.abs(out[BLENDSHAPE_COUNT:]).max() < 0.7


@pytest.mark.parametrize("name", EMOTION_NAMES)
def test_a_resting_face_shows_the_whole_pose(name: str) -> None:
    out = with_emotion(face(), {name: 1.0})
    for channel, weight in EMOTIONS[name].items():
        if not channel.startswith("EyeLook"):
            assert at(out, channel) == pytest.approx(weight, abs=1e-6), channel


@given(sealed(0.2), feelings)
def test_lips_that_meet_still_meet(frame: Frame, weights: dict[str, float]) -> None:
    for gap in (HEAD_GAP, gap_coefficients()):
        assert float(gap @ with_emotion(frame, weights)) <= max(float(gap @ frame), 0.0) + 1e-3


@given(sealed(0.0), feelings)
def test_they_do_unpressed_amid_speech(frame: Frame, weights: dict[str, float]) -> None:
    for gap in (HEAD_GAP, gap_coefficients()):
        assert float(gap @ with_emotion(frame, weights, 1.0)) <= max(float(gap @ frame), 0.0) + 1e-3


@pytest.mark.parametrize("name", EMOTION_NAMES)
@pytest.mark.parametrize("strength", [0.3, 0.7, 1.0])
@pytest.mark.parametrize("jaw", [0.05, 0.2])
def test_an_m_is_sealed_on_the_built_in_head(name: str, strength: float, jaw: float) -> None:
    frame = face(VISEMES["PP"], JawOpen=jaw, MouthClose=jaw)
    for speech in (None, 1.0, 0.0):
        assert head().lip_gap(with_emotion(frame, {name: strength}, speech)) < 0.1


@given(feelings, st.floats(0.5, 1))
def test_f_keeps_its_tuck_and_its_opening(weights: dict[str, float], amount: float) -> None:
    frame = face(scaled(VISEMES["FF"], amount))
    out = with_emotion(frame, weights)
    assert at(out, "MouthRollLower") >= at(frame, "MouthRollLower")
    assert at(out, "MouthLowerDownLeft") <= 0.05
    assert float(HEAD_GAP @ out) == pytest.approx(float(HEAD_GAP @ frame), abs=0.2)


@given(feelings, st.sampled_from(["ou", "oh"]), st.floats(0.6, 1))
def test_rounded_lips_stay_round(weights: dict[str, float], sound: str, amount: float) -> None:
    frame = face(scaled(VISEMES[sound], amount))
    out = with_emotion(frame, weights)
    for name in ("MouthPucker", "MouthFunnel"):
        assert at(out, name) >= at(frame, name)
    spread = {name: at(out, f"{name}Left") for name in ("MouthSmile", "MouthStretch")}
    wide = with_emotion(face(scaled(VISEMES["aa"], amount)), weights)
    assert max(spread.values()) < 0.3
    assert all(value <= at(wide, f"{name}Left") + 1e-6 for name, value in spread.items())


@given(spoken(), feelings)
def test_open_mouths_stay_open(frame: Frame, weights: dict[str, float]) -> None:
    before = float(HEAD_GAP @ frame)
    if before > 3:
        after = float(HEAD_GAP @ with_emotion(frame, weights, 1.0))
        assert 0.6 * before - 0.5 < after < before + 7 * max(1.0, sum(weights.values()))  # one feeling opens by so much


@given(spoken(), feelings, st.sampled_from(["Left", "Right"]))
def test_a_blink_closes_all_the_same(frame: Frame, weights: dict[str, float], side: str) -> None:
    frame[channel_index(f"EyeBlink{side}")] = 1
    out = with_emotion(frame, weights)
    assert at(out, f"EyeBlink{side}") == 1
    for name in ("EyeWide", "EyeSquint"):
        assert at(out, name + side) == pytest.approx(at(frame, name + side))


@given(spoken(), feelings, emotions, st.floats(0, 0.99))
def test_strength_is_continuous(frame: Frame, weights: dict[str, float], name: str, strength: float) -> None:
    one, other = (with_emotion(frame, {**weights, name: value}) for value in (strength, strength + 0.01))
    assert np.abs(one - other).max() < 0.03


@given(spoken(), spoken(), feelings)
def test_frames_next_to_each_other_stay_so(one: Frame, other: Frame, weights: dict[str, float]) -> None:
    near = (one + 0.01 * (other - one)).astype(np.float32)
    step = np.abs(with_emotion(near, weights) - with_emotion(one, weights)).max()
    assert step < 0.02 + 8 * np.abs(near - one).max()


@given(spoken(), st.floats(0, 1))
def test_the_gaze_stays_where_it_was_while_a_feeling_moves_the_head(frame: Frame, strength: float) -> None:
    out = with_emotion(frame, {"anger": strength, "surprise": 0.5 * strength})
    for axis in ("Yaw", "Pitch"):
        gazes = [at(one, f"Head{axis}") + at(one, f"LeftEye{axis}") for one in (frame, out)]
        assert gazes[0] == pytest.approx(gazes[1], abs=1e-5)
    sad = with_emotion(frame, {"sadness": strength})
    assert at(sad, "HeadPitch") + at(sad, "LeftEyePitch") >= at(frame, "HeadPitch") + at(frame, "LeftEyePitch") - 1e-5


def test_a_sequence_is_its_frames() -> None:
    rng = np.random.default_rng(3)
    frames = rng.uniform(0, 0.5, (20, CHANNEL_COUNT)).astype(np.float32)
    speech = rng.uniform(0, 1, 20).astype(np.float32)
    weights = {"joy": 0.6, "fear": 0.2}
    alone = [with_emotion(one, weights, float(share)) for one, share in zip(frames, speech, strict=True)]
    np.testing.assert_allclose(with_emotion(frames, weights, speech), alone, atol=1e-6)
    assert articulation(frames).shape == (20,)


def test_rest_is_told_from_speech() -> None:
    smiling = face(MouthSmileLeft=0.08, MouthSmileRight=0.08, MouthClose=0.04, MouthPressLeft=0.02)
    assert articulation(smiling) == 0
    for name, pose in VISEMES.items():
        assert (articulation(face(pose)) > 0.9) == (name != "sil"), name


def test_what_is_no_feeling_is_refused() -> None:
    with pytest.raises(ValueError, match="'envy' is no emotion; there are joy"):
        with_emotion(face(), {"envy": 1.0})
    with pytest.raises(ValueError, match="within 0 and 1"):
        with_emotion(face(), {"joy": 1.1})
