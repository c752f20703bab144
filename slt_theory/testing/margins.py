"""Margins: by how much a conclusion holds, in exact arithmetic.

A margin is an int, a Fraction, or a ball of python-flint. The conclusion holds if it is >= 0. A
ball fails only if all of it lies below 0, so no rounding ever makes a counterexample.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from itertools import combinations, pairwise
from typing import Any

__all__ = [
    "Margin",
    "as_float",
    "ball",
    "distance_to",
    "equality",
    "every",
    "fails",
    "farthest_target",
    "from_sympy",
    "least_error",
    "some",
    "subset_sums",
    "sums_of_size",
]

Margin = Any


def fails(margin: Margin) -> bool:
    """Whether a margin is certainly negative."""
    return bool(margin < 0)


def as_float(margin: Margin) -> float:
    """For searching and for display only."""
    if hasattr(margin, "mid"):
        return float(margin.mid())
    return float(margin)


def equality(left: Any, right: Any) -> Margin:
    """The margin of ``left == right``."""
    return -abs(left - right)


def every(margins: Iterable[Margin]) -> Margin:
    """The margin of a conclusion about all members of a finite set."""
    return min(margins, key=as_float)


def some(margins: Iterable[Margin]) -> Margin:
    """The margin of "for some": the best witness decides.

    For balls that overlap the first of the largest midpoints is taken; use exact numbers where
    witnesses tie.
    """
    return max(margins, key=as_float)


def ball(value: Any) -> Any:
    """A rational number as a ball, for logarithms and exponentials.

    Examples
    --------
    >>> fails(ball(2).log() - ball(Fraction(69, 100)))
    False
    """
    from flint import arb, fmpq

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
    """The largest distance of a target in [lo, hi] from the sums: the least eps that serves all."""
    ordered = sorted(set(sums))
    middles = ((a + b) / 2 for a, b in pairwise(ordered))
    candidates = [lo, hi, *(m for m in middles if lo < m < hi)]
    return max(distance_to(ordered, z) for z in candidates)


def from_sympy(relation: Any) -> Callable[..., Margin]:
    """The margin of a sympy relation ``left <= right`` (or ``>=``, ``==``) as a function of its
    symbols by name.

    Rational values stay Fractions; anything else is enclosed in a ball.

    Examples
    --------
    >>> import sympy
    >>> x, y = sympy.symbols("x y")
    >>> from_sympy(sympy.Le(2 * x * y, x**2 + y**2))(x=Fraction(1, 2), y=Fraction(1))
    Fraction(1, 4)
    """
    import sympy

    left, right = relation.lhs, relation.rhs
    if isinstance(relation, sympy.Equality):
        gap = -sympy.Abs(left - right)
    elif isinstance(relation, sympy.GreaterThan | sympy.StrictGreaterThan):
        gap = left - right
    else:
        gap = right - left
    names = sorted(str(s) for s in gap.free_symbols)
    return _Evaluated(gap, tuple(names))


class _Evaluated:
    """A sympy expression, evaluated exactly or in balls."""

    def __init__(self, expression: Any, names: tuple[str, ...]) -> None:
        self.expression = expression
        self.names = names

    def __call__(self, **values: Any) -> Margin:
        import sympy

        exact = {
            name: sympy.Rational(Fraction(v).numerator, Fraction(v).denominator)
            for name, v in values.items()
        }
        value = self.expression.subs(exact)
        if value.is_Rational:
            return Fraction(int(value.p), int(value.q))
        from flint import arb

        # A strict evalf is right to the digits asked for; two fewer are trusted.
        digits = 40
        try:
            number = value.evalf(digits, maxn=1000, strict=True)
        except sympy.core.evalf.PrecisionExhausted:
            return arb(0, 1e-300)  # perhaps 0: undecided, so never a counterexample
        return arb(str(number), float(abs(number)) * 10.0 ** (2 - digits) + 1e-300)
