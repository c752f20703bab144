"""Tickets for multi-head attention: every merged matrix is a product of two masked random ones.

With Q K' / sqrt(d_K) and V O merged, a head is two matrices. Hidden number k of the block of token
coordinate j keeps its in-weight from j alone, so entry (l, j) is the subset sum of products of two
uniform numbers; without a ReLU both signs serve. Queries and keys of the source are drawn from
U[-n_K^(1/4), n_K^(1/4)] and scores divided by sqrt(n_K): these factors cancel exactly, so the draws
are recorded on [-1, 1].

Source: Otsuka et al. (AAAI 2026, arXiv 2511.04217), Theorem 3 and Lemma 4; catalogue id
``otsuka2026-attention``.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from slt_theory.errors import BadInput, exactly_one
from slt_theory.lattice import PRODUCT_BITS, WEIGHT_BITS, positive_fraction
from slt_theory.laws import Product, Uniform
from slt_theory.networks.attention import Attention, attend
from slt_theory.streams import check_seed
from slt_theory.tickets.block import Block
from slt_theory.tickets.building.fill import LayerSums, fill
from slt_theory.tickets.building.gadget import in_mask
from slt_theory.tickets.building.options import check_names
from slt_theory.tickets.building.request import Layer, source_layer
from slt_theory.tickets.building.width import Offer, Sums, smallest_n
from slt_theory.tickets.checking.attention_check import (
    certify_attention,
    effective_heads,
    error_of_entries,
)
from slt_theory.tickets.checking.comparison import on_lattice
from slt_theory.tickets.domain import Domain, parse_domain
from slt_theory.tickets.source import layer_law
from slt_theory.tickets.ticket import Ticket

__all__ = ["THEOREM", "attention_forward", "build_asked", "build_attention", "sufficient_n"]

THEOREM = "otsuka2026-attention"
_LAW = Uniform(bits=WEIGHT_BITS)
_MOST_N = 4096
_ATTEMPTS = 5


def build_attention(
    target: Attention,
    *,
    eps: Any = None,
    network_eps: Any = None,
    seed: int = 0,
    n: int | None = None,
    objective: str = "eps",
    domain: str | Domain = "box:-1,1",
    threads: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> Ticket:
    """Construct and certify a ticket for an attention layer.

    Parameters
    ----------
    target : Attention
    eps, network_eps : number
        Error allowed for every merged entry, or for every output coordinate; exactly one.
    seed : int
    n : int, optional
        Products offered to one entry; the source's key and value dimensions are n d1.
    objective : "eps" or "best"
    domain : str
        Where every token lies, whatever their number: ``box:lo,hi`` or ``ball:radius``.
    threads, progress
        As in `slt_theory.tickets.build_ticket`.

    Raises
    ------
    BadInput
        If an argument is out of range, or eps is below the rounding of the merged products.
    """
    if objective not in ("eps", "best"):
        raise BadInput("objective", objective, "must be one of eps, best")
    if n is not None and (isinstance(n, bool) or not isinstance(n, int) or not 1 <= n <= _MOST_N):
        raise BadInput("n", n, f"must be an integer in 1..{_MOST_N}")
    where = parse_domain(domain)
    goals = _goals(target, where, eps, network_eps)
    count = n
    for attempt in range(_ATTEMPTS):
        if n is None:
            count = min(_MOST_N, math.ceil(_estimate(goals, seed) * Fraction(11, 10) ** attempt))
        assert count is not None
        ticket = _built(target, goals, where, check_seed(seed), count, objective, threads, progress)
        if ticket.complete or n is not None:
            break
    if network_eps is not None:
        ticket = replace(ticket, network_eps=float(positive_fraction("network_eps", network_eps)))
    return certify_attention(ticket, target)


def sufficient_n(
    target: Attention,
    *,
    eps: Any = None,
    network_eps: Any = None,
    seed: int = 0,
    domain: str | Domain = "box:-1,1",
    **_: Any,
) -> int:
    """Smallest n with an estimated chance of any failure of at most 1 %."""
    return _estimate(_goals(target, parse_domain(domain), eps, network_eps), seed)


def build_asked(target: Attention, theorem: str, options: dict[str, Any]) -> Ticket:
    """`build_attention` with the arguments of `slt_theory.tickets.build_ticket`.

    Raises
    ------
    BadInput
        For another theorem, or an argument that it does not take.
    """
    if theorem != THEOREM:
        raise BadInput("theorem", theorem, "is not about attention", f"use {THEOREM}")
    # Where nothing is asked, or nothing can be: both signs of a number serve, nothing is resumed.
    silent = ("signs", "out", "fresh", "expect", "max_memory")
    asked = {k: v for k, v in options.items() if k not in silent}
    given = {k: v for k, v in asked.items() if v is not None and v is not False}
    allowed = [name for name in inspect.signature(build_attention).parameters if name != "target"]
    check_names(given, allowed, theorem)
    return build_attention(target, **given)


def _goals(target: Attention, domain: Domain, eps: Any, network_eps: Any) -> list[Layer]:
    """All merged matrices on their lattices, with the error that each entry may have."""
    exactly_one(eps=eps, network_eps=network_eps)
    if eps is not None:
        each = positive_fraction("eps", eps)
    else:
        each = _entry_eps(target, domain, positive_fraction("network_eps", network_eps))
    return [_goal(matrix, slip, each) for matrix, slip in target.merged()]


def _estimate(goals: list[Layer], seed: int) -> int:
    sums = [Sums.of(goal.wanted, goal.radius, 1) for goal in goals]
    return smallest_n(sums, Offer(Product(_LAW, _LAW)), seed=seed)


def _goal(matrix: NDArray[np.float64], slip: float, eps: Fraction) -> Layer:
    """One merged matrix on the lattice; `slip` is the rounding of the merged product itself."""
    largest = float(np.abs(matrix).max())
    exponent = max(0, math.frexp(largest)[1]) if largest > 1 else 0
    wanted, _ = on_lattice(matrix, exponent)
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
    return Layer(wanted, radius, exponent, eps, matrix.shape[1])


def _block(goal: Layer, number: int, n: int) -> Block:
    hidden = goal.inputs * n
    layers = (
        source_layer(hidden, goal.inputs, _LAW, 2 * number),
        source_layer(goal.outputs, hidden, _LAW, 2 * number + 1),
    )
    return goal.block("product-pair", layers, n, signs="positive")


def _built(
    target: Attention,
    goals: list[Layer],
    domain: Domain,
    seed: int,
    n: int,
    objective: str,
    threads: int | None,
    progress: Callable[[int], None] | None,
) -> Ticket:
    blocks, masks, unreached = [], [], []
    for number, goal in enumerate(goals):
        block = _block(goal, number, n)
        inner = block.layers[0]
        neurons = np.arange(inner.rows)
        places = neurons * inner.columns + neurons // n
        slopes = layer_law(inner).sample_at(seed, inner.stream, places).reshape(-1, n)
        radius = None if objective == "best" else goal.radius
        task = LayerSums(block, slopes, goal.wanted, radius, goal.radius)
        out_mask, missed = fill(task, seed, threads=threads, progress=progress)
        blocks.append(block)
        masks.append((in_mask(block, slopes, out_mask), out_mask))
        unreached += [(number, row, column, "+") for row, column in missed]
    return Ticket(
        theorem=THEOREM,
        seed=seed,
        target_sha256=target.target_hash(),
        domain=str(domain),
        blocks=tuple(blocks),
        masks=tuple(masks),
        unreached=tuple(unreached),
        architecture={"attention": target.heads},
    )


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


def attention_forward(
    ticket: Ticket,
    tokens: ArrayLike,
    *,
    mask: NDArray[np.bool_] | None = None,
    asked: NDArray[np.int64] | None = None,
) -> NDArray[np.float64]:
    """Outputs of the masked random attention, from the ticket alone; as `Attention.forward`."""
    x = np.asarray(tokens, dtype=np.float64)
    rows = x if asked is None else x[asked]
    result: NDArray[np.float64] | None = None
    for scores, values in effective_heads(ticket):
        weights = attend((rows @ scores.T) @ x.T, mask, asked)
        part = weights @ (x @ values.T)
        result = part if result is None else result + part
    if result is None:
        raise BadInput("ticket", 0, "has no heads")
    return result
