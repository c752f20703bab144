"""Triangular, truncated Laplace, truncated normal and beta laws, by tables of enclosed masses.

A table (`slt_theory.laws.table`) has the law's own mass in every cell: the distribution function
F at each edge is a rational number, or a ball whose ends agree on the nearest multiple of 2^-64 up
to one. So a draw and a draw of the named law can be taken to lie in the same cell except with
probability `variation`, and there within `coupling`. In a cell of width h and mean density 1 with
a <= p <= b, the two distribution functions differ by at most (b - 1)(1 - a)/(b - a), and the draws
by h times this.
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from slt_theory.balls import down, precision, up
from slt_theory.errors import BadInput
from slt_theory.lattice import positive_fraction, to_fraction
from slt_theory.laws.law import FloatArray
from slt_theory.laws.table import MASS_BITS, TABLE_BITS, MassTable, Tabulated, make_table

__all__ = ["Beta", "Laplace", "Shape", "Triangular", "TruncatedNormal"]

CELLS = 1 << 13
_PRECISION = 128
Ball = Any


def ball(x: Fraction) -> Ball:
    """A rational number as a ball."""
    from flint import arb, fmpq

    return arb(fmpq(x.numerator, x.denominator))


class Shape(Tabulated):
    """A law on [lo, hi] whose distribution function and density are enclosed in balls.

    The density is monotone between neighbours of `turns`.
    """

    lo: Any
    hi: Any

    @property
    @abstractmethod
    def turns(self) -> tuple[Fraction, ...]:
        """Inner points at which the density may turn."""

    @abstractmethod
    def below(self, x: Fraction) -> Ball:
        """P(X <= x) for lo <= x <= hi."""

    @abstractmethod
    def height(self, x: Fraction) -> Ball:
        """Density at lo <= x <= hi; not finite where it has no bound."""

    def _check_ends(self) -> None:
        for name in ("lo", "hi"):
            object.__setattr__(self, name, to_fraction(name, getattr(self, name)))
        if self.lo >= self.hi:
            raise BadInput("lo, hi", (str(self.lo), str(self.hi)), "must satisfy lo < hi")
        if self.hi - self.lo < Fraction(1, 1 << 12) or max(abs(self.lo), abs(self.hi)) > 1 << 8:
            raise BadInput(
                "lo, hi",
                (str(self.lo), str(self.hi)),
                "must lie in [-256, 256], 2^-12 apart",
                "use a scale",
            )
        self._check_bits()

    @property
    def _full(self) -> Shape:
        return replace(self, bits=TABLE_BITS)  # type: ignore[type-var]

    @property
    def table(self) -> MassTable:
        """Cells of the law and their masses, made once for equal shapes."""
        return _made(self._full)[0]

    @property
    def coupling(self) -> Fraction:
        # Inside a cell, the ends off by half of 2^-44, and the rounding of a draw.
        return _made(self._full)[1] + Fraction(1, 1 << (TABLE_BITS + 1)) + self.grain

    @property
    def variation(self) -> Fraction:
        # Each sum of masses is off by at most one unit, so a mass by two, and half of all counts.
        return Fraction(len(self.table.masses), 1 << MASS_BITS)

    @property
    def is_symmetric(self) -> bool:
        return bool(self.lo == -self.hi) and self._balanced

    @property
    def _balanced(self) -> bool:
        """True if the density is even about the middle of [lo, hi]."""
        return False

    def at(self, bits: int) -> Shape:
        return replace(self, bits=bits)  # type: ignore[type-var]

    def density(self, x: ArrayLike) -> FloatArray:
        points = np.asarray(x, dtype=np.float64)
        inside = (points >= float(self.lo)) & (points <= float(self.hi))
        values = [
            float(self.height(min(max(Fraction(float(p)), self.lo), self.hi))) if i else 0.0
            for p, i in zip(points.ravel(), inside.ravel(), strict=True)
        ]
        return np.array(values).reshape(points.shape)

    def density_floor(self, half_width: Any) -> Fraction:
        """A lower bound of the density on [-half_width, half_width], by balls."""
        half = to_fraction("half_width", half_width)
        if self.lo > -half or self.hi < half:
            return Fraction(0)
        places = [-half, half, *(t for t in self.turns if -half < t < half)]
        return min(_low(self.height(place)) for place in places)

    def uniform_component(self, half_width: Any) -> float:
        return float(
            2 * positive_fraction("half_width", half_width) * self.density_floor(half_width)
        )


def _low(value: Ball) -> Fraction:
    """A rational number at most `value`, and 0 where nothing better is known."""
    lower = value.lower()
    if not lower.is_finite() or lower <= 0:
        # No upper bound is no harm: the density is larger than anything.
        return Fraction(0) if value.is_finite() or lower.is_nan() else Fraction(1 << 40)
    mantissa, exponent = lower.man_exp()
    return Fraction(int(mantissa)) * Fraction(2) ** int(exponent)


@lru_cache(maxsize=32)
def _made(law: Shape) -> tuple[MassTable, Fraction]:
    """The table of a law, and how far draws of one cell may lie apart."""
    step, one = (law.hi - law.lo) / CELLS, 1 << TABLE_BITS
    places = sorted({*(law.lo + i * step for i in range(CELLS + 1)), *law.turns})
    with precision(_PRECISION):
        grid = [min(max(Fraction(round(p * one), one), law.lo), law.hi) for p in places]
        below = [0, *(_units(law.below(p)) for p in grid[1:-1]), 1 << MASS_BITS]
        heights = [[law.height(p)] for p in grid]
        for turn in law.turns:
            # The edge is the turn rounded to the lattice: both cells beside it may hold the turn.
            heights[places.index(turn)].append(law.height(turn))
        least = np.array([min(down(h) for h in at) for at in heights])
        most = np.array([max(up(h) for h in at) for at in heights])
    table = make_table(grid, below)
    return table, _furthest(table, np.nan_to_num(least, nan=0.0), np.nan_to_num(most, nan=np.inf))


def _units(value: Ball) -> int:
    """A distribution function in units of 2^-64, off by at most one."""
    scaled = value * (1 << MASS_BITS)
    units = int((scaled + 0.5).mid().floor().fmpz())
    assert abs(scaled - units) < 1, "the ball is too wide"
    return max(0, min(units, 1 << MASS_BITS))


def _furthest(table: MassTable, least: FloatArray, most: FloatArray) -> Fraction:
    """The largest ``width (b - 1)(1 - a)/(b - a)`` of a cell, rounded upwards.

    `least` and `most` enclose the density at the edges. Each of the few float operations is off by
    2^-52 of its size, a mass of 2^-24 or more by 2^-39 of it, and the slack is 2^-36; in a lighter
    cell draws lie anywhere.
    """
    mean = table.heights()
    with np.errstate(divide="ignore", invalid="ignore"):
        a = np.clip(np.minimum(least[:-1], least[1:]) / mean, 0.0, 1.0)
        b = np.maximum(np.maximum(most[:-1], most[1:]) / mean, 1.0)
        # At most 1 - a, and (b - a)/4 by the inequality of the means.
        apart = np.minimum((b - a) / 4, 1 - a)
        apart = np.fmin(apart, (b - 1) * (1 - a) / np.maximum(b - a, 2.0**-40))
    light = np.array([mass < 1 << 40 for mass in table.masses])
    apart = np.where(light, 1.0, np.nan_to_num(apart, nan=1.0))
    widths = np.ldexp(np.diff(table.edges).astype(np.float64), -TABLE_BITS)
    return Fraction(float((widths * (apart + 2.0**-36)).max()))


@dataclass(frozen=True)
class Triangular(Shape):
    """Density that rises linearly from `lo` to `mode` and falls to `hi`.

    Examples
    --------
    >>> law = Triangular(-1, "1/2", 1)
    >>> law.name, float(law.density(0.5))
    ('triangular(-1,1/2,1)', 1.0)
    >>> (law.sample(seed=1, stream=0, start=0, count=2) / 2**44).round(6).tolist()
    [0.675436, 0.419891]
    """

    lo: Any = -1
    mode: Any = 0
    hi: Any = 1
    bits: int = TABLE_BITS

    def __post_init__(self) -> None:
        self._check_ends()
        object.__setattr__(self, "mode", to_fraction("mode", self.mode))
        if not self.lo <= self.mode <= self.hi:
            raise BadInput("mode", str(self.mode), f"must lie in [{self.lo}, {self.hi}]")

    @property
    def name(self) -> str:
        return f"triangular({self.lo},{self.mode},{self.hi})"

    @property
    def turns(self) -> tuple[Fraction, ...]:
        return (self.mode,) if self.lo < self.mode < self.hi else ()

    @property
    def _balanced(self) -> bool:
        return bool(2 * self.mode == self.lo + self.hi)

    def below(self, x: Fraction) -> Ball:
        if x <= self.mode and self.mode > self.lo:
            return ball((x - self.lo) ** 2 / ((self.hi - self.lo) * (self.mode - self.lo)))
        return ball(1 - (self.hi - x) ** 2 / ((self.hi - self.lo) * (self.hi - self.mode)))

    def height(self, x: Fraction) -> Ball:
        if x <= self.mode and self.mode > self.lo:
            return ball(2 * (x - self.lo) / ((self.hi - self.lo) * (self.mode - self.lo)))
        return ball(2 * (self.hi - x) / ((self.hi - self.lo) * (self.hi - self.mode)))


class _Cut(Shape):
    """A law on the line, about `loc` and with a `scale`, under the condition that it is in
    [lo, hi]."""

    loc: Any
    scale: Any

    def _check(self) -> None:
        self._check_ends()
        object.__setattr__(self, "loc", to_fraction("loc", self.loc))
        object.__setattr__(self, "scale", positive_fraction("scale", self.scale))
        # Cells are not much wider than the scale, and some mass is left between the ends.
        if self.scale < (self.hi - self.lo) / 256:
            raise BadInput(
                "scale",
                str(self.scale),
                "must be at least (hi - lo) / 256",
                "cut the law nearer to its middle",
            )
        far = max(self.lo - self.loc, self.loc - self.hi)
        if far > 8 * self.scale:
            raise BadInput("loc", str(self.loc), "must lie within 8 scales of [lo, hi]")

    @abstractmethod
    def _whole_below(self, t: Ball) -> Ball:
        """Distribution function of the law on the line, in units of the scale."""

    @abstractmethod
    def _whole_height(self, t: Ball) -> Ball: ...

    def _at(self, x: Fraction) -> Ball:
        return ball((x - self.loc) / self.scale)

    @property
    def _kept(self) -> tuple[Ball, Ball]:
        """Mass below lo of the law on the line, and between the ends."""
        if "_ends" not in self.__dict__:
            with precision(2 * _PRECISION):
                low = self._whole_below(self._at(self.lo))
                kept = self._whole_below(self._at(self.hi)) - low
            object.__setattr__(self, "_ends", (low, kept))
        ends: tuple[Ball, Ball] = self.__dict__["_ends"]
        return ends

    @property
    def turns(self) -> tuple[Fraction, ...]:
        return (self.loc,) if self.lo < self.loc < self.hi else ()

    @property
    def _balanced(self) -> bool:
        return bool(2 * self.loc == self.lo + self.hi)

    def below(self, x: Fraction) -> Ball:
        low, kept = self._kept
        return (self._whole_below(self._at(x)) - low) / kept

    def height(self, x: Fraction) -> Ball:
        return self._whole_height(self._at(x)) / (self._kept[1] * ball(self.scale))

    def _tail(self) -> str:
        return "" if self.loc == 0 else f",loc={self.loc}"


@dataclass(frozen=True)
class Laplace(_Cut):
    """Density proportional to exp(-|x - loc|/scale) on [lo, hi].

    Examples
    --------
    >>> Laplace("0.3").name
    'laplace(3/10,-1,1)'
    """

    scale: Any = 1
    lo: Any = -1
    hi: Any = 1
    loc: Any = 0
    bits: int = TABLE_BITS

    def __post_init__(self) -> None:
        self._check()

    @property
    def name(self) -> str:
        return f"laplace({self.scale},{self.lo},{self.hi}{self._tail()})"

    def _whole_below(self, t: Ball) -> Ball:
        return t.exp() / 2 if t < 0 else 1 - (-t).exp() / 2

    def _whole_height(self, t: Ball) -> Ball:
        return (-abs(t)).exp() / 2


@dataclass(frozen=True)
class TruncatedNormal(_Cut):
    """N(loc, scale^2) under the condition that it lies in [lo, hi].

    Examples
    --------
    >>> TruncatedNormal(-2, 2, scale="1/2").name
    'truncnormal(-2,2,scale=1/2)'
    """

    lo: Any = -1
    hi: Any = 1
    loc: Any = 0
    scale: Any = 1
    bits: int = TABLE_BITS

    def __post_init__(self) -> None:
        self._check()

    @property
    def name(self) -> str:
        scale = "" if self.scale == 1 else f",scale={self.scale}"
        return f"truncnormal({self.lo},{self.hi}{self._tail()}{scale})"

    def _whole_below(self, t: Ball) -> Ball:
        return (-t / ball(Fraction(2)).sqrt()).erfc() / 2

    def _whole_height(self, t: Ball) -> Ball:
        return (-t * t / 2).exp() / (2 * t.pi()).sqrt()


@dataclass(frozen=True)
class Beta(Shape):
    """Density proportional to (x - lo)^(a - 1) (hi - x)^(b - 1) on [lo, hi], a and b in [1/4, 64].

    Examples
    --------
    >>> Beta(2, "1/2").name
    'beta(2,1/2,-1,1)'
    """

    a: Any
    b: Any
    lo: Any = -1
    hi: Any = 1
    bits: int = TABLE_BITS

    def __post_init__(self) -> None:
        self._check_ends()
        for name in ("a", "b"):
            exact = positive_fraction(name, getattr(self, name))
            if not Fraction(1, 4) <= exact <= 64:
                raise BadInput(name, str(exact), "must lie in [1/4, 64]")
            object.__setattr__(self, name, exact)

    @property
    def name(self) -> str:
        return f"beta({self.a},{self.b},{self.lo},{self.hi})"

    @property
    def turns(self) -> tuple[Fraction, ...]:
        # (a - 1)/t = (b - 1)/(1 - t) inside (0, 1).
        if self.a + self.b == 2:
            return ()
        t = (self.a - 1) / (self.a + self.b - 2)
        return (self.lo + t * (self.hi - self.lo),) if 0 < t < 1 else ()

    @property
    def _balanced(self) -> bool:
        return bool(self.a == self.b)

    def _at(self, x: Fraction) -> Fraction:
        return Fraction((x - self.lo) / (self.hi - self.lo))

    def below(self, x: Fraction) -> Ball:
        t = self._at(x)
        if t <= Fraction(1, 2):
            return ball(t).beta_lower(ball(self.a), ball(self.b), regularized=True)
        return 1 - ball(1 - t).beta_lower(ball(self.b), ball(self.a), regularized=True)

    def height(self, x: Fraction) -> Ball:
        t = self._at(x)
        top = _power(t, self.a - 1) * _power(1 - t, self.b - 1)
        a, b = ball(self.a), ball(self.b)
        whole = a.gamma() * b.gamma() / (a + b).gamma()
        return top / (whole * ball(self.hi - self.lo))


def _power(t: Fraction, power: Fraction) -> Ball:
    """t^power for t in [0, 1]; not finite for 0 to a negative power."""
    from flint import arb

    if t > 0:
        return ball(t) ** ball(power)
    return arb(1) if power == 0 else arb(0) if power > 0 else arb("inf")
