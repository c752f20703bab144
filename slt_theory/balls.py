"""Balls of python-flint: their precision, their ends as floats, and powers about 0."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from threading import RLock
from typing import Any

__all__ = ["down", "precision", "to_power", "up"]

_ONE_AT_A_TIME = RLock()


@contextmanager
def precision(bits: int) -> Iterator[None]:
    """Compute with balls of `bits` bits inside the block, whatever other threads do.

    python-flint 0.9.0 has one precision for all threads. Blocks of two threads would change each
    other's bits half-way, and leave the wrong ones behind; here the second thread waits. A block
    must not wait for threads that open one.

    Examples
    --------
    >>> from flint import arb
    >>> with precision(200):
    ...     root = arb(2).sqrt()
    >>> root.rel_accuracy_bits() > 190, arb(2).sqrt().rel_accuracy_bits() < 60
    (True, True)
    """
    from flint import ctx

    with _ONE_AT_A_TIME, ctx.workprec(bits):
        yield


def up(value: Any) -> float:
    """A float not below any point of a ball: the conversion may be off by one neighbour."""
    return math.nextafter(float(value.upper()), math.inf)


def down(value: Any) -> float:
    """A float not above any point of a ball."""
    return math.nextafter(float(value.lower()), -math.inf)


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
