"""The smallest of several sufficient bounds by eps, beside bounds that are necessary."""

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
    """A range of eps, largest first, in which one bound wins (None: none applies)."""

    winner: str | None
    largest: float
    smallest: float
    at_largest: dict[str, float]
    at_smallest: dict[str, float]


@dataclass(frozen=True)
class BoundRegimes(Record):
    """Regimes of several bounds; `unnamed` constants were set to 1, `units` may differ.

    Attributes
    ----------
    necessary : tuple of str
        Bounds from below. Only what suffices can win, as the smallest; of bounds from below alone
        the largest wins.
    broken : dict
        Conditions of each that fail at some eps of the grid.
    below : dict
        Orders with constants set to 1 that fall below a bound that is necessary for the same
        question, and that bound: the constant is larger.
    """

    regimes: tuple[Regime, ...]
    units: dict[str, str]
    unnamed: dict[str, tuple[str, ...]]
    values: dict[str, float]
    necessary: tuple[str, ...]
    broken: dict[str, tuple[str, ...]]
    below: dict[str, str]


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
    """Scan eps from 1/2 to 2^-40 for the smallest of the bounds that suffice.

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
    # Parameters of conditions that no formula reads are held against nobody unless given.
    read = {name for entry in entries for name in (entry.bound.symbols if entry.bound else ())}
    values = {name: symbol.example for name, symbol in SYMBOLS.items() if name in read & known}
    values |= {"delta": delta, **parameters}
    grid = [2.0 ** -(1 + 39 * k / (_STEPS - 1)) for k in range(_STEPS)]
    rows = [{entry.id: _value(entry, values, eps) for entry in entries} for eps in grid]
    return BoundRegimes(
        regimes=_regimes(entries, rows, grid),
        units={entry.id: entry.unit for entry in entries},
        unnamed={entry.id: _unnamed(entry, named) for entry in entries},
        values=values,
        necessary=tuple(entry.id for entry in entries if entry.claims == "necessary"),
        broken={entry.id: _broken(entry, values, grid) for entry in entries},
        below=_below(entries, rows),
    )


def _unnamed(entry: Theorem, named: set[str]) -> tuple[str, ...]:
    """Constants of the entry's order to which no entry gives a value."""
    symbols = () if entry.named_n or entry.bound is None else entry.bound.symbols
    return tuple(s for s in symbols if SYMBOLS[s].meaning.startswith("unnamed") and s not in named)


def _broken(entry: Theorem, values: Mapping[str, float], grid: Sequence[float]) -> tuple[str, ...]:
    """Conditions that fail at some eps of the grid, each once."""
    words = (entry.broken_assumptions({**values, "eps": eps}) for eps in grid)
    return tuple(dict.fromkeys(word for some in words for word in some))


def _below(
    entries: Sequence[Theorem], rows: Sequence[Mapping[str, float | None]]
) -> dict[str, str]:
    """Sufficient bounds below one that is necessary for the same question, on the grid."""
    pairs = (
        (one.id, other.id)
        for one in entries
        for other in entries
        if (one.claims, other.claims) == ("sufficient", "necessary") and _asks_more(one, other)
    )
    return {
        one: other
        for one, other in pairs
        if any((row[one] or math.inf) < (row[other] or 0) for row in rows)
    }


def _asks_more(one: Theorem, other: Theorem) -> bool:
    """Tell whether what suffices for `one` does so for the question of `other`, a theorem."""
    asked = one.quantifiers, other.quantifiers
    return (
        other.kind != "conjecture"
        and one.unit == other.unit
        and asked[0].targets == asked[1].targets
        and asked[0].error == asked[1].error
        and one.window[0] <= other.window[0]
        and other.window[1] <= one.window[1]
    )


def _regimes(
    entries: Sequence[Theorem], found: Sequence[Mapping[str, float | None]], grid: Sequence[float]
) -> tuple[Regime, ...]:
    suffices = [entry.id for entry in entries if entry.claims == "sufficient"]
    rows = []
    for eps, values in zip(grid, found, strict=True):
        kept = {name: value for name, value in values.items() if value is not None}
        able = [name for name in suffices or kept if name in kept]
        best = min if suffices else max
        rows.append((eps, kept, best(able, key=lambda name: kept[name]) if able else None))
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
