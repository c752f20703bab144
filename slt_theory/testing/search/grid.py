"""Complete tiny grids, simplest first: a counterexample found here is already small."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from slt_theory.testing.frame import Case
from slt_theory.testing.search.state import SearchState

__all__ = ["grid", "grid_cases"]

__tracebackhide__ = True

LEVELS = (
    (1, 1), (2, 1), (2, 2), (3, 2), (3, 3), (4, 3), (5, 3), (5, 4), (8, 4), (9, 5), (17, 7),
    (33, 9), (129, 99), (1 << 20, 1 << 20),
)  # fmt: skip
LARGEST_LEVEL = 20_000


def grid_cases(search: SearchState) -> Iterator[Case]:
    """New cases of growing grids (values a number, shapes a variable); large ones only in part.

    When all cases of the search's frame have been tried, its numbers move to a finer grid.
    """
    while not search.complete:
        size = 0
        for width, depth in LEVELS:
            size, cases = 0, search.frame.grid(width, depth)
            for case in islice(cases, LARGEST_LEVEL):
                size += 1
                if not search.knows(case):
                    yield case
        if next(cases, None) is not None:
            return
        search.exhausted(size)


def grid(search: SearchState, cases: Iterator[Case]) -> None:
    """Try cases of `grid_cases` until the stage is over; a later call goes on from there."""
    while not search.over:
        case = next(cases, None)
        if case is None:
            return
        search.score(case)
