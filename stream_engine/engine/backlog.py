"""How far a slot may fall behind, and what happens then: the rule for every queue of ticks."""

from collections import deque
from typing import Final, TypeVar

T = TypeVar("T")

QUEUE_TICKS: Final = 25
"""Ticks one slot may have waiting (half a second). One more, and the slot skips to what is live."""
LIVE_TICKS: Final = 2
"""Ticks left then: a slot that dropped only one would stay half a second late for as long as the load lasts."""


def skip_to_live(queue: deque[T]) -> int:
    """Drops all of a queue but its newest, so that with one more it holds `LIVE_TICKS`; returns how many."""
    dropped = max(len(queue) - (LIVE_TICKS - 1), 0)
    for _ in range(dropped):
        queue.popleft()
    return dropped
