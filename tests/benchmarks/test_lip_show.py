import pytest

from benchmarks.lip_goals import goals
from benchmarks.lip_show import show


def test_every_part_measured_is_printed(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    head = {
        "real_mouth_r": 0.81234,
        "jitter": {"rest_25_mm": 0.125},
        "steps_table": [{"flow_steps": 1, "l_pcc": 0.51}, {"flow_steps": 16, "l_pcc": 0.52}],
        "drift": {"first": {"grid_val_r": 0.7}, "last": {"grid_val_r": 0.6}, "finite": True},
    }
    result = {
        "head": head,
        "human": {"grid_s1_val": {"open_auc": 0.97}},
        "life": {"outside": ["speech blinks.per_minute: 4, people 20 to 32"]},
        "step_budget": {"parameters": 7, "p95_ms": 9.5},
        "goals": goals({"head": {}}),
        "took_s": 1.0,
    }
    show(result, ["head"])
    printed = capsys.readouterr().out
    for said in ("0.812", "jitter rest_25_mm", "0.125", "0.520", "drift (head)", "0.600", "people 20 to 32", "9.500"):
        assert said in printed
    assert "no goal missed; not all were measured (1.0 s)" in printed

    show(result | {"goals": goals({"head": {"real_mouth_r": 0.81234}})}, ["head"])
    assert "goals missed (1.0 s)" in capsys.readouterr().out
