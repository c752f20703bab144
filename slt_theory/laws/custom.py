"""A law of your own in three lines."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
from numpy.typing import ArrayLike, NDArray

from slt_theory.errors import BadInput
from slt_theory.lattice import HEADROOM_BITS, to_fraction, whole_number
from slt_theory.laws.law import Law

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
        Smallest and largest value of a draw; every draw is compared with them.

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

    def __post_init__(self) -> None:
        ends = tuple(to_fraction("support", end) for end in self.support)
        if len(ends) != 2 or ends[0] > ends[1]:
            raise BadInput("support", [str(end) for end in ends], "must be (smallest, largest)")
        object.__setattr__(self, "support", ends)
        object.__setattr__(self, "coupling", to_fraction("coupling", self.coupling))
        bits = whole_number("bits", self.bits)
        if not 0 <= bits <= HEADROOM_BITS:
            raise BadInput("bits", bits, f"must lie in 0..{HEADROOM_BITS}")
        object.__setattr__(self, "bits", bits)
        if self.slots != 1 or self.coupling < 0:
            given = (self.slots, str(self.coupling))
            raise BadInput("slots, coupling", given, "must be 1 and at least 0")

    def at(self, bits: int) -> CustomLaw:
        if bits < self.bits:
            raise BadInput("bits", bits, f"must be at least {self.bits}, those of {self.name}")
        shift, drawn = bits - self.bits, self._drawn
        return replace(self, bits=bits, draw=lambda words: drawn(words) << shift)

    def integers(self, words: NDArray[np.uint32]) -> NDArray[np.int64]:
        return self._drawn(words[:, 0].astype(np.uint64))

    def _drawn(self, words: NDArray[np.uint64]) -> NDArray[np.int64]:
        """The draws of some words, if they are what the law declares."""
        try:
            values = np.asarray(self.draw(words))
        except BadInput:
            raise
        except Exception as error:
            what = f"raised {type(error).__name__}: {error}"
            way_out = "it takes uint64 words, shape (count,)"
            raise BadInput(f"draw of {self.name}", words.shape, what, way_out) from error
        if values.dtype.kind not in "iu":
            raise BadInput(
                f"draw of {self.name}",
                str(values.dtype),
                "must be integers",
                f"return multiples of 2^-{self.bits} as int64, e.g. np.rint(x * 2**bits)",
            )
        if values.shape != words.shape:
            raise BadInput(f"draw of {self.name}", values.shape, f"must have shape {words.shape}")
        for value in (values.min(), values.max()) if values.size else ():
            if not self.support[0] <= Fraction(int(value), 1 << self.bits) <= self.support[1]:
                low, high = map(str, self.support)
                shown = float(Fraction(int(value), 1 << self.bits))
                way_out = "declare support=(smallest, largest)"
                raise BadInput(
                    f"draw of {self.name}", shown, f"leaves the support [{low}, {high}]", way_out
                )
        return values.astype(np.int64)

    def density(self, x: ArrayLike) -> NDArray[np.float64]:
        raise BadInput("law", self.name, "has no density here", "use a law of slt_theory.laws")
