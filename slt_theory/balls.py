"""Powers of balls of python-flint, also of those whose midpoint is exactly 0."""

from __future__ import annotations

from typing import Any

__all__ = ["to_power"]


def to_power(base: Any, exponent: int) -> Any:
    """``base**exponent`` for a ball, or for an exact number.

    python-flint 0.9.0 makes NaN of a power of a ball of midpoint 0 and positive radius. Over a ball
    that holds 0, ``|base| <= top`` gives a power in [0, top^k] for even k, [-top^k, top^k] for odd.

    Examples
    --------
    >>> from flint import arb
    >>> to_power(arb(0, 1), 4).is_finite(), (arb(0, 1) ** 4).is_finite()
    (True, False)
    """
    if not hasattr(base, "mid"):
        return base**exponent
    if exponent < 0:
        return to_power(1 / base, -exponent)
    if exponent == 0 or not base.contains(0):
        return base**exponent  # the midpoint is not 0
    top = base.abs_upper() ** exponent
    return (-top if exponent % 2 else 0 * top).union(top)
