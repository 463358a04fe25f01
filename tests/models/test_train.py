"""A training stops anywhere and goes on as if it had not; its stages follow each other; the best network is kept."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from models.corpus.pool import PoolConfig, build_pool
from models.thunder import ThunderConfig, load_thunder
from models.thunder.losses import MotionLoss
from models.thunder.model import Thunder
from models.thunder.train import Preset, ResumeError, Stage, TrainConfig, Training, shortened
from models.thunder.validation import score
from tests.models.test_pool import corpus

POOL = PoolConfig(examples=4, seconds=4.0, minutes=0, voices=0)
SMALL = ThunderConfig(dim=16, layers=1, heads=2, feed_forward=16, window=8, level_dim=8, head_width=16)
STAGES = (Stage("flow", 4, 1e-3, closure_weight=1.0), Stage("shortcut", 3, 1e-3, closure_weight=1.0, guidance=1.2))


class Judge:
    """Stands in for the real talker's `val` split, which tests have not: likes each network better than the last."""

    def __init__(self) -> None:
        self.asked = 0

    def figures(self, model: Thunder, loss: MotionLoss) -> dict[str, float]:
        self.asked += 1
        names = ("r", "closure_recall", "false_closure")
        return {f"{who}_{name}": 0.01 * self.asked for who in ("val", "other") for name in names}


class StoppedError(Exception):
    """Somebody pressed Ctrl-C."""


def training(run: Path, judge: Any, stages: Sequence[Stage] = STAGES) -> Training:
    preset = Preset(POOL, stages, TrainConfig(batch=2, ticks=20, validate_every=2), SMALL)
    run.mkdir(exist_ok=True)
    if not (run / "pool" / "pool.json").exists():
        build_pool(corpus(), POOL, run / "pool", workers=1)
    return Training(preset, run / "out.safetensors", run, [], judge)


@pytest.mark.parametrize("stop_at", [2, 4, 6])
def test_a_stopped_training_goes_on_as_if_it_had_not(tmp_path: Path, stop_at: int) -> None:
    """Stopped in the middle of a stage, at its end, and in the second."""

    class Stopper(Judge):
        def figures(self, model: Thunder, loss: MotionLoss) -> dict[str, float]:
            if 2 * self.asked == stop_at:  # the checkpoint of this step is on disk
                raise StoppedError
            return super().figures(model, loss)

    stopped = training(tmp_path / "a", Stopper())
    with pytest.raises(StoppedError):
        stopped.run(resume=False)
    resumed = training(tmp_path / "a", Judge())
    resumed.run(resume=True)
    saved = torch.load(tmp_path / "a" / "checkpoint.pt", weights_only=True)
    assert saved["step"] == 7
    assert saved["optimizer"]["state"][0]["step"] == 3
    whole = training(tmp_path / "b", Judge())
    whole.run(resume=False)
    for name, value in whole.average.state_dict().items():
        torch.testing.assert_close(resumed.average.state_dict()[name], value)


def test_a_finished_training_goes_on_with_a_further_stage_as_if_it_had_been_planned(tmp_path: Path) -> None:
    training(tmp_path / "a", Judge(), STAGES[:1]).run(resume=False)
    longer = training(tmp_path / "a", Judge())
    longer.run(resume=True)
    whole = training(tmp_path / "b", Judge())
    whole.run(resume=False)
    for name, value in whole.average.state_dict().items():
        torch.testing.assert_close(longer.average.state_dict()[name], value)


def test_the_network_that_was_there_stays_until_another_is_done(tmp_path: Path) -> None:
    class Stopper(Judge):
        def figures(self, model: Thunder, loss: MotionLoss) -> dict[str, float]:
            if self.asked == 2:
                raise StoppedError
            return super().figures(model, loss)

    stopped = training(tmp_path / "a", Stopper())
    stopped.out.write_bytes(b"the old one")
    with pytest.raises(StoppedError):
        stopped.run(resume=False)
    assert stopped.out.read_bytes() == b"the old one"
    training(tmp_path / "a", Judge()).run(resume=True)
    assert load_thunder(stopped.out).config == SMALL
    assert stopped.out.with_suffix(".json").exists()


def test_only_the_same_training_is_taken_up_again(tmp_path: Path) -> None:
    with pytest.raises(ResumeError, match="there is no"):
        training(tmp_path / "a", Judge()).run(resume=True)
    training(tmp_path / "a", Judge()).run(resume=False)
    other = training(tmp_path / "a", Judge())
    other.preset = shortened(other.preset, 0.5)
    with pytest.raises(ResumeError, match="another training"):
        other.run(resume=True)


def test_a_stage_goes_on_from_the_average_of_the_last(tmp_path: Path) -> None:
    whole = training(tmp_path, Judge())
    first = {name: value.clone() for name, value in whole.model.state_dict().items()}
    whole.run(resume=False)
    assert any(not torch.equal(first[name], value) for name, value in whole.model.state_dict().items())
    assert whole.best == pytest.approx(score(dict.fromkeys(Judge().figures(whole.model, MotionLoss(1.0)), 0.01 * 4)))
    # four steps, then three: judged at 2, 4, 6 and 7
    assert isinstance(whole.validation, Judge)
    assert whole.validation.asked == 4


def test_a_seed_repeats_a_training(tmp_path: Path) -> None:
    weights = []
    for name in ("a", "b"):
        run = training(tmp_path / name, Judge())
        run.run(resume=False)
        weights.append(run.average.state_dict())
    for name, value in weights[0].items():
        torch.testing.assert_close(value, weights[1][name])


def test_the_score_asks_for_closures_up_to_a_point() -> None:
    base = {"val_r": 0.8, "other_r": 0.8, "val_false_closure": 0.01, "other_false_closure": 0.01}
    recall = [score(base | {"val_closure_recall": x, "other_closure_recall": x}) for x in (0.9, 0.985, 1.0)]
    assert recall[0] < recall[1] == recall[2]
    closed = base | {"val_closure_recall": 1.0, "other_closure_recall": 1.0}
    false = [score(closed | {"val_false_closure": x, "other_false_closure": x}) for x in (0.0, 0.025, 0.1)]
    assert false[0] == false[1] > false[2]
    assert np.isclose(score(closed | {"val_r": 0.9, "other_r": 0.9}) - score(closed), 0.1)
