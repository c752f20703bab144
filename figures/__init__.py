"""One thin script a figure; each makes a table from nothing and draws it."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

from slt_theory.errors import BadInput

__all__ = ["FIGURES", "load"]

FIGURES = (
    "success_vs_n",
    "n_vs_eps",
    "failure_vs_n",
    "growth",
    "densities",
    "numbers_per_weight",
    "golden_ratio",
)
"""Names that ``slt figure`` knows."""


def load(name: str) -> ModuleType:
    """The script of a figure: ``table(quick=, seed=) -> dict`` and ``draw(table) -> Figure``."""
    if name not in FIGURES:
        raise BadInput("figure", name, "is unknown", f"known: {', '.join(FIGURES)}")
    return import_module(f"{__name__}.{name}")
