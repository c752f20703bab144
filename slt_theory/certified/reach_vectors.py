r"""The reach floor of vectors: one subset for every coordinate.

Items are vectors of d independent coordinates of one law, the target is z in every coordinate, and
errors count in the largest coordinate. With S the subset and ``a^+ = max(a, 0)``, a hit needs

.. math:: \sum_i X_{ic}^+ \ge z - \varepsilon \text{ for every } c,
          \qquad \sum_i (X_{i1} + \dots + X_{id})^+ \ge d (z - \varepsilon).

The first events are independent, each of the chance ``1 - g`` with g the floor of plain sums; the
second is the reach of single numbers of another law, that of a sum of d coordinates. So

.. math:: P(\text{fail}) \ge \max\Bigl(1 - (1 - g)^d, \;
          P\bigl(\sum_i (\Sigma_c X_{ic})^+ < d (z - \varepsilon)\bigr)\Bigr).

Source: own; proved in ``proofs/reach_floor.py`` and ``docs/windows.md``.
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

from slt_theory.certified.binomial import mix_down
from slt_theory.certified.exact import ONE, Real, failure_allowed, rational
from slt_theory.certified.reach import Necessary, first_n
from slt_theory.certified.reach_profile import reach_floor
from slt_theory.certified.reach_sides import Sides, sides
from slt_theory.certified.reach_sizes import Sizes, below
from slt_theory.errors import BadInput
from slt_theory.rationals import whole_number

__all__ = ["necessary_vectors", "together_below", "vector_floor"]

_HALF = Fraction(1, 2)


def _sum_sizes(side: Sides, dim: int) -> Sizes | None:
    """Size of a sum of `dim` numbers, rounded up; None where no rule is known.

    A sum of normals is a normal times the root of d.
    """
    size = side.above
    if not (side.above == side.under and side.up == side.down == _HALF and size.start == 0):
        return None
    if size.kind == "uniform":
        return Sizes("uniform sum", size.scale, count=dim)
    if size.kind == "normal":
        root = Fraction(math.isqrt(dim * 10**12) + 1, 10**6)
        return Sizes("normal", size.scale * root)
    return None


def together_below(side: Sides, dim: int, level: Fraction, n: int) -> Fraction:
    """Lower bound of P(sum over i of (sum of coordinates)^+ < level); 0 without a rule."""
    size = _sum_sizes(side, dim)
    if size is None:
        return Fraction(0)
    # An item is positive with chance 1/2: the number of positive ones is binomial.
    return Fraction(mix_down(below(size, level), n, _HALF), ONE)


def vector_floor(n: int, dim: int, eps: Real, *, z: Real = 1, law: Any = "uniform") -> Fraction:
    """Lower bound of the probability that n vectors miss the target z in every coordinate.

    Parameters
    ----------
    n, dim : int
        Items, and independent coordinates of each: 1 to 8.
    eps, z : float, str or Fraction
        Error in the largest coordinate, and the target.
    law : str or Law
        Law of one coordinate, see `slt_theory.certified.reach_floor`.

    Raises
    ------
    BadInput
        For a law without a rule, a target beyond the law, or bad numbers.

    Examples
    --------
    >>> [float(round(vector_floor(8, d, "1/10"), 3)) for d in (1, 2, 4)]
    [0.112, 0.279, 0.508]
    """
    d = whole_number("dim", dim)
    if not 1 <= d <= 8:
        raise BadInput("dim", dim, "must lie in 1..8")
    # A float means two numbers: the one nearer to 0 asks for less.
    goal = min(rational(z, "z"), key=abs)
    apart = 1 - (1 - reach_floor(n, eps, lo=goal, hi=goal, law=law, targets="fixed")) ** d
    level = d * (abs(goal) - rational(eps, "eps")[1])
    return max(apart, together_below(sides(law), d, level, n) if level > 0 else Fraction(0))


def necessary_vectors(
    dim: int, eps: Real, delta: Real, *, z: Real = 1, law: Any = "uniform"
) -> Necessary:
    """Smallest number of vectors that is not excluded for the target z in every coordinate.

    Parameters
    ----------
    dim, eps, z, law
        As in `vector_floor`.
    delta : float, str or Fraction
        Failure probability.

    Raises
    ------
    BadInput
        As there; also if delta is not in (0, 1).

    Examples
    --------
    >>> [necessary_vectors(d, "1/100", "1/10").n for d in (1, 2, 4, 8)]
    [9, 13, 16, 21]
    """
    failure = failure_allowed(delta)
    n = first_n(lambda k: vector_floor(k, dim, eps, z=z, law=law) <= failure)
    missed = vector_floor(n - 1, dim, eps, z=z, law=law) if n else Fraction(1)
    return Necessary(
        n,
        float(missed) * (1 - 2.0**-50),
        "reach-floor",
        "reach-floor",
        float(Fraction(eps)),
        float(Fraction(delta)),
        (float(Fraction(z)), float(Fraction(z))),
        (f"{dim} coordinates at once, each alone and all added up",),
    )
