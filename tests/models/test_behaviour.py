"""Life in a face: the same in any chunks and in ONNX, calm at first, with the statistics of people."""

import warnings
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch
from torch import Tensor

from models.face.blink_timing import BlinkRateError, blink_shift, blinks_per_minute
from models.face.channels import BLENDSHAPE_COUNT, channel_index, channel_indices
from models.thunder.behaviour import CUES, Behaviour

LIFE = Behaviour()
PHRASE = 150
"""Ticks: two seconds of speech, one of silence."""


def noise(batch: int, ticks: int, seed: int = 0) -> Tensor:
    return torch.randn(batch, ticks, Behaviour.NOISE, generator=torch.Generator().manual_seed(seed))


def talking(batch: int, ticks: int) -> Tensor:
    """Cues of phrases of two seconds with four accents each, a second of silence between them."""
    t = torch.arange(ticks) % PHRASE
    speaking = (t < 100).float()
    accent = (1 - ((t % 25 - 10) / 6.0).abs()).clamp(min=0) * speaking
    onset = (1 - (t / 15 - 0.5).abs() * 2).clamp(min=0)
    return torch.stack([speaking, 0.6 * speaking, accent, onset], dim=-1).expand(batch, ticks, len(CUES))


@torch.no_grad()
def live(cues: Tensor, seed: int = 0, shift: float | Tensor = 0.0) -> Tensor:
    drawn = noise(cues.shape[0], cues.shape[1], seed)
    drawn[..., Behaviour.BLINK_NOISE] += shift
    motion: Tensor = LIFE(drawn, cues, LIFE.init_state(cues.shape[0]))[0]
    return motion


def blinks_a_minute(motion: Tensor) -> float:
    shut = motion[..., channel_index("EyeBlinkLeft")] > 0.5
    minutes = motion.shape[0] * motion.shape[1] / 3000
    return float((shut[:, 1:] & ~shut[:, :-1]).sum()) / minutes


@torch.no_grad()
def test_any_chunks_give_the_same_frames() -> None:
    drawn, cues = noise(3, 40), talking(3, 40)
    whole, end = LIFE(drawn, cues, LIFE.init_state(3))
    state, parts = LIFE.init_state(3), []
    for first, last in ((0, 1), (1, 8), (8, 40)):
        before = state.clone()
        part, after = LIFE(drawn[:, first:last], cues[:, first:last], state)
        assert torch.equal(state, before)
        state = after
        parts.append(part)
    assert torch.equal(torch.cat(parts, 1), whole)
    assert torch.equal(state, end)
    alone = LIFE(drawn[1:2], cues[1:2], LIFE.init_state(1))[0]
    torch.testing.assert_close(alone, whole[1:2], rtol=0, atol=1e-6)


@torch.no_grad()
def test_onnxruntime_agrees(tmp_path: Path) -> None:
    drawn, cues, state = noise(5, 300), talking(5, 300), LIFE.init_state(5)
    batch = torch.export.Dim("batch", min=1, max=4096)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporter warns about its own internals
        torch.onnx.export(
            LIFE.eval(), (drawn[:, :1], cues[:, :1], state), str(tmp_path / "life.onnx"),
            input_names=["noise", "cues", "state"], output_names=["frames", "after"],
            dynamic_shapes=({0: batch}, {0: batch}, {0: batch}), dynamo=True, external_data=False, verbose=False,
        )  # fmt: skip
    session = onnxruntime.InferenceSession(tmp_path / "life.onnx", providers=["CPUExecutionProvider"])
    for t in range(drawn.shape[1]):
        expected, after = LIFE(drawn[:, t : t + 1], cues[:, t : t + 1], state)
        fed = {"noise": drawn[:, t : t + 1], "cues": cues[:, t : t + 1].contiguous(), "state": state}
        frames, moved = session.run(None, {name: value.numpy() for name, value in fed.items()})
        np.testing.assert_allclose(frames, expected.numpy(), rtol=0, atol=1e-5)
        np.testing.assert_allclose(moved, after.numpy(), rtol=0, atol=1e-4)
        state = after


def test_it_starts_calm_and_moves_no_mouth() -> None:
    motion = live(talking(8, 600))
    angles = motion[:, :25, BLENDSHAPE_COUNT:].rad2deg()
    assert angles.abs().max() < 5
    assert motion[..., :BLENDSHAPE_COUNT].min() >= 0
    assert motion[..., :BLENDSHAPE_COUNT].max() <= 1
    moved = set(motion.abs().amax((0, 1)).nonzero().flatten().tolist())
    mouth = range(channel_index("JawForward"), channel_index("BrowDownLeft"))
    assert moved & set(mouth) == set(channel_indices(("MouthSmileLeft", "MouthSmileRight")))
    assert motion[..., channel_index("MouthSmileLeft")].max() < 0.25


def test_a_face_at_rest_blinks_at_any_rate() -> None:
    rates = (4.0, 16.0, 60.0)
    shifts = torch.tensor([blink_shift(rate) for rate in rates]).repeat_interleave(300)
    motion = live(torch.zeros(900, 700, len(CUES)), shift=shifts[:, None])[:, 200:]
    for rate, part in zip(rates, motion.chunk(3), strict=True):
        assert blinks_a_minute(part) == pytest.approx(rate, rel=0.15)


def test_no_rate_beyond_the_noise() -> None:
    assert blinks_per_minute(0) == pytest.approx(16, rel=0.01)
    for rate in (0, 91):
        with pytest.raises(BlinkRateError, match="0 and up to 90"):
            blink_shift(rate)
    assert blinks_a_minute(live(talking(50, 900), shift=-50.0)) == 0
