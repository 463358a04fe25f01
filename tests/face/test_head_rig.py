"""The head that ships: lips part as a human's do for the same weights, seal when sealed, mirror exactly."""

import numpy as np
import pytest

from models.face.channels import BLENDSHAPES, CHANNEL_COUNT, channel_index
from models.face.head.response import GAP_RESPONSE_MM, WIDTH_RESPONSE
from models.face.head_rig import load_head
from models.face.rig import Rig


@pytest.fixture(scope="module")
def rig() -> Rig:
    return load_head()


def frame(**weights: float) -> np.ndarray:
    channels = np.zeros(CHANNEL_COUNT, np.float32)
    for name, weight in weights.items():
        channels[channel_index(name)] = weight
    return channels


def both(name: str, weight: float) -> dict[str, float]:
    return {name + "Left": weight, name + "Right": weight}


def test_every_morph_moves_something_finite(rig: Rig) -> None:
    assert rig.deltas.shape == (52, len(rig.neutral), 3)
    assert np.isfinite(rig.neutral).all()
    assert np.isfinite(rig.deltas).all()
    reach = np.abs(rig.deltas).max((1, 2))
    assert (reach > 0.8).all()
    assert (reach < 40).all()


@pytest.mark.parametrize("name", BLENDSHAPES)
def test_gap_per_weight_is_the_human_heads(rig: Rig, name: str) -> None:
    wanted = GAP_RESPONSE_MM.get(name, 0.0)
    response = float((rig.signed_gaps(frame(**{name: 1})) - rig.signed_gaps(frame())).mean())
    assert response == pytest.approx(wanted, rel=0.15, abs=0.5)


def test_lips_at_rest_are_closed(rig: Rig) -> None:
    rest = rig.signed_gaps(frame())
    assert (rest <= 0).all()
    assert (rest >= -0.5).all()
    assert rig.mouth_width(frame()) == pytest.approx(50, abs=0.5)


@pytest.mark.parametrize("x", np.linspace(0, 1, 11))
def test_mouth_close_seals_an_open_jaw(rig: Rig, x: float) -> None:
    assert (rig.signed_gaps(frame(JawOpen=x, MouthClose=x)) < 0.5).all()


@pytest.mark.parametrize("name", WIDTH_RESPONSE)
def test_mouth_narrows_and_widens(rig: Rig, name: str) -> None:
    weights = {name: 1.0} if name in BLENDSHAPES else both(name, 1.0)
    least, most = WIDTH_RESPONSE[name]
    change = float(rig.mouth_width(frame(**weights)) / rig.mouth_width(frame()) - 1)
    assert least <= change <= most
