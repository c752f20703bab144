"""Checks of the reach floor for sums of at most k items, and for vectors."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction

from slt_theory.certified.exact import ONE
from slt_theory.certified.reach_of_size import largest_below, necessary_of_size
from slt_theory.certified.reach_profile import reach_floor
from slt_theory.certified.reach_sides import sides
from slt_theory.certified.reach_sizes import Sizes, cell_masses
from slt_theory.certified.reach_vectors import necessary_vectors, together_below, vector_floor

from .kit.algebra import identity

__all__ = [
    "FEW",
    "VECTORS",
    "coordinates",
    "largest_positive",
    "largest_sizes",
    "largest_uniforms",
    "necessary_numbers",
    "sum_of_coordinates",
    "vector_floors",
]

FEW = ((1, 58), (2, 12), (4, 10))
"""Items of a sum, and their necessary number at (0.1, 0.1)."""

VECTORS = ((2, 13), (4, 16), (8, 21))
"""Coordinates, and the necessary number of vectors at (0.01, 0.1)."""


def largest_positive(dropped: int) -> bool:
    """Sums of at most k of four items of -2 .. 3 against the k largest positive ones: all."""
    for items in itertools.combinations_with_replacement(range(-2, 4), 4):
        positive = sorted((x for x in items if x > 0), reverse=True)
        for k in range(1, 5):
            most = max(sum(c) for r in range(k + 1) for c in itertools.combinations(items, r))
            if most > sum(positive[: k - dropped]):
                return False
    return True


def largest_uniforms(j: int, k: int, level: Fraction) -> Fraction:
    """P(the k largest of j > k uniforms of [0, 1] add up to less than the level), exactly.

    Given that the next one is t, they are uniform on [t, 1]: (1 - t)^k times the Irwin-Hall
    distribution at (level - k t)/(1 - t) is the sum over i of (-1)^i C(k, i) (level - i - (k - i)
    t)_+^k / k!, and the density of the next one is j!/(k! (j-k-1)!) t^(j-k-1) (1 - t)^k.
    """
    total = Fraction(0)
    for i in range(k):
        room, slope = level - i, k - i
        end = min(Fraction(1), room / slope)
        if end > 0:
            terms = (
                math.comb(k, r) * room ** (k - r) * (-slope) ** r * end ** (j - k + r) / (j - k + r)
                for r in range(k + 1)
            )
            total += (-1) ** i * math.comb(k, i) * sum(terms, Fraction(0))
    if level > k:
        total += (-1) ** k * (level - k) ** k / (j - k)
    scale = Fraction(math.factorial(j), math.factorial(k) ** 2 * math.factorial(j - k - 1))
    return scale * total


def largest_sizes() -> bool:
    """Lattice bounds for few largest sizes are below the exact rational, by at most 4 per cent."""
    for k, level in ((1, Fraction(9, 10)), (2, Fraction(6, 5)), (3, Fraction(2))):
        rows = largest_below(Sizes("uniform", Fraction(1)), level, k)
        for j in range(k + 1, k + 9):
            exact = largest_uniforms(j, k, level)
            if not Fraction(96, 100) * exact <= Fraction(rows[j], ONE) <= exact:
                return False
    return True


def coordinates(together: Fraction) -> bool:
    """Two coordinates within eps of z: their sum is at least 2 (z - eps)."""
    from sympy import symbols

    x, y, z, eps = symbols("x y z eps")
    slack = (x - (z - eps)) + (y - (z - eps))
    return identity((x + y) - 2 * together * (z - eps), slack)


def sum_of_coordinates() -> bool:
    """P(|U + V| <= y) = y - y^2/4 for two numbers of [-1, 1], cell by cell."""
    step, cells = Fraction(1, 8), 16
    masses = cell_masses(Sizes("uniform sum", Fraction(1), count=2), step, cells)
    ends = [y - y * y / 4 for y in (step * c for c in range(cells + 1))]
    exact = [(b - a) * ONE for a, b in itertools.pairwise(ends)]
    return all(0 <= x - found <= 1 for x, found in zip(exact, masses, strict=True))


def vector_floors() -> bool:
    """Signs, word by word; one vector of two uniform coordinates by areas; the larger of two."""
    gain, eps = Fraction(1, 2), Fraction(1, 4)
    for n in range(1, 7):
        # Two items of either sign reach 1 within 1/4.
        short = sum(1 for word in itertools.product((0, 1), repeat=n) if sum(word) < 2)
        exact = 1 - (1 - Fraction(short, 2**n)) ** 2
        if vector_floor(n, 2, eps, law=f"signs[{gain}]") != exact:
            return False
    side, level = sides("uniform"), Fraction(1)
    corner = (2 - level) ** 2 / 8  # of the square [-1, 1]^2, beyond x + y = level
    found = together_below(side, 2, level, 1)
    if not 0 <= 1 - corner - found <= Fraction(1, 1000):
        return False
    near = 1 - eps
    for n, d in ((8, 2), (8, 4)):
        apart = 1 - (1 - reach_floor(n, eps, lo=1, hi=1, targets="fixed")) ** d
        if vector_floor(n, d, eps) != max(apart, together_below(side, d, d * near, n)):
            return False
    return True


def necessary_numbers() -> bool:
    """Necessary numbers for sums of k items at (0.1, 0.1), and in d coordinates at (0.01, 0.1)."""
    tenth, hundredth = Fraction(1, 10), Fraction(1, 100)
    few = all(necessary_of_size(k, tenth, tenth).n >= n for k, n in FEW)
    return few and all(necessary_vectors(d, hundredth, tenth).n >= n for d, n in VECTORS)
