"""Stages of the search for a counterexample, from complete small grids to ascent on the margin."""

from __future__ import annotations

from slt_theory.testing.search.ascent import ascent
from slt_theory.testing.search.extremes import extremes
from slt_theory.testing.search.grid import grid, grid_cases
from slt_theory.testing.search.shrink import shrunk
from slt_theory.testing.search.state import Limit, SearchState, Tally, unsteady
from slt_theory.testing.search.targeted import targeted

__all__ = [
    "Limit",
    "SearchState",
    "Tally",
    "ascent",
    "extremes",
    "grid",
    "grid_cases",
    "shrunk",
    "targeted",
    "unsteady",
]
