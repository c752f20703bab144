"""Numbers that change with the progress t of a run, 0 <= t <= 1, or from round to round."""

from __future__ import annotations

import math
from collections.abc import Callable

from slt_theory.errors import BadInput

__all__ = ["SCHEDULES", "Schedule", "geometric", "ramp"]

Schedule = Callable[[float], float]

#: Factors of the learning rate.
SCHEDULES: dict[str, Schedule] = {
    "constant": lambda t: 1.0,
    "cosine": lambda t: 0.5 * (1 + math.cos(math.pi * t)),
}


def ramp(last: float, *, power: float = 1.0, until: float = 1.0) -> Schedule:
    """From 0 to `last` like t^power, reached at t = `until`: a growing penalty."""
    return lambda t: last * min(1.0, t / until) ** power


def geometric(density: float, rounds: int) -> list[float]:
    """Densities after each of `rounds` equal relative cuts, the last exactly `density`.

    Examples
    --------
    >>> geometric(0.25, 2)
    [0.5, 0.25]
    """
    if not 0 < density <= 1:
        raise BadInput("density", density, "must lie in (0, 1]")
    if rounds < 1:
        raise BadInput("rounds", rounds, "must be >= 1")
    return [density ** (k / rounds) for k in range(1, rounds)] + [density]
