"""The golden-ratio decomposition: what the best subset and the greedy one reach."""

from __future__ import annotations

import itertools
import random
from fractions import Fraction
from typing import Any

from .kit import Proof, step
from .kit.algebra import identity

UNSAFE = ({"best": Fraction(1, 3)}, {"greedy": Fraction(3, 4)}, {"ratio": Fraction(11, 20)})

# A rational just below and just above (sqrt(5) - 1)/2, from Fibonacci numbers.
_FIB = (10946, 17711, 28657)


def _reduce(polynomial: Any, g: Any) -> Any:
    from sympy import Poly

    return Poly(polynomial, g).rem(Poly(g**2 + g - 1, g))


def _defining() -> bool:
    from sympy import sqrt, symbols

    g = symbols("g")
    value = (sqrt(5) - 1) / 2
    return bool((value**2 + value - 1).expand() == 0) and _reduce(g**2 + g - 1, g).is_zero


def _telescope() -> bool:
    """From i to i - 1 the sum gains g^(i+1): g^i + g^(i+1) = g^(i-1) modulo g^2 + g - 1.

    At i = k - 1 both sides are 0. P stands for g^(i-1), Q for g^(k-1).
    """
    from sympy import symbols

    g, power, last = symbols("g P Q")
    before, after = g * power - last, power - last
    change = (before + g**2 * power - after).expand()
    return identity(change, power * (g**2 + g - 1)) and identity(last - last, 0)


def _greedy() -> bool:
    """r <= g + (w + S) and either r - w <= g + S, or r < w <= g + S: both close the induction."""
    from sympy import symbols

    gap, rest, item, less = symbols("g S w d")
    taken = (gap + rest + item - less) - item
    return identity(gap + rest - taken, less)


def _residuals(ratio: Fraction, best: Fraction, greedy: Fraction) -> bool:
    """Random choices in [ratio^(i+1), ratio^i]; every gap and every greedy residual, exactly."""
    source = random.Random(9)
    for _ in range(40):
        k = source.randint(2, 9)
        items = [
            ratio**i * (1 - Fraction(source.randint(0, 64), 64) * (1 - ratio)) for i in range(k)
        ]
        if source.random() < 0.3:
            items = [Fraction(1)] + [ratio ** (i + 1) for i in range(1, k)]
        unit = ratio ** (k - 1) * Fraction(1000001, 1000000)
        sums = sorted(
            sum((x for x, b in zip(items, bits, strict=True) if b), Fraction(0))
            for bits in itertools.product((0, 1), repeat=k)
        )
        if max(b - a for a, b in itertools.pairwise(sums)) > 2 * best * unit:
            return False
        for a, b in itertools.pairwise(sums):
            rest = (a + 999 * b) / 1000
            for x in items:
                if x <= rest:
                    rest -= x
            if rest > greedy * unit:
                return False
    return True


def _worst(best: Fraction, greedy: Fraction) -> bool:
    """Both constants are needed: items 1, g^2, g^3, ... leave exactly one gap of g^(k-1)."""
    ratio = Fraction(_FIB[1], _FIB[2])
    for k in (3, 6, 10):
        items = [Fraction(1)] + [ratio ** (i + 1) for i in range(1, k)]
        gap = 1 - sum(items[1:], Fraction(0))
        unit = ratio ** (k - 1)
        if gap / 2 > best * unit * Fraction(100001, 100000):
            return False
        if gap * Fraction(9999, 10000) > greedy * unit:
            return False
    return True


def build(
    *,
    best: Fraction = Fraction(1, 2),
    greedy: Fraction = Fraction(1),
    ratio: Fraction = Fraction(_FIB[1], _FIB[2]),
) -> Proof:
    """The proof; residuals in units of gamma^(k-1), `ratio` a rational next to gamma."""
    return Proof(
        "golden-ratio",
        "Golden-ratio decomposition, best and greedy",
        r"Let $\gamma = (\sqrt5-1)/2$ and $w_i \in [\gamma^{i+1}, \gamma^i]$, $i < k$. Every "
        r"$w \in "
        rf"[0, \sum w_i]$ has a subset within ${best}\gamma^{{k-1}} \approx 0.809\gamma^k$. The "
        rf"greedy subset is within ${greedy}\cdot\gamma^{{k-1}} \approx 1.618\gamma^k$ and no "
        r"better; with indices $i = 1, \dots, k$ both gain a factor $\gamma$: greedy is within "
        r"$\gamma^k$.",
        (
            step(r"$\gamma^2 + \gamma = 1$", "identity", _defining),
            step(
                r"$\sum_{j=i+1}^{k-1}\gamma^{j+1} = \gamma^i - \gamma^{k-1}$",
                "induction",
                _telescope,
                r"so $w_i \le \gamma^i \le \gamma^{k-1} + \sum_{j>i} w_j$: Kakeya's condition with "
                r"gap $\gamma^{k-1}$; the nearest sum is within half a gap",
            ),
            step(
                r"greedy keeps the residual at most $\gamma^{k-1} + \sum_{j \ge i} w_j$",
                "induction",
                _greedy,
                r"an item that is too large exceeds the residual, and Kakeya's condition bounds it",
            ),
            step(
                "gaps and greedy residuals of random choices, exactly",
                "spot",
                lambda: _residuals(ratio, best, greedy),
            ),
            step(
                r"both are attained: $1 - \sum_{j=1}^{k-1}\gamma^{j+1} = \gamma^{k-1}$ is a gap of "
                r"the items $1, \gamma^2, \gamma^3, \dots$",
                "induction",
                _telescope,
                "sums without the first item end there, sums with it begin at 1; greedy just below "
                "1 takes all others",
            ),
            step("that choice for k = 3, 6, 10", "spot", lambda: _worst(best, greedy)),
        ),
        ("kakeya-sweep",),
    )
