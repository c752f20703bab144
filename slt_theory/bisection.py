"""The smallest number that is enough."""

from __future__ import annotations

from collections.abc import Callable

__all__ = ["smallest_number"]


def smallest_number(
    holds: Callable[[int], bool], *, least: int = 0, most: int = 1 << 62
) -> int | None:
    """Smallest n in `least` .. `most` with `holds`, which stays true once it is; None without one.

    By doubling, then bisection: about 2 log2 n calls, none of them beyond `most`.

    Examples
    --------
    >>> smallest_number(lambda n: n * n >= 50), smallest_number(lambda n: n > 9, most=9)
    (8, None)
    """
    low, high = least - 1, min(max(1, least), most)
    while not holds(high):
        if high >= most:
            return None
        low, high = high, min(2 * high, most)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle, high)
    return high
