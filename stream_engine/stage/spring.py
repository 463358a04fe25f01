"""How things on a face go where they are bound for: without a kink, and without swinging past."""

import math

from stream_engine.clock import TICK_S


def damped(place: float, speed: float, goal: float, rate: float) -> tuple[float, float]:
    """One tick of a critically damped spring, exactly.

    Args:
        place: where it is.
        speed: units of `place` a second.
        goal: where it is bound for; it may change at any tick, and no speed is lost or made up.
        rate: per second; nineteen twentieths of the way are done in 4.7 / rate seconds.

    Returns:
        Place and speed a tick later.
    """
    decay = math.exp(-rate * TICK_S)
    away = place - goal
    slide = (speed + rate * away) * TICK_S
    return goal + (away + slide) * decay, (speed - rate * slide) * decay
