"""What training asks: every weight learns, closures count more, and a shortcut must agree with two half steps."""

import copy

import pytest
import torch
from torch import Tensor

from models.corpus.phones import UNKNOWN_PHONE
from models.face.channels import CHANNEL_COUNT, channel_index
from models.thunder.losses import MotionLoss, lip_basis, speaking_of
from models.thunder.model import SPEAKING, Thunder, ThunderConfig
from models.thunder.objective import objective, vary_spectrum

SMALL = ThunderConfig(dim=16, layers=2, heads=2, feed_forward=24, window=9, level_dim=8, head_width=16)
SIZE, TICKS = 3, 24


def batch(seed: int = 0) -> dict[str, Tensor]:
    torch.manual_seed(seed)
    return {
        "mel": torch.randn(SIZE, 2 * TICKS, 80),
        "motion": 0.3 * torch.rand(SIZE, TICKS, CHANNEL_COUNT),
        "known": torch.ones(SIZE, TICKS, CHANNEL_COUNT, dtype=torch.bool),
        "seal": (torch.rand(SIZE, TICKS) > 0.8).float(),
        "cues": torch.rand(SIZE, TICKS, 4),
        "phone": torch.randint(0, 40, (SIZE, TICKS)),
        "look_ahead": torch.tensor([0, 3, 5]),
    }


@pytest.fixture
def model() -> Thunder:
    torch.manual_seed(1)
    return Thunder(SMALL)


def test_every_weight_learns(model: Thunder) -> None:
    teacher = copy.deepcopy(model)
    seen = {name: False for name, _ in model.named_parameters()}
    for seed in range(6):  # speech is dropped, and dials are drawn, by chance
        model.zero_grad()
        terms = objective(model, teacher, MotionLoss(1.0), batch(seed), guidance=1.2)
        torch.stack(list(terms.values())).sum().backward()  # type: ignore[no-untyped-call]
        for name, parameter in model.named_parameters():
            seen[name] |= parameter.grad is not None and bool(parameter.grad.abs().sum() > 0)
    assert [name for name, learned in seen.items() if not learned] == []
    assert all(parameter.grad is None for parameter in teacher.parameters())


def test_a_straight_flow_needs_no_shortcut(model: Thunder) -> None:
    """A head that always points at the same frame walks the same line in one step as in two."""
    with torch.no_grad():
        model.flow.leave.weight.zero_()
        model.flow.leave.bias.uniform_(-1, 1)
    terms = objective(model, copy.deepcopy(model), MotionLoss(1.0), batch(), guidance=1.0)
    assert float(terms["shortcut"].detach()) < 1e-4
    bent = copy.deepcopy(model)
    with torch.no_grad():
        bent.flow.leave.bias.add_(1.0)
    assert float(objective(model, bent, MotionLoss(1.0), batch(), guidance=1.0)["shortcut"].detach()) > 0.1


def test_what_is_unknown_is_no_target(model: Thunder) -> None:
    loss, clean = MotionLoss(1.0), torch.zeros(1, 4, len(SPEAKING))
    known = torch.ones_like(clean)
    target = clean.clone()
    puff = SPEAKING.index("CheekPuff")  # does not part the lips
    target[..., puff] = 0.7
    assert float(loss(clean, target, known, torch.zeros(1, 4))["channel"]) > 0
    known[..., puff] = 0
    terms = loss(clean, target, known, torch.zeros(1, 4))
    assert float(terms["channel"]) == 0
    assert float(terms["vertex"]) == 0


def test_a_missed_seal_costs_more(model: Thunder) -> None:
    target = torch.zeros(1, 4, len(SPEAKING))
    clean = target.clone()
    clean[..., SPEAKING.index("JawOpen")] = 0.1
    known, loss = torch.ones_like(clean), MotionLoss(2.0)
    free, due = (float(loss(clean, target, known, seal)["gap"]) for seal in (torch.zeros(1, 4), torch.ones(1, 4)))
    assert due == pytest.approx(3 * free)


def test_the_basis_measures_lips_in_millimetres() -> None:
    from models.face.head_rig import load_head

    rig = load_head()
    channels = torch.rand(CHANNEL_COUNT, generator=torch.Generator().manual_seed(0)) * 0.3
    only = torch.zeros(CHANNEL_COUNT)
    for name in SPEAKING:
        only[channel_index(name)] = channels[channel_index(name)]
    moved = rig.vertices(only.numpy(), rig.lips) - rig.neutral[rig.lips]
    expected = (moved.astype(float) ** 2).sum(-1).mean()
    measured = float((speaking_of(only) @ lip_basis()).square().sum())
    assert measured == pytest.approx(expected, rel=1e-3)


def test_varied_spectra_keep_time() -> None:
    mel = torch.zeros(2, 60, 80)
    mel[:, 30:] = 4.0
    torch.manual_seed(3)
    varied = vary_spectrum(mel).mean(-1)
    assert bool((varied[:, 36:].median(dim=1).values > varied[:, :24].median(dim=1).values + 2).all())


def test_where_phones_are_unknown_so_is_prosody(model: Thunder) -> None:
    def cues_term(cues: Tensor) -> float:
        examples = batch()
        examples["phone"][1] = UNKNOWN_PHONE
        examples["cues"] = cues
        torch.manual_seed(5)
        return float(objective(model, None, MotionLoss(1.0), examples, guidance=1.0)["cues"].detach())

    cues = batch()["cues"]
    other = cues.clone()
    other[1] = 1 - other[1]
    assert cues_term(cues) == pytest.approx(cues_term(other))
    other[0] = 1 - other[0]
    assert cues_term(cues) != pytest.approx(cues_term(other))
