"""Smallest widths of tickets in partly frozen sources, beside the threshold of one frozen sum.

A ticket of depth L + 1 has two widths: copies of a hidden neuron, each a candidate of the sums of
the last layer as one uniform number, and hidden neurons of the first pair, each giving a product
u v with u > 0. For each the smallest n that builds a whole network (all its sums at once, numbers
left out where locked ones are in the way) is set beside the n at which one random target is reached
with probability 9/10, every locked number in the sum.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from slt_theory.networks import Network
from slt_theory.records import Record

if TYPE_CHECKING:
    from slt_theory.arrays import Bools
    from slt_theory.tickets import Ticket
    from slt_theory.tickets.building.depth import RandomSource
    from slt_theory.tickets.building.request import Request

__all__ = ["RATIOS", "SPLITS", "FrozenRow", "frozen_markdown", "frozen_row", "frozen_table"]

RATIOS = (Fraction(1, 5), Fraction(1, 2), Fraction(4, 5))
SPLITS = ((0, 1), (1, 1), (1, 0))
"""locked : pruned"""

_THEOREM = "otsuka2024-frozen-network"


@dataclass(frozen=True)
class FrozenRow(Record):
    """One freezing ratio and split.

    Attributes
    ----------
    ratio : float
        Share of the weights of subset-sum layers that is frozen; the in-layer of the pair has its
        pruned share only.
    locked, pruned : float
    copies, pair_n : int
        Smallest that build the network.
    copies_one, pair_one : int or None
        Measured n at which one random target of [-1, 1] is reached with probability 9/10.
    off : float
        Share of copies that are switched off.
    complete : bool
        Whether the ticket of these widths is complete and verified.
    """

    ratio: float
    locked: float
    pruned: float
    copies: int
    pair_n: int
    copies_one: int | None
    pair_one: int | None
    off: float
    source_weights: int
    max_weight_error: float
    complete: bool


def frozen_row(
    target: Network,
    *,
    eps: Any,
    lock: Fraction,
    prune: Fraction,
    seed: int = 0,
    trials: int = 400,
    threads: int | None = None,
) -> FrozenRow:
    """The smallest widths for one pattern of freezing, found by building.

    Parameters
    ----------
    target : Network
        Of at least two layers; inputs in [0, 1].
    eps : number
        Error of every weight.
    lock, prune : Fraction
    seed, trials : int
        Of the source, and of the measured thresholds.
    """
    from slt_theory.lattice import WEIGHT_BITS
    from slt_theory.laws import Uniform
    from slt_theory.tickets import verify
    from slt_theory.tickets.building.depth import MOST_COPIES, RandomSource, copies_do
    from slt_theory.tickets.building.locked import smallest
    from slt_theory.tickets.building.request import BuildSettings, parse_request
    from slt_theory.tickets.checking.certificate import certify

    request = parse_request(target, BuildSettings(eps=eps, seed=seed, threads=threads)).needed()
    source = RandomSource(Uniform(bits=WEIGHT_BITS), prune, lock)
    copies = smallest(lambda c: copies_do(request, source, c), 1, MOST_COPIES)
    pair_n, off, ticket = _smallest_pair(request, source, copies)
    report = verify(certify(ticket, target), target)
    return FrozenRow(
        ratio=float(lock + prune),
        locked=float(lock),
        pruned=float(prune),
        copies=copies,
        pair_n=pair_n,
        copies_one=_one_sum("uniform", eps, lock, prune, trials, seed),
        pair_one=_one_sum(_pair_law(prune), eps, lock, prune, trials, seed),
        off=0.0 if off is None else float(off.mean()),
        source_weights=ticket.source_weights,
        max_weight_error=report.max_weight_error,
        complete=report.ok and report.complete,
    )


def _smallest_pair(
    request: Request, source: RandomSource, copies: int
) -> tuple[int, Bools | None, Ticket]:
    """Smallest n of the first pair that builds the network, the copies switched off, the ticket."""
    from slt_theory.tickets.building.depth import fill_plan, plan_of, sufficient_n
    from slt_theory.tickets.building.locked import smallest

    estimate, _ = sufficient_n(request.with_n(copies), source)

    def builds(n: int) -> bool:
        plan = plan_of(request, source, n, copies)
        return plan.enough and fill_plan(request, _THEOREM, plan).complete

    n = smallest(builds, max(1, estimate // 2), 2 * estimate)
    plan = plan_of(request, source, n, copies)
    return n, plan.off[0], fill_plan(request, _THEOREM, plan)


def _pair_law(prune: Fraction) -> str:
    """One candidate of a half-sum: dead with chance 1/2, and where its in-weight is pruned."""
    law = "relu(uniform)*uniform"
    return law if not prune else f"bernoulli({1 - prune})*{law}"


def _one_sum(
    law: str, eps: Any, lock: Fraction, prune: Fraction, trials: int, seed: int
) -> int | None:
    from slt_theory.experiments.threshold import threshold

    return threshold(
        law=law,
        eps=eps,
        delta=0.1,
        targets="random",
        lock=lock,
        prune=prune,
        trials=trials,
        seed=seed,
    ).n


def frozen_table(
    target: Network,
    *,
    eps: Any,
    ratios: Sequence[Fraction] = RATIOS,
    seed: int = 0,
    trials: int = 400,
    threads: int | None = None,
) -> list[FrozenRow]:
    """`frozen_row` for every ratio and split; some minutes for the shipped digits network."""
    return [
        frozen_row(
            target,
            eps=eps,
            lock=ratio * Fraction(locked, locked + pruned),
            prune=ratio * Fraction(pruned, locked + pruned),
            seed=seed,
            trials=trials,
            threads=threads,
        )
        for ratio in ratios
        for locked, pruned in SPLITS
    ]


def frozen_markdown(rows: list[FrozenRow]) -> str:
    """The table as Markdown."""
    names = ["frozen", "locked", "pruned", "copies", "one sum", "pair n", "one sum", "off"]
    names += ["source weights", "complete"]
    lines = ["| " + " | ".join(names) + " |", "|" + "--:|" * len(names)]
    for row in rows:
        cells = [
            f"{row.ratio:g}",
            f"{row.locked:g}",
            f"{row.pruned:g}",
            row.copies,
            row.copies_one,
            row.pair_n,
            row.pair_one,
            f"{row.off:.1%}",
            f"{row.source_weights:,}",
            "yes" if row.complete else "no",
        ]
        lines.append("| " + " | ".join(str(cell) for cell in cells) + " |")
    return "\n".join(lines)
