"""Styles on frames: the defaults change nothing, what is sealed stays sealed, and every change glides."""

from functools import cache

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from models.face.channels import BLENDSHAPE_COUNT, CHANNEL_COUNT, channel_index
from models.face.head_rig import load_head
from models.face.rig import Rig
from stream_engine.stage.gaze import Aim
from stream_engine.stage.style import MAX_AMOUNT, Style
from stream_engine.stage.style_motion import GLIDE_TICKS, NEUTRAL, Amounts, StyleGlide, styled

Frame = NDArray[np.float32]
CAMERA = Aim(held=1)
EYE_AXES = [("Yaw", "EyeLookOutLeft", "EyeLookInLeft"), ("Pitch", "EyeLookDownLeft", "EyeLookUpLeft")]

shapes = arrays(np.float32, BLENDSHAPE_COUNT, elements=st.floats(0, 1, width=32))
angles = arrays(np.float32, CHANNEL_COUNT - BLENDSHAPE_COUNT, elements=st.floats(-0.4375, 0.4375, width=32))
faces = st.builds(lambda a, b: np.concatenate([a, b]), shapes, angles)
gains = st.floats(0, MAX_AMOUNT)
targets = st.tuples(st.floats(-0.9, 0.9), st.floats(-0.6, 0.6))
amounts = st.builds(Amounts, gains, gains, gains, st.builds(Aim, st.floats(0, 1), targets))


@cache
def head() -> Rig:
    return load_head()


def face(**values: float) -> Frame:
    channels = np.zeros(CHANNEL_COUNT, np.float32)
    for name, value in values.items():
        channels[channel_index(name)] = value
    return channels


def at(channels: Frame, name: str) -> float:
    return float(channels[channel_index(name)])


@given(faces)
def test_the_defaults_change_nothing(channels: Frame) -> None:
    assert styled(channels, NEUTRAL) is channels
    assert StyleGlide(Style()).frame(channels) is channels


@given(faces, amounts)
def test_blendshapes_stay_in_range_and_the_frame_itself_untouched(channels: Frame, wanted: Amounts) -> None:
    before = channels.copy()
    out = styled(channels, wanted)
    assert out.dtype == np.float32
    assert (out[:BLENDSHAPE_COUNT] >= 0).all()
    assert (out[:BLENDSHAPE_COUNT] <= 1).all()
    assert np.isfinite(out).all()
    np.testing.assert_array_equal(channels, before)


@given(faces, amounts, st.floats(0, 1))
def test_what_is_sealed_stays_sealed(channels: Frame, wanted: Amounts, press: float) -> None:
    rig = head()
    opening = float((rig.signed_gaps(channels) - rig.signed_gaps(face())).max())
    channels[channel_index("MouthClose")] += max(0.0, opening - 0.3 * (1 - press)) / 30.8  # closes the lips, just
    if channels[channel_index("MouthClose")] > 1:
        channels[:BLENDSHAPE_COUNT] /= channels[channel_index("MouthClose")]
    assume(rig.lip_gap(channels) < 0.01)
    assert rig.lip_gap(styled(channels, wanted)) < 0.1


@pytest.mark.parametrize("gain", np.linspace(0, 2, 9))
@pytest.mark.parametrize("jaw", [0.05, 0.2, 0.5, 1.0])
def test_a_bilabial_is_closed_and_pressed_at_any_gain(jaw: float, gain: float) -> None:
    rig = head()
    sealed = face(JawOpen=jaw, MouthClose=jaw, MouthPressLeft=0.4, MouthPressRight=0.4, MouthRollLower=0.2)
    out = styled(sealed, Amounts(mouth=gain))
    assert (rig.signed_gaps(out) <= 0).all()
    assert at(out, "JawOpen") == at(out, "MouthClose")
    for name in ("MouthPressLeft", "MouthPressRight", "MouthRollLower"):
        assert at(out, name) == pytest.approx(at(sealed, name))


@given(st.floats(0.1, 1), gains, gains)
def test_a_larger_gain_never_opens_less(jaw: float, one: float, other: float) -> None:
    less, more = sorted((one, other))
    vowel = face(JawOpen=jaw, MouthStretchLeft=0.2)
    rig = head()
    assert rig.lip_gap(styled(vowel, Amounts(mouth=less))) <= rig.lip_gap(styled(vowel, Amounts(mouth=more))) + 1e-3


def test_gain_scales_the_opening_of_speech() -> None:
    rig = head()
    vowel = face(JawOpen=0.3, MouthLowerDownLeft=0.1, MouthLowerDownRight=0.1)
    gap = rig.lip_gap(vowel)
    assert rig.lip_gap(styled(vowel, Amounts(mouth=0))) == 0
    assert rig.lip_gap(styled(vowel, Amounts(mouth=0.5))) == pytest.approx(gap / 2, rel=0.05)
    assert 1.4 < rig.lip_gap(styled(vowel, Amounts(mouth=2))) / gap < 2


def test_expressiveness_moves_the_upper_face_and_the_smile_but_no_speech() -> None:
    speech = {"JawOpen": 0.3, "MouthFunnel": 0.4, "EyeBlinkLeft": 0.5}
    smiling = face(BrowInnerUp=0.2, EyeWideLeft=0.2, MouthSmileLeft=0.1, MouthSmileRight=0.4, **speech)
    calm, lively = (styled(smiling, Amounts(expression=gain)) for gain in (0.0, 2.0))
    for name in speech:
        assert at(calm, name) == at(lively, name) == at(smiling, name)
    assert (at(calm, "BrowInnerUp"), at(calm, "EyeWideLeft"), at(calm, "MouthSmileLeft")) == (0, 0, 0)
    assert at(lively, "BrowInnerUp") == pytest.approx(0.36)
    assert at(lively, "MouthSmileLeft") == pytest.approx(0.2)
    assert at(calm, "MouthSmileRight") == pytest.approx(0.28)  # the spread of a vowel is speech


@given(faces, st.floats(0, 2))
def test_the_gaze_keeps_its_target_when_the_head_moves_less_or_more(channels: Frame, head: float) -> None:
    out = styled(channels, Amounts(head=head))
    for axis in ("Yaw", "Pitch"):
        turned = [at(frame, f"LeftEye{axis}") + at(frame, f"Head{axis}") for frame in (channels, out)]
        if abs(at(out, f"LeftEye{axis}")) < 0.6:  # else as far as an eye turns
            assert turned[0] == pytest.approx(turned[1], abs=1e-5)
    assert at(out, "HeadRoll") == pytest.approx(head * at(channels, "HeadRoll"), abs=1e-6)
    if head == 0:
        assert at(out, "HeadYaw") == at(out, "HeadPitch") == 0


@given(angles, st.floats(0, 2))
def test_gaze_at_the_camera_undoes_the_head_but_for_micro_saccades(turned: Frame, head: float) -> None:
    channels = np.concatenate([np.zeros(BLENDSHAPE_COUNT, np.float32), turned])
    out = styled(channels, Amounts(head=head, aim=CAMERA))
    for axis, positive, negative in EYE_AXES:
        eye = at(out, f"LeftEye{axis}")
        if abs(eye) < 0.6:
            assert abs(eye + at(out, f"Head{axis}")) < np.deg2rad(1)
        looked = (eye - at(channels, f"LeftEye{axis}")) / np.deg2rad(30)
        assert at(out, positive) == pytest.approx(np.clip(looked, 0, 1), abs=1e-5)
        assert at(out, negative) == pytest.approx(np.clip(-looked, 0, 1), abs=1e-5)


def test_glances_become_micro_saccades() -> None:
    straight, aside = (styled(face(LeftEyeYaw=yaw), Amounts(aim=CAMERA)) for yaw in (0.0, 0.11))
    assert 0.003 < at(aside, "LeftEyeYaw") - at(straight, "LeftEyeYaw") < np.deg2rad(1)


def test_a_change_glides_also_when_it_changes_its_mind() -> None:
    open_mouth = face(JawOpen=0.5, HeadYaw=0.3)
    glide = StyleGlide(Style())
    glide.turn(Style(mouth_gain=0, head_motion=0))
    path = [at(glide.frame(open_mouth), "JawOpen") for _ in range(4)]
    glide.turn(Style())
    path += [at(glide.frame(open_mouth), "JawOpen") for _ in range(GLIDE_TICKS)]
    assert np.abs(np.diff([0.5, *path])).max() < 0.5 / GLIDE_TICKS + 1e-6
    assert min(path) == pytest.approx(0.3)
    assert path[-1] == 0.5
    assert glide.frame(open_mouth) is open_mouth


@pytest.mark.parametrize(
    "wrong", [{"mouth_gain": 2.1}, {"head_motion": -1}, {"expressiveness": float("nan")}, {"blinks_per_minute": 61}]
)
def test_a_style_beyond_its_range_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="within 0 and"):
        Style().changed(**wrong)
    with pytest.raises(ValueError, match="one of free, camera, target"):
        Style().changed(gaze="away")
