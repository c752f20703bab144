"""The extension rule: further items lengthen a reached window."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction

from slt_theory.certified.exact import ONE
from slt_theory.certified.extension import irwin_hall, positive_part_below

from . import answers
from .kit import Proof, step
from .kit.algebra import identity

UNSAFE = ({"reach": Fraction(6, 5)}, {"scale": Fraction(9, 10)})


def _joins(reach: Fraction) -> bool:
    """[0, 1] and [x, 1 + x] meet iff 0 <= x <= 1; linear in x, so the ends of [0, reach] decide."""
    return all(0 <= x <= 1 for x in (Fraction(0), reach))


def _irwin_hall_step() -> bool:
    """F_(k+1)(s) = int_(s-1)^s F_k keeps F_k(s) = sum_j (-1)^j C(k, j) (s - j)_+^k / k!.

    The primitive of (s - j)_+^k / k! is (s - j)_+^(k+1) / (k+1)!, and the coefficients become
    C(k, j) + C(k, j-1) = C(k+1, j), divided by C(k, j): 1 + j/(k-j+1) = (k+1)/(k+1-j).
    """
    from sympy import symbols

    k, j = symbols("k j")
    pascal = identity(1 + j / (k - j + 1), (k + 1) / (k + 1 - j))
    # Base: F_1(s) = s_+ - (s-1)_+ is linear between 0 and 1, so two points a piece decide.
    points = (Fraction(0), Fraction(1, 2), Fraction(1), Fraction(2), Fraction(3))
    base = all(irwin_hall(1, s) == min(s, Fraction(1)) for s in points)
    return pascal and base


def _halves() -> bool:
    """sum_k C(m, k) 2^-m = 1."""
    return all(sum(math.comb(m, k) for k in range(m + 1)) == 2**m for m in range(20))


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

    x, t, power = symbols("x t E", positive=True)
    mean = integrate(exp(-t * x), (x, 0, 1)).subs(exp(-t), power)
    return identity(mean, (1 - power) / t) and positive_part_below(80, Fraction(9)) < ONE


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
                "finite",
                lambda: _joins(reach),
                "one positive item after the other, each at most 1; then the negative ones, to the "
                "left; these items are not among those that reach I",
                rules=("linearity", "independence", "union"),
            ),
            step(
                r"$F_k(s) = \frac1{k!}\sum_j (-1)^j \binom kj (s-j)_+^k$",
                "induction",
                _irwin_hall_step,
                r"$F_{k+1}(s) = \int_{s-1}^s F_k$ and Pascal's rule",
                rules=("independence",),
            ),
            step(
                "the number of positive items is binomial, and given it they are uniform on [0, 1]",
                "rule",
                _halves,
                rules=("total-probability",),
            ),
            step("Irwin-Hall agrees with a split of the cube", "spot", _lattice),
            step("the printed bound is the mixture, rounded up", "spot", lambda: _bound(scale)),
            step("printed n on longer windows by all splits", "spot", answers.extension),
            step(
                r"far tails: $P(\sum X_i^+ < s) \le e^{ts}(E e^{-tX^+})^m$",
                "identity",
                _exponential,
                r"$E e^{-tX^+} = \frac12 + \frac12(1-e^{-t})/t$",
                rules=("markov", "independence"),
            ),
        ),
    )
