"""Mixtures: only the uniform items are used, and their number is binomial."""

from __future__ import annotations

import math
from fractions import Fraction

from slt_theory.certified.binomial import binomial_up, mix
from slt_theory.certified.exact import ONE

from . import answers
from .kit import Proof, step
from .kit.algebra import identity, nonnegative

UNSAFE = ({"density": Fraction(11, 10)}, {"weight": Fraction(2, 5)})


def _remainder(density: Fraction) -> bool:
    """p - alpha u >= 0 where u = 1/(2a) on [-a, a]: alpha = 2 a c and p >= c give p - c >= 0."""
    from sympy import Rational, symbols

    a, c, extra = symbols("a c extra")
    used = Rational(density.numerator, density.denominator)
    alpha = 2 * a * c
    rest = (c + extra) - used * alpha / (2 * a)
    return identity(rest, extra + (1 - used) * c) and nonnegative(1 - used + 0 * extra, extra, 0, 1)


def _monotone() -> bool:
    """More items never hurt: every subset of the first m is a subset of the first m + 1."""
    return all(
        set(range(1 << m)) <= {s for s in range(1 << (m + 1)) if s < (1 << m)} for m in range(8)
    )


def _upper(weight: Fraction) -> bool:
    """`mix` is at least the exact total probability and at most 2^-80 above it."""
    true = Fraction(3, 10)
    profile = [ONE >> (k // 3) for k in range(40)]
    for n in (1, 7, 30, 60):
        exact = sum(
            (
                Fraction(math.comb(n, m) * profile[min(m, 39)], ONE)
                * true**m
                * (1 - true) ** (n - m)
                for m in range(n + 1)
            ),
            Fraction(0),
        )
        bound = Fraction(mix(profile, n, weight), ONE)
        if not min(Fraction(1), exact) <= bound <= exact + Fraction(1, 2**80):
            return False
    return True


def _masses() -> bool:
    for n in (5, 40, 300):
        p = Fraction(3677, 10000)
        rows = binomial_up(n, p)
        for m in range(0, n + 1, max(1, n // 9)):
            exact = math.comb(n, m) * p**m * (1 - p) ** (n - m)
            if not exact <= Fraction(rows[m], ONE) <= exact + Fraction(n + 1, ONE):
                return False
    return True


def build(*, density: Fraction = Fraction(1), weight: Fraction = Fraction(3, 10)) -> Proof:
    """The proof; `density` is the share of the floor that may be taken out."""
    return Proof(
        "mixture-rule",
        "Mixtures: the uniform items are enough",
        r"If the density is at least c on $[-a, a]$, the law is $\alpha U[-a,a] + (1-\alpha)Q$ "
        r"with "
        r"$\alpha = 2ac$. If m uniform items fail with probability at most $F(m)$, then n items of "
        r"the law fail with probability at most $\sum_m P(\mathrm{Bin}(n,\alpha) = m) F(m)$.",
        (
            step(
                r"$Q \ge 0$: $p - \alpha/(2a) \ge 0$ on $[-a,a]$",
                "polynomial",
                lambda: _remainder(density),
            ),
            step(
                "given that m items are the uniform ones, these are independent uniform items and "
                "the others are left out: failure at most F(m); the number is binomial",
                "rule",
                _monotone,
                rules=("thinning", "total-probability", "subsets"),
            ),
            step(
                "the integer routine is the sum, rounded up",
                "spot",
                lambda: _upper(weight),
                "against exact fractions",
            ),
            step("binomial weights are rounded up", "spot", _masses),
            step("printed n of scaled and masked items by all counts", "spot", answers.mixture),
        ),
    )
