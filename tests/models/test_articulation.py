"""Phones to mouths: what is hard is kept whoever speaks and however fast, and pieces make the whole."""

import numpy as np
import pytest

from models.corpus.articulation import (
    GAP_MM_AT_AY,
    PLAIN,
    REST_RIG_GAP_MM,
    SHAPE_AXES,
    Lips,
    Style,
    articulate,
    channels_from_lips,
    gap_coefficients,
    motion_from_phones,
    motion_from_take,
    sample_style,
)
from models.corpus.dominance import AXES, fitted_dominance
from models.corpus.phones import ARPABET, BILABIALS, Phone
from models.corpus.takes import Take
from models.corpus.textbook import textbook_dominance
from models.face.channels import BLENDSHAPE_COUNT, CHANNEL_COUNT, channel_index

TIMES = np.arange(0, 1.6, 0.01, dtype=np.float32)


def said(names: str, length: float = 0.1, start: float = 0.4) -> list[Phone]:
    return [Phone(start + length * i, start + length * (i + 1), name) for i, name in enumerate(names.split())]


def gap_mm(motion: np.ndarray) -> np.ndarray:
    return np.asarray(motion @ gap_coefficients() + REST_RIG_GAP_MM)


def at(motion: np.ndarray, name: str, phone: Phone) -> float:
    return float(motion[np.abs(TIMES - (phone.start + phone.end) / 2).argmin(), channel_index(name)])


@pytest.mark.parametrize(
    "style", [PLAIN, Style(jaw=1.4, lips=1.45, smile=0.12, rounding=1.4), Style(jaw=0.65, lips=0.7)]
)
@pytest.mark.parametrize("length", [0.05, 0.1, 0.16])
@pytest.mark.parametrize("stop", sorted(BILABIALS))
def test_p_b_m_seal_between_any_vowels_at_any_speed(style: Style, length: float, stop: str) -> None:
    for vowel in ("AA", "IY", "EY"):
        phones = said(f"{vowel} {stop} {vowel}", length)
        motion, seal = motion_from_phones(phones, TIMES, style, loudness=2.0)
        gap = gap_mm(motion)
        centre = (phones[1].start + phones[1].end) / 2
        assert gap[np.abs(TIMES - centre) <= 0.03].max() < -1.0
        middle = int(np.abs(TIMES - centre).argmin())
        closing, opening = np.flatnonzero(gap[:middle] >= 0)[-1], middle + np.flatnonzero(gap[middle:] >= 0)[0]
        assert 0.07 <= TIMES[opening] - TIMES[closing] <= 0.17
        assert seal[np.abs(TIMES - centre).argmin()] == pytest.approx(1, abs=0.01)
        assert at(motion, "MouthPressLeft", phones[1]) > 0.25


def test_every_phone_shows_what_no_neighbour_may_undo() -> None:
    for vowel in ("AA", "IY", "AE"):
        for name in ("F", "V"):
            phones = said(f"{vowel} {name} {vowel}")
            motion, _ = motion_from_phones(phones, TIMES)
            assert at(motion, "MouthRollLower", phones[1]) > 0.75
            assert at(motion, "MouthUpperUpLeft", phones[1]) > 0.25
            assert at(motion, "JawOpen", phones[1]) < 0.1
            teeth_show = gap_mm(motion)[np.abs(TIMES - 0.55).argmin()]
            assert 0.1 * GAP_MM_AT_AY < teeth_show < 0.2 * GAP_MM_AT_AY
        for name in ("W", "UW"):
            phones = said(f"{vowel} {name} {vowel}")
            motion, _ = motion_from_phones(phones, TIMES)
            assert at(motion, "MouthPucker", phones[1]) > 0.6
            assert at(motion, "MouthPucker", phones[1]) > 1.5 * at(motion, "MouthPucker", phones[0])
        for name in ("S", "Z"):
            phones = said(f"{vowel} {name} {vowel}")
            assert at(motion_from_phones(phones, TIMES)[0], "JawOpen", phones[1]) < 0.22
        for name in ("TH", "DH"):
            phones = said(f"{vowel} {name} {vowel}")
            motion, _ = motion_from_phones(phones, TIMES)
            assert at(motion, "TongueOut", phones[1]) > 0.15
            assert gap_mm(motion)[np.abs(TIMES - 0.55).argmin()] > 1.5
    spread, open_ = (motion_from_phones(said(f"{v} {v}"), TIMES)[0] for v in ("IY", "AA"))
    assert at(spread, "MouthStretchLeft", said("IY IY")[0]) > 3 * at(open_, "MouthStretchLeft", said("AA AA")[0])
    assert at(open_, "JawOpen", said("AA AA")[0]) > 0.3


def test_the_rig_shows_the_wanted_gap() -> None:
    rng = np.random.default_rng(1)
    names = rng.choice([name for name in ARPABET if name != "SIL"], 12).tolist()
    for _ in range(20):
        style = sample_style(rng)
        lips = articulate(said(" ".join(names)), TIMES, style)
        motion, _ = motion_from_phones(said(" ".join(names)), TIMES, style)
        np.testing.assert_allclose(gap_mm(motion), GAP_MM_AT_AY * lips.gap, atol=0.06)
        assert motion[:, :BLENDSHAPE_COUNT].min() >= 0
        assert motion[:, :BLENDSHAPE_COUNT].max() <= 1
        rng.shuffle(names)


def test_pieces_make_the_whole() -> None:
    phones = said("HH AH L OW W ER L D")
    whole, seal = motion_from_phones(phones, TIMES)
    pieces = [motion_from_phones(phones, part) for part in np.split(TIMES, [10, 11, 70])]
    np.testing.assert_allclose(np.concatenate([motion for motion, _ in pieces]), whole, atol=1e-6)
    np.testing.assert_allclose(np.concatenate([due for _, due in pieces]), seal, atol=1e-6)


def test_the_mouth_rests_where_no_phone_is() -> None:
    nothing, seal = motion_from_phones([], TIMES)
    assert gap_mm(nothing).max() < 0
    assert seal.max() == 0
    around, _ = motion_from_phones(said("AA P AA"), TIMES)
    np.testing.assert_allclose(around[TIMES > 1.4], nothing[TIMES > 1.4], atol=0.02)


def test_loud_speech_opens_wider_and_hurried_vowels_undershoot() -> None:
    soft, plain, loud = (
        articulate(said("T AA T", 0.12), TIMES, loudness=loudness).gap.max() for loudness in (0.5, 1.0, 2.0)
    )
    assert loud / plain == pytest.approx(2 ** (1 / 3), rel=0.02)
    assert soft / plain == pytest.approx(0.5 ** (1 / 3), rel=0.02)
    slow, quick = (articulate(said("B AA B AA B", length), TIMES).gap.max() for length in (0.14, 0.06))
    assert quick < 0.9 * slow


def test_styles_are_people() -> None:
    rng = np.random.default_rng(0)
    styles = [sample_style(rng) for _ in range(200)]
    assert max(abs(style.asymmetry) for style in styles) <= 0.1
    assert np.std([style.jaw for style in styles]) > 0.1
    assert abs(np.corrcoef([s.jaw for s in styles], [s.lips for s in styles])[0, 1]) < 0.2
    motion, _ = motion_from_phones(said("IY IY"), TIMES, Style(asymmetry=0.1))
    left, right = (at(motion, "MouthStretch" + side, said("IY IY")[0]) for side in ("Left", "Right"))
    assert left / right == pytest.approx(1.1 / 0.9, rel=0.01)


def test_a_take_keeps_its_gap_and_closes_where_it_closed() -> None:
    phones = said("AA P AA F AA W AA", 0.12)
    frames = np.arange(0, 1.6, 0.04)
    motion = np.zeros((len(frames), CHANNEL_COUNT), np.float32)
    talking = (frames > 0.3) & (frames < 1.3)
    motion[talking, channel_index("JawOpen")] = 0.3
    motion[:, channel_index("HeadYaw")] = 0.1
    shut = np.abs(frames - 0.58) < 0.03
    motion[shut, channel_index("JawOpen")] = 0.02
    take = Take("one", np.zeros(25600, np.float32), phones, motion, 25.0)
    out, seal = motion_from_take(take, TIMES)
    assert gap_mm(out)[np.abs(TIMES - 0.58) < 0.03].max() < -0.5
    assert seal.max() == pytest.approx(1, abs=0.01)
    still = (TIMES > 0.75) & (TIMES < 1.2)
    np.testing.assert_allclose(gap_mm(out)[still], 0.3 * 28.9 + REST_RIG_GAP_MM, atol=0.1)
    assert at(out, "MouthRollLower", phones[3]) > 0.6
    assert at(out, "MouthPucker", phones[5]) > 0.4
    assert gap_mm(out)[TIMES < 0.08].max() < 0
    np.testing.assert_allclose(out[:, channel_index("HeadYaw")], 0.1, atol=1e-6)
    mumbled = motion.copy()
    mumbled[np.abs(frames - 0.82) < 0.05, channel_index("JawOpen")] = 0.0
    shown, _ = motion_from_take(Take("three", take.pcm, phones, mumbled, 25.0), TIMES)
    assert gap_mm(shown)[np.abs(TIMES - 0.82).argmin()] > 0.1 * GAP_MM_AT_AY  # or nobody sees the teeth of this f
    silent = Take("two", take.pcm, [], motion, 25.0)
    measured, unsealed = motion_from_take(silent, frames.astype(np.float32))
    np.testing.assert_allclose(measured, motion, atol=1e-6)
    assert unsealed.max() == 0


def test_the_shipped_numbers_order_the_phones_as_mouths_do() -> None:
    model = fitted_dominance()
    assert model.target.shape == (len(AXES), len(ARPABET)) == textbook_dominance().target.shape
    assert AXES[1:] == SHAPE_AXES

    def target(axis: str, phone: str) -> float:
        return float(model.target[AXES.index(axis), ARPABET.index(phone)])

    assert target("pucker", "W") > 1.5 * target("pucker", "R") > target("pucker", "IY")
    assert target("stretch", "EY") > 2 * target("stretch", "AA")
    assert target("gap", "AA") > 2 * target("gap", "UW") > target("gap", "W")
    assert min(target("jaw", phone) for phone in ("AA", "AE", "AY")) > 2 * target("jaw", "S")
    assert (model.strength > 0).all()
    assert (model.rise > 0).all()
    assert (model.fall > 0).all()


def test_lips_open_on_vowels_and_seal_on_bilabials() -> None:
    edges = [0.0, 0.3, 0.4, 0.6, 0.7, 0.95, 1.4]
    papa = [Phone(*span) for span in zip(edges, edges[1:], ["SIL", "P", "AA", "P", "AA", "SIL"], strict=False)]
    lips = articulate(papa, TIMES)
    assert lips.gap[(TIMES > 0.47) & (TIMES < 0.55)].min() > 0.8
    assert lips.gap[(TIMES > 0.63) & (TIMES < 0.67)].max() < 0
    assert lips.gap[TIMES > 1.3].max() < 0.05
    assert lips.seal[(TIMES > 0.62) & (TIMES < 0.68)].min() > 0.9


def test_any_gap_is_reachable_for_any_shape() -> None:
    rng = np.random.default_rng(0)
    most = np.array([0.5, 0.8, 0.4, 0.3, 0.2, 1, 1, 1, 0.3, 0.3, 0.4, 0.6], np.float32)
    shape = rng.uniform(0, 1, (500, len(most))).astype(np.float32) * most
    lips = Lips(rng.uniform(-0.15, 1.4, 500).astype(np.float32), shape, np.zeros(500, np.float32))
    np.testing.assert_allclose(gap_mm(channels_from_lips(lips)), GAP_MM_AT_AY * lips.gap, atol=0.05)
