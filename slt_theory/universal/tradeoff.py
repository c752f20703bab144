"""Kept weights against the error: knots, numbers a sum, fixed sizes, frozen sources."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from slt_theory.errors import NotFoundWithinLimits
from slt_theory.universal.build import build_universal
from slt_theory.universal.family import Family, parse_family
from slt_theory.universal.hinges import pieces

__all__ = ["COLUMNS", "PUBLISHED", "least_kinks", "tradeoff_rows"]

COLUMNS = (
    "family",
    "what",
    "eps",
    "n",
    "knots",
    "size",
    "prune",
    "lock",
    "kept",
    "source_weights",
    "density",
    "kinks",
    "least_kinks",
    "error",
    "seconds",
)

PUBLISHED = {
    "powers:1-4": {"eps": "5.8e-4", "kept": 1074, "source_weights": 431_800},
    "sin:1": {"eps": "1.1e-2", "kept": 436, "source_weights": 68_292},
}
"""Of Burkholz et al. (2022), their released code; eps is the smallest error they reach."""

_EPS = {
    "sin:1": ("5e-2", "1.1e-2", "3e-3", "1.1e-3", "3e-4"),
    "powers:1-4": ("5e-3", "5.8e-4", "1.8e-4", "5.8e-5"),
    "fourier:4": ("3e-2",),
    "monomials:1,4": ("5.8e-4",),
    "monomials:4,3": ("3e-2", "1e-2"),
}
_SOURCES: tuple[dict[str, Any], ...] = (
    {"n": 8},
    {"n": 32},
    {"knots": 24},
    {"knots": 192},
    {"size": 2},
    {"size": 3, "n": 12},
    {"prune": "1/2"},
    {"lock": "1/4"},
    {"prune": "1/4", "lock": "1/4"},
    {"prune": "1/2", "n": 16},
)


_Case = tuple[str, str, str, dict[str, Any]]


def least_kinks(name: str, eps: float) -> float | None:
    """Kinks that piecewise-linear functions need in the limit of small eps, over a family.

    The integral of sqrt|f''| over ``4 sqrt(eps)``, in float64; None for several variables.
    """
    family = parse_family(name)
    if not isinstance(family, Family):
        return None
    return sum(pieces(f, float(family.hi), eps) for f in family.functions)


def tradeoff_rows(
    *, seed: int = 0, quick: bool = False, progress: Callable[[int], None] | None = None
) -> list[dict[str, Any]]:
    """Build the tickets of the table; a minute, `quick` a few seconds.

    Returns
    -------
    list of dict
        Keys `COLUMNS`; kept and error are None where the source does not hold the family.
    """
    cases: list[_Case] = [(name, "eps", eps, {}) for name, each in _EPS.items() for eps in each]
    cases += [("sin:1", "source", "1.1e-3", options) for options in _SOURCES]
    if quick:
        cases = [("sin:1", "eps", eps, {}) for eps in _EPS["sin:1"][:3]]
        cases += [("sin:1", "source", "1.1e-2", options) for options in _SOURCES[:2]]
    rows = []
    for done, (name, what, eps, options) in enumerate(cases, 1):
        rows.append(_row(name, what, eps, seed, options))
        if progress is not None:
            progress(done)
    return rows


def _row(name: str, what: str, eps: str, seed: int, options: dict[str, Any]) -> dict[str, Any]:
    started = time.perf_counter()
    row: dict[str, Any] = {
        "family": name,
        "what": what,
        "eps": float(eps),
        "n": options.get("n"),
        "size": options.get("size", 1),
        "prune": options.get("prune", "0"),
        "lock": options.get("lock", "0"),
        "least_kinks": least_kinks(name, float(eps)),
    }
    try:
        ticket = build_universal(name, eps=eps, seed=seed, **options)
        functions = ticket.certificate["functions"]
        row |= {
            "n": ticket.blocks[0].n,
            "knots": ticket.blocks[0].outputs,
            "kept": ticket.kept,
            "source_weights": ticket.source_weights,
            "density": ticket.density,
            "kinks": sum(f["kinks"] for f in functions),
            "error": max(f["sup_error_bound"] for f in functions),
        }
    except NotFoundWithinLimits:
        missing = ("kept", "source_weights", "density", "kinks", "error")
        row |= {"knots": options.get("knots"), **dict.fromkeys(missing)}
    row["seconds"] = time.perf_counter() - started
    return {column: row[column] for column in COLUMNS}
