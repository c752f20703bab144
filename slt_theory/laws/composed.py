"""Laws made of laws: rectified, multiplied, masked at random, scaled."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from slt_theory.errors import BadInput
from slt_theory.lattice import (
    PRODUCT_BITS,
    positive_fraction,
    to_fraction,
)
from slt_theory.laws.law import Derived, FloatArray, Int64Array, Law

__all__ = ["Masked", "Product", "ReLU", "Scaled"]


def _decimal(value: Fraction) -> str:
    """A number as people write it where that is exact, else p/q."""
    short = f"{float(value):.12g}"
    return short if Fraction(short) == value else str(value)


@dataclass(frozen=True)
class ReLU(Derived):
    """max(X, 0) of a symmetric law: half of the mass moves to an atom at 0."""

    law: Law

    def __post_init__(self) -> None:
        if not self.law.is_symmetric:
            raise BadInput("law", self.law.name, "relu(...) needs a symmetric law")

    @property
    def name(self) -> str:
        return f"relu({self.law.name})"

    @property
    def support(self) -> tuple[Fraction, Fraction]:
        return Fraction(0), self.law.support[1]

    @property
    def atom(self) -> Fraction:
        return Fraction(1, 2) + self.law.atom / 2

    @property
    def is_symmetric(self) -> bool:
        return False

    def at(self, bits: int) -> ReLU:
        return ReLU(self.law.at(bits))

    def integers(self, words: NDArray[np.uint32]) -> Int64Array:
        return np.maximum(self.law.integers(words), 0)

    def density(self, x: ArrayLike) -> FloatArray:
        points = np.asarray(x, dtype=np.float64)
        return np.where(points > 0, self.law.density(points), 0.0)


def _density_uu(z: FloatArray) -> FloatArray:
    return np.asarray(np.where(z < 1, -0.5 * np.log(z), 0.0))


def _density_nn(z: FloatArray) -> FloatArray:
    from scipy.special import k0

    return np.asarray(k0(z) / math.pi)


def _density_nu(z: FloatArray) -> FloatArray:
    from scipy.special import exp1

    return np.asarray(exp1(z * z / 2) / (2 * math.sqrt(2 * math.pi)))


def _density_uuu(z: FloatArray) -> FloatArray:
    return np.asarray(np.where(z < 1, 0.25 * np.log(z) ** 2, 0.0))


_PRODUCT_DENSITIES: dict[tuple[str, ...], Callable[[FloatArray], FloatArray]] = {
    ("uniform", "uniform"): _density_uu,
    ("normal", "normal"): _density_nn,
    ("normal", "uniform"): _density_nu,
    ("uniform", "uniform", "uniform"): _density_uuu,
}


@dataclass(frozen=True)
class Product(Law):
    """A product of independent factors, exact: the integers multiply.

    Two factors live on the weight lattice (24 bits each), three on 16 bits each.
    """

    factors: tuple[Law, ...]

    def __init__(self, *factors: Law) -> None:
        flat: list[Law] = []
        for factor in factors:
            flat.extend(factor.factors if isinstance(factor, Product) else (factor,))
        if not 2 <= len(flat) <= 4:
            raise BadInput("factors", len(flat), "a product has two to four factors")
        bits = PRODUCT_BITS // len(flat)
        object.__setattr__(self, "factors", tuple(f.at(bits) for f in flat))

    @property
    def name(self) -> str:
        return "*".join(f.name for f in self.factors)

    @property
    def bits(self) -> int:
        return sum(f.bits for f in self.factors)

    @property
    def unit(self) -> Fraction:
        return math.prod((f.unit for f in self.factors), start=Fraction(1))

    @property
    def slots(self) -> int:
        return sum(f.slots for f in self.factors)

    @property
    def support(self) -> tuple[Fraction, Fraction]:
        low, high = Fraction(1), Fraction(1)
        for a, b in (f.support for f in self.factors):
            ends = (low * a, low * b, high * a, high * b)
            low, high = min(ends), max(ends)
        return low, high

    @property
    def coupling(self) -> Fraction:
        sizes = [max(abs(e) for e in f.support) + f.coupling for f in self.factors]
        exact = [s - f.coupling for s, f in zip(sizes, self.factors, strict=True)]
        return math.prod(sizes, start=Fraction(1)) - math.prod(exact, start=Fraction(1))

    @property
    def variation(self) -> Fraction:
        return sum((f.variation for f in self.factors), start=Fraction(0))

    @property
    def note(self) -> str:
        return "; ".join(dict.fromkeys(f.note for f in self.factors if f.note))

    @property
    def step(self) -> int:
        return math.prod(f.step for f in self.factors)

    @property
    def atom(self) -> Fraction:
        return 1 - math.prod((1 - f.atom for f in self.factors), start=Fraction(1))

    @property
    def is_symmetric(self) -> bool:
        return any(f.is_symmetric for f in self.factors)

    def at(self, bits: int) -> Product:
        if bits != self.bits:
            raise BadInput("bits", bits, f"a product of {len(self.factors)} has {self.bits} bits")
        return self

    def integers(self, words: NDArray[np.uint32]) -> Int64Array:
        result = np.ones(words.shape[0], dtype=np.int64)
        used = 0
        for factor in self.factors:
            result *= factor.integers(words[:, used : used + factor.slots])
            used += factor.slots
        return result

    def density(self, x: ArrayLike) -> FloatArray:
        kept, bases = 1.0, []
        for factor in self.factors:
            base = factor
            if isinstance(base, Masked):
                kept, base = kept * float(base.density_kept), base.law
            if isinstance(base, ReLU):
                kept, base = kept / 2, base.law
            bases.append(base.name)
        closed = _PRODUCT_DENSITIES.get(tuple(sorted(bases)))
        if closed is None or not self.is_symmetric:
            raise BadInput("law", self.name, "has no closed density here", "none is needed to draw")
        with np.errstate(divide="ignore"):
            return np.asarray(kept * closed(np.abs(np.asarray(x, dtype=np.float64))))


@dataclass(frozen=True)
class Masked(Derived):
    """B X with B ~ Bernoulli(density_kept) independent of X: a random sparse source."""

    law: Law
    density_kept: Any

    def __post_init__(self) -> None:
        kept = to_fraction("density_kept", self.density_kept)
        if not 0 < kept <= 1:
            raise BadInput("density_kept", self.density_kept, "must lie in (0, 1]")
        object.__setattr__(self, "density_kept", kept)

    @property
    def name(self) -> str:
        return f"bernoulli({_decimal(self.density_kept)})*{self.law.name}"

    @property
    def slots(self) -> int:
        return self.law.slots + 1

    @property
    def support(self) -> tuple[Fraction, Fraction]:
        low, high = self.law.support
        return min(low, Fraction(0)), max(high, Fraction(0))

    @property
    def variation(self) -> Fraction:
        return self.law.variation + Fraction(1, 1 << 33)  # the density is rounded to a word

    @property
    def atom(self) -> Fraction:
        return Fraction(1 - self.density_kept * (1 - self.law.atom))

    def at(self, bits: int) -> Masked:
        return Masked(self.law.at(bits), self.density_kept)

    def integers(self, words: NDArray[np.uint32]) -> Int64Array:
        # The density is rounded to 2^-32, the resolution of a word.
        kept = words[:, -1].astype(np.uint64) < np.uint64(round(self.density_kept * (1 << 32)))
        return np.where(kept, self.law.integers(words[:, :-1]), 0)

    def density(self, x: ArrayLike) -> FloatArray:
        return float(self.density_kept) * self.law.density(x)


@dataclass(frozen=True)
class Scaled(Derived):
    """c X: the integers stay, the unit is multiplied, so any rational c is exact."""

    law: Law
    factor: Any

    def __post_init__(self) -> None:
        object.__setattr__(self, "factor", positive_fraction("factor", self.factor))

    @property
    def name(self) -> str:
        return f"{_decimal(self.factor)}*{self.law.name}"

    @property
    def unit(self) -> Fraction:
        return Fraction(self.law.unit * self.factor)

    @property
    def support(self) -> tuple[Fraction, Fraction]:
        low, high = self.law.support
        return low * self.factor, high * self.factor

    @property
    def coupling(self) -> Fraction:
        return Fraction(self.law.coupling * self.factor)

    @property
    def atom(self) -> Fraction:
        return self.law.atom

    def at(self, bits: int) -> Scaled:
        return Scaled(self.law.at(bits), self.factor)

    def integers(self, words: NDArray[np.uint32]) -> Int64Array:
        return self.law.integers(words)

    def density(self, x: ArrayLike) -> FloatArray:
        c = float(self.factor)
        return self.law.density(np.asarray(x, dtype=np.float64) / c) / c
