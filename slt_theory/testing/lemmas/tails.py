"""Laws and tails: uniform components, sums of uniforms, binomial counts."""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from math import comb, factorial
from typing import Any

from slt_theory.testing.lemma import Lemma
from slt_theory.testing.margins import ball
from slt_theory.testing.spaces import counts, one_of, reals

__all__ = ["COMPONENTS", "LEMMAS", "binomial_tail", "density", "irwin_hall_tail",
           "lower_tail", "sparse_copies", "uniform_component"]  # fmt: skip

#: Law, half width a, and a rational weight alpha of U[-a, a] rounded down.
COMPONENTS = (
    ("uniform", Fraction(1), Fraction(1)),
    ("uniform*uniform", Fraction(1, 2), Fraction(3465, 10000)),
    ("relu(uniform)*uniform", Fraction(1, 2), Fraction(1732, 10000)),
    ("normal", Fraction(1), Fraction(4839, 10000)),
    ("normal", Fraction(1, 2), Fraction(3520, 10000)),
    ("normal*normal", Fraction(1, 2), Fraction(2942, 10000)),
    ("uniform*uniform*uniform", Fraction(1, 2), Fraction(1201, 10000)),
    ("laplace", Fraction(1), Fraction(3678, 10000)),
)


def density(law: str, x: Any) -> Any:
    """Density of the part without an atom at 0 < |x| <= 1, as a ball."""
    size = ball(abs(x))
    pi = ball(1).const_pi() if hasattr(ball(1), "const_pi") else size.pi()
    if law == "uniform":
        return ball(Fraction(1, 2))
    if law == "uniform*uniform":
        return -size.log() / 2
    if law == "relu(uniform)*uniform":
        return -size.log() / 4
    if law == "normal":
        return (-size * size / 2).exp() / (2 * pi).sqrt()
    if law == "normal*normal":
        return size.bessel_k(0) / pi
    if law == "uniform*uniform*uniform":
        return size.log() * size.log() / 4
    return (-size).exp() / 2


uniform_component = Lemma(
    "uniform-components",
    "each listed law has density at least alpha / (2 a) on [-a, a], so it is "
    "alpha U[-a, a] + (1 - alpha) Q",
    {"row": one_of(COMPONENTS), "at": reals(0, 1, bits=6, open_ends="(")},
    margin=lambda row, at: density(row[0], at * row[1]) - ball(row[2] / (2 * row[1])),
    proof="uniform-components",
    theorem="pensia2020-product-law",
)


@lru_cache(maxsize=4096)
def irwin_hall_tail(n: int, x: Fraction) -> Fraction:
    """P(X_1 + ... + X_n >= x) for independent uniforms on [-1, 1], exactly."""
    t = (Fraction(n) - x) / 2  # by symmetry P(sum of n U[0, 1] <= t)
    terms = ((-1) ** k * comb(n, k) * (t - k) ** n for k in range(max(0, int(t)) + 1) if t - k > 0)
    return sum(terms, Fraction(0)) / factorial(n)


uniform_tail = Lemma(
    "tail-bounds",
    "|X_1 + ... + X_n| >= x has probability at most 2 exp(-3 x^2 / (2 n)) for X_i uniform on "
    "[-1, 1]",
    {"n": counts(1, 14), "share": reals(0, 1, bits=4)},
    margin=lambda n, share: (
        2 * (-ball(3 * share * share * n / 2)).exp() - ball(2 * irwin_hall_tail(n, share * n))
    ),
    proof="tail-bounds",
)


@lru_cache(maxsize=4096)
def binomial_tail(n: int, p: Fraction, below: int) -> Fraction:
    """P(Bin(n, p) <= below), exactly."""
    terms = (comb(n, k) * p**k * (1 - p) ** (n - k) for k in range(min(below, n) + 1))
    return sum(terms, Fraction(0))


SHARES = one_of([Fraction(1, 2), Fraction(1, 4), Fraction(1, 8), Fraction(3, 4), Fraction(1, 3),
                 Fraction(1, 5), Fraction(9, 10)])  # fmt: skip

lower_tail = Lemma(
    "tail-bounds-half",
    "P(Bin(n, p) <= n p / 2) <= exp(-n p / 8)",
    {"n": counts(1, 80), "p": SHARES},
    margin=lambda n, p: (-ball(n * p / 8)).exp() - ball(binomial_tail(n, p, int(n * p / 2))),
    proof="tail-bounds",
)

upper_tail = Lemma(
    "tail-bounds-upper",
    "P(Bin(n, p) >= m) <= exp(n p) 2^-m",
    {"n": counts(1, 40), "p": SHARES, "m": counts(0, 40)},
    margin=lambda n, p, m: (
        ball(n * p).exp() / 2**m - ball(1 - (binomial_tail(n, p, m - 1) if m > 0 else 0))
    ),
    proof="tail-bounds",
)

sparse_copies = Lemma(
    "sparse-copies",
    "if m (1 - p)^c <= delta, all of m edges survive in one of their c copies with probability at "
    "least 1 - delta",
    {"edges": counts(1, 30), "copies": counts(1, 20), "p": SHARES,
     "delta": one_of([Fraction(1, 2), Fraction(1, 10), Fraction(1, 100)])},
    given=lambda edges, copies, p, delta: edges * (1 - p) ** copies <= delta,
    margin=lambda edges, copies, p, delta: (1 - (1 - p) ** copies) ** edges - (1 - delta),
    source="Gadhikar, Mukherjee, Burkholz 2023 (weak form)",
)  # fmt: skip

LEMMAS = (uniform_component, uniform_tail, lower_tail, upper_tail, sparse_copies)
