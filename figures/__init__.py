"""One thin script a figure: it makes a table from nothing, and draws a table.

A script has ``table(quick=, seed=) -> dict`` and ``draw(table) -> Figure``; those whose ``table``
takes ``law`` can be asked for another law. The tables of full runs ship with the package, so that
drawing takes a second. ``figures.tidy`` turns a user's rows into tables.
"""

from __future__ import annotations

import json
import shlex
from difflib import get_close_matches
from importlib import import_module
from importlib.resources import files
from inspect import getdoc, signature
from types import ModuleType
from typing import Any

from slt_theory.figures.made_by import numbers_of

from slt_theory.errors import BadInput
from slt_theory.provenance import provenance

__all__ = ["FIGURES", "command", "load", "made", "of_laws", "stored", "takes_law", "words"]

FIGURES = (
    "success_vs_n",
    "n_vs_eps",
    "windows",
    "window_trials",
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


def takes_law(name: str) -> bool:
    """True for a figure that can be made of any law."""
    return "law" in signature(load(name).table).parameters


def of_laws() -> list[str]:
    """The figures that can be made of any law."""
    return [name for name in FIGURES if takes_law(name)]


def words(name: str, *, own: bool = False) -> str:
    """The words of a caption: the docstring; for own data or an own law ``OWN``, or its first line.

    A docstring speaks of the shipped table, its laws and what was found there.
    """
    script = load(name)
    whole = getdoc(script) or ""
    return getattr(script, "OWN", whole.partition("\n")[0]) if own else whole


def command(name: str, *, quick: bool = False, seed: int = 0, law: str | None = None) -> str:
    """The command that makes a table again.

    Examples
    --------
    >>> command("golden_ratio", seed=3)
    'slt figure golden_ratio --recompute --seed 3'
    """
    words = ["slt", "figure", name, "--recompute", *(["--quick"] if quick else [])]
    return shlex.join([*words, *(["--law", law] if law else []), "--seed", str(seed)])


def made(
    name: str, *, quick: bool = False, seed: int = 0, law: str | None = None
) -> dict[str, Any]:
    """The table of a figure made now, with what made it under ``made``.

    ``numbers`` there are names of what determines its numbers, see `made_by`.

    Raises
    ------
    BadInput
        For a law where the figure is about no law.
    """
    options = {} if law is None else {"law": law}
    if options and not takes_law(name):
        raise BadInput("law", law, f"is no option of {name}", f"of these: {', '.join(of_laws())}")
    data = dict(load(name).table(quick=quick, seed=seed, **options))
    data["made"] = {
        "figure": name,
        "command": command(name, quick=quick, seed=seed, law=law),
        "quick": quick,
        "seed": seed,
        "numbers": numbers_of(name),
        **provenance(),
    }
    # As a reader of the stored file would see it.
    return dict(json.loads(json.dumps(data)))


def stored(name: str) -> dict[str, Any] | None:
    """The table that ships with the package, None where a figure has none."""
    path = files(__name__).joinpath("tables", f"{load(name).__name__.rpartition('.')[2]}.json")
    return dict(json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else None


def __dir__() -> list[str]:
    """Public names alone, for completion."""
    return __all__
