"""Inputs on which a ticket errs much: searched by a build, kept in its file, evaluated anew.

A file is not believed that they are bad inputs, only asked which: every check evaluates them, and a
seeded set of its own, in float64 less all rounding. What they show is a lower bound of the error,
and no upper bound rests on them.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from slt_theory.errors import BadInput
from slt_theory.networks import Network
from slt_theory.networks.smallest_image import placed_in_image
from slt_theory.tickets.checking.edges import edge_inputs
from slt_theory.tickets.checking.error_search import (
    errors_shown,
    evaluations,
    start_inputs,
    worst_input,
)
from slt_theory.tickets.checking.outward import Range
from slt_theory.tickets.checking.unrolled import SourceMap
from slt_theory.tickets.domain import Ball, Domain
from slt_theory.tickets.ticket import Ticket

__all__ = ["Hunt", "checked_seconds", "witness_failures"]

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


@dataclass(frozen=True)
class Hunt:
    """The search for inputs with large errors, on the smallest image, and their evaluation.

    Attributes
    ----------
    target : Network
    domain : Domain
    small : Network
        Of `slt_theory.networks.smallest_image.smallest_image`, with the ticket's `maps` on it.
    seed : int
    """

    target: Network
    domain: Domain
    small: Network
    maps: list[SourceMap]
    seed: int

    def searched(self, deviations: list[Range | None]) -> list[Floats]:
        """Inputs (numbers in,) that a build keeps: the worst found, and those of `edge_inputs`."""
        worst = worst_input(self.small, self.domain, self.maps, seed=self.seed)
        edges = edge_inputs(self.small, self.domain, self.maps, deviations, seed=self.seed)
        return self._placed([worst, *edges])

    def kept(self, ticket: Ticket, seconds: float) -> list[Floats]:
        """Inputs (numbers in,) that a file keeps, or a short search finds; with `seconds` more.

        Rounds of the search start from other corners until the time is over.
        """
        inputs, until = list(ticket.witnesses), time.monotonic() + seconds
        if not inputs:
            worst = worst_input(
                self.small, self.domain, self.maps, seed=self.seed, work=_SHORT_WORK
            )
            inputs = self._placed([worst])
        turn = 0
        while time.monotonic() < until:
            turn += 1
            seed = (self.seed + turn) % _SEEDS
            inputs += self._placed([worst_input(self.small, self.domain, self.maps, seed=seed)])
        return inputs

    def shown(self, maps: list[SourceMap], inputs: list[Floats]) -> list[Floats]:
        """Errors of every value at the inputs and at a seeded set, less all rounding.

        `maps` are the ticket's on the target's own images.
        """
        count = int(_SEEDED_WORK / evaluations(self.target, maps))
        count = min(_SEEDED, max(_FEWEST_SEEDED, count))
        seeded = start_inputs(self.domain, count, self.target.size_in, self.seed)
        return errors_shown(self.target, maps, np.concatenate([np.array(inputs), seeded]))

    def _placed(self, inputs: list[Floats]) -> list[Floats]:
        low, high = self.domain.ends(1)
        rest = float(np.clip(0.0, low, high)[0])
        return list(placed_in_image(self.small, self.target, np.array(inputs), rest))
