"""Packing: how many parameters any source network needs."""

from __future__ import annotations

from fractions import Fraction

from .kit import Proof, step
from .kit.algebra import identity, nonnegative

UNSAFE = ({"separation": Fraction(1)},)


def _volume(separation: Fraction) -> bool:
    """N balls of radius r = `separation` eps cover the unit ball: N r^D >= 1, r^D as a symbol."""
    from sympy import symbols

    count, power = symbols("N P")
    return identity(count * power - 1, power * (count - 1 / power)) and separation > 0


def _separated(separation: Fraction) -> bool:
    """Both within eps of g: at most eps + eps apart, so a separation of more excludes it."""
    from sympy import Rational, symbols

    eps = symbols("eps")
    return nonnegative(Rational(separation) * eps - (eps + eps), eps, 0, 1)


def _mean() -> bool:
    """Each of N targets is hit with probability >= 1/2: the mean number of hits is N/2."""
    from sympy import Rational, symbols

    count = symbols("N")
    return identity(count * Rational(1, 2), count / 2)


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
        r"probability at least 1/2, a pruning strictly within $\varepsilon$ of "
        r"$x \mapsto Wx$, then "
        r"$2^a \ge "
        r"\frac12 (1/(2\varepsilon))^{d^2}$, so $a \ge d^2\log_2(1/(2\varepsilon)) - 1$.",
        (
            step(
                r"a maximal $2\varepsilon$-separated subset of the unit ball has at least "
                r"$(1/(2\varepsilon))^{d^2}$ members",
                "rule",
                lambda: _volume(separation),
                "balls of radius 2 eps around the members cover; compare volumes in dimension d^2",
                rules=("maximal", "measure"),
            ),
            step(
                rf"one pruned network is strictly within $\varepsilon$ of at most one member "
                rf"(separation ${separation}\varepsilon$)",
                "rule",
                lambda: _separated(separation),
                "the supremum over the unit ball is the operator norm",
                rules=("triangle",),
            ),
            step(
                "some draw reaches half of the members",
                "rule",
                _mean,
                rules=("averaging", "linearity"),
            ),
            step("a network has at most 2^a prunings; take logarithms", "spot", _parameters),
        ),
        ("counting-bound",),
    )
