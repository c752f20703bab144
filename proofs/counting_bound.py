"""Counting: how many sums a window needs."""

from __future__ import annotations

import itertools
from fractions import Fraction

from slt_theory.certified.counting import counting_n
from slt_theory.intervals import measure

from .kit import Proof, step
from .kit.algebra import identity

UNSAFE = ({"base": 3}, {"width": Fraction(3)})


def _cover(width: Fraction) -> bool:
    """The union of the intervals [s - e, s + e] has length at most (number of sums) * 2e."""
    eps = Fraction(1, 9)
    for items in itertools.product((Fraction(-1), Fraction(1, 2), Fraction(1, 3)), repeat=4):
        sums = [
            sum((x for x, b in zip(items, bits, strict=True) if b), Fraction(0))
            for bits in itertools.product((0, 1), repeat=4)
        ]
        found = measure((s - eps, s + eps) for s in sums)
        if found > 2**4 * 2 * eps or found > 2**4 * width * eps:
            return False
    # Attained by binary digits.
    sums = [Fraction(k) for k in range(16)]
    return measure((s - Fraction(1, 2), s + Fraction(1, 2)) for s in sums) >= 16 * width / 2


def _subsets(base: int) -> bool:
    """Base 1; a subset with and without the new item: s + s = base s."""
    from sympy import symbols

    count = symbols("s")
    return base**0 == 1 and identity(count + count, base * count)


def _length(width: Fraction) -> bool:
    """(s + e) - (s - e) = width e."""
    from sympy import Rational, symbols

    total, eps = symbols("s e")
    return identity((total + eps) - (total - eps), Rational(width) * eps)


def _function() -> bool:
    for eps, half in ((Fraction(1, 100), 1), (Fraction(1, 7), 2), (Fraction(1, 1024), 1)):
        n = counting_n(eps, lo=-half, hi=half).n
        if not (2**n * eps >= half and (n == 0 or 2 ** (n - 1) * eps < half)):
            return False
    return True


def _log() -> bool:
    from sympy import symbols

    sums, eps, reach = symbols("N eps R")
    return identity(sums * 2 * eps - 2 * reach, 2 * eps * (sums - reach / eps))


def build(*, base: int = 2, width: Fraction = Fraction(2)) -> Proof:
    """The proof; each of `base`^n sums covers a length of `width` eps."""
    return Proof(
        "counting-bound",
        "The counting bound",
        rf"If the ${base}^n$ sums of n items reach every target of $[-R, R]$ within $\varepsilon$, "
        rf"then ${base}^n \ge R/\varepsilon$, $n \ge \log_2(R/\varepsilon)$; and a union bound "
        rf"over "
        "random items cannot beat it.",
        (
            step(
                f"n items have {base}^n subsets: one more item doubles them",
                "induction",
                lambda: _subsets(base),
            ),
            step(
                rf"one sum serves targets of length ${width}\varepsilon$, all sums at most the "
                "total",
                "rule",
                lambda: _length(width),
                "also in the mean over a random target: no union bound over random items gains",
                rules=("measure",),
            ),
            step("items of a small set; binary digits attain it", "spot", lambda: _cover(width)),
            step(r"$N \cdot 2\varepsilon \ge 2R \iff N \ge R/\varepsilon$", "identity", _log),
            step("the printed n is the smallest that passes", "spot", _function),
        ),
    )
