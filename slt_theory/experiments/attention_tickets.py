"""Error of attention tickets against the number of candidates, and against the sequence length.

Source: Otsuka et al. (AAAI 2026, arXiv 2511.04217), Theorem 3 and its experiments; catalogue id
``otsuka2026-attention``. The theorem's error does not depend on the number of tokens; neither does
the certificate's bound.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from slt_theory.networks import Attention, Dense, PlainTransformer
from slt_theory.papers.otsuka2026 import AttentionHeads
from slt_theory.records import Record
from slt_theory.streams import Purpose, stream_id, words32
from slt_theory.tickets.building.build import build_ticket
from slt_theory.tickets.checking.attention_check import effective_heads
from slt_theory.tickets.checking.attention_search import largest_attention_error
from slt_theory.tickets.domain import parse_domain

__all__ = ["LengthRow", "length_errors", "random_attention", "random_transformer"]


@dataclass(frozen=True)
class LengthRow(Record):
    """One ticket: n products an entry.

    Attributes
    ----------
    bound : float
        Certified: no sequence of any length has an output with a larger error.
    measured : dict of int to float
        Largest error found over random sequences of so many tokens, rounding taken off.
    entry_error : float
        Largest error of an entry of the merged matrices.
    """

    n: int
    seed: int
    entry_error: float
    bound: float
    measured: dict[int, float]


def random_attention(seed: int = 0, *, heads: int = 2, width: int = 4, inner: int = 2) -> Attention:
    """Heads with entries U[-1, 1] / sqrt(width), so that no norm is far above 1."""
    shapes = [(heads, width, inner)] * 3 + [(heads, inner, width)]
    arrays = []
    for k, shape in enumerate(shapes):
        words = words32(seed, stream_id(Purpose.TARGETS, 100 + k), 0, int(np.prod(shape)))
        arrays.append(((words / 2.0**31 - 1) / np.sqrt(width)).reshape(shape))
    return Attention(*arrays)


def random_transformer(
    seed: int = 0, *, blocks: int = 2, heads: int = 2, width: int = 3, hidden: int = 4
) -> PlainTransformer:
    """Blocks of random attention and networks width-hidden-width, entries U[-1, 1] / (2 width)."""
    parts = []
    for block in range(blocks):
        arrays = []
        for k, shape in enumerate([(hidden, width), (width, hidden), (hidden,), (width,)]):
            stream = stream_id(Purpose.TARGETS, 200 + 4 * block + k)
            words = words32(seed, stream, 0, int(np.prod(shape)))
            arrays.append(((words / 2.0**31 - 1) / (2 * width)).reshape(shape))
        attention = random_attention(seed + block, heads=heads, width=width)
        parts.append((attention, Dense(tuple(arrays[:2]), tuple(arrays[2:]))))
    return PlainTransformer(tuple(parts))


def length_errors(
    target: Attention,
    ns: Sequence[int],
    lengths: Sequence[int],
    *,
    seeds: Sequence[int] = (0,),
    domain: str = "box:-1,1",
    draws: int = 16,
    asked: int = 8,
    threads: int | None = None,
) -> list[LengthRow]:
    """Best tickets for each n and seed, their bound, and their error on sequences of each length.

    Parameters
    ----------
    target : Attention
    ns : sequence of int
        Products, candidates of an entry; every entry gets its exact optimum.
    lengths : sequence of int
    seeds : sequence of int
        Of the sources.
    domain : str
        Where tokens lie.
    draws : int
        Sequences of each length.
    asked : int
        So many tokens of a sequence ask; all are seen.
    """
    rows = []
    for n in ns:
        for seed in seeds:
            ticket = build_ticket(
                target,
                AttentionHeads(),
                eps=4,
                n=n,
                seed=seed,
                objective="best",
                domain=domain,
                threads=threads,
            )
            heads, where = effective_heads(ticket), parse_domain(domain)
            measured = {
                length: largest_attention_error(
                    target,
                    heads,
                    where,
                    seed=seed,
                    lengths=(length,),
                    draws=draws,
                    asked=asked,
                )
                for length in lengths
            }
            rows.append(
                LengthRow(
                    n,
                    seed,
                    ticket.certificate["max_weight_error"],
                    ticket.certificate["sup_error_bound"],
                    measured,
                )
            )
    return rows
