"""Subsets of fixed size: the second moment, with numbers for the normal law."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

from slt_theory.balls import to_power

from .kit import Proof, step
from .kit.algebra import identity, sum_of_squares
from .kit.balls import ball

UNSAFE = ({"floor": Fraction(9, 10)},)


ROWS = (
    (30, 10, Fraction(1, 1000), 0),
    (40, 10, Fraction(1, 1000), 1),
    (24, 6, Fraction(1, 100), 0),
)


def _vandermonde() -> bool:
    """Every k-subset is met once: the numbers used below, and all n < 16."""
    pairs = [(n, k) for n, k, *_ in ROWS] + [(n, k) for n in range(1, 16) for k in range(n + 1)]
    return all(
        sum(math.comb(k, j) * math.comb(n - k, k - j) for j in range(k + 1)) == math.comb(n, k)
        for n, k in pairs
    )


def _cauchy() -> bool:
    """E T = E T 1{T>0}; (a d - b c)^2 >= 0 is Cauchy-Schwarz for two atoms."""
    from sympy import symbols

    a, b, c, d = symbols("a b c d")
    return sum_of_squares(
        (a**2 + b**2) * (c**2 + d**2) - (a * c + b * d) ** 2, [(1, a * d - b * c)]
    )


def _correlation() -> bool:
    """Two sums of k items with j in common: variances k, covariance j, determinant k^2 - j^2."""
    from sympy import Matrix, symbols

    k, j = symbols("k j")
    return identity(Matrix([[k, j], [j, k]]).det(), k**2 - j**2)


def hit_probability(n: int, k: int, eps: Fraction, z: Fraction) -> Any:
    """Ball below P(some k-subset of n normal items is within eps of z), by the second moment."""
    from flint import arb

    pi = arb.pi()
    reach = ball(abs(z) + eps)
    first = 2 * ball(eps) * (-to_power(reach, 2) / (2 * k)).exp() / (2 * pi * k).sqrt()
    total = math.comb(n, k)
    second = ball(0)
    for j in range(k):
        pairs = math.comb(k, j) * math.comb(n - k, k - j)
        if pairs:
            second += pairs * to_power(2 * ball(eps), 2) / (2 * pi * ball(k * k - j * j).sqrt())
    upper_first = 2 * ball(eps) / (2 * pi * k).sqrt()
    return to_power(total * first, 2) / (total * (upper_first + second))


def _numbers(floor: Fraction) -> bool:
    return all(bool(hit_probability(n, k, eps, Fraction(z)) > ball(floor)) for n, k, eps, z in ROWS)


def build(*, floor: Fraction = Fraction(1, 2)) -> Proof:
    """The proof; `floor` bounds the listed probabilities from below."""
    return Proof(
        "fixed-size-second-moment",
        "Subsets of a fixed size: the second moment",
        r"Let T count the k-subsets with sum within $\varepsilon$ of z. Then $P(T > 0) \ge "
        r"(E T)^2/E T^2$ and $E T^2 = \binom nk\sum_j \binom kj\binom{n-k}{k-j} p_j$, $p_j$ for "
        r"pairs with j items in common. For $N(0,1)$ at $(n,k,\varepsilon,z) = (30,10,10^{-3},0)$, "
        rf"$(40,10,10^{{-3}},1)$, $(24,6,10^{{-2}},0)$ the probability exceeds {float(floor):g}.",
        (
            step(
                r"$\binom kj\binom{n-k}{k-j}$ of the k-subsets share j items with a given one; "
                r"their sum is $\binom nk$",
                "finite",
                _vandermonde,
                "for the (n, k) of the theorem",
            ),
            step(
                r"$(E T)^2 \le E T^2\,P(T>0)$",
                "polynomial",
                _cauchy,
                "T = T 1{T > 0}; two atoms shown",
                rules=("cauchy",),
            ),
            step(
                r"pairs have a normal law with determinant $k^2 - j^2$",
                "identity",
                _correlation,
                r"its density is at most $1/(2\pi\sqrt{k^2-j^2})$",
            ),
            step(
                f"three probabilities above {float(floor):g}", "enclosure", lambda: _numbers(floor)
            ),
        ),
    )
