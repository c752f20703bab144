"""Cells: independent trials of one kind, counted by outcome, and the blocks they are computed in.

A cell is named by all that determines its numbers and by nothing else: the kind of draw and the
version of its algorithm, its parameters, the seed. Trial t of a cell is the same whatever block,
thread or machine computes it, so counts of blocks add up to the counts of the cell.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache, cached_property
from typing import Any, NamedTuple

import numpy as np

from slt_theory.errors import BadInput
from slt_theory.experiments.check import answers_at
from slt_theory.experiments.question import Question
from slt_theory.experiments.trials import check_question, hitting_times
from slt_theory.laws import law_reference, read_law
from slt_theory.provenance import provenance
from slt_theory.streams import check_seed
from slt_theory.sweeps.keys import canonical, digest

__all__ = [
    "DRAWS",
    "Cell",
    "Computed",
    "Tally",
    "TrialBlock",
    "blocks_of",
    "compute",
    "entry_cell",
    "hitting_cell",
    "own_release",
    "success_cell",
]

Tally = dict[str, int]
"""Trials by outcome: a hitting time, 0 or 1, or a verdict, as text."""


@dataclass(frozen=True)
class Cell:
    """Trials that differ in their number only.

    Attributes
    ----------
    draw : str
        A key of `DRAWS`.
    parameters : str
        Canonical JSON.
    seed : int
    """

    draw: str
    parameters: str
    seed: int

    @cached_property
    def key(self) -> str:
        """Hash of all that determines the cell's trials: draw, its version, parameters, seed."""
        version = DRAWS[self.draw].version
        return digest([self.draw, version, self.parameters, self.seed])


class TrialBlock(NamedTuple):
    """Trials start .. stop - 1 of a cell."""

    cell: Cell
    start: int
    stop: int


class Computed(NamedTuple):
    """Result of one block, as a worker returns it."""

    tally: Tally
    seconds: float


def blocks_of(cell: Cell, trials: int, size: int) -> list[TrialBlock]:
    """The partition of a cell's trials; the last block may be short."""
    return [TrialBlock(cell, at, min(at + size, trials)) for at in range(0, trials, size)]


@cache
def own_release() -> str:
    """The version of the package in this process; read once, for it costs milliseconds."""
    return provenance()["slt-theory"]


def compute(block: TrialBlock, release: str) -> Computed:
    """Compute one block on this machine, in one thread.

    Parameters
    ----------
    block : TrialBlock
    release : str
        Version of the package that asks; a worker with another one refuses.
    """
    if own_release() != release:
        raise BadInput(
            "worker", own_release(), f"must have slt-theory {release}, as the one that asks"
        )
    cell, started = block.cell, time.perf_counter()
    tally = DRAWS[cell.draw].run(
        json.loads(cell.parameters), cell.seed, block.start, block.stop - block.start
    )
    return Computed(dict(sorted(tally.items())), time.perf_counter() - started)


@dataclass(frozen=True)
class Draw:
    """One kind of trial: ``run(parameters, seed, start, trials)`` counts outcomes.

    ``version`` goes up whenever the same parameters would give other numbers.
    """

    version: int
    run: Callable[[Mapping[str, Any], int, int, int], Tally]


def hitting_cell(question: Question, max_items: int, seed: int) -> Cell:
    """Hitting times of a question without frozen numbers."""
    check_question(question, 1, max_items)
    return _cell("hitting-times", {**_record(question), "max_items": max_items}, seed)


def success_cell(question: Question, n: int, seed: int) -> Cell:
    """Successes (outcome 1) with exactly n numbers."""
    check_question(question, 1, n)
    return _cell("successes", {**_record(question), "n": n}, seed)


def entry_cell(claim: str, check: str | None, seed: int) -> Cell:
    """Verdicts of an entry's own checks, trial t with the seed `seed` + t."""
    return _cell("entry", {"claim": claim, "check": check}, seed)


def _cell(draw: str, parameters: Mapping[str, Any], seed: int) -> Cell:
    return Cell(draw, canonical(parameters), check_seed(seed))


def _record(question: Question) -> dict[str, Any]:
    return {
        "law": law_reference(question.written or question.law),
        **{name: str(getattr(question, name)) for name in ("eps", "lo", "hi", "lock", "prune")},
        "random": question.random,
        "size": question.size,
        "dim": question.dim,
    }


def _question(record: Mapping[str, Any]) -> Question:
    return Question(
        law=read_law(record["law"]),
        eps=Fraction(record["eps"]),
        lo=Fraction(record["lo"]),
        hi=Fraction(record["hi"]),
        lock=Fraction(record["lock"]),
        prune=Fraction(record["prune"]),
        random=record["random"],
        size=record["size"],
        dim=record["dim"],
    )


def _hitting_times(record: Mapping[str, Any], seed: int, start: int, trials: int) -> Tally:
    times = hitting_times(
        _question(record),
        trials=trials,
        seed=seed,
        start=start,
        max_items=record["max_items"],
        threads=1,
    )
    values, counts = np.unique(times, return_counts=True)
    return {str(int(v)): int(c) for v, c in zip(values, counts, strict=True)}


def _successes(record: Mapping[str, Any], seed: int, start: int, trials: int) -> Tally:
    answers = answers_at(
        _question(record), record["n"], trials=trials, seed=seed, start=start, threads=1
    )
    found = int(np.count_nonzero(answers))
    return {outcome: count for outcome, count in (("0", trials - found), ("1", found)) if count}


def _entry(record: Mapping[str, Any], seed: int, start: int, trials: int) -> Tally:
    from slt_theory.experiments.catalogue import run_entry

    names = () if record["check"] is None else (record["check"],)
    verdicts: Counter[str] = Counter()
    for trial in range(start, start + trials):
        report = run_entry(record["claim"], names=names, seed=(seed + trial) % 2**64, threads=1)
        verdicts[report.checks[0].finding if names else str(report.verdict)] += 1
    return dict(verdicts)


DRAWS: dict[str, Draw] = {
    "hitting-times": Draw(1, _hitting_times),
    "successes": Draw(1, _successes),
    "entry": Draw(2, _entry),
}
