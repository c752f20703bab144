"""Options of constructions: dataclass fields with a default, a range and a help text.

A field made here says everything about its option, so the command line, its help and the docs are
made from the dataclass. Values are kept as the caller wrote them, and checked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from fractions import Fraction
from typing import Any

from slt_theory.errors import BadInput
from slt_theory.rationals import to_fraction, whole_number

__all__ = [
    "Number",
    "Option",
    "choice",
    "flag",
    "number",
    "positive",
    "refuse_unknown",
    "shares",
    "whole",
]

Number = int | float | str | Fraction
"""A number as it is written; text is taken exactly, see `slt_theory.rationals`."""


@dataclass(frozen=True)
class Option:
    """One option of a construction.

    Attributes
    ----------
    help : str
        Meaning, for the command line and the docs.
    check : callable
        ``check(name, value)`` raises `BadInput` for a value out of range.
    takes : str
        Kind of value: "number", "integer", "flag", or the words allowed.
    read : callable
        Value of a text of the command line.
    """

    help: str
    check: Callable[[str, Any], None]
    takes: str
    read: Callable[[str], Any] = str


def _option(default: Any, option: Option) -> Any:
    return field(default=default, metadata={"option": option})


def _refuse_unless(holds: bool, name: str, value: Any, constraint: str) -> None:
    if not holds:
        raise BadInput(name, value, constraint)


def number(help: str, *, above: int, at_most: int, default: Number | None = None) -> Any:
    """Field of a number in (above, at_most]; None, where it is the default, leaves the choice."""

    def check(name: str, value: Any) -> None:
        if value is not None or default is not None:
            exact = to_fraction(name, value)
            inside = above < exact <= at_most
            _refuse_unless(inside, name, value, f"must lie in ({above}, {at_most}]")

    return _option(default, Option(help, check, "number"))


def whole(help: str, *, most: int | None = None, default: int | None = None) -> Any:
    """Field of an integer from 1 to `most`; None, where it is the default, leaves the choice."""
    constraint = "must be >= 1" if most is None else f"must lie in 1..{most}"

    def check(name: str, value: Any) -> None:
        if value is not None or default is not None:
            exact = whole_number(name, value)
            _refuse_unless(1 <= exact <= (most or exact), name, value, constraint)

    return _option(default, Option(help, check, "integer"))


def flag(help: str) -> Any:
    """Field that is False or True."""

    def check(name: str, value: Any) -> None:
        _refuse_unless(isinstance(value, bool), name, value, "must be True or False")

    return _option(False, Option(help, check, "flag"))


def choice(help: str, *names: str) -> Any:
    """Field of one of some words; the first is the default."""

    def check(name: str, value: Any) -> None:
        _refuse_unless(value in names, name, value, f"must be one of {', '.join(names)}")

    return _option(names[0], Option(help, check, "|".join(names)))


def positive(help: str) -> Any:
    """Field of a positive number; None leaves the choice."""

    def check(name: str, value: Any) -> None:
        if value is not None:
            _refuse_unless(to_fraction(name, value) > 0, name, value, "must be > 0")

    return _option(None, Option(help, check, "number"))


def shares(help: str) -> Any:
    """Field of a share in [0, 1), or of a sequence with a share a source layer; default: 0."""

    def check(name: str, value: Any) -> None:
        several = isinstance(value, Sequence) and not isinstance(value, str)
        for one in value if several else (value,):
            _refuse_unless(0 <= to_fraction(name, one) < 1, name, one, "must lie in [0, 1)")

    def read(text: str) -> Any:
        return text.split(",") if "," in text else text

    return _option(0, Option(help, check, "number or a,b,...", read))


def refuse_unknown(
    given: Mapping[str, Any], known: Iterable[str], of: str, takers: Mapping[str, str]
) -> None:
    """Refuse names that are no option.

    Parameters
    ----------
    given : mapping
        Values by name.
    known : iterable of str
    of : str
        Id of the construction that is asked.
    takers : mapping of str to str
        Options of other constructions, and the ids of these.

    Raises
    ------
    BadInput
        Names the constructions that take such an option, or the nearest of all names.
    """
    every = sorted(known)
    for name, value in given.items():
        if name in every:
            continue
        if name in takers:
            raise BadInput(name, value, f"is no option of {of}", f"of: {takers[name]}")
        near = get_close_matches(name, every, n=1, cutoff=0.4)
        hint = f"perhaps {near[0]}; " if near else ""
        raise BadInput(name, value, f"is no option of {of}", f"{hint}known: {', '.join(every)}")
