r"""How large the items of a law are: :math:`P(|X| \le x)` and :math:`E[|X|; |X| \le x]` by balls.

Every law here is even, with a density that does not increase on (0, inf). Closed forms, checked in
``proofs/base_interval.py``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Any

from slt_theory.certified.enclose import ball

__all__ = ["MAGNITUDES", "Magnitude"]


@dataclass(frozen=True, slots=True)
class Magnitude:
    """Distribution function and partial mean of |X|; `top` bounds |X| (None: unbounded)."""

    below: Callable[[Any], Any]
    mean: Callable[[Any], Any]
    top: Fraction | None

    def masses(self, ends: list[Fraction]) -> list[Any]:
        """P(|X| in the cell) for the cells between neighbouring ends."""
        values = [self.below(ball(x)) if x else ball(0) for x in ends]
        return [b - a for a, b in pairwise(values)]

    def means(self, ends: list[Fraction]) -> list[Any]:
        """E[|X|; |X| in the cell] for the cells between neighbouring ends."""
        values = [self.mean(ball(x)) if x else ball(0) for x in ends]
        return [b - a for a, b in pairwise(values)]


def _normal(x: Any) -> Any:
    return (x / ball(2).sqrt()).erf()


def _normal_mean(x: Any) -> Any:
    """2 int_0^x t phi(t) dt."""
    return 2 * (1 - (-x * x / 2).exp()) / (x.pi() * 2).sqrt()


MAGNITUDES: dict[str, Magnitude] = {
    "uniform": Magnitude(lambda x: x, lambda x: x * x / 2, Fraction(1)),
    "uniform*uniform": Magnitude(
        lambda x: x * (1 - x.log()), lambda x: x * x * (1 - 2 * x.log()) / 4, Fraction(1)
    ),
    "normal": Magnitude(_normal, _normal_mean, None),
}
