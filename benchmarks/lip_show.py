"""Prints what `benchmarks.lipsync` measured."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from rich.console import Console
from rich.table import Table

_AUCS: Final = ("open_auc", "rounding_auc", "labiodental_auc")
_FIGURES: Final = (
    "real_mouth_r", "real_mouth_lag_ms", "robust_r", "closure_recall", "closure_recall_loose", "false_closure", *_AUCS,
    "rest_open_share",
)  # fmt: skip
_DETAILS: Final = {
    "real_mouth_r_by_talker": "r", "robust_r_by_condition": "robust_r", "speech": "speech", "grid_s1_val": "grid_s1",
    "unseen_voices": "unseen", "rest_open_share_by_source": "open", "jitter": "jitter",
}  # fmt: skip
_TABLES: Final = ("steps_table", "look_ahead_table", "size_table")


def show(result: Mapping[str, Any], rigs: Sequence[str]) -> None:
    """Prints figures, tables and goals.

    Args:
        result: as written to the JSON file.
        rigs: names of the rigs in it.
    """
    console = Console()
    console.print(_figures(result, rigs))
    for rig in rigs:
        for name in _TABLES:
            if rows := result[rig].get(name):
                console.print(_rows(f"{name} ({rig})", rows))
        if found := result[rig].get("drift"):
            rows = [{"minutes": part} | found[part] for part in ("first", "last")]
            console.print(_rows(f"drift ({rig})", rows))
    for said in result.get("life", {}).get("outside", ()):
        console.print(f"life: {said}")
    if budget := result.get("step_budget"):
        console.print(_rows("step_budget", [budget]))
    console.print(_verdicts(result["goals"]))
    console.print(_sum(result["goals"]), f"({result['took_s']} s)")


def _figures(result: Mapping[str, Any], rigs: Sequence[str]) -> Table:
    human = result["human"]["grid_s1_val"]
    table = Table("", *rigs, "human (grid_s1 val)")
    for name in _FIGURES:
        values = [result[rig].get(name) for rig in rigs]
        if any(value is not None for value in values):
            table.add_row(name, *map(_cell, values), _cell(human.get(name)))
    for detail, label in _DETAILS.items():
        for key, value in result[rigs[0]].get(detail, {}).items():
            if not isinstance(value, dict):
                cells = [_cell(result[rig][detail][key]) for rig in rigs]
                table.add_row(f"  {label} {key}", *cells, "")
    return table


def _rows(title: str, rows: Sequence[Mapping[str, Any]]) -> Table:
    """Figures downwards, rows of the table across: there are more figures than rows."""
    first, *figures = rows[0]
    table = Table(first, *(_cell(row[first]) for row in rows), title=title)
    for name in figures:
        table.add_row(name, *(_cell(row[name]) for row in rows))
    return table


def _verdicts(verdicts: Mapping[str, Any]) -> Table:
    table = Table("goal", "asked", "held")
    for name, entry in verdicts.items():
        if name != "met":
            held = ", ".join(f"{rig}: {_held(value)}" for rig, value in entry.items() if rig != "goal")
            table.add_row(name, entry["goal"], held)
    return table


def _sum(verdicts: Mapping[str, Any]) -> str:
    if verdicts["met"]:
        return "goals met"
    held = [value for name, entry in verdicts.items() if name != "met" for rig, value in entry.items() if rig != "goal"]
    return "goals missed" if False in held else "no goal missed; not all were measured"


def _held(value: bool | None) -> str:
    return "not measured" if value is None else "yes" if value else "NO"


def _cell(value: Any) -> str:
    return "-" if value is None else f"{value:.3f}" if isinstance(value, float) else str(value)
