"""One item at most doubles the approximated set."""

from __future__ import annotations

import random
from fractions import Fraction

from slt_theory.intervals import clip, measure, shift, union

from .expectation_identity import WINDOW
from .kit import Proof, step
from .kit.algebra import nonnegative
from .kit.intervals import random_union

UNSAFE = ({"factor": Fraction(19, 10)},)


def _bounds(factor: Fraction) -> bool:
    source = random.Random(3)
    for pieces in range(1, 6):
        for _ in range(80):
            part = random_union(source, *WINDOW, pieces)
            x = Fraction(source.randint(-360, 360), 360)
            after = measure(union([*part, *clip(shift(part, x), WINDOW)]))
            before = measure(part)
            if not before <= after <= min(factor * before, Fraction(1)):
                return False
    return True


def _sum(factor: Fraction) -> bool:
    """|C| + |D| <= v + v for |D| <= v; `factor` v must not be less."""
    from sympy import Rational, symbols

    v = symbols("v")
    return nonnegative(Rational(factor.numerator, factor.denominator) * v - (v + v), v, 0, 1)


def _doubled() -> bool:
    part = [(Fraction(-1, 2), Fraction(-3, 8))]
    after = measure(union([*part, *clip(shift(part, Fraction(1, 2)), WINDOW)]))
    return after == 2 * measure(part)


def _translation() -> bool:
    source = random.Random(4)
    part = random_union(source, *WINDOW, 4)
    return all(measure(shift(part, Fraction(k, 7))) == measure(part) for k in range(-20, 21))


def build(*, factor: Fraction = Fraction(2)) -> Proof:
    """The proof; `factor` is the constant 2."""
    return Proof(
        "growth-at-most-double",
        "One item at most doubles the approximated set",
        rf"With the notation of the expectation identity, $v \le |C'| \le \min({factor}\,v, 1)$ "
        "for every value of X.",
        (
            step(
                "$D = (C + X) \\cap W$ has $|D| \\le |C|$",
                "rule",
                _translation,
                rules=("measure",),
            ),
            step(
                rf"$|C| \le |C \cup D| \le |C| + |D| \le {factor}\,|C|$, and $C' \subseteq W$",
                "polynomial",
                lambda: _sum(factor),
                rules=("measure",),
            ),
            step("400 random unions, exactly", "spot", lambda: _bounds(factor)),
            step("the factor 2 is attained", "finite", _doubled),
        ),
    )
