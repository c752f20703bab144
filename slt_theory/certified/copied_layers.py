"""Certified widths of one random layer more than the target: copies carry the subset sums."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from fractions import Fraction

from slt_theory.certified.exact import Real, inward, rational
from slt_theory.certified.frozen import frozen_n
from slt_theory.certified.result import Certified
from slt_theory.certified.search import certified_n
from slt_theory.certified.widths import (
    HALF_LAW,
    CertifiedWidths,
    layer_sizes,
    network_error,
    pieces,
    root_up,
)

__all__ = ["deep_widths"]


def deep_widths(
    dims: Sequence[int],
    network_eps: Real,
    delta: Real,
    *,
    free: Real = 1,
    locked: Real = 0,
) -> CertifiedWidths | None:
    """One random layer more than the target: copies of every neuron carry the subset sums.

    The copies of a neuron are different approximations of it, so an error is carried on with the
    sum of the absolute weights, at most (inputs) x (copies), not with the norm of the target.

    Parameters
    ----------
    dims, network_eps, delta
        As `dense_widths`.
    free, locked : float, str or Fraction, optional
        Fractions of free and of locked weights in all layers but the first two; the rest is
        pruned at random.

    Returns
    -------
    CertifiedWidths or None
        ``widths``: hidden units of the first gadget, then (copies) x (neurons) of every hidden
        layer of the target.

    Notes
    -----
    Source: Burkholz 2022, depth L + 1 (catalogue: burkholz2022-l-plus-one); frozen: Otsuka et
    al. 2024; recursion and constants own.
    """
    sizes, error = layer_sizes(dims, "dims"), network_error(network_eps)
    failure, depth = inward(delta, "delta"), len(sizes) - 1
    share = error / (depth * root_up(sizes[-1]))
    guess = 2 * sum(a * b for a, b in itertools.pairwise(sizes))
    # More sums leave each a smaller share of delta, hence more copies: guess and double.
    for _ in range(12):
        found = _deep(sizes, share, failure / guess, free, locked)
        if found is None:
            return None
        sums = _sums(sizes, found[2])
        if sums <= guess:
            return _composed(sizes, *found, error=error, failure=failure)
        guess = 2 * sums
    return None


def _sums(sizes: tuple[int, ...], copies: dict[int, int]) -> int:
    """Subset sums of all layers: two a weight of the first, one a copy of the others."""
    later = (sizes[i] * sizes[i + 1] * copies[i + 1] for i in range(1, len(sizes) - 1))
    return 2 * sizes[0] * sizes[1] * copies[1] + sum(later)


def _composed(
    sizes: tuple[int, ...],
    rows: list[Certified],
    entries: list[Fraction],
    copies: dict[int, int],
    *,
    error: Fraction,
    failure: Fraction,
) -> CertifiedWidths:
    sums = _sums(sizes, copies)
    return CertifiedWidths(
        (sizes[0] * rows[0].n, *(sizes[i] * copies[i] for i in range(1, len(sizes) - 1))),
        tuple(row.n for row in rows),
        tuple(float(e) for e in entries),
        sums,
        float(error),
        float(failure),
        "width-composition",
        pieces(rows, "relu-gadgets"),
        (
            "errors of copies travel with the sum of absolute weights",
            f"union bound over {sums} subset sums",
        ),
    )


def _deep(
    sizes: tuple[int, ...], share: Fraction, delta: Fraction, free: Real, locked: Real
) -> tuple[list[Certified], list[Fraction], dict[int, int]] | None:
    """Layers from the last to the first: numbers, entry errors, copies of each target layer."""
    depth = len(sizes) - 1
    copies, carry = {depth: 1}, Fraction(1)
    rows: list[Certified] = []
    entries: list[Fraction] = []
    for layer in range(depth, 0, -1):
        entry = min(Fraction(1, 2), share / (carry * root_up(sizes[layer - 1])))
        if layer == 1:
            row = certified_n(entry, delta, lo=-1, hi=1, law=HALF_LAW)
        elif rational(locked, "locked")[1] == 0 and rational(free, "free")[0] == 1:
            row = certified_n(entry, delta, lo=-1, hi=1, law="uniform")
        else:
            row = frozen_n(entry, delta, free=free, locked=locked)
        if row is None:
            return None
        rows.insert(0, row)
        entries.insert(0, entry)
        copies[layer - 1] = row.n
        carry *= sizes[layer - 1] * row.n
    return rows, entries, copies
