"""Universal tickets: one masked random network whose outputs are the functions of a family."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from slt_theory.errors import BadInput, NeedsMemory, NotFoundWithinLimits
from slt_theory.lattice import positive_fraction
from slt_theory.streams import check_seed
from slt_theory.tickets.block import Block
from slt_theory.tickets.checking.effective import effective_block
from slt_theory.tickets.frozen import NOTHING_FROZEN, Freezing, freezing
from slt_theory.tickets.ticket import Ticket
from slt_theory.universal.check import certify, deviations, largest_sum, log_cells
from slt_theory.universal.family import Family, Monomials, parse_family
from slt_theory.universal.functions import decay, negative_log
from slt_theory.universal.hinges import Job, fill, pieces, reach_needed
from slt_theory.universal.mixing import fill_mixing, mixing_block
from slt_theory.universal.rules import THEOREM
from slt_theory.universal.source import HingeSource, pair_block, single_block

__all__ = ["Options", "build_universal"]

_LARGEST_SOURCE = 1 << 25
_ATTEMPTS = 3
_CANDIDATES = 16
# The search sees a grid, the certificate the whole interval.
_SEARCHED = 0.985
# Shares of the error of a monomial: logarithms, their sums; exp gets what these leave.
_LOG_SHARE, _MIXING_SHARE = 0.25, 0.12

Masks = list[tuple[NDArray[np.uint8], ...]]


@dataclass(frozen=True)
class Options:
    """Choices of a builder.

    Attributes
    ----------
    n : int or None
        In-neurons for every input and for the constant, dead ones included; None takes 16,
        and more where the source is frozen: ``16 / (free share)^2``.
    knots : int or None
        Hidden neurons, in groups of `copies`; None takes what the family's curvature asks
        for, and twice as many should that not do.
    copies : int
        Hidden neurons a group, and constants for an output.
    size : int
        Products in the sum that makes a slope, and in the one that makes a bias.
    frozen : Freezing
        Random freezing of the source: locked in the last layers only, pruned everywhere.
    beam : int
        Walks followed for every number of kept weights.
    """

    n: int | None = None
    knots: int | None = None
    copies: int = 24
    size: int = 1
    frozen: Freezing = NOTHING_FROZEN
    beam: int = 2


def build_universal(
    family: Family | Monomials | str,
    *,
    eps: Any,
    seed: int = 0,
    n: int | None = None,
    knots: int | None = None,
    size: int = 1,
    prune: Any = 0,
    lock: Any = 0,
    beam: int = 2,
) -> Ticket:
    """Find a family of functions inside a random ReLU network.

    Parameters
    ----------
    family : Family, Monomials or str
        Or a name such as ``"powers:1-4"``.
    eps : number
        Sup error of every function on the whole domain, certified.
    seed : int
        Of the source network.
    n, knots, size, beam
        See `Options`.
    prune, lock : number
        Shares of the source's weights frozen to 0 and to their value before any mask is chosen.

    Returns
    -------
    Ticket
        With its certificate; `slt_theory.universal.verify` checks it on its own.

    Raises
    ------
    BadInput
        If an argument is out of range.
    NotFoundWithinLimits
        If the source does not hold the family at this eps; names the function and the place.
    NeedsMemory
        If the source would not fit.

    Notes
    -----
    A function with ``s = integral of sqrt|f''|`` needs about ``s / (4 sqrt(eps))`` kinks, the least
    that any continuous piecewise-linear function can have for small eps, and three kept weights a
    kink: no logarithm of the error enters. A second for a hundred kinks, about.

    Source: Burkholz, Laha, Mukherjee, Gotovos (ICLR 2022), catalogue id
    ``burkholz2022c-universal``; the search is ours.

    Examples
    --------
    >>> ticket = build_universal("sin:1", eps=0.05, seed=1)
    >>> max(f["sup_error_bound"] for f in ticket.certificate["functions"]) <= 0.05
    True
    """
    chosen = parse_family(family) if isinstance(family, str) else family
    if not isinstance(chosen, Family | Monomials):
        raise BadInput("family", type(family).__name__, "must be a Family, Monomials or a name")
    exact = positive_fraction("eps", eps)
    if not Fraction(1, 10**8) <= exact <= 10:
        raise BadInput("eps", float(exact), "must lie in 1e-8 .. 10")
    if n is not None:
        _whole("n", n, 2, 256)
    _whole("size", size, 1, 3)
    _whole("beam", beam, 1, 64)
    if knots is not None:
        _whole("knots", knots, 1, 1 << 16)
    options = Options(n=n, knots=knots, size=size, frozen=freezing(prune, lock), beam=beam)
    builder = _FamilyBuilder(chosen, exact, check_seed(seed), options)
    for attempt in range(_ATTEMPTS):
        try:
            return builder.run(1 << attempt)
        except NotFoundWithinLimits:
            if knots is not None or attempt == _ATTEMPTS - 1:
                raise
    raise AssertionError("unreachable")


def _whole(name: str, value: Any, least: int, most: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        raise BadInput(name, value, "must be a whole number")
    if not least <= value <= most:
        raise BadInput(name, value, f"must lie in {least}..{most}")


@dataclass
class _FamilyBuilder:
    family: Family | Monomials
    eps: Fraction
    seed: int
    options: Options

    def run(self, stretch: int) -> Ticket:
        """One attempt, with `stretch` times the knots."""
        self.stretch = stretch
        if isinstance(self.family, Family):
            blocks, masks = self._univariate(self.family)
        else:
            blocks, masks = self._monomials(self.family)
        ticket = certify(self._ticket(blocks, masks), self.family)
        for function in ticket.certificate["functions"]:
            if not function["sup_error_bound"] <= self._eps:
                raise NotFoundWithinLimits(
                    f"{function['name']}: certified {function['sup_error_bound']:.6g} above eps"
                )
        return ticket

    @property
    def _eps(self) -> float:
        """The error as a float, not above the exact one."""
        value = float(self.eps)
        return value if Fraction(value) <= self.eps else math.nextafter(value, 0.0)

    def _ticket(self, blocks: list[Block], masks: Masks) -> Ticket:
        return Ticket(
            theorem=THEOREM,
            seed=self.seed,
            target_sha256=self.family.sha256,
            domain=self.family.domain,
            blocks=tuple(blocks),
            masks=tuple(masks),
            network_eps=self._eps,
        )

    def _hinges(
        self, jobs: list[Job], *, inputs: int, outputs: int, two_sided: bool, stream: int
    ) -> tuple[list[Block], Masks]:
        """A pair and a single layer that do the jobs."""
        needed = [pieces(j.function, s * _length(j, s), j.tolerance) for j in jobs for s in j.sides]
        # The narrower the pieces, the fewer hinges fall into one.
        enough = max(48.0, 4 * max(needed), sum(needed) / 4)
        reach = max(reach_needed(j.function, (-j.left, j.right), j.tolerance) for j in jobs)
        options, frozen = self.options, self.options.frozen
        n = options.n or math.ceil(_CANDIDATES / float(frozen.free) ** 2)
        # A row is of use if its own output's link is there and no other one's is locked.
        enough /= float((1 - frozen.prune) * (1 - frozen.lock) ** (outputs - 1))
        knots = options.knots or math.ceil(enough * self.stretch)
        pair = pair_block(
            inputs=inputs,
            n=n,
            knots=knots,
            copies=options.copies,
            two_sided=two_sided,
            eps=str(self.eps),
            stream=stream,
            freezing=frozen,
        )
        single = single_block(
            outputs=outputs,
            knots=knots,
            copies=options.copies,
            scale_exponent=max(0, math.ceil(math.log2(2 * reach))),
            eps=str(self.eps),
            stream=stream + 2,
            freezing=frozen,
        )
        weights = pair.source_weights + single.source_weights
        if weights > _LARGEST_SOURCE:
            raise NeedsMemory(
                f"a source of {weights:,} weights", 24 * weights, 24 * _LARGEST_SOURCE, "raise eps"
            )
        source = HingeSource(pair, single, self.seed)
        fill(source, jobs, size=options.size, beam=options.beam)
        return [pair, single], list(source.masks())

    def _univariate(self, family: Family) -> tuple[list[Block], Masks]:
        tolerance = _SEARCHED * self._eps
        # The bent ones first: the others use their hinges.
        order = sorted(
            range(len(family.functions)),
            key=lambda k: -pieces(family.functions[k], float(family.hi or family.lo), tolerance),
        )
        jobs = [
            Job(k, 0, family.functions[k], -float(family.lo), float(family.hi), tolerance)
            for k in order
        ]
        return self._hinges(jobs, inputs=1, outputs=len(jobs), two_sided=family.lo < 0, stream=0)

    def _monomials(self, family: Monomials) -> tuple[list[Block], Masks]:
        d, rows = family.inputs, family.exponents
        degrees = [sum(row) for row in rows]
        log_error = _LOG_SHARE * self._eps / max(degrees)
        jobs = [Job(j, j, negative_log(), 0.0, 1.0, log_error) for j in range(d)]
        blocks, masks = self._hinges(jobs, inputs=d, outputs=d, two_sided=False, stream=0)
        # A weight of a logarithm counts log 2 at most; the error is shared by its variables.
        variables = np.array([np.count_nonzero(row) for row in rows])
        radii = _MIXING_SHARE * self._eps / (math.log(2) * variables)
        bits = math.log2(2 * max(map(max, rows)) / float(radii.min()))
        free = float(self.options.frozen.free)
        mixing = mixing_block(
            exponents=rows,
            n=math.ceil(2 * self.stretch * (bits + 12) / free**2),
            eps=str(self.eps),
            stream=3,
            freezing=self.options.frozen,
        )
        blocks.append(mixing)
        masks.append(fill_mixing(mixing, rows, radii, self.seed))
        sofar = [effective_block(self._ticket(blocks, masks), k) for k in range(3)]
        logs = log_cells(sofar, d)
        jobs = []
        for m, row in enumerate(rows):
            below, above = deviations(sofar[2], logs, row, m)
            jobs.append(
                Job(
                    m,
                    m,
                    decay(),
                    0.0,
                    float(largest_sum(row, above)),
                    _SEARCHED * self._eps,
                    max(math.expm1(above), -math.expm1(-below)),
                )
            )
        more, last = self._hinges(
            jobs, inputs=len(rows), outputs=len(rows), two_sided=False, stream=5
        )
        return blocks + more, masks + last


def _length(job: Job, side: int) -> float:
    return job.right if side > 0 else job.left
