"""Margins: by how much a conclusion holds, in exact arithmetic.

A margin is an int, a Fraction, a sympy number, or a ball of python-flint; a float is taken as well,
and counted as such. The conclusion holds if the margin is >= 0, a strict one if it is > 0. A ball
fails only if all of it does, so no rounding ever makes a counterexample; an undefined ball (the
logarithm of a negative number) neither holds nor fails.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from fractions import Fraction
from itertools import combinations, pairwise
from numbers import Rational
from typing import Any

import numpy as np

from slt_theory.errors import BadInput
from slt_theory.testing.golden import Golden
from slt_theory.testing.sympy_numbers import signed_float

__all__ = [
    "Margin",
    "as_float",
    "ball",
    "distance_to",
    "equality",
    "every",
    "fails",
    "farthest_target",
    "holds",
    "is_undefined",
    "least_error",
    "some",
    "subset_sums",
    "sums_of_size",
    "taken",
    "truth",
]

# pytest then shows the caller's code, not ours.
__tracebackhide__ = True

Margin = Any

_REMEDY = "return the difference, rhs - lhs, which is >= 0 where the conclusion holds"


def taken(value: Any, name: str = "margin", way_out: str = _REMEDY) -> Margin:
    """The margin (or other number) that a function returned: a Fraction, ball, Golden or float.

    Raises
    ------
    BadInput
        For a bool (False would count as 0, and hold), None, NaN, a complex number, or anything
        else that is no real number.
    """
    if isinstance(value, np.ndarray) and value.shape == ():
        value = value[()]
    if isinstance(value, bool | np.bool_) or value is None:
        raise BadInput(name, value, f"is {type(value).__name__}, not a number", way_out)
    if isinstance(value, Rational):
        return Fraction(int(value.numerator), int(value.denominator))
    if isinstance(value, float | np.floating):
        if math.isnan(value):
            raise BadInput(name, value, "is not a number", "leave such cases out with given=")
        return signed_float(value)
    margin = value if isinstance(value, Golden) else _of_a_library(value)
    if margin is None:
        raise BadInput(name, value, f"is {type(value).__name__}, no real number", way_out)
    return margin


def _of_a_library(value: Any) -> Margin | None:
    """A number of flint or sympy, which are not imported to find out; None for anything else."""
    library, kind = type(value).__module__.partition(".")[0], type(value).__name__
    if library == "flint" and kind == "arb":
        return value
    if library == "flint" and kind in ("fmpz", "fmpq"):
        return Fraction(int(value.numerator), int(value.denominator))
    if library == "sympy":
        from slt_theory.testing.sympy_numbers import number

        return number(value)
    return None


def truth(name: str, value: Any) -> bool:
    """A truth value: a bool of Python, numpy or sympy, or an integer 0 or 1.

    Raises
    ------
    BadInput
        For anything else: NaN would count as true, and None (a forgotten return) as false.
    """
    if type(value).__name__ in ("bool", "bool_", "BooleanTrue", "BooleanFalse"):
        return bool(value)
    if isinstance(value, np.bool_) or (isinstance(value, int | np.integer) and value in (0, 1)):
        return bool(value)
    raise BadInput(name, value, f"is {type(value).__name__}, no truth value", "return a bool")


def is_undefined(margin: Margin) -> bool:
    """True if a ball encloses no number, or all of them."""
    return hasattr(margin, "is_finite") and not margin.is_finite()


def fails(margin: Margin, *, strict: bool = False) -> bool:
    """True if a margin is certainly negative; of a strict conclusion, certainly not positive."""
    return bool(margin <= 0 if strict else margin < 0)


def holds(margin: Margin, *, strict: bool = False) -> bool:
    """True if a margin is certainly >= 0; of a strict conclusion, certainly positive."""
    return bool(margin > 0 if strict else margin >= 0)


def as_float(margin: Margin) -> float:
    """For searching and for display only."""
    if hasattr(margin, "mid"):
        return float(margin.mid())
    try:
        return float(margin)
    except OverflowError:
        return math.inf if margin > 0 else -math.inf


def equality(left: Any, right: Any) -> Margin:
    """The margin of ``left == right``."""
    return -abs(left - right)


def every(margins: Iterable[Margin]) -> Margin:
    """The margin of a conclusion about all members of a finite set: the smallest; of none, +inf.

    If a member is undefined, so is the answer, unless another one certainly fails.
    """
    return -some(-taken(margin) for margin in margins)


def some(margins: Iterable[Margin]) -> Margin:
    """The margin of "for some" member of a finite set: the largest; of none, -inf.

    Of balls, it is a ball that encloses the largest. If a member is undefined, so is the answer,
    unless another one certainly holds.
    """
    members = [taken(margin) for margin in margins]
    best = _largest([m for m in members if not is_undefined(m)])
    undefined = next(filter(is_undefined, members), None)
    return best if undefined is None or best > 0 else undefined


def _largest(margins: Sequence[Margin]) -> Margin:
    infinite = [m for m in margins if isinstance(m, float) and math.isinf(m)]
    finite = [m for m in margins if not (isinstance(m, float) and math.isinf(m))]
    if math.inf in infinite or not finite:
        return max(infinite, default=-math.inf)
    if not any(hasattr(m, "mid") for m in finite):
        return max(finite)
    top, *others = map(ball, finite)
    for other in others:
        top = top.max(other)
    return top


def ball(value: Any) -> Any:
    """A rational number as a ball, for logarithms and exponentials.

    Examples
    --------
    >>> fails(ball(2).log() - ball(Fraction(69, 100)))
    False
    """
    from flint import arb, fmpq

    if isinstance(value, arb):
        return value
    if isinstance(value, Golden):
        return ball(value.a) + ball(value.b) * (arb(5).sqrt() - 1) / 2
    exact = Fraction(value)
    return arb(fmpq(exact.numerator, exact.denominator))


def subset_sums(sample: Sequence[Any]) -> list[Any]:
    """The sums of all 2^n subsets, by mask."""
    sums: list[Any] = [Fraction(0)]
    for x in sample:
        sums += [s + x for s in sums]
    return sums


def sums_of_size(sample: Sequence[Any], size: int) -> list[Any]:
    """The sums of all subsets of exactly `size` items."""
    return [sum(part, Fraction(0)) for part in combinations(sample, size)]


def distance_to(sums: Iterable[Any], target: Any) -> Any:
    """The least distance of a target from the sums."""
    return min(abs(s - target) for s in sums)


def least_error(sample: Sequence[Any], target: Any) -> Any:
    """The error of the best subset."""
    return distance_to(subset_sums(sample), target)


def farthest_target(sums: Iterable[Any], lo: Any, hi: Any) -> Any:
    """The largest distance of a target in [lo, hi] from the sums: the least eps that covers all."""
    ordered = sorted(set(sums))
    middles = ((a + b) / 2 for a, b in pairwise(ordered))
    candidates = [lo, hi, *(m for m in middles if lo < m < hi)]
    return max(distance_to(ordered, z) for z in candidates)
