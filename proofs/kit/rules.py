"""Inference rules: textbook facts of measure, probability and order that a step may apply.

A step names the rules it uses; the kit refuses names that are not in `RULES`. The hypotheses of a
rule that are numbers or formulas are checked by the step; the rules themselves are these lines.
The functions compute a conclusion from the facts, exactly, so that a step compares numbers.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import Any

__all__ = ["RULES", "chord", "iterate", "markov", "union"]

RULES: dict[str, str] = {
    "markov": "P(Y >= a) <= E Y / a for Y >= 0, a > 0: a 1{Y >= a} <= Y",
    "union": "P(A or B) <= P(A) + P(B): the indicator of a union is at most the sum",
    "chord": "E f(Y) <= f(a) + (f(b) - f(a)) (E Y - a) / (b - a) for convex f, Y in [a, b]: "
    "f lies below its chord",
    "iteration": "E[Y' | past] <= r Y for every step gives E Y_t <= r^t Y_0 (tower rule); stopping "
    "puts Y = 0 and keeps the hypothesis",
    "measure": "translations keep the measure, scaling by c in D dimensions multiplies it by c^D, "
    "a union has at most the sum, and two finite measures equal on intervals are equal",
    "fubini": "the expected measure of a random set is the integral of P(point in the set)",
    "inclusion": "translations, unions and cuts with a fixed set keep inclusions of sets",
    "total-probability": "probabilities given disjoint cases, weighted by the cases, add up; given "
    "the cases of independent items, items stay independent",
    "thinning": "a law with density >= m on a set is m there plus a rest: an item is marked with "
    "exactly that part, independently of all others",
    "independence": "probabilities and expectations of independent factors multiply",
    "subsets": "a subset sum stays one when items are added; unused items are left out",
    "triangle": "the norm of a sum is at most the sum of the norms; bilinear maps are bounded by "
    "the product of the norms",
    "cauchy": "Cauchy-Schwarz: (sum x_i y_i)^2 <= sum x_i^2 sum y_i^2, also for expectations",
    "linearity": "a function linear in each parameter has its extremes over a box at the corners; "
    "expectations are linear; an identity linear in each item holds for any number of items",
    "averaging": "some outcome is at least the mean; a mean of non-increasing functions does not "
    "increase",
    "convexity": "f'' >= 0 with f(a) <= 0 and f(b) <= 0 gives f <= 0 between",
    "taylor": "f(0) = ... = f^(k-1)(0) = 0 and f^(k) >= 0 on [0, c] give f >= 0 on [0, c]",
    "jensen": "phi concave on [0, m] with phi(0) = 0, u_i in [0, m] with sum V: sum phi(u_i) lies "
    "between V phi(m) / m and K phi(V / K); the other way round for convex phi",
    "plancherel": "f integrable and square integrable: 2 pi int f^2 = int |f^|^2, and f is the sum "
    "of its bands of frequencies, each with the transform cut to the band",
    "bonnet": "g >= 0 not increasing on (0, oo), g(0+) finite: |int g(x) cos(sx) dx| <= g(0+) / s",
    "gauss": "N Gauss points are exact up to degree 2N - 1, with positive weights; if |f| <= M in "
    "the ellipse with foci -1, 1 and half-axes of sum rho, its Chebyshev coefficients are at most "
    "2 M rho^-k",
    "prime": "a prime that divides a product divides a factor (Euclid)",
    "maximal": "a separated set of most members covers at that distance",
}


def markov(mean: Any, level: Any) -> Any:
    """Bound of P(Y >= level) for Y >= 0 with E Y <= mean; level > 0."""
    if isinstance(level, int | Fraction) and level <= 0:
        raise ValueError("Markov needs a positive level")
    return mean / level


def union(bounds: Iterable[Any]) -> Any:
    """Bound of the probability that one of several events happens."""
    return sum(bounds)


def chord(at_left: Any, at_right: Any, left: Any, right: Any, mean: Any) -> Any:
    """Bound of E f(Y) for convex f, Y in [left, right], E Y = mean."""
    return at_left + (at_right - at_left) * (mean - left) / (right - left)


def iterate(start: Any, rate: Any, steps: int) -> Any:
    """Bound of E Y_t after `steps` steps of E[Y' | past] <= rate Y."""
    return start * rate**steps
