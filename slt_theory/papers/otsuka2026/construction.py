"""Tickets for multi-head attention: every merged matrix is a product of two masked random ones.

With Q K' / sqrt(d_K) and V O merged, a head is two matrices. Hidden number k of the block of token
coordinate j keeps its in-weight from j alone, so entry (l, j) is the subset sum of products of two
uniform numbers; without a ReLU both signs count. Queries and keys of the source are drawn from
U[-n_K^(1/4), n_K^(1/4)] and scores divided by sqrt(n_K): these factors cancel exactly, so the draws
are recorded on [-1, 1].

Source: Otsuka et al. (AAAI 2026, arXiv 2511.04217), Theorem 3 and Lemma 4; catalogue id
``otsuka2026-attention``.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from slt_theory.errors import BadInput, exactly_one
from slt_theory.lattice import PRODUCT_BITS, WEIGHT_BITS, positive_fraction
from slt_theory.laws import Product, Uniform
from slt_theory.networks.attention import Attention
from slt_theory.streams import check_seed
from slt_theory.tickets.block import Block
from slt_theory.tickets.building.fill import LayerSums, fill
from slt_theory.tickets.building.gadget import in_mask
from slt_theory.tickets.building.request import BuildSettings, Layer, count, source_layer
from slt_theory.tickets.building.width import Offer, Sums, smallest_n
from slt_theory.tickets.checking.attention_check import error_of_entries
from slt_theory.tickets.checking.comparison import on_lattice
from slt_theory.tickets.domain import Domain, parse_domain
from slt_theory.tickets.keeping import Keeping
from slt_theory.tickets.source import layer_law
from slt_theory.tickets.ticket import Ticket

__all__ = ["AttentionRequest", "build", "sufficient_n"]

_LAW = Uniform(bits=WEIGHT_BITS)
_MOST_N = 4096


@dataclass(frozen=True)
class AttentionRequest:
    """Checked request for a ticket of an attention layer.

    Attributes
    ----------
    goals : list of Layer
        Merged matrices on their lattices, two a head.
    n : int or None
        Candidates of one entry, products; the source's key and value dimensions are n d1.
    slack : Fraction
        Factor of an estimated n.
    """

    target: Attention
    goals: list[Layer]
    domain: Domain
    seed: int
    n: int | None
    best: bool
    network_eps: Fraction | None
    threads: int | None
    progress: Callable[[int], None] | None
    first_stream: int = 0
    slack: Fraction = Fraction(1)

    @classmethod
    def of(cls, target: Attention, settings: BuildSettings, domain: str) -> AttentionRequest:
        """Check the settings; `domain` holds where they name none.

        Raises
        ------
        BadInput
            If one is out of range, or eps is below the rounding of the merged products.
        """
        if settings.objective not in ("eps", "best"):
            raise BadInput("objective", settings.objective, "must be one of eps, best")
        n = count(settings.n, _MOST_N)
        where = parse_domain(domain if settings.domain is None else settings.domain)
        eps, network_eps = settings.eps, settings.network_eps
        exactly_one(eps=eps, network_eps=network_eps)
        whole = None if network_eps is None else positive_fraction("network_eps", network_eps)
        each = positive_fraction("eps", eps) if whole is None else _entry_eps(target, where, whole)
        return cls(
            target,
            [_goal(matrix, slip, each) for matrix, slip in target.merged()],
            where,
            check_seed(settings.seed),
            n,
            settings.objective == "best",
            whole,
            settings.threads,
            settings.progress,
            settings.first_stream,
        )

    def attempt(self, slack: Fraction, _: Keeping) -> AttentionRequest:
        """Return the same request with an estimated n multiplied by `slack`."""
        return replace(self, slack=slack)


def sufficient_n(request: AttentionRequest) -> int:
    """Return the smallest n with an estimated chance of any failure of at most 1 %."""
    sums = [Sums.of(goal.targets, goal.radius, 1) for goal in request.goals]
    return smallest_n(sums, Offer(Product(_LAW, _LAW)), seed=request.seed)


def build(request: AttentionRequest, theorem: str) -> Ticket:
    """Solve every entry of every merged matrix; unreached ones are listed."""
    n, seed = request.n, request.seed
    if n is None:
        n = min(_MOST_N, math.ceil(sufficient_n(request) * request.slack))
    blocks, masks, unreached = [], [], []
    for number, goal in enumerate(request.goals):
        block = _block(goal, request.first_stream + 2 * number, n)
        inner = block.layers[0]
        neurons = np.arange(inner.rows)
        places = neurons * inner.columns + neurons // n
        slopes = layer_law(inner).sample_at(seed, inner.stream, places).reshape(-1, n)
        radius = None if request.best else goal.radius
        task = LayerSums(block, slopes, goal.targets, radius, goal.radius)
        out_mask, missed = fill(task, seed, threads=request.threads, progress=request.progress)
        blocks.append(block)
        masks.append((in_mask(block, slopes, out_mask), out_mask))
        unreached += [(number, row, column, "+") for row, column in missed]
    return Ticket(
        theorem=theorem,
        seed=seed,
        target_sha256=request.target.target_hash(),
        domain=str(request.domain),
        blocks=tuple(blocks),
        masks=tuple(masks),
        unreached=tuple(unreached),
        network_eps=None if request.network_eps is None else float(request.network_eps),
        architecture=request.target.describe(),
    )


def _goal(matrix: NDArray[np.float64], slip: float, eps: Fraction) -> Layer:
    """One merged matrix on the lattice; `slip` is the rounding of the merged product itself."""
    largest = float(np.abs(matrix).max())
    exponent = max(0, math.frexp(largest)[1]) if largest > 1 else 0
    targets, _ = on_lattice(matrix, exponent)
    unit = Fraction(2) ** (exponent - PRODUCT_BITS)
    # A unit for the rounding to the lattice.
    radius = int((eps - Fraction(slip)) / unit) - 1
    if radius < 0:
        raise BadInput(
            "eps",
            float(eps),
            "is below the resolution of the merged matrices",
            f"the smallest is about {slip + 2 * float(unit):.3g}",
        )
    return Layer(targets, radius, exponent, eps, matrix.shape[1])


def _block(goal: Layer, stream: int, n: int) -> Block:
    hidden = goal.inputs * n
    layers = (
        source_layer(hidden, goal.inputs, _LAW, stream),
        source_layer(goal.outputs, hidden, _LAW, stream + 1),
    )
    return goal.block("product-pair", layers, n, signs="positive")


def _entry_eps(target: Attention, domain: Domain, network_eps: Fraction) -> Fraction:
    """The largest error of every entry that keeps the output within `network_eps`."""
    low, high = 0.0, float(network_eps)
    for _ in range(60):
        middle = (low + high) / 2
        if error_of_entries(target, domain, middle) <= float(network_eps):
            low = middle
        else:
            high = middle
    return positive_fraction("network_eps", Fraction(math.floor(low * 2**60), 2**60))
