"""Other solvers for the same instances, each in a module of its own and used where installed.

A module has ``name`` and ``solve(items, target, radius, limit)``: real items and target as floats
that hold the lattice numbers exactly; `radius` None for the optimum, else any subset within it;
`limit` in seconds. It returns ``(chosen, claim)``: 0/1 for each item or None, and what the solver
claims: "optimal", "found", "none" or "gave up".
"""

from __future__ import annotations

import importlib
from types import ModuleType

MIXED_INTEGER = ("cp_sat", "highs", "scip", "gurobi")


def installed(names: tuple[str, ...]) -> list[ModuleType]:
    """The peers among `names` whose packages are there."""
    found = []
    for name in names:
        try:
            found.append(importlib.import_module(f"peers.{name}"))
        except ImportError:
            continue
    return found
