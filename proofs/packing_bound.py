"""Packing: how many parameters any source network needs."""

from __future__ import annotations

import itertools
from fractions import Fraction

from .kit import Proof, step
from .kit.algebra import identity

UNSAFE = ({"separation": Fraction(1)},)


def _volume() -> bool:
    """vol(2 eps B) = (2 eps)^D vol(B), so a cover by N such balls has N >= (1/(2 eps))^D."""
    from sympy import symbols

    eps = symbols("eps", positive=True)
    for dimension in range(1, 10):
        jacobian = (2 * eps) ** dimension
        if not identity(jacobian * (1 / (2 * eps)) ** dimension, 1):
            return False
    return True


def _separated(separation: Fraction) -> bool:
    """Two functions within eps of one g are less than 2 eps apart: points on a line, exactly."""
    eps = Fraction(1, 4)
    points = [Fraction(k, 8) for k in range(-8, 9)]
    for g in points:
        near = [p for p in points if abs(p - g) < eps]
        for a, b in itertools.combinations(near, 2):
            if abs(a - b) >= separation * eps:
                return False
    return True


def _pigeonhole() -> bool:
    """If each of N targets is hit with probability >= 1/2, some draw hits N/2 of them."""
    for count in range(1, 7):
        for draws in itertools.product(range(count + 1), repeat=3):
            mean = Fraction(sum(draws), 3)
            if mean >= Fraction(count, 2) and max(draws) < Fraction(count, 2):
                return False
    return True


def _parameters() -> bool:
    """2^a >= N/2, N >= (1/(2 eps))^(d^2) gives a >= d^2 log2(1/(2 eps)) - 1 for dyadic eps."""
    for d in (1, 2, 5):
        for k in (1, 4, 9):
            sums = Fraction(2) ** (k * d * d) / 2
            a = 0
            while 2**a < sums:
                a += 1
            if a != k * d * d - 1:
                return False
    return True


def build(*, separation: Fraction = Fraction(2)) -> Proof:
    """The proof; members of the packing are `separation` eps apart."""
    return Proof(
        "packing-bound",
        "The packing bound",
        r"If for every $W$ with $\|W\| \le 1$ a random network with $a$ parameters has, with "
        r"probability at least 1/2, a pruning within $\varepsilon$ of $x \mapsto Wx$, then "
        r"$2^a \ge "
        r"\frac12 (1/(2\varepsilon))^{d^2}$, so $a \ge d^2\log_2(1/(2\varepsilon)) - 1$.",
        (
            step(
                r"a maximal $2\varepsilon$-separated subset of the unit ball has at least "
                r"$(1/(2\varepsilon))^{d^2}$ members",
                "identity",
                _volume,
                "maximal, hence a cover by balls of radius 2 eps; compare volumes in dimension d^2",
            ),
            step(
                rf"one pruned network is within $\varepsilon$ of at most one member "
                rf"(separation ${separation}\varepsilon$)",
                "rule",
                lambda: _separated(separation),
                "triangle inequality",
            ),
            step("some draw reaches half of the members", "rule", _pigeonhole, "averaging"),
            step("a network has at most 2^a prunings; take logarithms", "spot", _parameters),
        ),
    )
