"""Distributions of `scipy.stats` as laws: a table made from them, which then is the law.

Nothing here is proved about the named distribution: the masses come from scipy's floating-point
distribution functions. So answers, certified ones too, are about the table, exactly; how far it
lies from the named distribution is estimated and enters no certificate.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from slt_theory.errors import BadInput
from slt_theory.lattice import to_fraction
from slt_theory.laws.discrete import Discrete
from slt_theory.laws.law import FloatArray, Law
from slt_theory.laws.table import TABLE_BITS, MassTable, Tabulated, cell_density, make_table, shares
from slt_theory.progress import announce, clock

__all__ = ["ScipyLaw", "ScipyPoints", "distribution", "from_scipy", "is_frozen"]

_LONG_SECONDS = 5.0
_TAIL = 2.0**-40
_FURTHEST = 256.0
_FURTHEST_POINT = 1 << 10
_MOST_CUT = 0.1
"""The default failure probability: with more, one number alone may differ that often."""
_GRID = 2048
_OWN = "whatever its name: write it as a slt_theory.laws.CustomLaw, or as discrete or histogram"


def is_frozen(value: Any) -> bool:
    """True for a frozen distribution of scipy.stats."""
    return hasattr(value, "dist") and hasattr(value, "ppf") and hasattr(value, "kwds")


def from_scipy(frozen: Any, lo: Any = None, hi: Any = None) -> Law:
    """The law of a frozen distribution, e.g. ``scipy.stats.laplace(scale=0.3)``.

    Parameters
    ----------
    frozen : rv_frozen
        Continuous or discrete, with scalar parameters.
    lo, hi : number, optional
        Cut there: the law is the distribution under the condition that it lies in [lo, hi].
        Otherwise tails of 2^-40 a side, and what lies beyond 256, are cut and counted.

    Raises
    ------
    BadInput
        If it has no such parameters, or no mass between the ends.
    """
    name = str(getattr(frozen.dist, "name", ""))
    known = _family(name)
    # Another distribution may bear a name of scipy.stats, or be one with other ends.
    if type(frozen.dist) is not type(known) or (frozen.dist.a, frozen.dist.b) != (known.a, known.b):
        raise BadInput("law", repr(frozen.dist), f"is no distribution of scipy.stats, {_OWN}")
    numbers = tuple(_number(name, value) for value in frozen.args)
    named = tuple((key, _number(name, value)) for key, value in frozen.kwds.items())
    if hasattr(frozen.dist, "pmf"):
        if lo is not None or hi is not None:
            raise BadInput("lo, hi", name, "are for continuous distributions")
        return _points(name, numbers, named)
    return ScipyLaw(name, numbers, named, lo, hi)


def _family(name: str) -> Any:
    """The family of scipy.stats with this name, or None."""
    from scipy import stats

    family = getattr(stats, name, None)
    return family if isinstance(family, stats.rv_continuous | stats.rv_discrete) else None


def _check_reach(name: str, frozen: Any) -> None:
    """Refuse points beyond the largest before scipy looks for quantiles.

    Its search adds up every probability below, and for a heavy tail that fills the memory.
    """
    if frozen.sf(_FURTHEST_POINT) + frozen.cdf(-_FURTHEST_POINT - 1) > 2 * _TAIL:
        raise BadInput(
            "law",
            name,
            f"has mass beyond {_FURTHEST_POINT} for these parameters",
            "write its points as discrete(point:weight, ...)",
        )


def _number(name: str, value: Any) -> float:
    if np.ndim(value) or isinstance(value, str):
        raise BadInput("law", name, "needs parameters that are single numbers")
    return float(to_fraction(name, value))


def distribution(
    name: str, numbers: tuple[float, ...], named: tuple[tuple[str, float], ...]
) -> Any:
    """The frozen distribution of these parameters."""
    family = _family(name)
    if family is None:
        raise BadInput("law", name, "is no distribution of scipy.stats", "e.g. scipy(t,df=3)")
    try:
        frozen = family(*numbers, **dict(named))
        if hasattr(family, "pmf"):
            _check_reach(name, frozen)
        middle = float(frozen.median())
    except BadInput:
        raise
    except (TypeError, ValueError) as error:
        raise BadInput("law", name, f"was refused by scipy ({error})") from error
    if not np.isfinite(middle):
        raise BadInput("law", name, "has no median for these parameters", "see scipy.stats")
    return frozen


def _written(name: str, numbers: tuple[float, ...], named: tuple[tuple[str, float], ...]) -> str:
    return ",".join([name, *map(repr, numbers), *(f"{k}={v!r}" for k, v in named)])


@dataclass(frozen=True)
class ScipyLaw(Tabulated):
    """A continuous distribution of scipy.stats, by a table of its masses.

    Attributes
    ----------
    family : str
        Its name in scipy.stats.
    numbers, named : tuple
        Its parameters, by place and by name.
    lo, hi : number or None
        Where it is cut on purpose.

    Examples
    --------
    >>> law = ScipyLaw("laplace", named=(("scale", 0.25),))
    >>> law.name, law.coupling < 2**-37
    ('scipy(laplace,scale=0.25)', True)
    """

    family: str
    numbers: tuple[float, ...] = ()
    named: tuple[tuple[str, float], ...] = ()
    lo: Any = None
    hi: Any = None
    bits: int = TABLE_BITS

    def __post_init__(self) -> None:
        for name in ("lo", "hi"):
            value = getattr(self, name)
            object.__setattr__(self, name, None if value is None else to_fraction(name, value))
        self._check_bits()
        _frozen_table(replace(self, bits=TABLE_BITS) if self.bits != TABLE_BITS else self)

    @property
    def name(self) -> str:
        cut = [
            f"{end}={getattr(self, end)}" for end in ("lo", "hi") if getattr(self, end) is not None
        ]
        return f"scipy({','.join([_written(self.family, self.numbers, self.named), *cut])})"

    @property
    def table(self) -> MassTable:
        """Cells of the law and their masses, made from the distribution at `TABLE_BITS` bits."""
        return _frozen_table(replace(self, bits=TABLE_BITS))[0]

    @property
    def coupling(self) -> Fraction:
        """From a draw of the table, not of the named distribution."""
        return self.grain

    @property
    def variation(self) -> Fraction:
        """Mass that was cut because nobody asked to, as scipy has it; the table itself is exact."""
        return Fraction(_frozen_table(replace(self, bits=TABLE_BITS))[1])

    @property
    def note(self) -> str:
        return (
            f"{self.name} is a table of {len(self.table.masses)} cells made from scipy.stats, and "
            f"the answer is about the table; estimated, not proved: the distribution functions "
            f"differ by at most {self.estimated_distance():.1e}, {float(self.variation):.1e} of "
            "the mass cut off"
        )

    def estimated_distance(self) -> float:
        """The largest difference of the two distribution functions at the middles of the cells."""
        table = self.table
        edges = np.ldexp(table.edges.astype(np.float64), -TABLE_BITS)
        whole = distribution(self.family, self.numbers, self.named)
        low, high = whole.cdf(edges[0]), whole.cdf(edges[-1])
        given = high - low if self.lo is not None or self.hi is not None else 1.0
        start = low if given < 1 else 0.0
        below = np.array(table.below, dtype=np.float64) * 2.0**-64
        middles = (edges[1:] + edges[:-1]) / 2
        mine = (below[1:] + below[:-1]) / 2
        return float(np.abs((whole.cdf(middles) - start) / given - mine).max())

    def at(self, bits: int) -> ScipyLaw:
        return replace(self, bits=bits)

    def density(self, x: ArrayLike) -> FloatArray:
        return cell_density(self.table, x)

    def density_floor(self, half_width: Any) -> Fraction:
        """The least density of the table on [-half_width, half_width]: exact."""
        return self.table.floor(to_fraction("half_width", half_width))

    def uniform_component(self, half_width: Any) -> float:
        half = to_fraction("half_width", half_width)
        return float(2 * half * self.table.floor(half))


@lru_cache(maxsize=32)
def _frozen_table(law: ScipyLaw) -> tuple[MassTable, float]:
    """The table, and the mass that was cut without being asked for."""
    whole = distribution(law.family, law.numbers, law.named)
    low = max(float(whole.ppf(_TAIL)), -_FURTHEST) if law.lo is None else float(law.lo)
    high = min(float(whole.isf(_TAIL)), _FURTHEST) if law.hi is None else float(law.hi)
    if not low < high or whole.cdf(high) - whole.cdf(low) < 2.0**-20:
        raise BadInput("law", law.name, f"has no mass between {low:g} and {high:g}", "give lo, hi")
    edges = _edges(whole, low, high, law.name)
    if len(edges) < 2:
        raise BadInput("law", law.name, f"is narrower than 2^-{TABLE_BITS}", "use a scale")
    # Upper tails by the survival function, which does not round small masses away.
    right = edges[:-1] >= float(whole.median())
    masses = np.where(right, -np.diff(whole.sf(edges)), np.diff(whole.cdf(edges)))
    masses = np.maximum(np.nan_to_num(masses), 0.0)
    table = make_table(
        [Fraction(e) for e in edges.tolist()], shares([Fraction(m) for m in masses.tolist()])
    )
    cut = 0.0 if law.lo is not None else float(whole.cdf(low))
    cut += 0.0 if law.hi is not None else float(whole.sf(high))
    if cut > _MOST_CUT:
        raise BadInput(
            "law", law.name, f"has {cut:.2g} of its mass beyond {_FURTHEST:g}", "cut it by lo=, hi="
        )
    return table, cut


def _edges(whole: Any, low: float, high: float, name: str) -> FloatArray:
    """Equal steps over the bulk, equal masses, and eight steps an octave of the tails."""
    started = time.perf_counter()
    first, last = (
        float(np.clip(end, low, high)) for end in (whole.ppf(2.0**-11), whole.isf(2.0**-11))
    )
    levels = np.arange(1, _GRID) / _GRID
    tails = np.concatenate([2.0**-k * (1 + np.arange(8) / 8) for k in range(12, 41)])
    # A family without quantiles of its own, such as levy_stable, searches for each.
    seconds = (time.perf_counter() - started) / 2 * (levels.size + 2 * tails.size)
    if seconds > _LONG_SECONDS:
        announce(f"the table of {name}", f"takes about {clock(seconds)}; it is made once a run")
    places = np.concatenate(
        [
            np.linspace(first, last, _GRID + 1),
            whole.ppf(levels),
            whole.ppf(tails),
            whole.isf(tails),
            [low, high],
        ]
    )
    places = places[np.isfinite(places) & (places >= low) & (places <= high)]
    return np.asarray(np.unique(np.round(places * 2.0**TABLE_BITS)) * 2.0**-TABLE_BITS)


@dataclass(frozen=True)
class ScipyPoints(Discrete):
    """A discrete distribution of scipy.stats, by its probabilities as scipy computes them."""

    written: str = ""

    @property
    def name(self) -> str:
        return f"scipy({self.written})"

    @property
    def variation(self) -> Fraction:
        """With the tails that were cut, as scipy has them."""
        return super().variation + 2 * Fraction(_TAIL)

    @property
    def note(self) -> str:
        return (
            f"{self.name} is a table of {len(self.points)} points made from scipy.stats, and the "
            "answer is about the table; its distance from the named distribution is estimated as "
            "the 2^-39 of tails that are cut, not proved"
        )


def _points(name: str, numbers: tuple[float, ...], named: tuple[tuple[str, float], ...]) -> Law:
    whole = distribution(name, numbers, named)
    # Points are 1 apart; a location that is no integer stands in each of them.
    low, high = float(whole.ppf(_TAIL)), float(whole.isf(_TAIL))
    places = [low + k for k in range(round(high - low) + 1)]
    kept = [(x, p) for x in places if (p := float(whole.pmf(x))) > 0]
    return ScipyPoints(
        tuple(x for x, _ in kept), tuple(p for _, p in kept), written=_written(name, numbers, named)
    )
