"""Complete tiny grids, simplest first: a counterexample found here is already small."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from slt_theory.testing.frame import Case, Frame
from slt_theory.testing.search.state import Search

__all__ = ["grid", "grid_cases"]

LEVELS = (
    (1, 1), (2, 1), (2, 2), (3, 2), (3, 3), (4, 3), (5, 3), (5, 4), (8, 4), (9, 5), (17, 7),
    (33, 9), (129, 99), (1 << 20, 1 << 20),
)  # fmt: skip
LARGEST_LEVEL = 20_000


def grid_cases(frame: Frame) -> Iterator[Case]:
    """Growing grids (values a number, shapes a variable); large ones only in part."""
    for width, depth in LEVELS:
        yield from islice(frame.grid(width, depth), LARGEST_LEVEL)


def grid(search: Search, cases: Iterator[Case]) -> None:
    """Try cases of `grid_cases` until the stage is over; a later call goes on from there."""
    while not search.over:
        case = next(cases, None)
        if case is None:
            return
        search.score(case)
