"""How large items are: the two sides of a law, and chances that few sizes stay below a level.

A law is read as its positive items, its negative items and nothing (a mask, a ReLU). Sizes of one
side are independent copies of one law on (0, inf). Chances are integers in units of
``2**-PROBABILITY_BITS``, rounded down (or up, on request): sizes are rounded up (down) to a lattice
and convolved exactly in integers, so no rounding goes the other way. Uniform sizes need no lattice:
their sums have the Irwin-Hall distribution, a rational number.

Source: own; proved in ``proofs/reach_floor.py``.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache
from typing import Any

from slt_theory.certified.exact import ONE, PROBABILITY_BITS
from slt_theory.certified.extension import irwin_hall
from slt_theory.errors import BadInput
from slt_theory.laws import (
    Grid,
    Hyperbolic,
    Law,
    Masked,
    Normal,
    Product,
    ReLU,
    Scaled,
    Signs,
    Uniform,
    read_law,
)

__all__ = ["CELLS", "Sides", "Sizes", "below", "cell_masses", "lattice_below", "sides"]

CELLS = 4096
"""Lattice steps below the level; more are sharper, never safer."""

_BITS = 192  # precision of the balls
_EXACT_UP_TO = 64  # Irwin-Hall sums have about this many terms
_NEGLIGIBLE = ONE >> 70
KNOWN = (
    "uniform[a,b], normal, signs, grid, hyperbolic, products of uniforms, of two normals, of a "
    "normal and a uniform; with relu, bernoulli and a scale"
)


@dataclass(frozen=True)
class Sizes:
    """The law of one size: ``start + scale * Y`` with Y of the kind `kind`.

    Kinds: ``uniform`` (on [0, 1]), ``uniforms`` (a product of `count`), ``normal``,
    ``normal*normal``, ``normal*uniform`` (absolute values), ``point`` (always 1), ``grid`` (uniform
    on ``1/count .. 1``) and ``hyperbolic`` (``count**(U - 1)``, ends 1/count and 1).
    """

    kind: str
    scale: Fraction
    start: Fraction = Fraction(0)
    count: Any = 1


@dataclass(frozen=True)
class Sides:
    """An item is positive with chance `up`, negative with chance `down`, else 0."""

    up: Fraction
    down: Fraction
    above: Sizes
    under: Sizes

    def mirrored(self) -> Sides:
        """The law of minus the item."""
        return Sides(self.down, self.up, self.under, self.above)


def sides(law: Law | str) -> Sides:
    """The two sides of a law (of the real law of its name, not of its lattice).

    Raises
    ------
    BadInput
        For a law whose sizes have no rule here.
    """
    law = read_law(law)
    # A user's subclass may draw otherwise: exact types only.
    if type(law) is Masked:
        inner = sides(law.law)
        kept = Fraction(law.density_kept)
        return replace(inner, up=inner.up * kept, down=inner.down * kept)
    if type(law) is Scaled:
        inner = sides(law.law)
        return replace(
            inner, above=_scaled(inner.above, law.factor), under=_scaled(inner.under, law.factor)
        )
    if type(law) is ReLU:
        return replace(sides(law.law), down=Fraction(0))
    if type(law) is Product:
        return _product(law)
    if type(law) is Uniform:
        return _uniform(law.lo, law.hi)
    if type(law) is Grid:
        mass = Fraction(law.steps, 2 * law.steps + 1)
        size = Sizes("grid", Fraction(1), count=law.steps)
        return Sides(mass, mass, size, size)
    half = Fraction(1, 2)
    if type(law) is Normal:
        size = Sizes("normal", Fraction(1))
    elif type(law) is Signs:
        size = Sizes("point", law.gain)
    elif type(law) is Hyperbolic:
        size = Sizes("hyperbolic", law.hi, count=law.hi / law.lo)
    else:
        raise _unknown(law)
    return Sides(half, half, size, size)


def _unknown(law: Any) -> BadInput:
    name = getattr(law, "name", law)
    return BadInput("law", name, "has no rule for the sizes of its items", f"known: {KNOWN}")


def _scaled(size: Sizes, factor: Any) -> Sizes:
    return replace(size, scale=size.scale * factor, start=size.start * factor)


def _uniform(lo: Fraction, hi: Fraction) -> Sides:
    """U[lo, hi]: each side is uniform on its part of the interval."""
    length = hi - lo
    up, down = (
        max(hi, Fraction(0)) - max(lo, Fraction(0)),
        min(hi, Fraction(0)) - min(lo, Fraction(0)),
    )
    above = Sizes("uniform", up or Fraction(1), max(lo, Fraction(0)))
    under = Sizes("uniform", down or Fraction(1), max(-hi, Fraction(0)))
    return Sides(up / length, down / length, above, under)


def _product(law: Product) -> Sides:
    """Signs and sizes of the factors are independent, where both sides have one law of sizes."""
    parts = [sides(factor) for factor in law.factors]
    kinds = []
    for part in parts:
        size = part.above if part.up else part.under
        if (part.up and part.down and part.above != part.under) or size.start:
            raise _unknown(law)
        kinds.append(size.kind)
    scale = math.prod(((p.above if p.up else p.under).scale for p in parts), start=Fraction(1))
    uniforms, normals = kinds.count("uniform"), kinds.count("normal")
    if uniforms + normals != len(kinds):
        raise _unknown(law)
    if normals == 0:
        size = Sizes("uniforms", scale, count=uniforms)
    elif (normals, uniforms) in ((2, 0), (1, 1)):
        size = Sizes("normal*normal" if normals == 2 else "normal*uniform", scale)
    else:
        raise _unknown(law)
    kept = math.prod((p.up + p.down for p in parts), start=Fraction(1))
    lean = math.prod((p.up - p.down for p in parts), start=Fraction(1))
    return Sides((kept + lean) / 2, (kept - lean) / 2, size, size)


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
    from flint import ctx

    with ctx.workprec(_BITS):
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
