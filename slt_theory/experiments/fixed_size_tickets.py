"""Tickets with exactly k live numbers in every sum, k / n chosen in advance, beside Theorem 3.

A dead neuron is a zero and does not count among the k; it does count in n. At a fixed share k / n a
sum has fewer subsets to choose from than without the restriction, and n grows with k until every
weight is reached. Beside it stand two bounds of n for a single target: the fewest numbers that have
enough subsets, C(n, k) >= 1 / eps, and the entropy form log2(k / eps) / H(k / n) of Theorem 2 with
c_hyp = 1; and the n that Theorem 3 asks for, with c_amp = 1, for the whole network.

Source: Natale, Ferré, Giambartolomei, Giroire, Mallmann-Trenn (NeurIPS 2024, arXiv 2410.14754),
Theorems 2 and 3.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from fractions import Fraction
from math import comb, log2
from typing import Any

import numpy as np

from slt_theory.lattice import to_fraction
from slt_theory.networks import Dense
from slt_theory.records import Record
from slt_theory.tickets import Ticket, build_ticket, verify

__all__ = ["SHARE", "FixedSizeRow", "fixed_size_markdown", "fixed_size_row", "smallest_size"]

SHARE = Fraction(1, 20)
"""k / n"""


@dataclass(frozen=True)
class FixedSizeRow(Record):
    """One size.

    Attributes
    ----------
    size, n : int
        Live numbers of every sum, and its candidates.
    unreached : int
        Half-sums that no subset of this size reaches.
    exact : bool or None
        Whether every sum keeps exactly `size` live numbers, counted from seed and masks; None for
        an incomplete ticket.
    n_counting : int
        Fewest numbers with at least 1 / eps subsets of this size.
    n_entropy, n_theorem : float, int
        Theorem 2 for one target, Theorem 3 for the network; constants set to 1.
    density : float
        Kept weights over source weights.
    density_theorem : float
        rho k / n, rho the largest ratio of neighbouring widths.
    """

    size: int
    n: int
    half_sums: int
    unreached: int
    exact: bool | None
    n_counting: int
    n_entropy: float
    n_theorem: int
    density: float
    density_theorem: float
    max_weight_error: float


def fixed_size_row(
    target: Dense, size: int, *, eps: Any, seed: int = 0, threads: int | None = None
) -> FixedSizeRow:
    """Build one ticket at k / n = `SHARE`.

    Parameters
    ----------
    target : Dense
        Inputs in [0, 1].
    size : int
    eps : number
        Error of every weight.
    """
    from slt_theory.papers.natale2024 import FixedSize
    from slt_theory.papers.natale2024.sizes import entropy, network_n

    n = int(size / SHARE)
    ticket = build_ticket(
        target,
        FixedSize(size),
        eps=eps,
        seed=seed,
        n=n,
        signs="needed",
        threads=threads,
    )
    widths = target.widths
    ratio = max(max(a / b, b / a) for a, b in itertools.pairwise(widths))
    share, error = float(SHARE), float(to_fraction("eps", eps))
    largest = max(weights.size for weights in target.weights)
    report = verify(ticket, target)
    return FixedSizeRow(
        size=size,
        n=n,
        half_sums=sum(block.rows * block.columns for block in ticket.blocks),
        unreached=len(ticket.unreached),
        exact=keeps_exactly(ticket, size) if ticket.complete else None,
        n_counting=_counting(size, Fraction(eps)),
        n_entropy=log2(size / error) / entropy(share),
        n_theorem=network_n(target.depth, round(largest**0.5), share, error),
        density=ticket.density,
        density_theorem=ratio * share,
        max_weight_error=report.max_weight_error,
    )


def keeps_exactly(ticket: Ticket, size: int) -> bool:
    """True if every sum has `size` live numbers, from masks and redrawn weights alone."""
    from slt_theory.tickets.checking.effective import sparse_layers

    for index, block in enumerate(ticket.blocks):
        inner, outer = sparse_layers(ticket, index)
        live = np.flatnonzero(np.diff(inner.indptr))
        kept = outer[:, live]
        group = live // block.n
        counts = np.zeros((block.rows, block.layers[1].columns // block.n), dtype=int)
        rows = np.repeat(np.arange(block.rows), np.diff(kept.indptr))
        np.add.at(counts, (rows, group[kept.indices]), kept.data != 0)
        if (counts != size).any():
            return False
    return True


def _counting(size: int, eps: Fraction) -> int:
    n = size
    while comb(n, size) * eps < 1:
        n += 1
    return n


def smallest_size(
    target: Dense, *, eps: Any, most: int = 12, seed: int = 0, threads: int | None = None
) -> list[FixedSizeRow]:
    """Rows for k = 1, 2, ... up to the first ticket that is complete, `most` at the latest."""
    rows: list[FixedSizeRow] = []
    for size in range(1, most + 1):
        rows.append(fixed_size_row(target, size, eps=eps, seed=seed, threads=threads))
        if not rows[-1].unreached:
            break
    return rows


def fixed_size_markdown(rows: list[FixedSizeRow]) -> str:
    """The table as Markdown."""
    names = ["k", "n", "unreached", "exactly k", "n counting", "n entropy", "n Theorem 3"]
    names += ["density", "rho k/n"]
    lines = ["| " + " | ".join(names) + " |", "|" + "--:|" * len(names)]
    for row in rows:
        cells = [
            row.size,
            row.n,
            f"{row.unreached:,} of {row.half_sums:,}",
            {None: "–", True: "yes", False: "no"}[row.exact],
            row.n_counting,
            f"{row.n_entropy:.1f}",
            f"{row.n_theorem:,}",
            f"{row.density:.4f}",
            f"{row.density_theorem:.3f}",
        ]
        lines.append("| " + " | ".join(str(cell) for cell in cells) + " |")
    return "\n".join(lines)
