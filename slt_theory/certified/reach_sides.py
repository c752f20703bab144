"""The two sides of a law: its positive items, its negative items, and nothing (a mask, a ReLU).

The sizes of one side are independent copies of one law on (0, inf), and the signs are independent
of the sizes.

Source: own; proved in ``proofs/reach_floor.py``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from slt_theory.certified.reach_sizes import KNOWN, Sizes
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

__all__ = ["Sides", "sides"]


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
