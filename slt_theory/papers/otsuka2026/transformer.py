"""Otsuka et al. 2026: tickets for transformers without normalisation, and their certified error.

A block is y = z + F(z) with z = x + Attn(x), token by token, F fully connected with ReLU. Its
ticket is one for the attention and one for F, each certified on every token of a ball; the error of
the whole follows from the parts, for every number of tokens. With tokens in the ball of radius R
that are off by at most e in Euclidean norm, and heads of scores W_h and values V_h,

    |x' W y - x~' W y~| <= s = ||W||_F e (2 R + e),
    off(z) <= e + sqrt(d) err + sum_h (min(s_h, 2) ||V_h||_F R + ||V_h||_F e),
    off(y) <= (1 + Lip F) off(z) + sqrt(d) err',

since softmax moves by at most s/2 in total variation and two values of the ball differ by at most
2 ||V||_F R. `err` and `err'` are the certified sup errors of the two tickets on the balls that the
source's tokens lie in. Ours is in place of the paper's budgets (Theorems 6 and 11, Lemma 12): the
same steps, with the norms of this target.

Source: arXiv 2511.04217; catalogue ids ``otsuka2026-block``, ``otsuka2026-transformer``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from slt_theory.balls import to_power, up
from slt_theory.errors import BadInput
from slt_theory.networks import Dense
from slt_theory.networks.arrays import Floats
from slt_theory.networks.attention import Attention
from slt_theory.tickets.domain import Ball

if TYPE_CHECKING:
    from flint import arb

    from slt_theory.tickets import Ticket

__all__ = ["PlainTransformer", "TransformerTicket", "build_transformer", "certified_error"]


@dataclass(frozen=True, eq=False)
class PlainTransformer:
    """Blocks of attention and a fully connected part, each with a skip, without normalisation.

    Parameters
    ----------
    blocks : tuple of (Attention, Dense)
        All of one width: tokens of d numbers, attention d to d, networks d to d.

    Raises
    ------
    BadInput
        If there is no block, or widths differ.
    """

    blocks: tuple[tuple[Attention, Dense], ...]

    def __post_init__(self) -> None:
        if not self.blocks:
            raise BadInput("blocks", 0, "must be one or more", "give (Attention, Dense) pairs")
        width = self.width
        for number, (heads, part) in enumerate(self.blocks):
            ends = (heads.width, heads.output.shape[2], part.widths[0], part.widths[-1])
            if set(ends) != {width}:
                raise BadInput(f"blocks[{number}]", ends, f"must be {width} wide at every end")
            if part.activation.name not in ("relu", "identity"):
                name = part.activation.name
                raise BadInput(f"blocks[{number}]", name, "the theorem is about ReLU", "use relu")

    @property
    def width(self) -> int:
        """Numbers of a token."""
        return self.blocks[0][0].width

    def forward(self, tokens: ArrayLike, *, mask: NDArray[np.bool_] | None = None) -> Floats:
        """Outputs in float64, shape (tokens, width); `mask` as of `Attention.forward`."""
        x = np.asarray(tokens, dtype=np.float64)
        for heads, part in self.blocks:
            z = x + heads.forward(x, mask=mask)
            x = z + part.forward(z)
        return np.asarray(x)


@dataclass(frozen=True)
class TransformerTicket:
    """Tickets of the parts of every block, and the certified error of the whole.

    Attributes
    ----------
    parts : tuple of (Ticket, Ticket)
        Of attention and of the fully connected part; each names the ball that it is certified on.
    radius : float
        Tokens lie in the ball of this radius.
    error_bound : float
        No token's output is further off in Euclidean norm, whatever the number of tokens.
    """

    parts: tuple[tuple[Ticket, Ticket], ...]
    radius: float
    error_bound: float

    @property
    def complete(self) -> bool:
        """True if every sum of every part has its subset."""
        return all(ticket.complete for pair in self.parts for ticket in pair)

    def forward(self, tokens: ArrayLike, *, mask: NDArray[np.bool_] | None = None) -> Floats:
        """Outputs of the masked random network; arguments as of `PlainTransformer.forward`."""
        from slt_theory.tickets.run import attention_forward, ticket_forward

        x = np.asarray(tokens, dtype=np.float64)
        for heads, part in self.parts:
            z = x + attention_forward(heads, x, mask=mask)
            x = z + ticket_forward(part, z)
        return np.asarray(x)


def build_transformer(
    target: PlainTransformer, *, eps: Any, radius: float = 1.0, seed: int = 0
) -> TransformerTicket:
    """Build and certify a ticket of every part, block by block, on the balls that its tokens reach.

    Parameters
    ----------
    eps : number
        Error allowed of an entry of a merged matrix, and of a weight.
    radius : float
        Euclidean norm of a token.
    seed : int
        The parts draw with the seeds `seed`, `seed` + 1, ...
    """
    from slt_theory.tickets import build_ticket

    parts: list[tuple[Ticket, Ticket]] = []
    walk = _Walk(radius)
    for number, (heads, part) in enumerate(target.blocks):
        at = {"eps": eps, "seed": seed + 2 * number}
        first = build_ticket(
            heads, theorem="otsuka2026-attention", domain=_ball(walk.source_radius), **at
        )
        walk.attention(heads, first)
        at["seed"] += 1
        second = build_ticket(part, domain=_ball(walk.source_radius), **at)
        walk.connected(part, second)
        parts.append((first, second))
    return TransformerTicket(tuple(parts), radius, walk.error)


def certified_error(ticket: TransformerTicket, target: PlainTransformer) -> float:
    """Check every part on its own and compose their errors; infinite if a part is not as it says.

    Raises
    ------
    BadInput
        If ticket and target have not the same number of blocks.
    """
    from slt_theory.tickets import verify

    if len(ticket.parts) != len(target.blocks):
        raise BadInput("ticket", len(ticket.parts), f"has not {len(target.blocks)} blocks")
    walk = _Walk(ticket.radius)
    for (first, second), (heads, part) in zip(ticket.parts, target.blocks, strict=True):
        if not (first.domain == _ball(walk.source_radius) and verify(first, heads).ok):
            return math.inf
        walk.attention(heads, first)
        if not (second.domain == _ball(walk.source_radius) and verify(second, part).ok):
            return math.inf
        walk.connected(part, second)
    return walk.error


def _ball(radius: float) -> str:
    return str(Ball(radius))


class _Walk:
    """Norms of the target's tokens, and how far those of the source are off, step by step."""

    def __init__(self, radius: float) -> None:
        from flint import arb

        self.radius, self.off = arb(radius), arb(0)

    @property
    def source_radius(self) -> float:
        """At least the norm of a token of the source."""
        return up(self.radius + self.off)

    @property
    def error(self) -> float:
        """At least the distance of a token of the source from the target's."""
        return up(self.off)

    def attention(self, target: Attention, ticket: Ticket) -> None:
        """Go from x to z = x + Attn(x)."""
        radius, e = self.radius, self.off
        merged = target.merged()
        size, moved = radius * 0, e + _norm_of(ticket, target.width)
        for scores, values in zip(merged[::2], merged[1::2], strict=True):
            shift, value = _frobenius(*scores) * e * (2 * radius + e), _frobenius(*values)
            # Two distributions are at most 1 apart, and values of the ball at most 2 |V| R.
            shift = shift if bool(shift <= 2) else shift * 0 + 2
            moved += shift * value * radius + value * e
            size += value * radius
        self.radius, self.off = radius + size, moved

    def connected(self, target: Dense, ticket: Ticket) -> None:
        """Go from z to y = z + F(z)."""
        slope, size = self.radius * 0 + 1, self.radius
        for weight, bias in zip(target.weights, target.biases, strict=True):
            norm = _frobenius(weight)
            slope *= norm
            size = size * norm + (0 if bias is None else _frobenius(bias))
        self.radius += size
        self.off += slope * self.off + _norm_of(ticket, target.widths[-1])


def _norm_of(ticket: Ticket, width: int) -> arb:
    """Euclidean norm of the certified sup error of one token."""
    from flint import arb

    return arb(width).sqrt() * arb(ticket.certificate["sup_error_bound"])


def _frobenius(matrix: Floats, slip: float = 0.0) -> arb:
    """At least the Frobenius norm of any matrix whose entries are off by at most `slip`."""
    from flint import arb

    sizes = (arb(float(x)).abs_upper() + arb(slip) for x in matrix.flat)
    return sum((to_power(size, 2) for size in sizes), arb(0)).sqrt()
