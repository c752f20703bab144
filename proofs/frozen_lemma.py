"""Frozen subset sums: some items always in, some always out, explicit constants."""

from __future__ import annotations

import random
from fractions import Fraction

from .kit import Proof, step
from .kit.algebra import identity, nonnegative
from .kit.rules import union

UNSAFE = (
    {"pull": Fraction(60, 3)},
    {"shares": (1, 1, 2, 2, 11)},
)


def _greedy() -> bool:
    """Residual above 1: subtracting x in [0, 1] keeps it >= 0; enough total ends at most at 1."""
    source = random.Random(12)
    for _ in range(300):
        rest = Fraction(source.randint(0, 400), 100)
        start, total = rest, Fraction(0)
        for _ in range(40):
            x = Fraction(source.randint(0, 100), 100)
            total += x
            if rest > 1:
                rest -= x
                if rest < 0:
                    return False
            if total >= start - 1 and rest > 1:
                return False
    return True


def _pull(pull: Fraction) -> bool:
    """a >= pull L gives sqrt(a L/3) <= a/8: squares, a^2/64 - a L/3 >= 0 at L = a/pull."""
    from sympy import Rational, oo, symbols

    a = symbols("a")
    c = Rational(pull.numerator, pull.denominator)
    return nonnegative(a**2 / 64 - a * (a / c) / 3, a, 0, oo)


def _enough() -> bool:
    """a/4 - a/8 = a/8 >= t once a >= 8 t."""
    from sympy import symbols

    a, t = symbols("a t")
    return identity(a / 4 - a / 8 - t, (a - 8 * t) / 8)


def _shares(shares: tuple[int, ...]) -> bool:
    """Counts, locked sum (two sides), both pulls: 1 + 1 + 2 + 2 sixteenths; the rest 8 of 16."""
    return bool(union(Fraction(k, 16) for k in shares) <= 1)


def _quadratic() -> bool:
    """(f n/4 - 1)^2 >= 64 * 2 L m/3, m = (q n + L)/ln 2: leading terms give n ~ q L/f^2."""
    from sympy import log, solve, symbols

    n, f, q, level = symbols("n f q L", positive=True)
    roots = solve((f * n / 4) ** 2 - 64 * 2 * level * (q * n) / (3 * log(2)), n)
    return bool(len(roots) == 1) and identity(roots[0] * f**2 / (q * level), 2048 / (3 * log(2)))


def _function() -> bool:
    from slt_theory.certified.networks import frozen_n

    plain = frozen_n(Fraction(1, 100), Fraction(1, 100), free=1, locked=0)
    half = frozen_n(Fraction(1, 100), Fraction(1, 100), free=Fraction(1, 2), locked=0)
    locked = frozen_n(
        Fraction(1, 100), Fraction(1, 100), free=Fraction(1, 2), locked=Fraction(1, 2)
    )
    if plain is None or half is None or locked is None:
        return False
    return bool(plain.n < half.n < locked.n)


def build(*, pull: Fraction = Fraction(64, 3), shares: tuple[int, ...] = (1, 1, 2, 2, 8)) -> Proof:
    """The proof; `pull` L items of a half suffice to halve the drift, `shares` split delta."""
    return Proof(
        "frozen-lemma",
        "Frozen subset sums",
        r"Each of n items $U[-1,1]$ is locked (always in the sum) with probability q, free with "
        r"probability f, else pruned. Let $L = \ln(16/\delta)$, $m = (qn + L)/\ln 2$, "
        rf"$t = \sqrt{{2mL/3}}$ and $a = fn/4 - 1$. If $n \ge 8L/f$, $a \ge {pull} L$, $a \ge 8t$ "
        r"and a items reach $[-1,1]$ within $\varepsilon$ except with probability $\delta/2$, then "
        r"with probability $1-\delta$ every $z \in [-1,1]$ has a set of free items with "
        r"$|z - \sum_{locked} - \sum_S| \le \varepsilon$. The locked items cost about "
        r"$985\,q\ln(16/\delta)/f^2$ items: the term $q/f^2$ is real.",
        (
            step(
                r"$m$ bounds the locked items, $fn/2$ the free ones, $t$ the locked sum",
                "rule",
                lambda: _shares(shares[:4]),
                r"tail bounds: $e^{-L}$, $e^{-fn/8} \le e^{-L}$, $2e^{-L}$",
            ),
            step(
                "greedy: items of the residual's sign bring it from 1 + t to at most 1",
                "rule",
                _greedy,
                "half of the free items; their positive (negative) parts must add up to t",
            ),
            step(
                rf"$\sqrt{{aL/3}} \le a/8$ once $a \ge {pull}L$",
                "polynomial",
                lambda: _pull(pull),
                r"so the parts add up to $a/4 - a/8$ except with probability $e^{-L}$ a side",
            ),
            step(r"$a/8 \ge t$ once $a \ge 8t$", "identity", _enough),
            step(
                r"shares of $\delta$: " + " + ".join(map(str, shares)) + " sixteenths",
                "rule",
                lambda: _shares(shares),
                "union bound; the other half of the free items reaches [-1, 1]",
            ),
            step(
                r"the condition $a \ge 8t$ alone is $n \approx \frac{2048}{3\ln 2}\,qL/f^2$",
                "identity",
                _quadratic,
            ),
            step("the printed n grows with pruning and more with locking", "enclosure", _function),
        ),
        ("tail-bounds", "lemma-r", "extension-rule"),
    )
