"""Certified widths of whole networks, by union bounds over the proved pieces.

All statements are strong: with probability at least ``1 - delta`` over the random source, *every*
target of the class has a ticket. Widths are numbers of hidden units (or channels).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from fractions import Fraction
from typing import Any

from slt_theory.certified.exact import Real, inward, rational
from slt_theory.certified.frozen import frozen_n
from slt_theory.certified.result import Certified
from slt_theory.certified.search import certified_n
from slt_theory.errors import BadInput

__all__ = [
    "CertifiedWidths",
    "attention_widths",
    "convolution_widths",
    "deep_widths",
    "dense_widths",
    "frozen_n",
    "root_up",
]

HALF_LAW = "relu(uniform)*uniform"


@dataclass(frozen=True, slots=True)
class CertifiedWidths:
    """Widths of a source network that are proved to suffice.

    Attributes
    ----------
    widths : tuple of int
        Hidden units or channels, one entry a construction layer.
    items : tuple of int
        Random numbers available to one weight, per layer.
    entry_errors : tuple of float
        Error granted to one weight, per layer.
    sums : int
        Subset sums in the union bound.
    error, delta : float
        Error of the network and failure probability.
    proof : str
        Id of the proof of the composition.
    rests_on : tuple of str
        Ids of the pieces.
    steps : tuple of str
        How the pieces were put together.
    """

    widths: tuple[int, ...]
    items: tuple[int, ...]
    entry_errors: tuple[float, ...]
    sums: int
    error: float
    delta: float
    proof: str
    rests_on: tuple[str, ...]
    steps: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return asdict(self)


def root_up(n: int) -> Fraction:
    """A rational not below the square root of n, within a thousandth."""
    scale = 10**3
    root = math.isqrt(n * scale**2)
    return Fraction(root if root**2 == n * scale**2 else root + 1, scale)


def _sizes(dims: Sequence[int], argument: str) -> tuple[int, ...]:
    sizes = tuple(dims)
    if len(sizes) < 2 or any(not isinstance(d, int) or d < 1 for d in sizes):
        raise BadInput(
            argument, dims, "needs at least two positive integers", "e.g. (784, 100, 10)"
        )
    return sizes


def _network_error(eps: Real) -> Fraction:
    error = inward(eps, "network_eps")
    if error > 1:
        raise BadInput("network_eps", eps, "must be at most 1", "the recursion needs eps <= 1")
    return error


def _collect(
    entries: Sequence[Fraction], sums: int, delta: Fraction, laws: Sequence[str]
) -> list[Certified] | None:
    rows = [
        certified_n(entry, delta / sums, lo=-1, hi=1, law=law)
        for entry, law in zip(entries, laws, strict=True)
    ]
    found = [row for row in rows if row is not None]
    return found if len(found) == len(rows) else None


def _pieces(rows: Sequence[Certified], *more: str) -> tuple[str, ...]:
    names = [name for row in rows for name in (row.proof, *row.rests_on)]
    return tuple(dict.fromkeys([*names, *more]))


def dense_widths(dims: Sequence[int], network_eps: Real, delta: Real) -> CertifiedWidths | None:
    """Two random layers for each dense layer (ReLU, no bias, spectral norms at most one).

    Parameters
    ----------
    dims : sequence of int
        Target widths ``(d_0, ..., d_l)``.
    network_eps, delta : float, str or Fraction
        Error on the unit ball, in the Euclidean norm, and failure probability.

    Returns
    -------
    CertifiedWidths or None
        ``widths[i]`` hidden units between target layers i and i + 1; None if a piece has no
        certified number. Each hidden unit is active on the half line of its own sign, so n units an
        input are enough for both halves.

    Notes
    -----
    Source: Pensia et al. 2020, Theorem 1 (catalogue: pensia2020-two-layer); constants own.
    """
    sizes, error = _sizes(dims, "dims"), _network_error(network_eps)
    failure, depth = inward(delta, "delta"), len(sizes) - 1
    pairs = list(itertools.pairwise(sizes))
    entries = [error / (2 * depth * root_up(a * b)) for a, b in pairs]
    sums = sum(2 * a * b for a, b in pairs)
    rows = _collect(entries, sums, failure, [HALF_LAW] * depth)
    if rows is None:
        return None
    return CertifiedWidths(
        tuple(a * row.n for (a, _), row in zip(pairs, rows, strict=True)),
        tuple(row.n for row in rows),
        tuple(float(e) for e in entries),
        sums,
        float(error),
        float(failure),
        "width-composition",
        _pieces(rows, "relu-gadgets", "error-recursion-dense"),
        (
            "each weight within eps/(2 l sqrt(d d')): Frobenius norm of the error at most eps/(2l)",
            f"union bound over {sums} subset sums",
        ),
    )


def convolution_widths(
    channels: Sequence[int], kernel: int, network_eps: Real, delta: Real
) -> CertifiedWidths | None:
    """1x1 then dxd random layers for each convolution, inputs in [0, 1].

    Filters of one output channel have l1 norm at most one; error in the maximum norm.

    Notes
    -----
    Source: da Cunha, Natale and Viennot 2022 (catalogue: dacunha2022-cnn); constants own.
    """
    sizes, error = _sizes(channels, "channels"), _network_error(network_eps)
    if kernel < 1:
        raise BadInput("kernel", kernel, "must be at least 1", "the side of the filters")
    failure, depth = inward(delta, "delta"), len(sizes) - 1
    pairs = list(itertools.pairwise(sizes))
    entries = [error / (2 * depth * kernel**2 * a) for a, _ in pairs]
    sums = sum(kernel**2 * a * b for a, b in pairs)
    rows = _collect(entries, sums, failure, [HALF_LAW] * depth)
    if rows is None:
        return None
    return CertifiedWidths(
        tuple(a * row.n for (a, _), row in zip(pairs, rows, strict=True)),
        tuple(row.n for row in rows),
        tuple(float(e) for e in entries),
        sums,
        float(error),
        float(failure),
        "width-composition",
        _pieces(rows, "relu-gadgets", "young-convolution"),
        (
            "each entry within eps/(2 l d^2 c): l1 error of an output filter at most eps/(2l)",
            f"union bound over {sums} subset sums; inputs of every layer are non-negative",
        ),
    )


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
    sizes, error = _sizes(dims, "dims"), _network_error(network_eps)
    failure, depth = inward(delta, "delta"), len(sizes) - 1
    share = error / (depth * root_up(sizes[-1]))
    guess = 2 * sum(a * b for a, b in itertools.pairwise(sizes))
    for _ in range(12):
        found = _deep(sizes, share, failure / guess, free, locked)
        if found is None:
            return None
        rows, entries, copies = found
        sums = 2 * sizes[0] * sizes[1] * copies[1] + sum(
            sizes[i] * sizes[i + 1] * copies[i + 1] for i in range(1, depth)
        )
        if sums <= guess:
            break
        guess = 2 * sums
    else:
        return None
    return CertifiedWidths(
        (sizes[0] * rows[0].n, *(sizes[i] * copies[i] for i in range(1, depth))),
        tuple(row.n for row in rows),
        tuple(float(e) for e in entries),
        sums,
        float(error),
        float(failure),
        "width-composition",
        _pieces(rows, "relu-gadgets"),
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


def attention_widths(
    *, d_in: int, d_out: int, heads: int, radius: Real, network_eps: Real, delta: Real
) -> CertifiedWidths | None:
    """Multi-head attention: widths of the query-key pair and of the value-output pair.

    Tokens of norm at most `radius`, merged target matrices with norms at most one, any sequence
    length and any attention mask; error in the Euclidean norm of every output token.

    Notes
    -----
    Source: Otsuka et al. 2025 (catalogue: otsuka2025-mha); constants own.
    """
    error, failure = inward(network_eps, "network_eps"), inward(delta, "delta")
    alpha = rational(radius, "radius")[1]
    if min(d_in, d_out, heads) < 1 or alpha <= 0:
        raise BadInput("radius", radius, "sizes and radius must be positive", "see the docstring")
    scores = min(Fraction(1, 2), error / (2 * heads * alpha**3 * d_in))
    values = min(Fraction(1, 2), error / (2 * heads * alpha * root_up(d_in * d_out)))
    sums = heads * (d_in**2 + d_in * d_out)
    rows = _collect([scores, values], sums, failure, ["uniform*uniform"] * 2)
    if rows is None:
        return None
    return CertifiedWidths(
        tuple(d_in * row.n for row in rows),
        tuple(row.n for row in rows),
        (float(scores), float(values)),
        sums,
        float(error),
        float(failure),
        "width-composition",
        _pieces(rows, "attention-errors", "softmax-lemma"),
        (
            "half of the error for the scores, half for the values, shared by the heads",
            f"union bound over {sums} subset sums of products",
        ),
    )
