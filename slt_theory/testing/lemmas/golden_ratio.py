"""One item in each octave of the golden ratio: the best subset and the greedy one."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from slt_theory.testing.golden import GOLDEN
from slt_theory.testing.lemma import Lemma
from slt_theory.testing.margins import least_error
from slt_theory.testing.scalars import numbers
from slt_theory.testing.space import lists
from slt_theory.testing.spaces import reals

__all__ = ["LEMMAS", "best", "greedy", "greedy_residual", "in_octaves", "target_share"]

SHARES = lists(numbers(0, 1, bits=2), 1, 6)


def in_octaves(shares: Sequence[Any], ratio: Any) -> list[Any]:
    """Items ``w_i`` in ``[ratio^(i+1), ratio^i]``, at the given share of the way up."""
    return [ratio ** (i + 1) + t * (ratio**i - ratio ** (i + 1)) for i, t in enumerate(shares)]


def target_share(items: Sequence[Any], share: Any) -> Any:
    """A target in ``[0, min(1, sum)]``."""
    total = sum(items, Fraction(0))
    return share * (1 if total > 1 else total)


def greedy_residual(items: Sequence[Any], target: Any) -> Any:
    """Remainder after taking, from the largest on, each item that still fits."""
    rest = target
    for x in items:
        if x <= rest:
            rest = rest - x
    return rest


best = Lemma(
    "golden-ratio",
    "with w_i in [g^(i+1), g^i] for i < k, g = (sqrt(5) - 1) / 2, every target of [0, min(1, sum)] "
    "has a subset within g^k",
    {"shares": SHARES, "at": reals(0, 1, bits=5)},
    margin=lambda shares, at: (
        GOLDEN ** len(shares)
        - least_error(in_octaves(shares, GOLDEN), target_share(in_octaves(shares, GOLDEN), at))
    ),
    proof="golden-ratio",
    theorem="orseau2020-golden-ratio",
    source="Orseau, Hutter, Rivasplata 2020",
)

greedy = Lemma(
    "golden-ratio-greedy",
    "the greedy subset of the same items is within g^(k - 1)",
    {"shares": SHARES, "at": reals(0, 1, bits=5)},
    margin=lambda shares, at: (
        GOLDEN ** (len(shares) - 1)
        - greedy_residual(in_octaves(shares, GOLDEN), target_share(in_octaves(shares, GOLDEN), at))
    ),
    proof="golden-ratio",
)

LEMMAS = (best, greedy)
