"""Which of several bounds is smallest, and for which eps."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from slt_theory.errors import BadInput
from slt_theory.records import Record
from slt_theory.theorems import Theorem, get
from slt_theory.theorems.symbols import SYMBOLS

__all__ = ["BoundRegimes", "Regime", "compare_formulas", "shown"]

_STEPS = 240
"""Points of the grid from eps = 1/2 to 2^-40, six a factor of two."""


@dataclass(frozen=True)
class Regime(Record):
    """A range of eps, largest first, in which one bound is the smallest (None: none applies)."""

    winner: str | None
    largest: float
    smallest: float
    at_largest: dict[str, float]
    at_smallest: dict[str, float]


@dataclass(frozen=True)
class BoundRegimes(Record):
    """Regimes of several bounds; `unnamed` constants were set to 1, `units` may differ."""

    regimes: tuple[Regime, ...]
    units: dict[str, str]
    unnamed: dict[str, tuple[str, ...]]
    values: dict[str, float]


def _value(entry: Theorem, values: Mapping[str, float], eps: float) -> float | None:
    """The bound at eps; None where a condition fails or the formula has no value."""
    given = {**values, "eps": eps}
    if entry.broken_assumptions(dict(given)):
        return None
    if entry.named_n is not None:
        return float(entry.named_n(eps, given["delta"], *entry.window))
    assert entry.bound is not None  # asked for before
    try:
        found = entry.bound(**{name: given[name] for name in entry.bound.symbols})
    except (ValueError, ZeroDivisionError, OverflowError):
        return None
    return found if math.isfinite(found) and found >= 0 else None


def compare_formulas(
    ids: Sequence[str], parameters: Mapping[str, float], delta: float
) -> BoundRegimes:
    """Scan eps from 1/2 to 2^-40 for the smallest of the bounds.

    Parameters
    ----------
    ids : sequence of str
        At least two entries with a bound that depends on eps.
    parameters : mapping
        Values of symbols; others keep the example of `slt_theory.theorems.symbols`.
    delta : float
        Failure probability.

    Raises
    ------
    BadInput
        For fewer than two, and for an entry whose bound does not say how it grows with eps.
    """
    if len(set(ids)) < 2:
        raise BadInput("ID", list(ids), "needs two or more bounds to compare")
    entries = [get(name) for name in dict.fromkeys(ids)]
    for entry in entries:
        if entry.named_n is None and (entry.bound is None or "eps" not in entry.bound.symbols):
            raise BadInput("ID", entry.id, "has no bound that depends on eps", "slt show ID")
    known = {name for entry in entries for name in entry.parameters}
    for name in set(parameters) - known:
        raise BadInput("param", name, "is read by none of them", f"known: {sorted(known)}")
    named = {one.symbol for entry in entries for one in entry.constants if one.value is not None}
    values = {name: symbol.example for name, symbol in SYMBOLS.items() if name in known}
    # Parameters of conditions that no formula reads are held against nobody unless given.
    values |= {"delta": delta, **parameters}
    grid = [2.0 ** -(1 + 39 * k / (_STEPS - 1)) for k in range(_STEPS)]
    return BoundRegimes(
        regimes=_regimes(entries, values, grid),
        units={entry.id: entry.unit for entry in entries},
        unnamed={
            entry.id: tuple(
                s
                for s in (() if entry.named_n or entry.bound is None else entry.bound.symbols)
                if SYMBOLS[s].meaning.startswith("unnamed") and s not in named
            )
            for entry in entries
        },
        values=values,
    )


def _regimes(
    entries: Sequence[Theorem], values: Mapping[str, float], grid: Sequence[float]
) -> tuple[Regime, ...]:
    rows = []
    for eps in grid:
        found = {entry.id: _value(entry, values, eps) for entry in entries}
        kept = {name: value for name, value in found.items() if value is not None}
        rows.append((eps, kept, min(kept, key=lambda name: kept[name]) if kept else None))
    ranges: list[Regime] = []
    start = 0
    for k in range(1, len(rows) + 1):
        if k == len(rows) or rows[k][2] != rows[start][2]:
            first, last = rows[start], rows[k - 1]
            ranges.append(Regime(first[2], first[0], last[0], first[1], last[1]))
            start = k
    return tuple(ranges)


def shown(comparison: BoundRegimes) -> list[list[Any]]:
    """Rows for a table: range of eps, the smallest bound, and all of them at both ends."""
    names = list(comparison.units)

    def ends(name: str, regime: Regime) -> str:
        a, b = regime.at_largest.get(name), regime.at_smallest.get(name)
        return " .. ".join(
            "-" if v is None else f"{v:,.0f}" if v < 1e9 else f"{v:.2g}" for v in (a, b)
        )

    return [
        [
            f"{regime.largest:.3g} .. {regime.smallest:.3g}",
            regime.winner or "none applies",
            *(ends(name, regime) for name in names),
        ]
        for regime in comparison.regimes
    ]
