"""Densities from below: what a certified number of items rests on."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

from slt_theory.laws.composed import Masked, Scaled
from slt_theory.laws.law import Law
from slt_theory.laws.uniform import Uniform

__all__ = ["floor_of", "own_floor"]


def own_floor(law: Any) -> Callable[[Fraction], Any] | None:
    """The method ``density_floor`` of a law, None where nobody vouches for it.

    A user's subclass may draw otherwise, so it must bring its own.
    """
    found = getattr(law, "density_floor", None)
    if not callable(found):
        return None
    ours, kind = __name__.rpartition(".")[0], type(law)
    owner = next((base for base in kind.__mro__ if "density_floor" in vars(base)), kind)
    inherited = owner.__module__.startswith(ours) and not kind.__module__.startswith(ours)
    return None if inherited else found


def floor_of(law: Law, half_width: Fraction) -> Fraction:
    """A lower bound of the density of a law on [-half_width, half_width]; 0 where none is known.

    That of the law itself where it has a method ``density_floor``, else by what it is made of.

    Examples
    --------
    >>> floor_of(Masked(Scaled(Uniform(), 2), "1/2"), Fraction(1))
    Fraction(1, 8)
    """
    own = own_floor(law)
    if own is not None:
        return Fraction(own(half_width))
    # A user's subclass may draw otherwise: exact types only.
    if type(law) is Scaled:
        return Fraction(floor_of(law.law, half_width / law.factor) / law.factor)
    if type(law) is Masked:
        return Fraction(floor_of(law.law, half_width) * law.density_kept)
    if type(law) is Uniform and law.lo <= -half_width and half_width <= law.hi:
        return Fraction(1 / (law.hi - law.lo))
    return Fraction(0)
