from copy import deepcopy
from typing import Any

from benchmarks.life import RANGES, outside


def living() -> dict[str, Any]:
    """Every figure in the middle of its range."""
    figures: dict[str, Any] = {}
    for state, ranges in RANGES.items():
        for name, (low, high) in ranges.items():
            part, figure = name.split(".")
            figures.setdefault(state, {}).setdefault(part, {})[figure] = (low + high) / 2
    return figures


def test_a_living_face_lies_within_peoples_ranges() -> None:
    assert outside(living()) == {}


def test_what_lies_outside_is_named() -> None:
    figures = deepcopy(living())
    figures["talk"]["blinks"]["per_minute"] = 4.0
    figures["rest"]["gaze"]["on_listener"] = None
    assert outside(figures) == {
        "talk blinks.per_minute": "4, people 20 to 30",
        "rest gaze.on_listener": "nothing to measure, people 0.6 to 0.8",
    }
