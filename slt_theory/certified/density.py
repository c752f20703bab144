"""Lower bounds of the densities of the named laws, by balls.

Every law here has a density that is even and does not increase on (0, inf), so the mass of
``x < |X| <= y`` is at least ``2 (y - x) p(y)``. Source: catalogue of uniform components; proved in
``proofs/uniform_components.py``.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import lru_cache
from typing import Any

__all__ = ["DENSITIES", "density_floor"]


def _arb(x: Fraction) -> Any:
    from flint import arb

    return arb(x.numerator) / x.denominator


def _uniform(x: Any) -> Any:
    return 1 / (x * 0 + 2) if x <= 1 else x * 0


def _product(x: Any) -> Any:
    """U*U: half of log(1/x)."""
    return -x.log() / 2 if x < 1 else x * 0


def _half_product(x: Any) -> Any:
    return _product(x) / 2


def _normal(x: Any) -> Any:
    return (-x * x / 2).exp() / (x.pi() * 2).sqrt()


def _normal_product(x: Any) -> Any:
    return x.bessel_k(x * 0) / x.pi()


def _normal_uniform(x: Any) -> Any:
    """Half of E1(x^2/2) / sqrt(2 pi), E1 by the upper incomplete gamma function."""
    return (x * x / 2).expint(x * 0 + 1) / 2 / (x.pi() * 2).sqrt()


DENSITIES: dict[str, Callable[[Any], Any]] = {
    "uniform": _uniform,
    "uniform*uniform": _product,
    "relu(uniform)*uniform": _half_product,
    "normal": _normal,
    "normal*normal": _normal_product,
    "normal*uniform": _normal_uniform,
}


@lru_cache(maxsize=65536)
def density_floor(law: str, x: Fraction) -> float:
    """A float not above the density of `law` on ``0 < |y| <= x``."""
    value = DENSITIES[law](_arb(x)).lower()
    low = float(value) * (1 - 2.0**-50)
    return max(0.0, low)
