"""How a face is to move, beyond what its voice says: the style of a session."""

from dataclasses import dataclass, fields
from typing import Any, Final, Literal, Self, TypeAlias

Gaze: TypeAlias = Literal["free", "camera"]
"""Where the eyes look: as the network has them, or into the camera whatever the head does."""

MAX_AMOUNT: Final = 2.0
"""Largest gain of mouth, expression and head."""
MAX_BLINKS_PER_MINUTE: Final = 60.0


@dataclass(frozen=True, slots=True)
class Style:
    """How a face moves. The defaults leave everything as the network has it.

    Attributes:
        mouth_gain: 0..2, how far jaw and lips move for the same sound.
        expressiveness: 0..2, how far brows, lids, cheeks and the smile move.
        head_motion: 0..2, how far the head turns; 0 holds it still.
        blinks_per_minute: 0..60.
        gaze: where the eyes look.

    Raises:
        ValueError: a value beyond its range.
    """

    mouth_gain: float = 1.0
    expressiveness: float = 1.0
    head_motion: float = 1.0
    blinks_per_minute: float = 16.0
    gaze: Gaze = "free"

    def __post_init__(self) -> None:
        for name in ("mouth_gain", "expressiveness", "head_motion"):
            _check(name, getattr(self, name), MAX_AMOUNT)
        _check("blinks_per_minute", self.blinks_per_minute, MAX_BLINKS_PER_MINUTE)
        if self.gaze not in ("free", "camera"):
            raise ValueError(f"gaze {self.gaze!r}; it is 'free' or 'camera'")

    def changed(self, **changes: Any) -> Self:
        """This style with some fields changed; None keeps a field.

        Raises:
            ValueError: a value beyond its range.
        """
        kept = {field.name: getattr(self, field.name) for field in fields(self)}
        return type(self)(**kept | {name: value for name, value in changes.items() if value is not None})


def _check(name: str, value: float, most: float) -> None:
    if not 0 <= value <= most:
        raise ValueError(f"{name} {value:g}; it is within 0 and {most:g}")
