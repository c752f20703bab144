"""The design of an experiment: arms by name, and checks that compare two of them.

    NETWORKS = Arms(
        dense_and_masks,
        {"ticket": lambda s: s.train(s.start, s.masks), "fresh": lambda s: ...},
        read=lambda s, network: s.accuracy(network),
        what="accuracy of {first} over {second}",
    )
    Check("accuracy", "a point over new weights", Beats(NETWORKS, "ticket", "fresh", by=POINT))

Every pair is decided replicate by replicate, by an exact sign test (`verdicts`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache
from typing import Any, Generic, NamedTuple, TypeVar

from slt_theory.errors import BadInput
from slt_theory.papers.trained.shared.verdicts import (
    FULL,
    Scale,
    Values,
    beats,
    equivalent,
    not_worse,
)
from slt_theory.theorems.checks import Outcome

__all__ = ["Arms", "Beats", "Comparison", "Equivalent", "Run", "Within"]

T = TypeVar("T")
Number = int | float | Fraction


class Run(NamedTuple):
    """Seed and size of a run; ``f(*run, ...)`` passes both on."""

    seed: int
    size: Scale


@cache
def _shared(setting: Callable[[int, Scale], Any], seed: int, size: Scale) -> Any:
    return setting(seed, size)


@cache
def _made(arm: Callable[[Any], Any], setting: Callable[[int, Scale], Any], run: Run) -> Any:
    return arm(_shared(setting, *run))


@dataclass(frozen=True, eq=False)
class Arms(Generic[T]):
    """Arms that differ in one thing each, all of the same replicates.

    Attributes
    ----------
    setting : callable
        ``setting(seed, size)``: what the arms share, such as splits, initial weights and a dense
        network; made once for a seed and size.
    table : mapping of name to callable or number
        ``table[name](setting)`` makes an arm, once; a number stands for itself in each replicate.
    read : callable
        ``read(setting, arm)``: one number a replicate, larger is better. An arm that is a list is
        these numbers already.
    what : str
        The statistic in words, with ``{first}`` and ``{second}`` for the names of two arms.
    size : Scale
        Of a run that decides.
    """

    setting: Callable[[int, Scale], T]
    table: Mapping[str, Callable[[T], Any] | Number]
    read: Callable[[T, Any], Values] | None = None
    what: str = "{first} over {second}"
    size: Scale = FULL

    def made(self, name: str, seed: int, size: Scale) -> Any:
        """The arm itself, unread.

        Raises
        ------
        BadInput
            If no arm has that name.
        """
        if name not in self.table:
            raise BadInput("arm", name, "is not in the table", f"its arms: {', '.join(self.table)}")
        arm = self.table[name]
        return _made(arm, self.setting, Run(seed, size)) if callable(arm) else arm

    def values(self, name: str, seed: int, size: Scale) -> Any:
        """One number a replicate, or the one number that stands for all."""
        arm = self.made(name, seed, size)
        if self.read is None or isinstance(arm, list | int | float | Fraction):
            return arm
        return self.read(_shared(self.setting, seed, size), arm)


@dataclass(frozen=True)
class Comparison:
    """Two arms of one table, as the run of a check.

    Attributes
    ----------
    arms : Arms
    first, second : str
    what : str
        In place of the table's.
    beside : tuple of str
        Further arms, recorded beside the two.
    """

    arms: Arms[Any]
    first: str
    second: str
    what: str = field(default="", kw_only=True)
    beside: tuple[str, ...] = field(default=(), kw_only=True)

    def __call__(self, seed: int, size: Scale | None = None) -> Outcome:
        run = Run(seed, size or self.arms.size)
        first, second = (self.arms.values(name, *run) for name in (self.first, self.second))
        if not isinstance(first, list):
            first = [first] * len(second)
        if not isinstance(second, list):
            second = [second] * len(first)
        beside = {name: self.arms.values(name, *run) for name in self.beside}
        return self.decide(first, second, self.text, beside)

    def __str__(self) -> str:
        """The design in a line, e.g. ``ticket beats fresh by 1/100``."""
        return f"{self.first} against {self.second}"

    @property
    def text(self) -> str:
        """The statistic and the arms in words."""
        return (self.what or self.arms.what).format(first=self.first, second=self.second)

    def decide(self, first: Values, second: Values, what: str, beside: Any) -> Outcome:
        """The outcome from the numbers of the arms."""
        raise NotImplementedError


@dataclass(frozen=True)
class Beats(Comparison):
    """The first arm is larger; CONSISTENT also needs a median difference of at least `by`."""

    by: Number = field(default=0, kw_only=True)

    def __str__(self) -> str:
        return f"{self.first} beats {self.second}" + (f" by {self.by}" if self.by else "")

    def decide(self, first: Values, second: Values, what: str, beside: Any) -> Outcome:
        """The exact sign test of the differences."""
        return beats(first, second, what, smallest=self.by, arms=beside)


@dataclass(frozen=True)
class Within(Comparison):
    """The first arm is at most `margin` below the second."""

    margin: Number = field(kw_only=True)

    def __str__(self) -> str:
        return f"{self.first} at most {self.margin} below {self.second}"

    def decide(self, first: Values, second: Values, what: str, beside: Any) -> Outcome:
        """The exact sign test of the differences."""
        return not_worse(first, second, what, margin=self.margin, arms=beside)


@dataclass(frozen=True)
class Equivalent(Comparison):
    """The arms are at most `margin` apart."""

    margin: Number = field(kw_only=True)

    def __str__(self) -> str:
        return f"{self.first} within {self.margin} of {self.second}"

    def decide(self, first: Values, second: Values, what: str, beside: Any) -> Outcome:
        """The exact sign test of the differences."""
        return equivalent(first, second, what, margin=self.margin, arms=beside)
