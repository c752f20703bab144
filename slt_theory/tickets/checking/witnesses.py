"""Inputs on which a ticket errs much: searched by a build, kept in its file, evaluated anew.

A file is not believed that they are bad inputs, only asked which: every check evaluates them, and a
seeded set of its own, in float64 less all rounding. What they show is a lower bound of the error,
and no upper bound rests on them.
"""

from __future__ import annotations

import time
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from slt_theory.errors import BadInput
from slt_theory.networks import Network
from slt_theory.tickets.checking.edges import edge_inputs
from slt_theory.tickets.checking.error_search import evaluations, start_inputs, worst_input
from slt_theory.tickets.checking.outward import Range
from slt_theory.tickets.checking.unrolled import SourceMap
from slt_theory.tickets.domain import Ball, Domain
from slt_theory.tickets.ticket import Ticket

__all__ = [
    "checked_seconds",
    "evaluated_inputs",
    "kept_inputs",
    "searched_inputs",
    "witness_failures",
]

Floats = NDArray[np.float64]
_MOST_KEPT = 16
_SEEDED, _FEWEST_SEEDED, _SEEDED_WORK = 64, 4, 2e9
"""Inputs of the seeded set, in large networks as many as so many multiplications allow."""
_SHORT_WORK = 5e8
"""Of the search for a file that keeps no inputs, as those of earlier versions."""
_SEEDS = 1 << 64


def witness_failures(ticket: Ticket, target: Network, domain: Domain) -> list[str]:
    """What is wrong with the inputs that a file keeps: too many, of another size, or outside."""
    kept = ticket.witnesses
    if len(kept) > _MOST_KEPT:
        return [f"keeps {len(kept)} inputs, {_MOST_KEPT} at most are searched"]
    for number, x in enumerate(kept):
        if x.shape != (target.size_in,):
            return [
                f"kept input {number} has {x.size:,} numbers, the target takes {target.size_in:,}"
            ]
        if not _inside(domain, x):
            return [f"kept input {number} does not lie in {domain}"]
    return []


def _inside(domain: Domain, x: Floats) -> bool:
    """Whether an input lies in a domain, exactly."""
    if not np.isfinite(x).all():
        return False
    if isinstance(domain, Ball):
        square = sum((Fraction(v) ** 2 for v in x.tolist()), Fraction(0))
        return square <= Fraction(domain.radius) ** 2
    return bool(((domain.lo <= x) & (x <= domain.hi)).all())


def checked_seconds(seconds: float) -> float:
    """Seconds of a search.

    Raises
    ------
    BadInput
        If it is no number of 0 or more seconds, or has no end.
    """
    if not 0 <= seconds < np.inf:
        raise BadInput("search", seconds, "must be 0 or more seconds", "e.g. 60")
    return seconds


def searched_inputs(
    target: Network,
    domain: Domain,
    maps: list[SourceMap],
    deviations: list[Range | None],
    *,
    seed: int,
) -> list[Floats]:
    """Inputs (numbers in,) that a build keeps: the worst found, and those of `edge_inputs`."""
    worst = worst_input(target, domain, maps, seed=seed)
    return [worst, *edge_inputs(target, domain, maps, deviations, seed=seed)]


def kept_inputs(
    ticket: Ticket, target: Network, domain: Domain, maps: list[SourceMap], seconds: float
) -> list[Floats]:
    """Inputs (numbers in,) that a file keeps, or a short search finds; with `seconds` more of them.

    Rounds of the search start from other corners until the time is over.
    """
    inputs, until = list(ticket.witnesses), time.monotonic() + seconds
    if not inputs:
        inputs = [worst_input(target, domain, maps, seed=ticket.seed, work=_SHORT_WORK)]
    turn = 0
    while time.monotonic() < until:
        turn += 1
        inputs.append(worst_input(target, domain, maps, seed=(ticket.seed + turn) % _SEEDS))
    return inputs


def evaluated_inputs(
    target: Network, domain: Domain, maps: list[SourceMap], inputs: list[Floats], *, seed: int
) -> Floats:
    """The inputs, and a seeded set of others: rows on which both networks are evaluated."""
    count = int(_SEEDED_WORK / evaluations(target, maps))
    count = min(_SEEDED, max(_FEWEST_SEEDED, count))
    return np.concatenate([np.array(inputs), start_inputs(domain, count, target.size_in, seed)])
