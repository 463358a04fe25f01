"""Feelings come sooner than they go, cross over, and hold back while the mouth speaks."""

import numpy as np
import pytest
from numpy.typing import NDArray

from models.face.channels import CHANNEL_COUNT, channel_index
from models.face.expression import EMOTION_NAMES
from models.face.head.response import opening_mm
from models.face.poses import EMOTIONS
from stream_engine.stage.emotion_glide import EmotionGlide
from stream_engine.stage.style import Emotion, Style
from stream_engine.stage.style_motion import StyleGlide

REST = np.zeros(CHANNEL_COUNT, np.float32)


def feeling(emotion: Emotion, intensity: float = 1.0) -> Style:
    return Style(emotion=emotion, intensity=intensity)


def strengths(glide: EmotionGlide, name: str, ticks: int) -> NDArray[np.float64]:
    return np.array([glide.frame(REST)[0][EMOTION_NAMES.index(name)] for _ in range(ticks)])


def vowel() -> NDArray[np.float32]:
    channels = REST.copy()
    channels[channel_index("JawOpen")] = 0.35
    return channels


def test_a_feeling_comes_within_half_a_second_and_goes_more_slowly() -> None:
    glide = EmotionGlide(Style())
    glide.turn(feeling("joy"))
    coming = strengths(glide, "joy", 60)
    glide.turn(Style())
    going = strengths(glide, "joy", 100)
    assert coming[9] < 0.85  # 200 ms
    assert coming[24] > 0.95  # 500 ms
    assert coming[-1] == 1
    assert going[24] > 0.1
    assert going[-1] == 0
    for way in (coming, going):
        assert np.abs(np.diff(way)).max() < 0.12
        assert np.abs(np.diff(way, 2)).max() < 0.06


def test_feelings_cross_over() -> None:
    glide = EmotionGlide(feeling("joy"))
    glide.turn(feeling("anger", 0.8))
    both = [glide.frame(REST)[0] for _ in range(100)]
    joy, anger = EMOTION_NAMES.index("joy"), EMOTION_NAMES.index("anger")
    assert max(min(row[joy], row[anger]) for row in both) > 0.4
    assert (both[-1][joy], both[-1][anger]) == (0, 0.8)
    assert (np.diff([row[joy] for row in both]) <= 0).all()


def test_a_slider_that_is_dragged_leaves_no_kink() -> None:
    glide = EmotionGlide(Style())
    path: list[float] = []
    for step in range(20):
        glide.turn(feeling("fear", 0.05 * step))
        path += strengths(glide, "fear", 5).tolist()
    assert np.abs(np.diff(path, 2)).max() < 0.02


def test_the_mouth_holds_back_while_it_speaks_and_not_between_two_sounds() -> None:
    glide = StyleGlide(feeling("joy"))
    smile = channel_index("MouthSmileLeft")
    full = glide.frame(REST)[smile]
    assert full == pytest.approx(EMOTIONS["joy"]["MouthSmileLeft"])
    beginning = [glide.frame(vowel())[smile] for _ in range(5)]
    assert np.abs(np.diff([full, *beginning])).max() < 0.2
    speaking = beginning[-1]
    assert speaking == pytest.approx(full / 2, abs=0.02)
    pause = [glide.frame(REST)[smile] for _ in range(60)]
    assert pause[8] == pytest.approx(speaking, abs=0.02)
    assert pause[-1] > 0.95 * full
    assert np.abs(np.diff([speaking, *pause])).max() < 0.05


def test_a_closure_after_silence_closes_in_surprise() -> None:
    glide = StyleGlide(feeling("surprise"))
    assert opening_mm(glide.frame(REST)) > 8
    closing = REST.copy()
    pressed = [channel_index(name) for name in ("MouthPressLeft", "MouthPressRight", "MouthRollLower")]
    closing[[*pressed, channel_index("JawOpen"), channel_index("MouthClose")]] = [0.35, 0.35, 0.15, 0.08, 0.08]
    openings = [opening_mm(glide.frame(share * closing)) for share in np.linspace(0, 1, 5, dtype=np.float32)]
    assert openings[-1] <= 0
    assert np.diff(openings).min() > -10  # it closes over several frames, as the sound's own lips do


def test_a_style_at_its_beginning_is_felt_at_once_and_neutral_ends_it() -> None:
    glide = StyleGlide(feeling("sadness", 0.5))
    assert glide.frame(REST)[channel_index("BrowInnerUp")] == pytest.approx(0.5 * EMOTIONS["sadness"]["BrowInnerUp"])
    glide.turn(Style())
    assert [glide.frame(REST) for _ in range(100)][-1] is REST


def test_what_is_no_feeling_is_refused() -> None:
    with pytest.raises(ValueError, match="one of neutral, joy"):
        Style().changed(emotion="envy")
    with pytest.raises(ValueError, match="within 0 and 1"):
        Style().changed(intensity=1.5)
