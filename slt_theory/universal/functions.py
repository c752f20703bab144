"""Functions of one variable with a rigorous value and a bound of the curvature.

A function is evaluated on balls of python-flint, so every value carries its own error bound; the
curvature bound is what turns values at finitely many points into a statement about all points.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from slt_theory.balls import to_power
from slt_theory.errors import BadInput
from slt_theory.lattice import to_fraction
from slt_theory.universal.balls import ball, down, hull, up

__all__ = ["Function", "cosine", "decay", "negative_log", "power", "sine"]

_CHECKED = 128
_SHARES = (0.3125, 0.6875, 0.4375)
"""Where a ball is cut that has no value as a whole."""


@dataclass(frozen=True)
class Function:
    """A twice differentiable function of one variable.

    Attributes
    ----------
    name : str
    value : callable
        From a ball (`flint.arb`) to a ball. Written with ``+ - * / **`` and methods such as
        ``x.exp()``, ``x.sin()``; ``lambda x: x * x`` will do.
    curvature : number or callable
        A bound of ``|f''|`` on the whole domain; or, from a ball, a ball that holds ``f''`` there.

    Examples
    --------
    >>> bump = Function("bump", lambda x: (-4 * x * x).exp(), curvature=8)
    >>> 8 <= bump.second_derivative_bound(ball(0)) < 8.000001
    True
    """

    name: str
    value: Callable[[Any], Any]
    curvature: Any

    def __call__(self, x: Any) -> Any:
        """The ball of values over the ball `x`.

        Raises
        ------
        BadInput
            If `value` returns something else than a finite ball.
        """
        return self._ball(self.value, x)

    def second_derivative_bound(self, x: Any) -> float:
        """An upper bound of ``|f''|`` over the ball `x`."""
        if callable(self.curvature):
            bound = up(abs(self._ball(self.curvature, x)))
        else:
            bound = up(abs(ball(to_fraction("curvature", self.curvature))))
        if bound == math.inf:
            raise BadInput(self.name, str(x), "has no finite curvature bound there")
        return bound

    def _ball(self, rule: Callable[[Any], Any], x: Any) -> Any:
        """A finite ball that holds ``rule`` of every number in `x`."""
        result = self._taken(rule, x)
        for share in () if result.is_finite() else _SHARES:
            # python-flint makes NaN of (x - a)**4 over a ball around a: cut it elsewhere.
            lo, hi = x.lower(), x.upper()
            cut = lo + (hi - lo) * share
            parts = [self._taken(rule, part) for part in (hull(lo, cut), hull(cut, hi))]
            if all(part.is_finite() for part in parts):
                return hull(*parts)
        if not result.is_finite():
            raise BadInput(self.name, str(x), "has no finite value there", "change the domain")
        return result

    def _taken(self, rule: Callable[[Any], Any], x: Any) -> Any:
        from flint import arb

        way_out = "write x.exp() instead of math.exp(x)"
        try:
            result = rule(x)
        except (AttributeError, TypeError, ValueError) as error:
            raise BadInput(self.name, str(error), "cannot be taken of a ball", way_out) from error
        if isinstance(result, int):
            result = arb(result)
        if not isinstance(result, arb):
            kind = type(result).__name__
            raise BadInput(self.name, kind, "must map a ball (flint.arb) to a ball", way_out)
        return result

    def on(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Values in float64, for searching; never used to decide."""
        return np.array([float(self(ball(Fraction(p))).mid()) for p in points.tolist()])

    def check_curvature(self, lo: Fraction, hi: Fraction) -> None:
        """Look for a violation of the curvature bound; finding none proves nothing.

        A second difference ``f(a) - 2 f((a+b)/2) + f(b)`` is at most ``sup|f''| (b - a)^2 / 4``.

        Raises
        ------
        BadInput
            If one on a grid is certainly larger; names the place.
        """
        step = (hi - lo) / (2 * _CHECKED)
        balls = [ball(lo + step * k) for k in range(2 * _CHECKED + 1)]
        values = [self(x) for x in balls]
        reach = 1
        while reach <= _CHECKED:
            for k in range(0, 2 * _CHECKED - 2 * reach + 1, reach):
                bound = self.second_derivative_bound(hull(balls[k], balls[k + 2 * reach]))
                bend = abs(values[k] - 2 * values[k + reach] + values[k + 2 * reach])
                if down(bend) > up(ball(Fraction(bound)) * ball((step * reach) ** 2)):
                    raise BadInput(
                        "curvature",
                        f"{bound:g} for {self.name}",
                        f"is violated near x = {float(lo + step * (k + reach)):.6g}",
                        "give a bound of |f''| on the whole domain",
                    )
            reach *= 2


def power(p: int) -> Function:
    """((1 + x) / 2)^p, whose base function stays away from 0 on [0, 1]."""
    return Function(
        "((1+x)/2)" if p == 1 else f"((1+x)/2)^{p}",
        lambda x: to_power((1 + x) / 2, p),
        lambda x: 0 * x if p < 2 else to_power((1 + x) / 2, p - 2) * (p * (p - 1)) / 4,
    )


def _turns(k: int) -> str:
    return "2 pi x" if k == 1 else f"{2 * k} pi x"


def sine(k: int) -> Function:
    """sin(2 pi k x)."""
    return Function(
        f"sin({_turns(k)})",
        lambda x: (2 * k * x).sin_pi(),
        lambda x: (2 * k * x).sin_pi() * to_power(2 * k * x.pi(), 2),
    )


def cosine(k: int) -> Function:
    """cos(2 pi k x)."""
    return Function(
        f"cos({_turns(k)})",
        lambda x: (2 * k * x).cos_pi(),
        lambda x: (2 * k * x).cos_pi() * to_power(2 * k * x.pi(), 2),
    )


def negative_log() -> Function:
    """-log((1 + x) / 2), which is >= 0 on [0, 1] and so passes a ReLU."""
    return Function(
        "-log((1+x)/2)", lambda x: -((1 + x) / 2).log(), lambda x: 1 / ((1 + x) * (1 + x))
    )


def decay() -> Function:
    """exp(-z)."""
    return Function("exp(-z)", lambda z: (-z).exp(), lambda z: (-z).exp())
