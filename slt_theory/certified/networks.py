"""Certified widths of whole networks, by union bounds over the proved pieces.

All statements are strong: with probability at least ``1 - delta`` over the random source, *every*
target of the class has a ticket. Widths are numbers of hidden units (or channels).
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from fractions import Fraction

from slt_theory.certified.copied_layers import deep_widths
from slt_theory.certified.exact import Real, inward, rational
from slt_theory.certified.frozen import frozen_n
from slt_theory.certified.widths import (
    HALF_LAW,
    CertifiedWidths,
    collected,
    layer_sizes,
    network_error,
    pieces,
    root_up,
)
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
    sizes, error = layer_sizes(dims, "dims"), network_error(network_eps)
    failure, depth = inward(delta, "delta"), len(sizes) - 1
    pairs = list(itertools.pairwise(sizes))
    entries = [error / (2 * depth * root_up(a * b)) for a, b in pairs]
    sums = sum(2 * a * b for a, b in pairs)
    rows = collected(entries, sums, failure, [HALF_LAW] * depth)
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
        pieces(rows, "relu-gadgets", "error-recursion-dense"),
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
    sizes, error = layer_sizes(channels, "channels"), network_error(network_eps)
    if kernel < 1:
        raise BadInput("kernel", kernel, "must be at least 1", "the side of the filters")
    failure, depth = inward(delta, "delta"), len(sizes) - 1
    pairs = list(itertools.pairwise(sizes))
    entries = [error / (2 * depth * kernel**2 * a) for a, _ in pairs]
    sums = sum(kernel**2 * a * b for a, b in pairs)
    rows = collected(entries, sums, failure, [HALF_LAW] * depth)
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
        pieces(rows, "relu-gadgets", "young-convolution"),
        (
            "each entry within eps/(2 l d^2 c): l1 error of an output filter at most eps/(2l)",
            f"union bound over {sums} subset sums; inputs of every layer are non-negative",
        ),
    )


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
    rows = collected([scores, values], sums, failure, ["uniform*uniform"] * 2)
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
        pieces(rows, "attention-errors", "softmax-lemma"),
        (
            "half of the error for the scores, half for the values, shared by the heads",
            f"union bound over {sums} subset sums of products",
        ),
    )
