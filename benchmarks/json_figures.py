"""Figures as JSON: short, and without what JSON cannot hold."""

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def rounded(value: Any) -> Any:
    """Floats to four digits, recursively; NaN becomes None."""
    if isinstance(value, dict):
        return {key: rounded(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [rounded(item) for item in value]
    if isinstance(value, float):
        return None if math.isnan(value) else round(value, 4)
    return value


def write_figures(path: Path, figures: Mapping[str, Any]) -> None:
    """Writes figures to a file, making its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(rounded(dict(figures)), indent=2) + "\n")
