"""Tickets for transformers without normalisation: a ticket of every part, one seed and one file.

A block is y = z + F(z) with z = x + Attn(x), token by token, F fully connected with ReLU. The
ticket of the attention is one of ``otsuka2026-attention``, that of F one of twice its depth
(``pensia2020-two-layer``), as in Theorem 11; each draws from streams of its own. A part is
certified on the ball that the tokens reach by then, and
`slt_theory.tickets.checking.transformer_error` composes the errors.

Source: Otsuka et al. (AAAI 2026, arXiv 2511.04217), Theorems 6, 11 and 14; catalogue ids
``otsuka2026-block``, ``otsuka2026-transformer``.
"""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction

from slt_theory.errors import BadInput, exactly_one
from slt_theory.lattice import positive_fraction
from slt_theory.networks.attention import Attention
from slt_theory.networks.dense import Dense
from slt_theory.networks.transformer import PlainTransformer
from slt_theory.streams import check_seed
from slt_theory.tickets.building.budget import error_of_weights
from slt_theory.tickets.building.construction import find
from slt_theory.tickets.building.request import BuildSettings
from slt_theory.tickets.checking.attention_check import certify_attention, error_of_entries
from slt_theory.tickets.checking.certificate import certify
from slt_theory.tickets.checking.transformer_error import Norms, TokenErrors
from slt_theory.tickets.domain import Ball, parse_domain
from slt_theory.tickets.keeping import Keeping
from slt_theory.tickets.ticket import Ticket

__all__ = ["build", "sufficient_n"]

_ATTENTION, _CONNECTED = "otsuka2026-attention", "pensia2020-two-layer"
_HALVINGS = 30


def build(
    target: PlainTransformer,
    settings: BuildSettings,
    keeping: Keeping,
    *,
    theorem: str,
    domain: str,
) -> Ticket:
    """Solve the sums of every part; the certificate holds those of the parts.

    Raises
    ------
    BadInput
        If a setting is out of range, or the domain is no ball.
    """
    each, ball, whole = _each(target, settings, domain)
    room = Keeping(max_memory=keeping.max_memory)
    walk = TokenErrors(ball.radius, target.width)
    parts: list[Ticket] = []
    for one in (part for pair in target.blocks for part in pair):
        streams = sum(len(block.layers) for part in parts for block in part.blocks)
        at = replace(each, domain=walk.domain, first_stream=streams)
        if isinstance(one, Attention):
            ticket = certify_attention(find(_ATTENTION)().ticket(one, at, room), one)
            walk.attention(Norms.of(one), ticket.certificate["sup_error_bound"])
        else:
            ticket = certify(find(_CONNECTED)().ticket(one, at, room), one)
            walk.connected(Norms.of(one), ticket.certificate["sup_error_bound"])
        parts.append(ticket)
    return Ticket(
        theorem=theorem,
        seed=check_seed(settings.seed),
        target_sha256=target.target_hash(),
        domain=str(ball),
        blocks=tuple(block for part in parts for block in part.blocks),
        masks=tuple(masks for part in parts for masks in part.masks),
        unreached=_unreached(parts),
        network_eps=None if whole is None else float(whole),
        architecture=target.describe(),
        certificate={"parts": [part.certificate for part in parts]},
    )


def sufficient_n(target: PlainTransformer, settings: BuildSettings, *, domain: str) -> int:
    """Return the smallest n that would do for every part, each with an estimated 99 %."""
    each, ball, _ = _each(target, settings, domain)
    each = replace(each, domain=ball)
    kinds = [(find(_ATTENTION)(), find(_CONNECTED)())] * len(target.blocks)
    return max(
        kind.sufficient(part, each)
        for pair, of in zip(kinds, target.blocks, strict=True)
        for kind, part in zip(pair, of, strict=True)
    )


def _each(
    target: PlainTransformer, settings: BuildSettings, domain: str
) -> tuple[BuildSettings, Ball, Fraction | None]:
    """Settings of every part, the tokens, and the error of the whole that was asked for."""
    ball = parse_domain(domain if settings.domain is None else settings.domain)
    if not isinstance(ball, Ball):
        raise BadInput(
            "domain", str(ball), "the theorem is about tokens of bounded norm", "e.g. ball:1"
        )
    if settings.network_eps is None:
        return settings, ball, None
    exactly_one(eps=settings.eps, network_eps=settings.network_eps)
    whole = positive_fraction("network_eps", settings.network_eps)
    eps = _largest_eps(target, ball, float(whole))
    return replace(settings, eps=eps, network_eps=None), ball, whole


def _largest_eps(target: PlainTransformer, ball: Ball, network_eps: float) -> Fraction:
    """The largest error of every weight that keeps the outputs within `network_eps`.

    The certificate of the finished ticket decides, not this estimate.
    """
    parts = [(part, Norms.of(part)) for pair in target.blocks for part in pair]
    low, high = 0.0, network_eps
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if _predicted(parts, TokenErrors(ball.radius, target.width), middle) <= network_eps:
            low = middle
        else:
            high = middle
    return positive_fraction("network_eps", Fraction(math.floor(low * 2**60), 2**60))


def _predicted(
    parts: list[tuple[Attention | Dense, Norms]], walk: TokenErrors, eps: float
) -> float:
    """Error of the whole where every entry of a merged matrix and every weight is off by `eps`."""
    for part, norms in parts:
        if not math.isfinite(walk.domain.radius):
            return math.inf
        if isinstance(part, Attention):
            walk.attention(norms, error_of_entries(part, walk.domain, eps))
        else:
            walk.connected(norms, error_of_weights(part, walk.domain, eps))
    return walk.error


def _unreached(parts: list[Ticket]) -> tuple[tuple[int, int, int, str], ...]:
    """Sums of all parts without a subset, by the blocks of the whole."""
    found: list[tuple[int, int, int, str]] = []
    start = 0
    for part in parts:
        found += [(start + layer, a, b, sign) for layer, a, b, sign in part.unreached]
        start += len(part.blocks)
    return tuple(found)
