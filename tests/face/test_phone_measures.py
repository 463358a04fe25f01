from dataclasses import replace

import numpy as np

from models.face.lip_measures import Floats
from models.face.phone_measures import CONTRASTS, MouthShape, auc

OPEN, ROUNDING, LABIODENTAL = CONTRASTS
PHONES = (
    (0.0, 200.0, "SIL"),
    (200.0, 600.0, "AA"),
    (600.0, 1000.0, "B"),
    (1000.0, 1400.0, "IY"),
    (1400.0, 1800.0, "W"),
)


def flat(frames: int = 100) -> MouthShape:
    return MouthShape(*(np.zeros(frames) for _ in range(4)))


def during(name: str, value: float = 1.0) -> Floats:
    track, times = np.zeros(100), np.arange(100) * 20
    for start, end, phone in PHONES:
        if phone == name:
            track[(times >= start) & (times < end)] = value
    return track


def test_auc_is_the_chance_of_a_right_order() -> None:
    assert auc([2, 3], [0, 1]) == 1
    assert auc([0, 1], [2, 3]) == 0
    assert auc([1, 1], [1, 1, 1]) == 0.5
    assert auc([1, 3], [2, 0]) == 0.75
    assert np.isnan(auc([], [1]))


def test_a_phone_scores_by_the_middle_of_its_time() -> None:
    shape = replace(flat(), gap=during("AA"))
    positive, negative = OPEN.tokens(shape, PHONES)
    assert (len(positive), len(negative)) == (1, 1)
    assert positive[0] > negative[0]
    np.testing.assert_allclose(OPEN.tokens(replace(shape, gap=3 * shape.gap + 7), PHONES)[0], positive)


def test_rounding_is_a_narrow_mouth_or_a_lip_that_stands_out() -> None:
    for shape in (replace(flat(), width=during("W", -1)), replace(flat(), protrusion=during("W"))):
        assert auc(*ROUNDING.tokens(shape, PHONES)) == 1
    assert auc(*ROUNDING.tokens(replace(flat(), width=during("W")), PHONES)) == 0
    assert auc(*ROUNDING.tokens(flat(), PHONES)) == 0.5  # a mouth that never moves tells nothing


def test_seeds_count_as_clips_of_their_own() -> None:
    two = MouthShape(*(np.zeros((2, 100)) for _ in range(4)))
    two.gap[0] = during("AA")
    two.gap[1] = during("B")
    positive, negative = OPEN.tokens(two, PHONES)
    assert (positive > negative).tolist() == [True, False]


def test_no_contrast_asks_for_a_phone_on_both_sides() -> None:
    for contrast in CONTRASTS:
        assert not contrast.positive & contrast.negative
    assert not LABIODENTAL.negative & {"P", "B", "M", "W"}


def test_a_clip_without_speech_has_no_tokens() -> None:
    positive, negative = OPEN.tokens(flat(), ((0.0, 2000.0, "SIL"),))
    assert positive.size == negative.size == 0
