"""Inference rules, each proved once: what a `rule` step may use.

* **Markov** P(Y >= a) <= E Y / a for Y >= 0: ``a 1{Y >= a} <= Y`` pointwise.
* **Union** P(A or B) <= P(A) + P(B): the indicator of a union is at most the sum.
* **Chord** (Jensen on an interval) for convex f on [a, b] and Y in [a, b] with mean m:
  ``E f(Y) <= f(a) + (f(b) - f(a)) (m - a) / (b - a)``: f lies below its chord.
* **Iteration** E[Y_{t+1} | past] <= r Y_t implies E Y_t <= r^t Y_0: by the tower rule.
* **Measure** translation keeps it, a union has at most the sum, Fubini exchanges integrals.
* **Triangle** a sum has at most the sum of the norms; products of norms bound bilinear maps.
* **Linearity** a function linear (piecewise) in a parameter has its extremes at the ends.
* **Subsets** a set of items that reaches a target still does when items are added.
* **Averaging** some outcome is at least the mean; a mixture of monotone densities is monotone.
* **Paley-Zygmund** P(Y >= t E Y) >= (1 - t)^2 (E Y)^2 / E Y^2: Cauchy-Schwarz.

The functions compute the conclusion from the facts, exactly, so that a step compares numbers.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import Any

__all__ = ["chord", "iterate", "markov", "union"]


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
