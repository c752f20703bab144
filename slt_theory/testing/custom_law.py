"""A law of your own in three lines."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
from numpy.typing import ArrayLike, NDArray

from slt_theory.errors import BadInput
from slt_theory.laws import Law

__all__ = ["CustomLaw"]


def _missing(words: NDArray[np.uint64]) -> NDArray[np.int64]:
    raise BadInput("draw", "missing", "must be a function from words to integers")


@dataclass(frozen=True)
class CustomLaw(Law):
    """A law given by a function from random words to integers.

    Parameters
    ----------
    name : str
    draw : callable
        Takes uint64 words, shape (count,), each uniform on 0 .. 2^32 - 1, and returns int64 of the
        same shape: one draw a word, in units of ``2**-bits``.
    bits : int
    support : (number, number)
        Smallest and largest value of a draw.

    Examples
    --------
    >>> signs = CustomLaw("signs", lambda w: 2 * (w >> 31).astype("int64") - 1, bits=0)
    >>> sorted(set(signs.sample(seed=1, stream=0, start=0, count=20).tolist()))
    [-1, 1]
    """

    # Defaults stand in for the abstract properties of Law, which have no setter.
    name: str = "custom"
    draw: Callable[[NDArray[np.uint64]], NDArray[np.int64]] = _missing
    bits: int = 24
    support: tuple[Fraction, Fraction] = (Fraction(-1), Fraction(1))
    slots: int = 1
    coupling: Fraction = Fraction(0)

    def at(self, bits: int) -> CustomLaw:
        if bits < self.bits:
            raise BadInput("bits", bits, f"must be at least {self.bits}, those of {self.name}")
        shift, draw = bits - self.bits, self.draw
        return replace(self, bits=bits, draw=lambda words: draw(words) << shift)

    def integers(self, words: NDArray[np.uint32]) -> NDArray[np.int64]:
        return np.asarray(self.draw(words[:, 0].astype(np.uint64)), dtype=np.int64)

    def density(self, x: ArrayLike) -> NDArray[np.float64]:
        raise BadInput("law", self.name, "has no density here", "use a law of slt_theory.laws")
