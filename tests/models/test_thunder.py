"""The properties every streaming model must have, on THUNDER as a whole."""

import copy

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from models.speech.encoder import LEVEL_KERNELS
from models.streaming import Control
from models.thunder import Thunder, ThunderConfig, ThunderState

TICK = 320
SMALL = ThunderConfig(
    dim=32, layers=2, heads=4, heads_per_key=2, feed_forward=48, window=9, level_dim=8, head_width=32, temperature=1
)


@pytest.fixture(scope="module")
def model() -> Thunder:
    torch.manual_seed(7)
    network = Thunder(SMALL).eval()
    with torch.no_grad():  # an untrained network barely listens; make every path count
        for parameter in network.parameters():
            parameter.mul_(1.5)
    return network


def stimulus(batch: int, ticks: int, model: Thunder, seed: int = 0) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    audio = 0.1 * torch.randn(batch, ticks * TICK, generator=generator)
    return audio, torch.randn(batch, ticks, model.spec.noise_size, generator=generator)


def raw_motion(model: Thunder, audio: Tensor, dial: Tensor, noise: Tensor) -> Tensor:
    """What speaks, before the clamp to 0..1, which would hide small differences, and the cues."""
    state = model.init_state(audio.shape[0])
    step = model.contexts(audio, dial, state)
    smooth, _ = model.noise(noise[..., -model.noise.size :], state.noise_poles)
    return torch.cat([model.flow.sample(smooth, step.context, 1), step.cues], dim=-1)


def rows_of(state: ThunderState, row: int) -> list[Tensor]:
    return [tensor[row].clone() for tensor in state.tensors().values()]


@given(chunks=st.lists(st.integers(1, 23), min_size=2, max_size=12), dial=st.integers(0, 5))
@settings(max_examples=25, deadline=None)
@torch.no_grad()
def test_streaming_equals_offline_over_any_chunking(model: Thunder, chunks: list[int], dial: int) -> None:
    ticks = sum(chunks)  # often far past the ring's wrap at 9
    audio, noise = stimulus(2, ticks, model)
    look_ahead = torch.full((2,), dial)
    offline = model.advance(audio, look_ahead, noise, model.init_state(2))
    state, parts, start = model.init_state(2), [], 0
    for chunk in chunks:
        end = start + chunk
        parts.append(model.advance(audio[:, start * TICK : end * TICK], look_ahead, noise[:, start:end], state))
        start = end
    torch.testing.assert_close(torch.cat(parts, dim=1), offline, atol=2e-5, rtol=1e-4)


@torch.no_grad()
def test_the_ring_really_wraps_and_forgets(model: Thunder) -> None:
    """A window limits what is remembered: with convolutions' reach past, old sound no longer matters."""
    ticks = 120
    audio, noise = stimulus(1, ticks, model)
    other = audio.clone()
    other[:, : 5 * TICK] = 0
    dial = torch.tensor([3])
    difference = (raw_motion(model, audio, dial, noise) - raw_motion(model, other, dial, noise)).abs().amax(-1)[0]
    reach = SMALL.layers * SMALL.window + LEVEL_KERNELS[-1] + 20
    assert difference[5] > 1e-4
    assert difference[5 + reach :].max() < 1e-6


@given(tick=st.integers(2, 20), dial=st.integers(0, 5))
@settings(max_examples=20, deadline=None)
@torch.no_grad()
def test_a_frame_hears_up_to_its_look_ahead_and_no_further(model: Thunder, tick: int, dial: int) -> None:
    """Frame at instant t = 20 (tick + 1 - dial) ms: sound at t + look-ahead - 5 ms matters, later sound does not."""
    audio, noise = stimulus(1, 26, model)
    look_ahead = torch.tensor([dial])
    before = raw_motion(model, audio, look_ahead, noise)
    heard_until = (tick + 1) * TICK  # the samples that tick has consumed, = (t + look-ahead) in samples
    later, just_before = audio.clone(), audio.clone()
    later[:, heard_until:] = 0.3 * torch.randn(later[:, heard_until:].shape, generator=torch.Generator().manual_seed(1))
    just_before[:, heard_until - 80 : heard_until] += 0.3  # the last 5 ms
    assert torch.equal(raw_motion(model, later, look_ahead, noise)[:, : tick + 1], before[:, : tick + 1])
    assert (raw_motion(model, just_before, look_ahead, noise)[:, tick] - before[:, tick]).abs().max() > 1e-5


@torch.no_grad()
def test_masked_reset_leaves_other_rows_alone(model: Thunder) -> None:
    audio, noise = stimulus(3, 12, model)
    state = model.init_state(3)
    model.advance(audio, torch.tensor([3, 3, 3]), noise, state)
    kept = [rows_of(state, 0), rows_of(state, 2)]
    state.reset(torch.tensor([False, True, False]))
    for row, before in zip((0, 2), kept, strict=True):
        assert all(torch.equal(a, b) for a, b in zip(rows_of(state, row), before, strict=True))
    fresh = model.init_state(1)
    assert all(torch.equal(a, b) for a, b in zip(rows_of(state, 1), rows_of(fresh, 0), strict=True))


@torch.no_grad()
def test_masked_step_leaves_idle_rows_alone(model: Thunder) -> None:
    audio, noise = stimulus(3, 14, model)
    state = model.init_state(3)
    dial = torch.tensor([3, 0, 5])
    model.advance(audio[:, : 11 * TICK], dial, noise[:, :11], state)
    idle = rows_of(state, 1)
    alone = copy.deepcopy(state)
    control = Control(dial, noise[:, 11])
    stepped = model.step(audio[:, 11 * TICK : 12 * TICK], control, state, torch.tensor([True, False, True]))
    assert all(torch.equal(a, b) for a, b in zip(rows_of(state, 1), idle, strict=True))
    everyone = model.step(audio[:, 11 * TICK : 12 * TICK], control, alone)
    torch.testing.assert_close(stepped[[0, 2]], everyone[[0, 2]])
    assert int(state.position[1]) == 11
    assert int(state.position[0]) == 12


@torch.no_grad()
def test_neighbours_do_not_matter(model: Thunder) -> None:
    audio, noise = stimulus(4, 20, model)
    dial = torch.tensor([3, 1, 0, 5])
    together = model.advance(audio, dial, noise, model.init_state(4))
    for row in range(4):
        one = slice(row, row + 1)
        alone = model.advance(audio[one], dial[one], noise[one], model.init_state(1))
        torch.testing.assert_close(alone, together[one], atol=2e-5, rtol=1e-4)


@torch.no_grad()
def test_same_seed_same_motion_other_seed_other_motion(model: Thunder) -> None:
    audio, noise = stimulus(1, 40, model)
    dial = torch.tensor([3])
    first, second = (raw_motion(model, audio, dial, noise) for _ in range(2))
    assert torch.equal(first, second)
    _, other = stimulus(1, 40, model, seed=1)
    assert not np.allclose(first, raw_motion(model, audio, dial, other), atol=1e-4)
