from typing import Any

import numpy as np
import pytest

from benchmarks.lip_clips import Clip, Group
from benchmarks.lip_drift import programme
from benchmarks.lip_goals import GOALS, NETWORK_GOALS, goals
from benchmarks.lip_parts import Job
from benchmarks.lip_tables import with_flow_steps
from benchmarks.lipsync import assembled, by_rig
from models.thunder import Thunder, ThunderConfig


def figures() -> dict[str, Any]:
    """What reaches every goal."""
    minute = {
        "grid_val_r": 0.85, "closure_recall": 0.99, "false_closure": 0.0, "gap_mean_mm": 4.0, "gap_std_mm": 3.0,
        "jitter_mm": 0.2,
    }  # fmt: skip
    row = {"real_mouth_r": 0.86, "closure_recall": 0.99, "open_auc": 0.99, "l_pcc": 0.7, "lve_mm": 2.0, "mtm_ms": 40.0}
    return {
        "real_mouth_r": 0.86, "real_mouth_lag_ms": -20, "robust_r": 0.82, "closure_recall": 0.99,
        "false_closure": 0.01, "open_auc": 0.99, "rest_open_share": 0.0,
        "rest_open_share_by_source": {"white_noise": 0.0, "silence_in_speech": 0.02},
        "grid_s1_val": {"closure_recall": 0.98, "false_closure": 0.03, "l_pcc": 0.7, "mtm_ms": 40.0},
        "jitter": {
            "speech_25_mm": 1.0, "real_speech_25_mm": 1.2, "rest_25_mm": 0.1, "real_rest_25_mm": 0.2,
            "rest_50_mm": 0.02, "real_rest_50_mm": 0.04,
        },
        "drift": {"first": minute, "last": minute, "finite": True},
        "steps_table": [row | {"flow_steps": 1}, row | {"flow_steps": 16}],
    }  # fmt: skip


OVERALL: dict[str, Any] = {"step_budget": {"p95_ms": 9.0}, "life": {"outside": []}}


def test_goals_hold_where_every_rig_reaches_them() -> None:
    verdict = goals({"head": figures(), "ict": figures()}, OVERALL)
    assert verdict["met"], verdict
    assert set(verdict) == {goal.name for goal in (*GOALS, *NETWORK_GOALS)} | {"met"}
    assert verdict["robust_r"] == {"goal": ">= real_mouth_r - 0.05", "head": True, "ict": True}


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("real_mouth_r", {"real_mouth_r": 0.84}),
        ("real_mouth_lag_ms", {"real_mouth_lag_ms": -30}),
        ("robust_r", {"robust_r": 0.80}),
        ("closure_recall", {"speech": {"closure_recall": 0.9, "false_closure": 0.0}}),
        ("open_auc", {"open_auc": float("nan")}),
        ("jitter_rest", {"jitter": figures()["jitter"] | {"rest_25_mm": 0.3}}),
        ("jitter_rest_50", {"jitter": figures()["jitter"] | {"rest_50_mm": 0.05}}),
        ("rest_open_share_each", {"rest_open_share_by_source": {"white_noise": 0.0, "pink_noise": 0.03}}),
        ("drift", {"drift": figures()["drift"] | {"first": figures()["drift"]["first"] | {"jitter_mm": 0.0}}}),
        ("drift", {"drift": figures()["drift"] | {"finite": False}}),
        ("drift", {"drift": figures()["drift"] | {"last": figures()["drift"]["last"] | {"gap_mean_mm": 3.0}}}),
        ("one_step", {"steps_table": [{**figures()["steps_table"][0], "mtm_ms": 42.0}, figures()["steps_table"][1]]}),
        ("one_step", {"steps_table": [figures()["steps_table"][0], {**figures()["steps_table"][1], "open_auc": 0.0}]}),
        ("one_step", {"steps_table": [{**figures()["steps_table"][0], "l_pcc": 0.6}, figures()["steps_table"][1]]}),
    ],
)
def test_a_goal_is_missed_on_any_rig_and_any_set_of_clips(name: str, change: dict[str, Any]) -> None:
    verdict = goals({"head": figures(), "ict": figures() | change}, OVERALL)
    assert not verdict["met"]
    assert [goal for goal, entry in verdict.items() if goal != "met" and entry.get("ict") is False] == [name]
    assert verdict[name]["head"]


def test_what_was_not_measured_is_no_goal_met() -> None:
    part = {name: value for name, value in figures().items() if name != "robust_r"}
    verdict = goals({"head": part})
    assert verdict["robust_r"]["head"] is None
    assert verdict["step_budget"]["network"] is None
    assert goals({"head": figures()}, OVERALL | {"life": {"outside": ["speech blinks"]}})["life"]["network"] is False
    assert not verdict["met"]


def test_a_table_is_told_apart_by_rig() -> None:
    rows = [{"flow_steps": 1, "head": {"r": 0.5}, "ict": {"r": 0.6}}]
    assert by_rig("steps", rows, ["head", "ict"])["ict"] == {"steps": [{"flow_steps": 1, "r": 0.6}]}


def test_jobs_in_any_order_make_one_result() -> None:
    jobs = [Job("life"), Job("flow_steps", 16), Job("core"), Job("flow_steps", 1), Job("model", "small"), Job("robust")]
    found: list[dict[str, Any]] = [
        {"outside": []}, {"head": {"r": 0.6}}, {"head": {"real_mouth_r": 0.8}}, {"head": {"r": 0.5}},
        {"head": {"r": 0.4}}, {"head": {"robust_r": 0.7}},
    ]  # fmt: skip
    figures, overall = assembled(jobs, found, ["head"], {"small": {"parameters": 7}})
    assert overall == {"life": {"outside": []}}
    assert figures["head"] == {
        "real_mouth_r": 0.8,
        "robust_r": 0.7,
        "steps_table": [{"flow_steps": 1, "r": 0.5}, {"flow_steps": 16, "r": 0.6}],
        "size_table": [{"model": "small", "parameters": 7, "r": 0.4}],
    }


def test_half_an_hour_ends_with_the_words_it_began_with() -> None:
    sentences = [Clip(str(i), Group.GRID_VAL, np.zeros(48_000, np.float32)) for i in range(88)]
    said = programme(sentences)
    assert len(said) == 600
    assert said[:40] == said[-40:] == sentences[:40]
    assert {clip.name for clip in said} == {clip.name for clip in sentences}
    with pytest.raises(ValueError, match="80 are needed"):
        programme(sentences, minutes=1)


def test_more_flow_steps_are_the_same_network() -> None:
    model = Thunder(ThunderConfig(dim=32, layers=1, heads=2, feed_forward=32, window=8, head_width=32))
    more = with_flow_steps(model, 16)
    assert (model.config.flow_steps, more.config.flow_steps) == (1, 16)
    assert more.flow is model.flow
