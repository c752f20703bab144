"""Parameters of the Fourier-Markov bound with tilts, and the hypotheses they must meet."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from slt_theory.certified.base_parameters import HALF_TURN, check_hypotheses

__all__ = ["MAJOR", "MINOR", "RHO", "Plan", "Tilt"]

RHO = Fraction(3, 2)
"""Sum of the half-axes of the ellipse about [-1, 1] in which integrands over x are bounded."""

MAJOR = (RHO + 1 / RHO) / 2
MINOR = (RHO - 1 / RHO) / 2


@dataclass(frozen=True, slots=True)
class Plan:
    """Parameters that all cells share; any choice inside the stated ranges gives a valid bound.

    Attributes
    ----------
    count : int
        n, from 1 to 100.
    error, half_width : Fraction
        Every target of ``[-half_width, half_width]`` is to lie within `error` of a sum.
    radius : Fraction
        r, below the error.
    star, low, mid, last : Fraction
        s_*, s1, s0, and the frequency from which means are bounded by their variation:
        ``0 < star <= low <= mid < last <= 1000``.
    share : Fraction
        theta, the share of g that M may take.
    lean : Fraction
        Rate at which the weight in Cauchy-Schwarz falls from s1 to s0.
    spread : Fraction
        b, the sum of squares that is exceeded with negligible probability.
    period : Fraction
        Period of the trigonometric majorants.
    rates : tuple of Fraction
        The t_i, from 0 to 20.

    Raises
    ------
    BadInput
        If a hypothesis fails.
    """

    count: int
    error: Fraction
    half_width: Fraction
    radius: Fraction
    star: Fraction
    low: Fraction
    mid: Fraction
    last: Fraction
    share: Fraction
    lean: Fraction
    spread: Fraction
    period: Fraction
    rates: tuple[Fraction, ...]

    def __post_init__(self) -> None:
        """Check every hypothesis that the proof uses."""
        rules = {
            "count": 1 <= self.count <= 100,
            "radius": 0 < self.radius < self.error,
            "half_width": self.half_width > 0,
            "star": 0 < self.star <= self.low,
            "low": max(self.low, self.low * self.radius) <= HALF_TURN,
            "mid": self.low <= self.mid < self.last,
            "last": self.last <= 1000,
            "share": 0 < self.share < 1,
            "lean": 0 <= self.lean <= 1,
            "spread": self.spread > 0,
            "period": self.period > 0,
            "rates": bool(self.rates) and all(0 <= t <= 20 for t in self.rates),
        }
        check_hypotheses(self, rules)

    @property
    def reach(self) -> Fraction:
        """w' = w + eps - r."""
        return self.half_width + self.error - self.radius


@dataclass(frozen=True, slots=True)
class Tilt:
    """One tilt and the samples that share it.

    Attributes
    ----------
    tilt : Fraction
        lambda, from -4 to 0.
    start : Fraction
        y: the cell holds samples whose tilted mean A is at least this.
    push : Fraction
        mu >= 0, the rate of the factor ``exp(mu (A - y))`` of the majorant.
    waves : tuple of complex
        Coefficients c_0, c_1, .. of the trigonometric factor.
    weights : tuple of float
        a, then c: one for each rate.
    """

    tilt: Fraction
    start: Fraction
    push: Fraction
    waves: tuple[complex, ...]
    weights: tuple[float, ...]

    def __post_init__(self) -> None:
        """Check every hypothesis that the proof uses."""
        rules = {
            "tilt": -4 <= self.tilt <= 0,
            "push": 0 <= self.push <= 20,
            "waves": len(self.waves) <= 64,
            "weights": all(w >= 0 for w in self.weights),
        }
        check_hypotheses(self, rules)
