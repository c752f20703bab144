"""No guarantee beats the chance that all items have one sign."""

from __future__ import annotations

import itertools
from fractions import Fraction

from slt_theory.certified.counting import counting_n

from .kit import Proof, step

UNSAFE = ({"factor": 3},)


def _one_sign() -> bool:
    """Sums of non-negative items are non-negative: a target below -eps is out of reach."""
    for items in itertools.product((0, 1, 5), repeat=4):
        sums = [sum(c) for r in range(5) for c in itertools.combinations(items, r)]
        if min(sums) < 0:
            return False
    return True


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
            step("sums of items of one sign stay on one side", "rule", _one_sign),
            step(
                rf"$P($all items have one sign$) = {factor}\cdot 2^{{-n}}$",
                "rule",
                lambda: _mass(factor),
                "independent fair signs: complete enumeration",
            ),
            step("the printed n is the smallest that passes", "spot", _function),
        ),
    )
