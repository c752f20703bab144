"""No guarantee beats the chance that all items have one sign."""

from __future__ import annotations

import itertools
from fractions import Fraction

from slt_theory.certified.counting import counting_n

from .kit import Proof, step
from .kit.algebra import identity, nonnegative

UNSAFE = ({"factor": 3},)


def _one_sign() -> bool:
    """s >= 0 and x >= 0 give s + x >= 0: linear, smallest at s = x = 0."""
    from sympy import oo, symbols

    x = symbols("x")
    return nonnegative(0 + x, x, 0, oo)


def _power(factor: int) -> bool:
    """P(all +) + P(all -) = 2 h^n, h = 1/2: h^n as a symbol."""
    from sympy import symbols

    power = symbols("P")
    return identity(power + power, factor * power)


def _mass(factor: int) -> bool:
    for n in range(1, 10):
        words = list(itertools.product((-1, 1), repeat=n))
        bad = sum(1 for w in words if len(set(w)) == 1)
        if Fraction(bad, len(words)) != Fraction(factor, 2**n):
            return False
    return True


def _function() -> bool:
    for delta in (Fraction(1, 10), Fraction(1, 1000), Fraction(1, 2**20)):
        n = counting_n(Fraction(1, 10), delta=delta).n
        if not (Fraction(2, 2**n) <= delta < Fraction(2, 2 ** (n - 1)) or n <= 4):
            return False
    return True


def build(*, factor: int = 2) -> Proof:
    """The proof; `factor` 2^-n is the probability of one common sign."""
    return Proof(
        "sign-floor",
        "The sign floor",
        r"For a law symmetric about 0 without an atom there, and targets beyond $\varepsilon$ on "
        rf"both sides of 0, every n fails with probability at least ${factor} \cdot 2^{{-n}}$.",
        (
            step(
                "sums of items of one sign stay on one side, so targets beyond eps on the other "
                "are missed",
                "induction",
                _one_sign,
                "a sum of non-negative numbers is one, the empty sum is 0",
            ),
            step(
                rf"$P($all items have one sign$) = {factor}\cdot 2^{{-n}}$",
                "identity",
                lambda: _power(factor),
                "fair signs",
                rules=("independence",),
            ),
            step("the same by enumeration for n < 10", "spot", lambda: _mass(factor)),
            step("the printed n is the smallest that passes", "spot", _function),
        ),
    )
