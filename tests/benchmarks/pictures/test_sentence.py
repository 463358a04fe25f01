import numpy as np
import pytest

from benchmarks.pictures.sentence import Sentence, instant_of, readable
from models.corpus.phones import Phone
from models.face.channels import CHANNEL_COUNT, channel_index


def sentence(opening: list[float], phones: tuple[Phone, ...] = ()) -> Sentence:
    motion = np.zeros((len(opening), CHANNEL_COUNT), np.float32)
    motion[:, channel_index("JawOpen")] = np.linspace(0, 1, len(opening))
    return Sentence(np.zeros(len(opening) * 320, np.float32), phones, motion, np.array(opening, np.float32))


def test_phones_read_from_the_lips_are_shown_in_order() -> None:
    phones = [
        Phone(i / 10, (i + 1) / 10, name) for i, name in enumerate(["SIL", "B", "L", "UW", "T", "M", "AA", "SIL"])
    ]
    assert [phone.name for phone in readable(phones, 10)] == ["B", "UW", "M", "AA"]


def test_of_too_many_phones_the_longest_are_shown() -> None:
    phones = [Phone(0.0, 0.1, "B"), Phone(0.1, 0.4, "AA"), Phone(0.4, 0.5, "M"), Phone(0.5, 0.7, "UW")]
    assert [phone.name for phone in readable(phones, 2)] == ["AA", "UW"]


def test_phones_too_near_to_see_apart_are_shown_once() -> None:
    phones = [Phone(0.0, 0.05, "B"), Phone(0.05, 0.1, "W"), Phone(0.1, 0.3, "AA")]
    assert [phone.name for phone in readable(phones, 5)] == ["B", "AA"]


def test_lips_that_must_seal_are_pictured_where_they_are_nearest() -> None:
    said = sentence([5, 5, 4, 2, 0, 1, 3, 5, 9, 9])
    assert instant_of(Phone(0.04, 0.16, "M"), said) == pytest.approx(0.08)
    assert instant_of(Phone(0.04, 0.16, "AA"), said) == pytest.approx(0.10)


def test_poses_between_frames_are_interpolated_and_never_extrapolated() -> None:
    said = sentence([0.0] * 11)
    assert said.pose(0.05)["JawOpen"] == pytest.approx(0.25)
    assert said.pose(-1)["JawOpen"] == 0
    assert said.pose(99)["JawOpen"] == 1


def test_mid_word_is_where_the_mouth_is_widest_and_the_eyes_are_open() -> None:
    said = sentence([0, 3, 9, 5, 1])
    assert said.mid_word == pytest.approx(0.04)
    said.motion[2, channel_index("EyeBlinkRight")] = 0.9
    assert said.mid_word == pytest.approx(0.06)
