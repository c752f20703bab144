"""The extension rule: further items lengthen a reached window."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction

from slt_theory.certified.exact import ONE
from slt_theory.certified.extension import irwin_hall, positive_part_below

from .kit import Proof, step
from .kit.algebra import identity
from .kit.balls import ball

UNSAFE = ({"reach": Fraction(6, 5)}, {"scale": Fraction(9, 10)})


def _joins(reach: Fraction) -> bool:
    """[0, 1] and [x, 1 + x] overlap for 0 <= x <= 1, so their union is [0, 1 + x]."""
    return all(Fraction(k, 60) * reach <= 1 and 1 + Fraction(k, 60) * reach >= 1 for k in range(61))


def _volume() -> bool:
    """The simplex recursion int_0^s t^k / k! dt = s^(k+1) / (k+1)!, and Irwin-Hall below 1."""
    from sympy import Rational, factorial, integrate, symbols

    s, t = symbols("s t", positive=True)
    for k in range(12):
        if not identity(integrate(t**k / factorial(k), (t, 0, s)), s ** (k + 1) / factorial(k + 1)):
            return False
    half = Fraction(1, 2)
    return all(irwin_hall(k, half) == half**k / math.factorial(k) for k in range(12)) and identity(
        Rational(1, 2) ** 2 / 2, Rational(1, 8)
    )


def _lattice() -> bool:
    """Irwin-Hall against complete counts: P(sum of k cells + k simplex volumes <= s)."""
    for k, s in itertools.product((1, 2, 3), (Fraction(1, 2), Fraction(3, 2), Fraction(5, 2))):
        # Split [0,1]^k in unit cells of side 1/2: inside, the law is k halves plus an integer.
        total = Fraction(0)
        for cell in itertools.product((0, 1), repeat=k):
            total += irwin_hall(k, 2 * s - sum(cell))
        if total / 2**k != irwin_hall(k, s):
            return False
    return True


def _bound(scale: Fraction) -> bool:
    """The printed probabilities are at least the exact mixture over the number of positives."""
    for m, s in ((5, Fraction(1, 2)), (14, Fraction(1, 2)), (9, Fraction(7, 3))):
        exact = sum(
            (Fraction(math.comb(m, k), 2**m) * irwin_hall(k, s) for k in range(m + 1)), Fraction(0)
        )
        bound = scale * Fraction(positive_part_below(m, s), ONE)
        if not exact <= bound <= exact + Fraction(1, 2**90):
            return False
    return True


def _exponential() -> bool:
    """E exp(-t X^+) = (1 + (1 - exp(-t))/t)/2, and the far tail uses nothing else."""
    from sympy import exp, integrate, symbols

    x, t = symbols("x t", positive=True)
    mean = integrate(exp(-t * x), (x, 0, 1))
    at = ball(0)
    for value in (1, 2, 3):
        exact = mean.subs(t, value) - (1 - exp(-value)) / value
        if exact != 0:
            return False
    return bool(at == 0) and positive_part_below(80, Fraction(9)) < ONE


def build(*, reach: Fraction = Fraction(1), scale: Fraction = Fraction(1)) -> Proof:
    """The proof; `reach` is the largest item relative to the window."""
    return Proof(
        "extension-rule",
        "The extension rule",
        r"If every z of an interval I of length at least 1 is within $\varepsilon$ of a sum, then "
        r"m further items of $U[-1,1]$ make that true on I lengthened by s to the right, except "
        r"with probability $2^{-m}\sum_k \binom mk F_k(s)$, $F_k$ the Irwin-Hall distribution; "
        r"likewise to the left.",
        (
            step(
                r"$I \cup (I + x) = $ one interval for $0 \le x \le |I|$",
                "rule",
                lambda: _joins(reach),
                "linear in x, so the ends decide; induction over the positive items",
            ),
            step("Irwin-Hall below 1: simplex volumes", "identity", _volume),
            step("Irwin-Hall beyond 1 agrees with a split of the cube", "spot", _lattice),
            step("the printed bound is the mixture, rounded up", "spot", lambda: _bound(scale)),
            step(
                r"far tails: $P(\sum X_i^+ < s) \le e^{ts}(E e^{-tX^+})^m$",
                "rule",
                _exponential,
                "Markov",
            ),
        ),
    )
