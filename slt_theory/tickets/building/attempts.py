"""Builds whose n is an estimate: a tenth more where some sum is missed."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Protocol, Self, TypeVar

from slt_theory.tickets.keeping import Keeping

__all__ = ["with_growing_n"]

_ATTEMPTS = 5
_MORE = Fraction(11, 10)


class Attempted(Protocol):
    """Request whose estimated n can be stretched."""

    @property
    def n(self) -> int | None:
        """Numbers asked for; None leaves them to an estimate."""

    def attempt(self, slack: Fraction, keeping: Keeping) -> Self:
        """Return the same request with every estimated n multiplied by `slack`."""


class Completed(Protocol):
    """Ticket, or masked layers, that says whether every sum is reached."""

    @property
    def complete(self) -> bool:
        """True if every sum is reached."""


Asked = TypeVar("Asked", bound=Attempted)
Built = TypeVar("Built", bound=Completed)


def with_growing_n(build: Callable[[Asked], Built], request: Asked, keeping: Keeping) -> Built:
    """Build with the n that was asked for, or with an estimate, (11/10)^k of it at attempt k.

    Returns
    -------
    Ticket or the like
        The first complete one, else that of the last attempt, its unreached sums listed. An
        unfinished build on disk goes on with its own attempt.
    """
    begin = keeping.attempt()
    for attempt in range(begin, max(_ATTEMPTS, begin + 1)):
        kept = keeping.numbered(attempt, again=attempt > begin)
        ticket = build(request.attempt(_MORE**attempt, kept))
        if ticket.complete or request.n is not None:
            break
    return ticket
