"""Values of the laws that have finitely many."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from itertools import product
from math import prod

from slt_theory.lattice import Lattice
from slt_theory.laws import (
    Discrete,
    Empirical,
    Grid,
    Integers,
    Law,
    Masked,
    Mixed,
    Product,
    ReLU,
    Scaled,
    Signs,
)

__all__ = ["values_of"]

MOST = 1 << 16


def values_of(law: Law) -> tuple[Fraction, ...] | None:
    """All values of one draw, rising; None if they are more than 2^16, or fill intervals.

    Examples
    --------
    >>> from slt_theory.laws import read_law
    >>> [str(value) for value in values_of(read_law("bernoulli(1/2)*signs[1/2]"))]
    ['-1/2', '0', '1/2']
    >>> values_of(read_law("uniform"))
    """
    found = _values(law)
    return None if found is None or len(found) > MOST else tuple(sorted(found))


def _values(law: Law) -> set[Fraction] | None:
    match law:
        case Signs():
            return {-law.gain, law.gain}
        case Grid() if law.steps <= MOST:
            return {Fraction(k, law.steps) for k in range(-law.steps, law.steps + 1)}
        case Integers(factors=1) if law.largest <= MOST:
            return {Fraction(k) for k in range(-law.largest, law.largest + 1)}
        case Integers(factors=2):
            return _products([Integers(law.largest)] * 2)
        case Discrete():
            return {round(x / law.unit) * law.unit for x in law.points}
        case Empirical():
            places = Lattice(law.bits).nearest(law.values)
            return {place * law.unit for place in set(places.tolist())}
        case Product():
            return _products(law.factors)
    return _of_others(law)


def _of_others(law: Law) -> set[Fraction] | None:
    """Values of a law that is made of one other law, or mixes some."""
    if isinstance(law, Mixed):
        parts = [values_of(part) for part in law.laws]
        return None if None in parts else {x for part in parts for x in part or ()}
    if not isinstance(law, Masked | ReLU | Scaled) or (inner := values_of(law.law)) is None:
        return None
    if isinstance(law, Scaled):
        return {law.factor * x for x in inner}
    return (
        {Fraction(0), *inner} if isinstance(law, Masked) else {max(x, Fraction(0)) for x in inner}
    )


def _products(factors: Iterable[Law]) -> set[Fraction] | None:
    sides = [values_of(factor) for factor in factors]
    known = [side for side in sides if side is not None]
    if len(known) < len(sides) or prod(map(len, known)) > MOST:
        return None
    return {prod(each, start=Fraction(1)) for each in product(*known)}
