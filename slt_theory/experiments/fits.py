"""Constants fitted to measured thresholds, with intervals and a goodness check: always "fitted"."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any

import numpy as np

from slt_theory.errors import BadInput
from slt_theory.experiments.threshold import Threshold, threshold
from slt_theory.laws import Law
from slt_theory.records import Record
from slt_theory.theorems import Theorem

__all__ = ["Fit", "FitPoint", "fit_constant", "fit_linear", "point_of"]

GRID_EPS = (Fraction(1, 10), Fraction(1, 20), Fraction(1, 50), Fraction(1, 100), Fraction(1, 200))
GRID_DELTA = (0.1, 0.02)


@dataclass(frozen=True)
class FitPoint:
    """One measured threshold: where, the number, its exact 95 % interval, and the fit's value."""

    at: dict[str, float]
    n: int
    low: int
    high: int
    fitted: float = math.nan


@dataclass(frozen=True)
class Fit(Record):
    """Least squares weighted by the widths of the exact intervals.

    Attributes
    ----------
    model : str
    constants : dict of name to (value, low, high)
        95 % intervals, widened by the scatter where that exceeds the measurement error.
    points : tuple of FitPoint
    inside : int
        Points whose fitted value lies within half a number of the measured interval.
    worst : float
        Largest relative residual.
    scatter : float
        Root of chi-square over its degrees of freedom: near 1 if the model explains the data.
    """

    model: str
    constants: dict[str, tuple[float, float, float]]
    points: tuple[FitPoint, ...]
    inside: int
    worst: float
    scatter: float

    @property
    def good(self) -> bool:
        """True if the model describes the grid: no residual beyond 15 %."""
        return self.worst <= 0.15

    def summary(self) -> str:
        """One line."""
        parts = ", ".join(
            f"{k} = {v:.4g} in [{lo:.4g}, {hi:.4g}]" for k, (v, lo, hi) in self.constants.items()
        )
        return (
            f"fitted {self.model}: {parts}; {self.inside} of {len(self.points)} points inside "
            f"their intervals, worst residual {self.worst:.1%}, scatter {self.scatter:.2f}"
        )

    def to_dict(self) -> dict[str, Any]:
        return super().to_dict() | {"good": self.good}


def point_of(found: Threshold, at: dict[str, float]) -> FitPoint:
    """A measured threshold as a point of a fit.

    Raises
    ------
    BadInput
        If the trials do not determine the threshold and its interval.
    """
    if found.n is None or found.n_low is None or found.n_high is None:
        raise BadInput("trials", found.trials, "do not determine the threshold", "run more trials")
    return FitPoint(at, found.n, found.n_low, found.n_high)


def fit_linear(
    model: str,
    names: Sequence[str],
    terms: Callable[[dict[str, float]], Sequence[float]],
    points: Sequence[FitPoint],
) -> Fit:
    """Fit ``n = sum_j constant_j * term_j``.

    Parameters
    ----------
    model : str
        The formula, for people.
    names : sequence of str
        One a constant.
    terms : callable
        ``terms(point.at)`` gives the terms.
    points : sequence of FitPoint
        More than constants.

    Notes
    -----
    The deviation of a point is a quarter of its interval, at least that of rounding to an integer.
    """
    if len(points) <= len(names):
        raise BadInput("points", len(points), f"must be more than {len(names)}")
    design = np.array([terms(p.at) for p in points], dtype=np.float64)
    # A threshold is the next integer above a real crossing: half a number high on average.
    n = np.array([p.n for p in points], dtype=np.float64) - 0.5
    spread = np.array([(p.high - p.low) / 3.92 for p in points])
    deviation = np.sqrt(spread**2 + 1 / 12)
    scaled = design / deviation[:, None]
    values, *_ = np.linalg.lstsq(scaled, n / deviation, rcond=None)
    fitted = design @ values
    free = len(points) - len(names)
    scatter = float(np.sqrt((((n - fitted) / deviation) ** 2).sum() / free))
    errors = np.sqrt(np.diag(np.linalg.inv(scaled.T @ scaled))) * max(1.0, scatter)
    pairs = zip(points, fitted, strict=True)
    shown = tuple(FitPoint(p.at, p.n, p.low, p.high, float(f) + 0.5) for p, f in pairs)
    return Fit(
        model=model,
        constants={
            name: (float(v), float(v - 1.96 * e), float(v + 1.96 * e))
            for name, v, e in zip(names, values, errors, strict=True)
        },
        points=shown,
        inside=sum(p.low - 0.5 <= p.fitted <= p.high + 0.5 for p in shown),
        worst=float(np.max(np.abs(n - fitted) / n)),
        scatter=scatter,
    )


def fit_constant(entry: Theorem, *, trials: int = 1000, seed: int = 0) -> Fit | None:
    """The unnamed constant C of a statement about sums, fitted over a grid of eps and delta.

    A statement with a formula in eps, delta and C alone is fitted by it, any other by
    C log(2 / min(eps, delta)), the shape behind it. None for statements that are not about sums,
    or that ask something of subsets; None also where the trials are too few to determine a fit.
    """
    if not entry.is_about_sums or entry.claims == "necessary" or entry.law is None:
        return None
    own = entry.bound is not None and set(entry.bound.symbols) == {"eps", "delta", "C"}
    targets = "random" if entry.quantifiers.targets == "fixed" else "all"
    try:
        points = _grid(entry.law, targets, entry.window, trials, seed)
    except BadInput:
        return None  # the trials do not determine every threshold of the grid
    if own and entry.bound is not None:
        formula, text = entry.bound, entry.bound.text
        return fit_linear(
            f"n = {text}",
            ["C"],
            lambda at: [formula(eps=at["eps"], delta=at["delta"], C=1.0)],
            points,
        )
    return fit_linear(
        "n = C*log(2/Min(eps, delta))",
        ["C"],
        lambda at: [math.log(2 / min(at["eps"], at["delta"]))],
        points,
    )


@lru_cache(maxsize=64)
def _grid(
    law: str | Law, targets: str, window: tuple[float, float], trials: int, seed: int
) -> tuple[FitPoint, ...]:
    points = []
    for eps in GRID_EPS:
        for delta in GRID_DELTA:
            found = threshold(
                law=law,
                eps=eps,
                delta=delta,
                targets=targets,
                lo=Fraction(window[0]),
                hi=Fraction(window[1]),
                trials=trials,
                seed=seed,
            )
            points.append(point_of(found, {"eps": float(eps), "delta": delta}))
    return tuple(points)
