"""Extremal cases: equal numbers, near-ties, ends of ranges, the boundary of a norm ball."""

from __future__ import annotations

from random import Random

from slt_theory.testing.search.state import SearchState

__all__ = ["extremes"]

__tracebackhide__ = True


def extremes(search: SearchState, source: Random) -> None:
    """Try random combinations of extreme patterns until the stage is over."""
    while not search.over:
        search.score(search.frame.random(source, extreme=True))
