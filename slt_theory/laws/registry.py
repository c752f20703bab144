"""The laws that have a name: how each is written, and how it is made from what is written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from slt_theory.errors import BadInput
from slt_theory.lattice import parse_fraction, whole_number
from slt_theory.laws.composed import ReLU
from slt_theory.laws.discrete import Discrete, Grid, Integers, Signs
from slt_theory.laws.empirical import read_empirical
from slt_theory.laws.hyperbolic import Hyperbolic
from slt_theory.laws.law import Law
from slt_theory.laws.mixture import Mixed
from slt_theory.laws.normal import Normal
from slt_theory.laws.shapes import Beta, Laplace, Triangular, TruncatedNormal
from slt_theory.laws.table import Histogram
from slt_theory.laws.uniform import Uniform

__all__ = ["LAWS", "Arguments", "Kept", "NamedLaw"]


@dataclass(frozen=True)
class Kept:
    """A factor that is 1 with probability `density`, else 0."""

    density: Fraction


@dataclass(frozen=True)
class NamedLaw:
    """One word of the grammar.

    Attributes
    ----------
    usage : str
        As it is written, with defaults.
    what : str
        One line for people.
    read : callable
        Makes the law from `Arguments`.
    example : str
    files : bool
        It reads what lies outside of this package: a file, or another library.
    """

    usage: str
    what: str
    read: Callable[[Arguments], Any]
    example: str
    files: bool = False


@dataclass(frozen=True)
class Arguments:
    """Values in the brackets of a term.

    Attributes
    ----------
    entry : NamedLaw
    text : str
        The whole law, for messages.
    places, named : list, dict of str
        Values without and with a name.
    law_of : callable
        Reads a law inside a law.
    """

    entry: NamedLaw
    text: str
    places: list[str]
    named: dict[str, str]
    law_of: Callable[[str], Law]

    def refuse(self, what: str) -> BadInput:
        """The error for values that do not fit, with how the law is written."""
        return BadInput("law", self.text, what, f"write {self.entry.usage}")

    def by_name(self, *names: str, needed: int = 0) -> dict[str, str]:
        """Values by name; those without a name take the first names in their order."""
        if len(self.places) > len(names):
            raise self.refuse(f"has {len(self.places)} values where {len(names)} are known")
        found = dict(zip(names, self.places, strict=False))
        for name, value in self.named.items():
            if name not in names:
                raise self.refuse(f"{name} is unknown here")
            if name in found:
                raise self.refuse(f"gives {name} twice")
            found[name] = value
        missing = [name for name in names[:needed] if name not in found]
        if missing:
            raise self.refuse(f"needs {', '.join(missing)}")
        return found

    def number(self, name: str, value: str) -> Fraction:
        """One value as a number, or the error that shows the whole law."""
        try:
            return parse_fraction(name, value)
        except BadInput as error:
            raise self.refuse(f"{name} = {value!r} {error.constraint}") from None

    def pairs(self) -> tuple[list[str], list[Fraction]]:
        """Values ``a:w``: what stands before the last colon of a mixture's or a point's pair."""
        if self.named or not self.places:
            raise self.refuse("needs pairs a:b, separated by commas")
        split = [place.partition(":") for place in self.places]
        if not all(colon for _, colon, _ in split):
            raise self.refuse("needs pairs a:b, separated by commas")
        return [a.strip() for a, _, _ in split], [b.strip() for _, _, b in split]  # type: ignore[misc]


def _numbers(make: Callable[..., Law], *names: str, needed: int = 0) -> Callable[[Arguments], Law]:
    """A law of numbers, by place or by name."""

    def read(given: Arguments) -> Law:
        found = given.by_name(*names, needed=needed)
        return make(**{name: given.number(name, value) for name, value in found.items()})

    return read


def _whole(make: Callable[[int], Law], name: str) -> Callable[[Arguments], Law]:
    def read(given: Arguments) -> Law:
        return make(whole_number("law", given.by_name(name, needed=1)[name]))

    return read


def _relu(given: Arguments) -> Law:
    return ReLU(given.law_of(_only(given)))


def _only(given: Arguments) -> str:
    if len(given.places) != 1 or given.named:
        raise given.refuse("needs one value")
    return given.places[0]


def _bernoulli(given: Arguments) -> Kept:
    return Kept(parse_fraction("law", _only(given)))


def _discrete(given: Arguments) -> Law:
    points, weights = given.pairs()
    return Discrete(tuple(points), tuple(weights))


def _mixture(given: Arguments) -> Law:
    weights, laws = given.pairs()
    return Mixed(tuple(given.law_of(str(law)) for law in laws), tuple(weights))


def _histogram(given: Arguments) -> Law:
    if len(given.places) < 2 or given.named or ":" in given.places[-1]:
        raise given.refuse("needs pairs edge:mass and the last edge")
    *cells, last = given.places
    edges, masses = Arguments(given.entry, given.text, cells, {}, given.law_of).pairs()
    return Histogram((*edges, last), tuple(masses))


def _empirical(given: Arguments) -> Law:
    found = given.by_name("file", "key", "level", "sha256", needed=1)
    level = float(parse_fraction("level", found.get("level", "0.99")))
    return read_empirical(
        found["file"], key=found.get("key", ""), level=level, sha256=found.get("sha256", "")
    )


def _scipy(given: Arguments) -> Law:
    from slt_theory.laws.frozen import distribution, from_scipy

    if not given.places:
        raise given.refuse("needs the name of a distribution")
    cut = {k: parse_fraction("law", v) for k, v in given.named.items() if k in ("lo", "hi")}
    named = {k: float(parse_fraction("law", v)) for k, v in given.named.items() if k not in cut}
    numbers = tuple(float(parse_fraction("law", value)) for value in given.places[1:])
    return from_scipy(distribution(given.places[0], numbers, tuple(named.items())), **cut)


def _plain(make: Callable[[], Law]) -> Callable[[Arguments], Law]:
    def read(given: Arguments) -> Law:
        given.by_name()
        return make()

    return read


LAWS: Mapping[str, NamedLaw] = {
    "uniform": NamedLaw(
        "uniform(lo=-1, hi=1)",
        "uniform on [lo, hi]",
        _numbers(Uniform, "lo", "hi"),
        "uniform(0,1)",
    ),
    "normal": NamedLaw("normal", "N(0, 1)", _plain(Normal), "0.5*normal"),
    "triangular": NamedLaw(
        "triangular(lo=-1, mode=0, hi=1)",
        "density rises to the mode, then falls",
        _numbers(Triangular, "lo", "mode", "hi"),
        "triangular(-1,0.5,1)",
    ),
    "laplace": NamedLaw(
        "laplace(scale=1, lo=-1, hi=1, loc=0)",
        "exp(-|x - loc|/scale), cut to [lo, hi]",
        _numbers(Laplace, "scale", "lo", "hi", "loc"),
        "laplace(0.3)",
    ),
    "truncnormal": NamedLaw(
        "truncnormal(lo=-1, hi=1, loc=0, scale=1)",
        "normal, cut to [lo, hi]",
        _numbers(TruncatedNormal, "lo", "hi", "loc", "scale"),
        "truncnormal(-2,2)",
    ),
    "beta": NamedLaw(
        "beta(a, b, lo=-1, hi=1)",
        "(x - lo)^(a-1) (hi - x)^(b-1) on [lo, hi]",
        _numbers(Beta, "a", "b", "lo", "hi", needed=2),
        "beta(2,2)",
    ),
    "hyperbolic": NamedLaw(
        "hyperbolic(lo, hi)",
        "1/|x| for lo <= |x| <= hi, either sign",
        _numbers(Hyperbolic, "lo", "hi", needed=2),
        "hyperbolic(1/8,2)",
    ),
    "signs": NamedLaw(
        "signs(gain=1)",
        "gain or -gain",
        _numbers(Signs, "gain"),
        "signs(1/16)",
    ),
    "grid": NamedLaw(
        "grid(m)",
        "uniform on the multiples of 1/m in [-1, 1], m a power of two",
        _whole(Grid, "m"),
        "grid(8)",
    ),
    "integers": NamedLaw(
        "integers(m)",
        "uniform on -m .. m",
        _whole(Integers, "m"),
        "integers(8)",
    ),
    "discrete": NamedLaw(
        "discrete(point:weight, ...)",
        "finitely many points, weights as shares",
        _discrete,
        "discrete(-1:1,0:2,1/3:1)",
    ),
    "histogram": NamedLaw(
        "histogram(edge:mass, ..., edge)",
        "uniform on each cell, masses as shares",
        _histogram,
        "histogram(-1:1,0:3,1)",
    ),
    "mixture": NamedLaw(
        "mixture(weight:law, ...)",
        "one law or another, weights as shares",
        _mixture,
        "mixture(0.9:laplace(0.3),0.1:signs)",
    ),
    "relu": NamedLaw(
        "relu(law)",
        "max(X, 0) of a symmetric law",
        _relu,
        "relu(uniform)*uniform",
    ),
    "bernoulli": NamedLaw(
        "bernoulli(p)*law",
        "0 with probability 1 - p",
        _bernoulli,
        "bernoulli(0.3)*uniform",
    ),
    "empirical": NamedLaw(
        "empirical(FILE.npy, key=, level=0.99)",
        "resamples the numbers of a file; says how far their source may be",
        _empirical,
        "empirical(weights.npy)",
        files=True,
    ),
    "scipy": NamedLaw(
        "scipy(NAME, parameters, lo=, hi=)",
        "a distribution of scipy.stats, by a table that is the law",
        _scipy,
        "scipy(t,df=3,lo=-8,hi=8)",
        files=True,
    ),
}
