"""Laws of one random weight: exact sampling on a lattice, density, largest uniform component.

Each law is an integer algorithm. `Law.coupling` bounds how far a lattice draw lies from the draw of
the named continuous law that it rounds, so every statement transfers with a stated loss.

Names on the command line: ``uniform``, ``uniform[a,b]``, ``normal``, products such as
``uniform*uniform`` and ``relu(uniform)*uniform``, a random mask ``bernoulli(0.3)*uniform`` and a
scale ``0.5*uniform``.
"""

from __future__ import annotations

import math
import re
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from slt_theory.errors import BadInput
from slt_theory.lattice import (
    PRODUCT_BITS,
    SUM_BITS,
    parse_fraction,
    positive_fraction,
    to_fraction,
)
from slt_theory.streams import words32, words32_at, words32_rows

__all__ = ["Law", "Masked", "Normal", "Product", "ReLU", "Scaled", "Uniform", "parse_law"]

Int64Array = NDArray[np.int64]
FloatArray = NDArray[np.float64]

NORMAL_TABLE_BITS = 44
NORMAL_OCTAVES = 44
NORMAL_NODES = 256


class Law(ABC):
    """A law of one random weight.

    Attributes
    ----------
    name : str
        The name that `parse_law` reads.
    bits : int
        Draws are integers; before any scale their unit is ``2**-bits``.
    unit : Fraction
        Value of one integer step.
    slots : int
        32-bit words that one draw consumes.
    support : (Fraction, Fraction)
        Smallest and largest value of a lattice draw.
    coupling : Fraction
        Each lattice draw lies within this of a draw of the named law.
    atom : Fraction
        Mass of the law at exactly 0.
    """

    @property
    @abstractmethod
    def name(self) -> str: ...

    @property
    @abstractmethod
    def bits(self) -> int: ...

    @property
    @abstractmethod
    def slots(self) -> int: ...

    @property
    @abstractmethod
    def support(self) -> tuple[Fraction, Fraction]: ...

    @property
    @abstractmethod
    def coupling(self) -> Fraction: ...

    @property
    def unit(self) -> Fraction:
        return Fraction(1, 1 << self.bits)

    @property
    def atom(self) -> Fraction:
        return Fraction(0)

    @property
    def is_symmetric(self) -> bool:
        """Whether X and -X have the same law."""
        return False

    @abstractmethod
    def at(self, bits: int) -> Law:
        """The same law on the lattice of ``2**-bits``."""

    @abstractmethod
    def integers(self, words: NDArray[np.uint32]) -> Int64Array:
        """Lattice integers from random words of shape (count, slots)."""

    @abstractmethod
    def density(self, x: ArrayLike) -> FloatArray:
        """Density of the part without the atom, at points `x` (any shape), in float64."""

    def sample(self, seed: int, stream: int, start: int, count: int) -> Int64Array:
        """Draws ``start .. start + count - 1`` of a stream.

        Parameters
        ----------
        seed, stream : int
            64 bits each, see `slt_theory.streams`.
        start, count : int
            Range of draw numbers.

        Returns
        -------
        ndarray of int64, shape (count,)
            In units of `unit`.
        """
        words = words32(seed, stream, start * self.slots, count * self.slots)
        return self.integers(words.reshape(count, self.slots))

    def sample_rows(self, seed: int, streams: NDArray[np.uint64], count: int) -> Int64Array:
        """The first `count` draws of each stream: int64, shape (len(streams), count)."""
        words = words32_rows(seed, streams, count * self.slots)
        rows = words.shape[0]
        return self.integers(words.reshape(rows * count, self.slots)).reshape(rows, count)

    def sample_at(self, seed: int, stream: int, indices: NDArray[np.int64]) -> Int64Array:
        """Draws at scattered numbers of one stream, in the shape of `indices`."""
        places = indices.reshape(-1, 1) * self.slots + np.arange(self.slots)
        return self.integers(words32_at(seed, stream, places)).reshape(indices.shape)

    def uniform_component(self, half_width: Any) -> float:
        """Largest alpha such that the law is ``alpha U[-a, a] + (1 - alpha) Q``, a = `half_width`.

        For the unimodal laws of this module it is ``2 a min(p(a), p(-a))``; in float64. Rigorous
        values come from `slt_theory.certified`.
        """
        a = positive_fraction("half_width", half_width)
        lowest = float(np.min(self.density(np.array([-float(a), float(a)]))))
        return 2 * float(a) * lowest

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True)
class Uniform(Law):
    """U[lo, hi], rounded to the nearest lattice point; the ends are rounded first.

    Examples
    --------
    >>> Uniform().name, Uniform(0, "1/2").name
    ('uniform', 'uniform[0,1/2]')
    >>> int(Uniform(bits=24).sample(seed=1, stream=0, start=0, count=1)[0])
    13094925
    """

    lo: Any = -1
    hi: Any = 1
    bits: int = SUM_BITS

    def __post_init__(self) -> None:
        lo, hi = (
            Fraction(v) if isinstance(v, str) else to_fraction(n, v)
            for n, v in (("lo", self.lo), ("hi", self.hi))
        )
        if not 1 <= self.bits <= SUM_BITS:
            raise BadInput("bits", self.bits, f"must lie in 1..{SUM_BITS}")
        if lo >= hi:
            raise BadInput("lo, hi", (str(lo), str(hi)), "must satisfy lo < hi")
        if max(abs(lo), abs(hi)) > 1 << 8:
            raise BadInput("lo, hi", (str(lo), str(hi)), "must lie in [-256, 256]", "use a scale")
        object.__setattr__(self, "lo", lo)
        object.__setattr__(self, "hi", hi)
        if self._ends[0] >= self._ends[1]:
            raise BadInput("lo, hi", (str(lo), str(hi)), f"coincide at {self.bits} bits")

    @property
    def _ends(self) -> tuple[int, int]:
        return round(self.lo * (1 << self.bits)), round(self.hi * (1 << self.bits))

    @property
    def name(self) -> str:
        return "uniform" if (self.lo, self.hi) == (-1, 1) else f"uniform[{self.lo},{self.hi}]"

    @property
    def slots(self) -> int:
        low, high = self._ends
        # A 32-bit word times the bound must stay below 2^64.
        return 1 if self.bits <= 30 and 2 * (high - low) <= 1 << 32 else 2

    @property
    def support(self) -> tuple[Fraction, Fraction]:
        low, high = self._ends
        return low * self.unit, high * self.unit

    @property
    def coupling(self) -> Fraction:
        low, high = self.support
        ends = max(abs(low - self.lo), abs(high - self.hi))
        steps = int(2 * (high - low) / self.unit)
        # A power of two takes the leading bits of the word: nothing is lost.
        exact = steps & (steps - 1) == 0 and steps <= 1 << (32 * self.slots)
        grain = Fraction(0) if exact else (high - low) / (1 << (32 * self.slots))
        return Fraction(self.unit / 2 + ends + grain)

    @property
    def is_symmetric(self) -> bool:
        return bool(self.lo == -self.hi)

    def at(self, bits: int) -> Uniform:
        return replace(self, bits=bits)

    def integers(self, words: NDArray[np.uint32]) -> Int64Array:
        low, high = self._ends
        doubled = 2 * (high - low)
        r = _scale_word(words, doubled)
        return low + ((r + 1) >> 1)

    def density(self, x: ArrayLike) -> FloatArray:
        lo, hi = float(self.lo), float(self.hi)
        points = np.asarray(x, dtype=np.float64)
        return np.where((points >= lo) & (points <= hi), 1.0 / (hi - lo), 0.0)


def _scale_word(words: NDArray[np.uint32], bound: int) -> Int64Array:
    """floor(word * bound / 2**W) for one 32-bit word or a pair that makes a 64-bit word."""
    low = words[:, 0].astype(np.uint64)
    if words.shape[1] == 1:
        return np.asarray(((low * np.uint64(bound)) >> np.uint64(32)).astype(np.int64))
    high = words[:, 1].astype(np.uint64)
    b_low, b_high = np.uint64(bound & 0xFFFFFFFF), np.uint64(bound >> 32)
    mask, shift = np.uint64(0xFFFFFFFF), np.uint64(32)
    middle = ((low * b_low) >> shift) + (high * b_low & mask) + (low * b_high & mask)
    top = high * b_high + (high * b_low >> shift) + (low * b_high >> shift) + (middle >> shift)
    return np.asarray(top.astype(np.int64))


def _rounded(x: Any, shift: int) -> Any:
    """x / 2**shift to nearest, halves up."""
    return (x + ((1 << shift) >> 1)) >> shift


@cache
def _normal_table() -> Int64Array:
    with files("slt_theory").joinpath("tables/normal_quantiles.npy").open("rb") as handle:
        table: Int64Array = np.load(handle, allow_pickle=False)
    return table


@dataclass(frozen=True)
class Normal(Law):
    """N(0, 1) by an integer quantile table with quadratic interpolation.

    Octave ``e`` holds the tail probabilities ``[2**-(e+2), 2**-(e+1))``; the table's nodes are
    correctly rounded (``tools/make_normal_table.py``). A draw lies within `coupling` of the exact
    quantile, apart from tails of probability 2**-40 a side, which a 64-bit word resolves no better
    than 2**-21; beyond 2**-45 they are cut, at |x| = 7.5.
    """

    bits: int = NORMAL_TABLE_BITS

    def __post_init__(self) -> None:
        if not 1 <= self.bits <= NORMAL_TABLE_BITS:
            raise BadInput("bits", self.bits, f"must lie in 1..{NORMAL_TABLE_BITS} for a normal")

    @property
    def name(self) -> str:
        return "normal"

    @property
    def slots(self) -> int:
        return 2

    @property
    def support(self) -> tuple[Fraction, Fraction]:
        end = _rounded(int(_normal_table()[0]), NORMAL_TABLE_BITS - self.bits) * self.unit
        return -end, end

    @property
    def coupling(self) -> Fraction:
        # Interpolation, sup |t (t - 1/2) (t - 1)| / 6 h^3 |x'''|, and the place in the segment cut
        # to 20 bits: together < 2^-26 in every segment (tests/ground/test_normal.py encloses it);
        # then rounding to the lattice.
        return Fraction(1, 1 << 26) + self.unit / 2

    @property
    def is_symmetric(self) -> bool:
        return True

    def at(self, bits: int) -> Normal:
        return replace(self, bits=bits)

    def integers(self, words: NDArray[np.uint32]) -> Int64Array:
        word = words[:, 0].astype(np.uint64) | (words[:, 1].astype(np.uint64) << np.uint64(32))
        negative = (word >> np.uint64(63)) == 1
        tail = np.maximum(word & np.uint64((1 << 63) - 1), np.uint64(1 << (63 - NORMAL_OCTAVES)))
        # 53 leading bits are exact in float64, so frexp gives the exact octave.
        octave = 53 - np.frexp((tail >> np.uint64(10)).astype(np.float64))[1].astype(np.int64)
        mantissa = (tail << (octave + 1).astype(np.uint64)) & np.uint64((1 << 63) - 1)
        segment = (mantissa >> np.uint64(56)).astype(np.int64)
        t = ((mantissa >> np.uint64(36)) & np.uint64((1 << 20) - 1)).astype(np.int64)
        node = (NORMAL_OCTAVES - 1 - octave) * NORMAL_NODES + 2 * segment
        table = _normal_table()
        x0, x1, x2 = table[node], table[node + 1], table[node + 2]
        bend = ((t * (t - (1 << 19))) >> 20) * (x2 - 2 * x1 + x0)
        x = x0 + ((t * (x1 - x0)) >> 19) + (bend >> 19)
        x = _rounded(x, NORMAL_TABLE_BITS - self.bits)
        return np.asarray(np.where(negative, -x, x))

    def density(self, x: ArrayLike) -> FloatArray:
        points = np.asarray(x, dtype=np.float64)
        return np.asarray(np.exp(-0.5 * points * points) / math.sqrt(2 * math.pi))


@dataclass(frozen=True)
class ReLU(Law):
    """max(X, 0) of a symmetric law: half of the mass moves to an atom at 0."""

    law: Law

    def __post_init__(self) -> None:
        if not self.law.is_symmetric:
            raise BadInput("law", self.law.name, "relu(...) needs a symmetric law")

    @property
    def name(self) -> str:
        return f"relu({self.law.name})"

    @property
    def bits(self) -> int:
        return self.law.bits

    @property
    def unit(self) -> Fraction:
        return self.law.unit

    @property
    def slots(self) -> int:
        return self.law.slots

    @property
    def support(self) -> tuple[Fraction, Fraction]:
        return Fraction(0), self.law.support[1]

    @property
    def coupling(self) -> Fraction:
        return self.law.coupling

    @property
    def atom(self) -> Fraction:
        return Fraction(1, 2) + self.law.atom / 2

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
            raise BadInput("law", self.name, "has no closed density here", "give your own law")
        with np.errstate(divide="ignore"):
            return np.asarray(kept * closed(np.abs(np.asarray(x, dtype=np.float64))))


@dataclass(frozen=True)
class Masked(Law):
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
    def bits(self) -> int:
        return self.law.bits

    @property
    def unit(self) -> Fraction:
        return self.law.unit

    @property
    def slots(self) -> int:
        return self.law.slots + 1

    @property
    def support(self) -> tuple[Fraction, Fraction]:
        low, high = self.law.support
        return min(low, Fraction(0)), max(high, Fraction(0))

    @property
    def coupling(self) -> Fraction:
        return self.law.coupling

    @property
    def atom(self) -> Fraction:
        return Fraction(1 - self.density_kept * (1 - self.law.atom))

    @property
    def is_symmetric(self) -> bool:
        return self.law.is_symmetric

    def at(self, bits: int) -> Masked:
        return Masked(self.law.at(bits), self.density_kept)

    def integers(self, words: NDArray[np.uint32]) -> Int64Array:
        # The density is rounded to 2^-32, the resolution of a word.
        kept = words[:, -1].astype(np.uint64) < np.uint64(round(self.density_kept * (1 << 32)))
        return np.where(kept, self.law.integers(words[:, :-1]), 0)

    def density(self, x: ArrayLike) -> FloatArray:
        return float(self.density_kept) * self.law.density(x)


@dataclass(frozen=True)
class Scaled(Law):
    """c X: the integers stay, the unit is multiplied, so any rational c is exact."""

    law: Law
    factor: Any

    def __post_init__(self) -> None:
        object.__setattr__(self, "factor", positive_fraction("factor", self.factor))

    @property
    def name(self) -> str:
        return f"{_decimal(self.factor)}*{self.law.name}"

    @property
    def bits(self) -> int:
        return self.law.bits

    @property
    def unit(self) -> Fraction:
        return Fraction(self.law.unit * self.factor)

    @property
    def slots(self) -> int:
        return self.law.slots

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

    @property
    def is_symmetric(self) -> bool:
        return self.law.is_symmetric

    def at(self, bits: int) -> Scaled:
        return Scaled(self.law.at(bits), self.factor)

    def integers(self, words: NDArray[np.uint32]) -> Int64Array:
        return self.law.integers(words)

    def density(self, x: ArrayLike) -> FloatArray:
        c = float(self.factor)
        return self.law.density(np.asarray(x, dtype=np.float64) / c) / c


_TERM = re.compile(
    r"(?P<number>[\d./]+(?:e[+-]?\d+)?)$"
    r"|relu\((?P<relu>.+)\)$"
    r"|bernoulli\((?P<mask>[^()]+)\)$"
    r"|uniform\[(?P<lo>[^,\]]+),(?P<hi>[^,\]]+)\]$"
    r"|(?P<name>uniform|normal)$"
)
_LONGEST_NAME = 1000


def _decimal(value: Fraction) -> str:
    """A number as people write it where that is exact, else p/q."""
    short = f"{float(value):.12g}"
    return short if Fraction(short) == value else str(value)


def _terms(text: str) -> list[str]:
    """Split at every '*' outside brackets."""
    terms, depth = [""], 0
    for letter in text:
        depth += (letter in "([") - (letter in ")]")
        if letter == "*" and depth == 0:
            terms.append("")
        else:
            terms[-1] += letter
    return terms


def parse_law(text: str) -> Law:
    """Read a law from its name.

    Raises
    ------
    BadInput
        If the text is not a product of the known terms.

    Examples
    --------
    >>> parse_law("relu(uniform)*uniform").atom
    Fraction(1, 2)
    >>> parse_law("0.5*uniform").support == (Fraction(-1, 2), Fraction(1, 2))
    True
    """
    way_out = (
        "known: uniform, uniform[a,b], normal, relu(...), bernoulli(p), products with '*', a scale"
    )
    if not isinstance(text, str) or len(text) > _LONGEST_NAME:
        raise BadInput("law", text, "is not the name of a law", way_out)
    scale, kept = Fraction(1), None
    factors: list[Law] = []
    for term in _terms(text.replace(" ", "").lower()):
        match = _TERM.match(term)
        if match is None:
            raise BadInput("law", text, f"cannot read the term {term!r}", way_out)
        part = match.groupdict()
        if part["number"]:
            scale *= parse_fraction("law", part["number"])
        elif part["mask"]:
            kept = parse_fraction("law", part["mask"]) * (kept or 1)
        elif part["relu"]:
            factors.append(ReLU(parse_law(part["relu"])))
        elif part["lo"]:
            lo, hi = (parse_fraction("law", part[end]) for end in ("lo", "hi"))
            factors.append(Uniform(lo, hi))
        else:
            factors.append(Uniform() if part["name"] == "uniform" else Normal())
    if not factors:
        raise BadInput("law", text, "names no law", way_out)
    law: Law = factors[0] if len(factors) == 1 else Product(*factors)
    if kept is not None:
        law = Masked(law, kept)
    return law if scale == 1 else Scaled(law, scale)
