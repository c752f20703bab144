"""Kinds of sweep: the parameters of a point, the cells it asks for, and what is read off them.

Reading is one function, used to plan, to resume and to export: it asks for the counts of cells,
and `Missing` says which are not there yet. Cells are named by what determines their numbers, so a
curve and a threshold, or thresholds at several delta, share their trials.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from slt_theory.errors import BadInput
from slt_theory.experiments.claims import case_of
from slt_theory.experiments.frozen import search_threshold
from slt_theory.experiments.question import Question
from slt_theory.experiments.threshold import Threshold
from slt_theory.experiments.trials import MAX_ITEMS
from slt_theory.statistics import clopper_pearson, hitting_quantile, verdict
from slt_theory.sweeps.draws import Cell, Tally, entry_cell, hitting_cell, success_cell
from slt_theory.sweeps.parameters import REQUIRED
from slt_theory.theorems.checks import FINDINGS

__all__ = ["KINDS", "Asked", "Kind", "Missing"]

Row = dict[str, Any]


class Missing(Exception):
    """The counts of this cell are not complete."""

    def __init__(self, cell: Cell) -> None:
        self.cell = cell


@dataclass(frozen=True)
class Asked:
    """One point of a sweep: its parameters, the trials behind it, and the counts of its cells.

    Attributes
    ----------
    point : mapping
        All parameters of the kind, see `slt_theory.sweeps.parameters`.
    trials, seed : int
    counts : callable
        The tally of a cell; raises `Missing`.
    """

    point: Mapping[str, Any]
    trials: int
    seed: int
    counts: Callable[[Cell], Tally]

    @property
    def question(self) -> Question:
        """The question that the parameters pose."""
        at = self.point
        return Question.of(
            at["law"],
            Fraction(at["eps"]),
            at["targets"],
            Fraction(at["lo"]),
            Fraction(at["hi"]),
            size=at["size"],
            lock=Fraction(at["lock"]),
            prune=Fraction(at["prune"]),
            dim=at["dim"],
        )

    def successes(self, question: Question, n: int) -> int:
        """Number of trials that succeed with n numbers."""
        return self.counts(success_cell(question, n, self.seed)).get("1", 0)

    def times(self, question: Question) -> dict[int, int]:
        """Trials by hitting time, in order."""
        tally = self.counts(hitting_cell(question, self.point["max_items"], self.seed))
        return {time: tally[str(time)] for time in sorted(map(int, tally))}


@dataclass(frozen=True)
class Kind:
    """One kind of sweep.

    Attributes
    ----------
    what : str
        One sentence for people.
    parameters : mapping
        Names and defaults, in the order of the columns.
    columns : tuple of str
        What `read` adds.
    read : callable
        Rows of a point.
    block : int
        Trials in a block unless the sweep says otherwise.
    """

    what: str
    parameters: Mapping[str, Any]
    columns: tuple[str, ...]
    read: Callable[[Asked], list[Row]]
    block: int = 1000


_QUESTION: dict[str, Any] = {
    "law": "uniform",
    "eps": REQUIRED,
    "targets": "all",
    "lo": -1,
    "hi": 1,
    "size": None,
    "lock": 0,
    "prune": 0,
    "dim": 1,
}
_BOUNDS = ("successes", "trials", "success_low", "success_high")


def _bounds(successes: int, trials: int, alpha: float) -> Row:
    low, high = clopper_pearson(successes, trials, alpha)
    return dict(zip(_BOUNDS, (successes, trials, low, high), strict=True))


def _threshold(asked: Asked) -> list[Row]:
    found = _measured(asked)
    return [
        {
            **found.interval(),
            "trials": found.trials,
            "unfinished": found.histogram.get(-1, 0),
        }
    ]


def _measured(asked: Asked) -> Threshold:
    at, question = asked.point, asked.question
    delta, level = at.get("delta", 0.5), at["level"]
    histogram: dict[int, int] = {}
    counts: dict[int, int] = {}
    if question.is_frozen:
        found, counts = search_threshold(
            lambda n: asked.successes(question, n),
            delta,
            trials=asked.trials,
            level=level,
            max_items=at["max_items"],
        )
    else:
        histogram = asked.times(question)
        found = hitting_quantile(_repeat(histogram), delta, level=level)
    return Threshold(
        question=question.to_dict(),
        delta=delta,
        level=level,
        trials=asked.trials,
        seed=asked.seed,
        n=found.n,
        n_low=found.n_low,
        n_high=found.n_high,
        histogram=histogram,
        counts=counts,
    )


def _repeat(histogram: Mapping[int, int]) -> Any:
    import numpy as np

    return np.repeat(
        np.array(list(histogram), dtype=np.int64),
        np.array(list(histogram.values()), dtype=np.int64),
    )


def _curve(asked: Asked) -> list[Row]:
    if asked.question.is_frozen:
        raise BadInput(
            "kind",
            "curve",
            "needs numbers that are all free",
            "use kind = 'success' and a grid of n",
        )
    return [
        {"n": p.n, **_bounds(p.successes, asked.trials, 1 - asked.point["level"])}
        for p in _measured(asked).curve()
    ]


def _success(asked: Asked) -> list[Row]:
    successes = asked.successes(asked.question, asked.point["n"])
    return [_bounds(successes, asked.trials, 1 - asked.point["level"])]


def _check(asked: Asked) -> list[Row]:
    at = asked.point
    window = {end: None if at[end] is None else Fraction(at[end]) for end in ("lo", "hi")}
    case = case_of(at["claim"], at["n"], Fraction(at["eps"]), at["delta"], **window)
    claimed, n = 1 - Fraction(at["delta"]), case.n
    if case.necessary:
        claimed, n = Fraction(at["delta"]), max(n - 1, 0)
    successes = asked.successes(case.question, n)
    if case.necessary:
        successes = asked.trials - successes
    found = case.verdict or verdict(successes, asked.trials, float(claimed), at["alpha"])
    return [
        {
            "n": n,
            "verdict": str(found),
            "claimed": float(claimed),
            **_bounds(successes, asked.trials, at["alpha"]),
        }
    ]


def _entry(asked: Asked) -> list[Row]:
    counts = asked.counts(entry_cell(asked.point["claim"], asked.point["check"], asked.seed))
    return [{"trials": asked.trials, **{name: counts.get(name, 0) for name in FINDINGS}}]


_READ: dict[str, Any] = {"level": 0.95, "max_items": MAX_ITEMS}

KINDS: dict[str, Kind] = {
    "threshold": Kind(
        "the smallest n with success 1 - delta, exact bounds; also fixed sizes and frozen numbers",
        {**_QUESTION, "delta": REQUIRED, **_READ},
        ("n", "n_low", "n_high", "trials", "unfinished"),
        _threshold,
    ),
    "curve": Kind(
        "success against n, exact bounds", {**_QUESTION, **_READ}, ("n", *_BOUNDS), _curve
    ),
    "success": Kind(
        "success with exactly n numbers, exact bounds",
        {**_QUESTION, "n": REQUIRED, "level": 0.95},
        _BOUNDS,
        _success,
    ),
    "check": Kind(
        "a verdict on a catalogue entry at given eps and delta, fixed sample",
        {
            "claim": REQUIRED,
            "eps": REQUIRED,
            "delta": REQUIRED,
            "n": None,
            "lo": None,
            "hi": None,
            "alpha": 1e-3,
        },
        ("verdict", "claimed", *_BOUNDS),
        _check,
    ),
    "entry": Kind(
        "verdicts of a catalogue entry's own checks, trial t with seed + t",
        {"claim": REQUIRED, "check": None},
        ("trials", *FINDINGS),
        _entry,
        block=1,
    ),
}
