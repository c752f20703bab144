"""All theorems over one architecture: certified, counting and measured sizes in one table."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any

from slt_theory.certified import counting_n
from slt_theory.experiments.question import Question
from slt_theory.experiments.sufficient import necessary_of
from slt_theory.experiments.threshold import threshold
from slt_theory.experiments.widths import network_cost
from slt_theory.lattice import positive_fraction
from slt_theory.records import Record
from slt_theory.statistics import DELTA
from slt_theory.theorems import Theorem, all_theorems
from slt_theory.theorems.networks import Cost, LayerShape, Layout, as_numbers, malach_width

__all__ = ["ONE_SUM", "CompareRow", "compare_bounds", "comparison_markdown"]

ONE_SUM = 0.01
"""Failure probability of one sum at which widths are measured; delta / sums is out of reach."""


@dataclass(frozen=True)
class CompareRow(Record):
    """One line of the comparison of theorems over an architecture."""

    theorem: str
    quantifier: str
    n_certified: int | None
    n_counting: int | None
    n_necessary: int | None
    n_measured: int | None
    proof: str | None
    certified: Cost | None
    counting: Cost | None
    measured: Cost | None
    stated: Cost | None
    note: str

    def to_dict(self) -> dict[str, Any]:
        record = super().to_dict()
        for key in ("certified", "counting", "measured", "stated"):
            cost = getattr(self, key)
            record[key] = None if cost is None else as_numbers(cost)
        return record


def compare_bounds(
    layers: Sequence[LayerShape],
    *,
    eps: Any = None,
    network_eps: Any = None,
    delta: float = DELTA,
    trials: int = 2000,
    seed: int = 0,
) -> list[CompareRow]:
    """Every theorem with a layout for this architecture, and those with an explicit width.

    The first row is the packing bound: parameters that every scheme needs. Measured numbers are
    for one sum at failure probability `ONE_SUM`, all targets of [-1, 1];
    certified ones hold for the whole network at `delta`.
    """
    rows = [_packing(layers, eps, network_eps)]
    for entry in all_theorems():
        if entry.id == "malach2020-weights":
            rows.append(_malach(entry, layers, eps, network_eps, delta))
            continue
        cost = network_cost(entry, layers, eps=eps, network_eps=network_eps, delta=delta)
        construction = entry.construction
        if cost is None or construction is None:
            continue
        counting = counting_n(cost.entry_eps, lo=-1, hi=1).n
        asks = tuple(sorted(construction.asks.items()))
        measured = _measured(construction.law, asks, cost.entry_eps, trials, seed)

        def at(n: int | None, shape: Any = construction.shape) -> Cost | None:
            return None if n is None else shape(layers, n)

        rows.append(
            CompareRow(
                theorem=entry.id,
                quantifier=f"{entry.quantifiers.networks} networks",
                n_certified=cost.certified,
                n_counting=counting,
                n_necessary=_necessary(construction, cost.entry_eps, delta),
                n_measured=measured,
                proof=cost.proof,
                certified=at(cost.certified),
                counting=at(counting),
                measured=at(measured),
                stated=None,
                note="; ".join(t for t in (construction.note, cost.rule) if t),
            )
        )
    return rows


def _malach(
    entry: Theorem, layers: Sequence[LayerShape], eps: Any, network_eps: Any, delta: float
) -> CompareRow:
    """The explicit width of Malach et al., for a network's error or for that of one weight."""
    depth = len(layers)
    if network_eps is not None:
        whole = float(positive_fraction("network_eps", network_eps))
        widths = tuple(malach_width(layer, depth, whole, delta) for layer in layers)
    else:
        # (4/e^2) log(2/delta) neurons reach one weight at error 2 e.
        half = float(positive_fraction("eps", eps)) / 2
        sums = sum(layer.weights for layer in layers)
        each = math.ceil(4 / half**2 * math.log(2 * sums / delta))
        widths = tuple(layer.weights * each for layer in layers)
    weights = sum(
        w * (layer.inputs + layer.outputs * layer.taps)
        for w, layer in zip(widths, layers, strict=True)
    )
    return CompareRow(
        theorem=entry.id,
        quantifier=f"{entry.quantifiers.networks} networks",
        n_certified=None,
        n_counting=None,
        n_necessary=None,
        n_measured=None,
        proof=None,
        certified=None,
        counting=None,
        measured=None,
        stated=Cost(2 * depth, widths, weights, weights),
        note="the paper's own explicit width, constants recalled",
    )


def _packing(layers: Sequence[LayerShape], eps: Any, network_eps: Any) -> CompareRow:
    """Parameters that no scheme can do without: masks must tell packed targets apart."""
    if network_eps is not None:
        error = float(positive_fraction("network_eps", network_eps))
        largest = max(layer.weights for layer in layers)
        bits = math.ceil(largest * math.log2(1 / (2 * error)) - 1)
        note = "packing of the largest layer alone, as a linear map"
    else:
        error = float(positive_fraction("eps", eps))
        bits = math.ceil(sum(layer.weights for layer in layers) * math.log2(1 / error))
        note = "log2(1/eps) bits for each weight of [-1, 1]"
    return CompareRow(
        theorem="pensia2020-lower-bound",
        quantifier="any scheme",
        n_certified=None,
        n_counting=None,
        n_necessary=None,
        n_measured=None,
        proof="packing-bound",
        certified=None,
        counting=Cost(len(layers), (), bits, bits),
        measured=None,
        stated=None,
        note=note,
    )


def _necessary(construction: Layout, eps: Fraction, delta: float) -> int | None:
    """Necessary n of one sum: a network fails at least as often as one of its sums."""
    demands = Question.demands(construction.asks)
    question = Question.of(construction.law, eps, "all", -1, 1, **demands)
    found = necessary_of(question, delta, fixed=True)
    return None if found is None else found.n


@lru_cache(maxsize=64)
def _measured(
    law: str, asks: tuple[tuple[str, str], ...], eps: Fraction, trials: int, seed: int
) -> int | None:
    if trials == 0 or eps < Fraction(1, 10**5):
        return None
    used = trials if eps >= Fraction(1, 2000) else min(trials, 1000)
    demands = Question.demands(dict(asks))
    return threshold(law=law, eps=eps, delta=ONE_SUM, trials=used, seed=seed, **demands).n


def _count(value: int | None) -> str:
    if value is None:
        return "–"
    return f"{value:,}" if value < 10**9 else f"{float(value):.2e}"


def comparison_markdown(title: str, rows: Sequence[CompareRow]) -> str:
    """The table as Markdown."""
    columns = [
        "theorem",
        "for",
        "n certified",
        "n counting",
        "n necessary",
        "n measured",
        "depth",
        "weights certified",
        "weights counting",
        "weights measured",
        "weights stated",
        "mask bits certified",
        "proof",
        "note",
    ]
    rule = "|---|---|" + "--:|" * 10 + "---|---|"
    lines = [f"### {title}", "", "| " + " | ".join(columns) + " |", rule]
    for row in rows:
        shown = row.certified or row.stated or row.measured
        costs = (row.certified, row.counting, row.measured, row.stated)
        cells = [
            f"`{row.theorem}`",
            row.quantifier,
            _count(row.n_certified),
            _count(row.n_counting),
            _count(row.n_necessary),
            _count(row.n_measured),
            _count(shown.depth if shown else None),
            *(_count(cost.weights if cost else None) for cost in costs),
            _count(row.certified.mask_bits if row.certified else None),
            row.proof or "–",
            row.note,
        ]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join([*lines, ""])
