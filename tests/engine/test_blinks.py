"""How often blinks start: the natural rate is the noise itself, others are met, and none follows on another's heels."""

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from models.face.channels import channel_index
from models.thunder.behaviour import CUES, Behaviour
from stream_engine.animate import Animator
from stream_engine.engine.batch import BatchCore
from stream_engine.engine.blinks import NATURAL_RATE, BlinkRate
from stream_engine.frames import AudioChunk
from stream_engine.stage.style import Style
from tests.engine.networks import alone, core_of, must_step, sound, tick

SEED = 5
LIFE = Behaviour()
THRESHOLD = Behaviour.BLINK_THRESHOLD


@torch.no_grad()
def starts(rates: list[BlinkRate], ticks: int) -> NDArray[np.bool_]:
    """Where a face at rest starts to blink, `[rates, ticks]`."""
    noise = np.random.default_rng(0).standard_normal((len(rates), ticks, Behaviour.NOISE), np.float32)
    for row, rate in zip(noise[..., Behaviour.BLINK_NOISE], rates, strict=True):
        row[:] = [rate.bend(x) for x in row.tolist()]
    cues = torch.zeros(len(rates), ticks, len(CUES))
    motion = LIFE(torch.from_numpy(noise), cues, LIFE.init_state(len(rates)))[0].numpy()
    shut = motion[..., channel_index("EyeBlinkLeft")] > 0.5
    return np.asarray(shut & ~np.roll(shut, 1, axis=-1))


@given(st.lists(st.floats(-6, 6, width=32)))
def test_at_the_natural_rate_the_noise_is_as_drawn(drawn: list[float]) -> None:
    rate = BlinkRate(THRESHOLD)
    assert [rate.bend(x) for x in drawn] == drawn


def test_a_rate_is_met() -> None:
    rates = [10, NATURAL_RATE, 16.001, 30, 60]
    begun = starts([BlinkRate(THRESHOLD, rate) for rate in rates for _ in range(200)], 700)[:, 200:]
    found = begun.reshape(len(rates), -1).mean(-1) * 3000
    np.testing.assert_allclose(found, rates, rtol=0.15)
    assert np.diff(np.flatnonzero(begun[-1])).min() * 0.02 >= 0.38


def test_none_are_none_and_a_change_counts_from_the_next_tick() -> None:
    rate = BlinkRate(THRESHOLD, 0)
    assert not starts([rate] * 50, 300).any()
    rate.turn(60)
    assert rate.bend(0.5) > 1
    rate.turn(NATURAL_RATE)
    assert rate.bend(2.0) == 2.0


def test_the_rate_changes_nothing_but_the_blinks_noise(network: Path) -> None:
    """The random network hears every number of the noise. With this seed no blink starts by itself."""
    ticks = sound(40)
    base = alone(core_of("onnxruntime", network), ticks, seed=SEED)
    np.testing.assert_array_equal(rated(core_of("onnxruntime", network), ticks, NATURAL_RATE), base)
    np.testing.assert_array_equal(rated(core_of("onnxruntime", network), ticks, 0), base)
    assert np.abs(rated(core_of("onnxruntime", network), ticks, 60) - base).max() > 1e-3


def rated(core: BatchCore, ticks: np.ndarray, per_minute: float) -> np.ndarray:
    core.open(0, epoch=1, look_ahead=3, seed=SEED)
    core.blink(0, 7, 33.0)  # of a life before: not meant
    core.blink(0, 1, per_minute)
    frames = []
    for k, samples in enumerate(ticks):
        core.push(0, 1, tick(k, samples))
        frames.append(must_step(core).channels[0])
    return np.stack(frames)


@pytest.mark.parametrize("per_minute", [0, 40])
def test_the_shipped_network_blinks_so_often(per_minute: float) -> None:
    quiet = AudioChunk(np.zeros(16_000 * 30, np.float32), 16_000, 0)
    frames = Animator(slots=4).frames([quiet], seeds=range(4), style=Style(blinks_per_minute=per_minute))
    lids = np.array([[f.channels[channel_index("EyeBlinkLeft")] for f in instant] for instant in frames])
    shut = ((lids[1:] > 0.6) & (lids[:-1] <= 0.6)).sum() / 2
    assert shut == pytest.approx(per_minute, rel=0.25)
