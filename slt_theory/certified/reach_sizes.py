"""Sizes of items, and chances that the sum of few sizes stays below a level.

Sizes are independent copies of one law on (0, inf). Chances are integers in units of
``2**-PROBABILITY_BITS``, rounded down (or up, on request): sizes are rounded up (down) to a lattice
and convolved exactly in integers, so no rounding goes the other way. Uniform sizes need no lattice:
their sums have the Irwin-Hall distribution, a rational number.

Source: own; proved in ``proofs/reach_floor.py``.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any

from slt_theory.balls import precision
from slt_theory.certified.exact import ONE, PROBABILITY_BITS
from slt_theory.certified.extension import irwin_hall
from slt_theory.errors import BadInput

__all__ = ["CELLS", "KNOWN", "Sizes", "below", "cell_masses", "lattice_below"]

CELLS = 4096
"""Lattice steps below the level; more are sharper, never safer."""

_BITS = 192  # precision of the balls
_EXACT_UP_TO = 64  # Irwin-Hall sums have about this many terms
_NEGLIGIBLE = ONE >> 70
KNOWN = (
    "uniform[a,b], normal, signs, grid, hyperbolic, products of uniforms, of two normals, of a "
    "normal and a uniform; with relu, bernoulli and a scale"
)
"""Laws whose sizes have a rule, in words."""


@dataclass(frozen=True)
class Sizes:
    """The law of one size: ``start + scale * Y`` with Y of the kind `kind`.

    Kinds: ``uniform`` (on [0, 1]), ``uniforms`` (a product of `count`), ``normal``,
    ``normal*normal``, ``normal*uniform`` (absolute values), ``point`` (always 1), ``grid`` (uniform
    on ``1/count .. 1``), ``hyperbolic`` (``count**(U - 1)``, ends 1/count and 1) and
    ``uniform sum`` (absolute value of a sum of `count` numbers of [-1, 1]).
    """

    kind: str
    scale: Fraction
    start: Fraction = Fraction(0)
    count: Any = 1


def _ball(x: Fraction) -> Any:
    from flint import arb

    return arb(x.numerator) / x.denominator


def _uniforms(x: Any, count: int) -> Any:
    r"""P(U_1 ... U_k <= x) = x \sum_{j<k} (-\ln x)^j / j!."""
    fall, term, total = -x.log(), x * 0 + 1, x * 0
    for j in range(count):
        total, term = total + term, term * fall / (j + 1)
    return x * total


def _normal(x: Any) -> Any:
    return (x / _ball(Fraction(2)).sqrt()).erf()


def _normal_uniform(x: Any) -> Any:
    """P(|N| U <= x) = P(|N| <= x) + x E[1/|N|; |N| > x], and E1 by the exponential integral."""
    return _normal(x) + x * (x * x / 2).expint(x * 0 + 1) / (x.pi() * 2).sqrt()


def _chance(size: Sizes, y: Fraction) -> Any:
    """Ball around P(Y <= y) of the kind, y > 0."""
    if y >= 1 and size.kind in ("uniform", "uniforms", "point", "grid", "hyperbolic"):
        return _ball(Fraction(1))
    if size.kind == "uniform":
        return _ball(y)
    if size.kind == "uniforms":
        return _uniforms(_ball(y), size.count)
    if size.kind == "hyperbolic":
        low = y * size.count
        return _ball(low).log() / _ball(Fraction(size.count)).log() if low > 1 else _ball(y * 0)
    if size.kind == "grid":
        return _ball(Fraction(math.floor(y * size.count), size.count))
    if size.kind == "point":
        return _ball(Fraction(0))
    if size.kind == "uniform sum":
        # U = 2 V - 1 with V uniform on [0, 1], and the sum is even.
        return _ball(2 * irwin_hall(size.count, (y + size.count) / 2) - 1)
    return (_normal if size.kind == "normal" else _normal_uniform)(_ball(y))


def _units(value: Any, upper: bool) -> int:
    """A ball in probability units, rounded down or up, between 0 and one."""
    scaled = value * ONE
    edge = scaled.upper().ceil() if upper else scaled.lower().floor()
    return min(ONE, max(0, int(edge.unique_fmpz())))


@lru_cache(maxsize=64)
def cell_masses(size: Sizes, step: Fraction, cells: int, upper: bool = False) -> tuple[int, ...]:
    """Bounds of P((j - 1) step < size <= j step) for j = 1 .. `cells`, rounded down (or up).

    The density of ``normal*normal``, K0(y) 2/pi, is convex: its mean over a cell is at least its
    value in the middle.
    """

    with precision(_BITS):
        if size.kind == "normal*normal":
            return _convex_masses(step / size.scale, cells, upper)
        ends = [(j * step - size.start) / size.scale for j in range(cells + 1)]
        zero = _ball(Fraction(0))
        chances = [_chance(size, y) if y > 0 else zero for y in ends]
        pairs = itertools.pairwise(chances)
        return tuple(_units(after - before, upper) for before, after in pairs)


def _convex_masses(step: Fraction, cells: int, upper: bool) -> tuple[int, ...]:
    if upper:
        raise BadInput("law", "normal*normal", "has only lower bounds here", f"known: {KNOWN}")
    factor = 2 * _ball(step) / _ball(Fraction(1)).pi()
    middles = (_ball(step * (2 * j + 1) / 2) for j in range(cells))
    return tuple(_units(factor * y.bessel_k(y * 0), False) for y in middles)


@lru_cache(maxsize=64)
def below(
    size: Sizes, level: Fraction, *, upper: bool = False, cells: int = CELLS
) -> tuple[int, ...]:
    """Bounds of P(sum of k sizes < level) for k = 0, 1, ..., rounded down (or up).

    The tuple ends where the chance is negligible: read 0 behind a lower bound's end, and the last
    entry behind an upper bound's, as sums do not decrease.

    Cost: a second for 30 sizes on `CELLS` steps; uniform sizes far less.
    """
    if level <= 0:
        return (0,)
    if size.kind == "uniform" and level <= _EXACT_UP_TO * size.scale:
        return _uniform_below(size, level, upper)
    masses = cell_masses(size, level / cells, cells, upper)
    return lattice_below(masses if upper else (0, *masses[:-1]), cells, upper)


def _uniform_below(size: Sizes, level: Fraction, upper: bool) -> tuple[int, ...]:
    round_: Callable[[Fraction], int] = math.ceil if upper else math.floor
    rows = [ONE]
    while rows[-1] > _NEGLIGIBLE:
        k = len(rows)
        y = (level - k * size.start) / size.scale
        rows.append(round_(irwin_hall(k, y) * ONE) if y > 0 else 0)
    return tuple(rows)


def lattice_below(step: tuple[int, ...], cells: int, upper: bool = False) -> tuple[int, ...]:
    """Sums of k lattice sizes that stay below `cells` steps; exact products, one rounding a row."""
    from flint import fmpz_poly

    kernel = fmpz_poly(list(step))
    row, rows = fmpz_poly([ONE]), [ONE]
    carry = ONE - 1 if upper else 0
    while rows[-1] > _NEGLIGIBLE:
        product = row.mul_low(kernel, cells)
        values = [(int(c) + carry) >> PROBABILITY_BITS for c in product.coeffs()]
        row = fmpz_poly(values)
        total = min(ONE, sum(values))
        # Upper bounds may not fall to the negligible level on their own rounding.
        if upper and total >= rows[-1] and total < ONE >> 40:
            break
        rows.append(total)
    return tuple(rows)
