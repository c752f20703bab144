"""Scaling and blocks: from U[-1,1] on a window to c U on a scaled one, and to longer windows."""

from __future__ import annotations

import itertools
import random
from fractions import Fraction

from .kit import Proof, step
from .kit.algebra import identity

UNSAFE = ({"power": 2},)


def _scale() -> bool:
    from sympy import symbols

    c, z, x, y = symbols("c z x y")
    return identity(c * z - (c * x + c * y), c * (z - (x + y)))


def _sample(power: int) -> bool:
    """Best error of c z with items c X is |c| times that of z with X: all subsets, exactly."""
    source = random.Random(5)
    for _ in range(30):
        items = [Fraction(source.randint(-50, 50), 50) for _ in range(6)]
        z, c = Fraction(source.randint(-50, 50), 100), Fraction(source.randint(1, 9), 4)

        def best(values: list[Fraction], target: Fraction) -> Fraction:
            sums = (
                sum(s, Fraction(0))
                for size in range(7)
                for s in itertools.combinations(values, size)
            )
            return min(abs(target - s) for s in sums)

        if best([c * x for x in items], c * z) != c**power * best(items, z):
            return False
    return True


def _blocks() -> bool:
    from sympy import symbols

    z, eps, blocks = symbols("z eps B")
    return identity(blocks * (z / blocks), z) and identity(blocks * (eps / blocks), eps)


def build(*, power: int = 1) -> Proof:
    """The proof; `power` is the degree of homogeneity."""
    return Proof(
        "scaling-rule",
        "Scaling and blocks",
        r"If n items of a law reach every $z \in T$ within $\varepsilon$ with probability "
        rf"$1-\delta$, then n items of $c$ times the law reach $cT$ within "
        rf"$|c|^{power}\varepsilon$."
        r" B independent blocks reach $B\,T$ within $B\varepsilon$ except with probability "
        r"$B\delta$.",
        (
            step(
                r"$cz - \sum_S cX_i = c\,(z - \sum_S X_i)$",
                "identity",
                _scale,
                rules=("linearity",),
            ),
            step(
                "exact best errors of 30 random instances scale so",
                "spot",
                lambda: _sample(power),
            ),
            step(
                r"block b takes the target $z/B$; errors add to $\varepsilon$",
                "identity",
                _blocks,
                rules=("union", "triangle"),
            ),
        ),
    )
