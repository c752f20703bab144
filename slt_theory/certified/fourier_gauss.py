r"""Gauss-Legendre quadrature by balls, with a bound of its error.

If f is analytic and :math:`|f| \le M` in the ellipse with foci -1, 1 and half-axes of sum rho > 1,
its Chebyshev coefficients are at most :math:`2M\rho^{-k}`. N points are exact up to degree 2N - 1,
and the integral of :math:`T_k`, like its quadrature, is at most 2; so the error is at most
:math:`8 M \rho^{-2N} / (1 - 1/\rho)`.

Source: own; proved in ``proofs/tilted_density/``.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from slt_theory.balls import precision
from slt_theory.certified.enclose import FloatArray, ball

__all__ = ["BITS", "log_quadrature_error", "nodes", "rounded"]

BITS = 120
"""Precision of the balls that are rounded to floats."""


@cache
def nodes(count: int) -> tuple[tuple[Any, Any], ...]:
    """Points and weights on [-1, 1] as balls, in falling order of the points."""
    from flint import arb

    with precision(BITS):
        return tuple(arb.legendre_p_root(count, k, weight=True) for k in range(count))


def log_quadrature_error(count: int, rho: Any, log_most: Any) -> Any:
    """Logarithm of the error bound on [-1, 1] for log M = `log_most`."""
    return ball(8).log() + log_most - 2 * count * rho.log() - (1 - 1 / rho).log()


def rounded(values: list[Any]) -> FloatArray:
    """Nearest floats; a ball that is too wide for that is an error of the program.

    Raises
    ------
    ArithmeticError
        If a ball has a radius above 2**-70 times 1 + its size.
    """
    if any(float(v.rad()) > 2.0**-70 * (1 + abs(float(v.mid()))) for v in values):
        raise ArithmeticError("a ball is too wide: raise the precision")
    return np.array([float(v.mid()) for v in values])
