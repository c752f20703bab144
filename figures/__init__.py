"""One thin script a figure: it makes a table from nothing, and draws a table.

A script has ``table(quick=, seed=) -> dict`` and ``draw(table) -> Figure``. The tables of full runs
ship with the package, so that drawing takes a second.
"""

from __future__ import annotations

import json
from difflib import get_close_matches
from importlib import import_module
from importlib.resources import files
from types import ModuleType
from typing import Any

from slt_theory.errors import BadInput
from slt_theory.provenance import provenance

__all__ = ["FIGURES", "command", "load", "made", "stored"]

FIGURES = (
    "success_vs_n",
    "n_vs_eps",
    "windows",
    "failure_vs_n",
    "growth",
    "densities",
    "numbers_per_weight",
    "golden_ratio",
    "bounds",
    "frozen_plane",
    "sparse_sources",
    "sparsity",
    "one_number",
    "vectors",
    "masks",
    "cnn_errors",
    "attention_errors",
    "universal",
    "compare",
    "depth",
    "error_by_layer",
    "theorem_graph",
    "search",
    "frozen_tickets",
    "greedy_gaps",
    "mask_overlap",
    "locked_or_pruned",
    "pruned_targets",
    "class_changes",
    "missed_weights",
    "claims",
    "zoo_rewinding",
    "zoo_pruning",
    "zoo_untrained",
    "zoo_outer",
    "zoo_probabilistic",
    "zoo_certificates",
)
"""Names that ``slt figure`` knows."""


def load(name: str) -> ModuleType:
    """The script of a figure."""
    if name not in FIGURES:
        near = get_close_matches(name, FIGURES, 3)
        hint = f"nearest: {', '.join(near)}" if near else f"known: {', '.join(FIGURES)}"
        raise BadInput("figure", name, "is unknown", hint)
    return import_module(f"{__name__}.{name}")


def command(name: str, *, quick: bool = False, seed: int = 0) -> str:
    """The command that makes a table again.

    Examples
    --------
    >>> command("golden_ratio", seed=3)
    'slt figure golden_ratio --recompute --seed 3'
    """
    return f"slt figure {name} --recompute{' --quick' if quick else ''} --seed {seed}"


def made(name: str, *, quick: bool = False, seed: int = 0) -> dict[str, Any]:
    """The table of a figure made now, with what made it under ``made``."""
    data = dict(load(name).table(quick=quick, seed=seed))
    data["made"] = {
        "figure": name,
        "command": command(name, quick=quick, seed=seed),
        "quick": quick,
        "seed": seed,
        **provenance(),
    }
    # As a reader of the stored file would see it.
    return dict(json.loads(json.dumps(data)))


def stored(name: str) -> dict[str, Any] | None:
    """The table that ships with the package, None where a figure has none."""
    path = files(__name__).joinpath("tables", f"{load(name).__name__.rpartition('.')[2]}.json")
    return dict(json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else None
