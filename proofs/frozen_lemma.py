"""Frozen subset sums: some items always in, some always out, explicit constants."""

from __future__ import annotations

from fractions import Fraction

from . import answers
from .kit import Proof, ProofStep, step
from .kit.algebra import identity, nonnegative
from .kit.rules import union

UNSAFE = (
    {"pull": Fraction(60, 3)},
    {"shares": (1, 1, 2, 2, 11)},
)


def _greedy() -> bool:
    """r - x >= 0 for r >= 1 >= x; and r_0 - T <= 1 for r_0 <= 1 + t and T >= t."""
    from sympy import symbols

    r, x, start, t, total = symbols("r x r0 t T")
    stays = identity(r - x, (r - 1) + (1 - x))
    return stays and identity(1 - (start - total), (1 + t - start) + (total - t))


def _exponents() -> bool:
    """Each tail bound has exponent -L with the stated m, t and s; ln 2 and t^2 as symbols."""
    from sympy import symbols

    q, n, f, a, level, log2, m = symbols("q n f a L l2 m")
    locked = identity(q * n - ((q * n + level) / log2) * log2, -level)
    free = identity(-f * (8 * level / f) / 8, -level)
    drift = identity(-3 * (2 * m * level / 3) / (2 * m), -level)
    return locked and free and drift and identity(-3 * (a * level / 3) / a, -level)


def _halves() -> bool:
    """Half of at least f n/2 items, rounded down, is at least f n/4 - 1, rounded up: by 24ths."""
    return all(-(-k // 24) // 2 >= -(-(k - 48) // 48) for k in range(48, 48 * 40))


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
    """Leading terms of a = 8 t: (f n/4)^2 = 128 L q n/(3 ln 2) at n = 2048 q L/(3 f^2 ln 2)."""
    from sympy import symbols

    f, q, level, log2 = symbols("f q L l2")
    n = 2048 * q * level / (3 * log2 * f**2)
    return identity((f * n / 4) ** 2, 64 * 2 * level * q * n / (3 * log2))


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


def _count_steps() -> tuple[ProofStep, ...]:
    """Tail bounds of counts and of the locked sum."""
    return (
        step(
            r"$m$ bounds the locked items, $fn/2$ the free ones, $t$ the locked sum, a/4 - s "
            "the positive parts",
            "identity",
            _exponents,
            r"tail bounds: $e^{-L}$, $e^{-fn/8} \le e^{-L}$, $2e^{-L}$, $e^{-L}$ a side",
        ),
        step(
            "either half of the free items has at least a members",
            "finite",
            _halves,
            "both sides grow by the same over a period of 48 items of a 24th; the halves are "
            "chosen without looking at the values",
            rules=("independence",),
        ),
    )


def _greedy_steps(pull: Fraction) -> tuple[ProofStep, ...]:
    """The first half of the items brings the drift back to at most 1."""
    return (
        step(
            "greedy: items of the residual's sign, while it exceeds 1, bring it from 1 + t to "
            "at most 1 and never past 0",
            "induction",
            _greedy,
            "first half; its positive (negative) parts must add up to t",
        ),
        step(
            rf"$s = \sqrt{{aL/3}} \le a/8$ once $a \ge {pull}L$",
            "polynomial",
            lambda: _pull(pull),
            r"so the parts add up to $a/4 - a/8$ except with probability $e^{-L}$ a side",
        ),
        step(r"$a/8 \ge t$ once $a \ge 8t$", "identity", _enough),
    )


def _end_steps(shares: tuple[int, ...]) -> tuple[ProofStep, ...]:
    """The other half reaches; shares of delta, and the printed n."""
    return (
        step(
            r"shares of $\delta$: " + " + ".join(map(str, shares)) + " sixteenths",
            "rule",
            lambda: _shares(shares),
            "the other half of the free items reaches [-1, 1]",
            rules=("union",),
        ),
        step(
            r"the condition $a \ge 8t$ alone is $n \approx \frac{2048}{3\ln 2}\,qL/f^2$",
            "identity",
            _quadratic,
            "leading terms",
        ),
        step("the printed n grows with pruning and more with locking", "spot", _function),
        step("the printed n is the smallest that the hypotheses allow", "spot", answers.frozen),
    )


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
        (*_count_steps(), *_greedy_steps(pull), *_end_steps(shares)),
        ("tail-bounds",),
    )
