"""Families of functions that one ticket approximates."""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from slt_theory.errors import BadInput
from slt_theory.lattice import to_fraction
from slt_theory.tickets.domain import Box
from slt_theory.universal.functions import Function, cosine, power, sine

__all__ = ["Family", "Monomials", "interval", "parse_family"]

_MOST = 256
_KNOWN = "powers:1-4, sin:K, fourier:K, monomials:DIM,DEGREE, sparse:2-0-1,0-1-3 or FILE.py:NAME"


@dataclass(frozen=True)
class Family:
    """Functions of one variable on a common interval.

    Parameters
    ----------
    name : str
    functions : sequence of Function
    lo, hi : number
        The domain; it must hold 0.

    Raises
    ------
    BadInput
        No functions or too many, two of one name, a domain that is empty or does not hold 0, or a
        curvature bound that is certainly violated.

    Examples
    --------
    >>> Family("mine", [power(2)]).names
    ('((1+x)/2)^2',)
    """

    name: str
    functions: tuple[Function, ...]
    lo: Any = 0
    hi: Any = 1

    def __post_init__(self) -> None:
        functions = tuple(self.functions)
        lo, hi = to_fraction("lo", self.lo), to_fraction("hi", self.hi)
        for key, value in (("functions", functions), ("lo", lo), ("hi", hi)):
            object.__setattr__(self, key, value)
        _check_count("functions", len(functions))
        if len(set(self.names)) < len(functions):
            raise BadInput("functions", self.names, "must have different names")
        if not lo <= 0 <= hi or lo == hi:
            raise BadInput(
                "domain", f"[{lo}, {hi}]", "must be an interval that holds 0", "shift the variable"
            )
        for function in functions:
            function.check_curvature(lo, hi)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the functions, in order of the outputs."""
        return tuple(function.name for function in self.functions)

    @property
    def inputs(self) -> int:
        """1: functions of one variable."""
        return 1

    @property
    def domain(self) -> str:
        """Interval of the variable, as ``box:lo,hi``."""
        return str(Box(float(self.lo), float(self.hi)))

    @property
    def sha256(self) -> str:
        """Hash of name, domain and names of functions: which family a file speaks of."""
        return _hash(self.name, self.domain, self.names)


@dataclass(frozen=True)
class Monomials:
    """prod_j ((1 + x_j) / 2)^(r_j) on [0, 1]^d, as exp(-sum_j r_j (-log((1 + x_j) / 2))).

    Every polynomial is a linear readout of monomials in y_j = (1 + x_j) / 2.

    Parameters
    ----------
    name : str
    exponents : sequence of sequences of int
        One row of exponents >= 0 a monomial, none of them all zero.
    """

    name: str
    exponents: tuple[tuple[int, ...], ...]

    def __post_init__(self) -> None:
        rows = tuple(tuple(int(r) for r in row) for row in self.exponents)
        object.__setattr__(self, "exponents", rows)
        _check_count("exponents", len(rows))
        widths = {len(row) for row in rows}
        good = len(widths) == 1 and 1 <= min(widths) <= 16 and len(set(rows)) == len(rows)
        if not good or any(min(row) < 0 or not 1 <= sum(row) <= 12 for row in rows):
            raise BadInput(
                "exponents",
                str(rows),
                "must be different rows of one length (1..16), each >= 0 with a sum in 1..12",
                "e.g. sparse:2-0-1,0-1-3",
            )

    @property
    def names(self) -> tuple[str, ...]:
        """Monomials as text, such as ``y1^2*y3``."""
        return tuple(
            "*".join(f"y{j + 1}" if r == 1 else f"y{j + 1}^{r}" for j, r in enumerate(row) if r)
            for row in self.exponents
        )

    @property
    def inputs(self) -> int:
        """Number of variables."""
        return len(self.exponents[0])

    @property
    def domain(self) -> str:
        """Unit box of the variables."""
        return str(Box())

    @property
    def sha256(self) -> str:
        """Hash of name, domain and monomials."""
        return _hash(self.name, self.domain, self.names)


def _hash(name: str, domain: str, functions: tuple[str, ...]) -> str:
    record = {"family": name, "domain": domain, "functions": list(functions)}
    return hashlib.sha256(json.dumps(record, sort_keys=True).encode()).hexdigest()


def _check_count(what: str, count: int) -> None:
    if not 1 <= count <= _MOST:
        raise BadInput(what, f"{count} functions", f"a family has 1 to {_MOST}")


def _whole(text: str, family: str, least: int, most: int) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 9 and least <= int(text) <= most):
        raise BadInput("family", family, f"{text!r} must be a whole number in {least}..{most}")
    return int(text)


def _powers(text: str, family: str) -> Family:
    first, dash, last = text.partition("-")
    low = _whole(first, family, 1, 12)
    high = _whole(last, family, low, 12) if dash else low
    return Family(family, tuple(power(p) for p in range(low, high + 1)))


def _fourier(text: str, family: str) -> Family:
    count = _whole(text, family, 1, 32)
    return Family(family, tuple(f(k) for k in range(1, count + 1) for f in (sine, cosine)))


def _sines(text: str, family: str) -> Family:
    return Family(family, tuple(sine(k) for k in range(1, _whole(text, family, 1, 32) + 1)))


def _monomials(text: str, family: str) -> Monomials:
    first, _, last = text.partition(",")
    dim, degree = _whole(first, family, 1, 16), _whole(last, family, 1, 12)
    if (degree + 1) ** dim > 1 << 22:
        raise BadInput("family", family, f"has more than {_MOST} monomials")
    rows = itertools.product(range(degree + 1), repeat=dim)
    return Monomials(
        family, tuple(sorted((r for r in rows if 1 <= sum(r) <= degree), key=lambda r: (sum(r), r)))
    )


def _sparse(text: str, family: str) -> Monomials:
    return Monomials(
        family,
        tuple(tuple(_whole(r, family, 0, 12) for r in row.split("-")) for row in text.split(",")),
    )


_KINDS: dict[str, Callable[[str, str], Family | Monomials]] = {
    "powers": _powers,
    "sin": _sines,
    "fourier": _fourier,
    "monomials": _monomials,
    "sparse": _sparse,
}


def parse_family(text: str) -> Family | Monomials:
    """Read a family by name.

    Raises
    ------
    BadInput
        If the name is unknown or its numbers are out of range.

    Examples
    --------
    >>> parse_family("fourier:1").names
    ('sin(2 pi x)', 'cos(2 pi x)')
    >>> parse_family("sparse:2-0-1,0-1-3").names
    ('y1^2*y3', 'y2*y3^3')
    >>> len(parse_family("monomials:4,3").names)
    34
    """
    kind, colon, rest = text.partition(":")
    if kind not in _KINDS or not colon:
        raise BadInput("family", text, "is unknown", f"known: {_KNOWN}")
    return _KINDS[kind](rest, text)


def interval(family: Family) -> tuple[Fraction, Fraction]:
    """The domain, exact."""
    return Fraction(family.lo), Fraction(family.hi)
