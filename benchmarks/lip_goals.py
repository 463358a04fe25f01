"""What the lips must reach, and whether they do."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

Figures = Mapping[str, Any]
Read = Callable[[Figures], Any]


@dataclass(frozen=True, slots=True)
class Goal:
    """A figure, the side it must lie on, and of what.

    Attributes:
        name: of the figure.
        direction: `>=` or `<=`.
        value: from one rig's figures, the figures that must all reach the limit; empty where it was not measured.
        limit: a number, or from the same figures the one it depends on.
        text: what is asked, in words, where the limit is no number.
    """

    name: str
    direction: str
    value: Callable[[Figures], Sequence[float]]
    limit: float | Read
    text: str = ""

    def verdict(self, figures: Figures) -> bool | None:
        """Whether one rig's figures reach it; None where they were not measured, false where they are not numbers."""
        values = self.value(figures)
        if not values:
            return None
        limit = self.limit(figures) if callable(self.limit) else self.limit
        if limit is None:
            return None
        if any(value is None or math.isnan(value) for value in values):
            return False
        return all(value >= limit if self.direction == ">=" else value <= limit for value in values)

    def __str__(self) -> str:
        return f"{self.direction} {self.text or self.limit}"


def at(*path: str) -> Read:
    """Reads a nested figure; None where any part of the path is missing."""

    def read(figures: Figures) -> Any:
        value: Any = figures
        for part in path:
            value = value.get(part) if isinstance(value, Mapping) else None
        return value

    return read


def _one(*path: str) -> Callable[[Figures], Sequence[float]]:
    read = at(*path)
    return lambda figures: [] if (value := read(figures)) is None else [value]


def _everywhere(name: str) -> Callable[[Figures], Sequence[float]]:
    """A figure on all phones and on each set of clips by itself."""
    reads = [at(name), at("speech", name), at("grid_s1_val", name)]
    return lambda figures: [value for read in reads if (value := read(figures)) is not None]


def _lag(figures: Figures) -> Sequence[float]:
    return [abs(lag) for lag in _one("real_mouth_lag_ms")(figures)]


def _robust_limit(figures: Figures) -> float | None:
    r = figures.get("real_mouth_r")
    return None if r is None else r - 0.05


def _each_rest(figures: Figures) -> Sequence[float]:
    return list((at("rest_open_share_by_source")(figures) or {}).values())


def _drifted(figures: Figures) -> Sequence[float]:
    first, last = at("drift", "first")(figures), at("drift", "last")(figures)
    if first is None or last is None:
        return []
    if not figures["drift"]["finite"]:
        return [math.inf]
    shares = [abs(first[name] - last[name]) for name in ("grid_val_r", "closure_recall", "false_closure")]
    ratios = [abs(_ratio(last[name], first[name]) - 1) for name in ("gap_mean_mm", "gap_std_mm", "jitter_mm")]
    return [*shares, *ratios]


def _one_step_loss(figures: Figures) -> Sequence[float]:
    rows = {row["flow_steps"]: row for row in figures.get("steps_table", ())}
    if 1 not in rows or 16 not in rows:
        return []
    one, many = rows[1], rows[16]
    higher = [1 - _ratio(one[name], many[name]) for name in ("real_mouth_r", "closure_recall", "open_auc", "l_pcc")]
    lower = [_ratio(one[name], many[name]) - 1 for name in ("lve_mm", "mtm_ms")]
    return [*higher, *lower]


def _ratio(value: float, of: float) -> float:
    """NaN, which reaches no goal, where there is nothing to compare with."""
    return value / of if of else math.nan


GOALS: Final = (
    Goal("real_mouth_r", ">=", _one("real_mouth_r"), 0.85),
    Goal("real_mouth_lag_ms", "<=", _lag, 20, "20 either way"),
    Goal("robust_r", ">=", _one("robust_r"), _robust_limit, "real_mouth_r - 0.05"),
    Goal("closure_recall", ">=", _everywhere("closure_recall"), 0.98),
    Goal("false_closure", "<=", _everywhere("false_closure"), 0.03),
    Goal("open_auc", ">=", _one("open_auc"), 0.98),
    Goal("l_pcc", ">=", _one("grid_s1_val", "l_pcc"), 0.66),
    Goal("mtm_ms", "<=", _one("grid_s1_val", "mtm_ms"), 45),
    Goal("jitter_speech", "<=", _one("jitter", "speech_25_mm"), at("jitter", "real_speech_25_mm"), "the real talker's"),
    Goal("jitter_rest", "<=", _one("jitter", "rest_25_mm"), at("jitter", "real_rest_25_mm"), "the real talker's"),
    Goal("jitter_rest_50", "<=", _one("jitter", "rest_50_mm"), at("jitter", "real_rest_50_mm"), "the real talker's"),
    Goal("rest_open_share", "<=", _one("rest_open_share"), 0.02),
    Goal("rest_open_share_each", "<=", _each_rest, 0.02, "0.02 of every source by itself"),
    Goal("drift", "<=", _drifted, 0.05, "0.05 from first to last"),
    Goal("one_step", "<=", _one_step_loss, 0.03, "3 % short of sixteen"),
)
"""What every rig must reach; closures on all phones and on each set of clips by itself, rest in all non-speech and in
each kind of it."""


def _lifeless(overall: Figures) -> Sequence[float]:
    found = at("life", "outside")(overall)
    return [] if found is None else [len(found)]


NETWORK_GOALS: Final = (
    Goal("step_budget", "<=", _one("step_budget", "p95_ms"), 10.0, "10 ms for 100 slots (p95)"),
    Goal("life", "<=", _lifeless, 0.0, "0 figures outside people's ranges"),
)
"""What the network must reach, whatever the rig."""


def goals(figures: Mapping[str, Figures], overall: Figures | None = None) -> dict[str, Any]:
    """Which goals hold.

    Args:
        figures: rig → its figures.
        overall: figures that are of no rig.

    Returns:
        Per goal what it asks and, per rig (or for `network`), whether it holds, None where it was not measured; and
        `met`: whether all of them hold.
    """
    out: dict[str, Any] = {
        goal.name: {"goal": str(goal)} | {rig: goal.verdict(found) for rig, found in figures.items()} for goal in GOALS
    }
    out |= {goal.name: {"goal": str(goal), "network": goal.verdict(overall or {})} for goal in NETWORK_GOALS}
    verdicts = [held for entry in out.values() for name, held in entry.items() if name != "goal"]
    out["met"] = all(held is True for held in verdicts)
    return out
