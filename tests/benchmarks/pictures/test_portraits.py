import pytest

from benchmarks.pictures.portraits import FRIENDLY, SOUNDS, morph_label, morph_shot
from models.face.channels import BLENDSHAPES, CHANNELS
from models.face.poses import VISEMES


def test_each_morph_is_shown_at_full_weight_but_the_one_that_needs_an_open_jaw() -> None:
    for name in BLENDSHAPES:
        shot = morph_shot(name)
        assert shot.channels.keys() <= set(CHANNELS)
        if name != "MouthClose":
            assert shot.channels[name] == 1
            assert {other for other in shot.channels if other in BLENDSHAPES} == {name}
            assert morph_label(name) == (name, "")
    assert morph_shot("MouthClose").channels == {"MouthClose": 0.5, "JawOpen": 0.5}


@pytest.mark.parametrize(
    ("morph", "angle", "sign"),
    [
        ("EyeLookOutLeft", "LeftEyeYaw", 1),
        ("EyeLookInLeft", "LeftEyeYaw", -1),
        ("EyeLookOutRight", "RightEyeYaw", -1),
        ("EyeLookInRight", "RightEyeYaw", 1),
        ("EyeLookDownLeft", "LeftEyePitch", 1),
        ("EyeLookUpRight", "RightEyePitch", -1),
    ],
)
def test_the_eye_turns_where_its_lids_follow(morph: str, angle: str, sign: int) -> None:
    channels = morph_shot(morph).channels
    assert channels[angle] * sign > 0.2
    assert sum(value != 0 for value in channels.values()) == 2


def test_every_viseme_says_what_it_sounds_like() -> None:
    assert SOUNDS.keys() == VISEMES.keys()
    assert FRIENDLY.keys() <= set(BLENDSHAPES)
