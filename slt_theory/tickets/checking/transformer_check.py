"""The independent check of a ticket for a transformer without normalisation.

The ticket is a ticket of each part, one seed and streams of their own. Each part is cut out and
checked as a ticket of its own, on the ball that the source's tokens lie in by then; the error of
the whole is composed of the parts' claimed bounds (`transformer_error`), which these checks
confirm. Errors are Euclidean norms of one token, for every number of tokens and every mask.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from slt_theory.errors import BadInput
from slt_theory.networks import target_hash
from slt_theory.networks.attention import Attention
from slt_theory.networks.dense import Dense
from slt_theory.networks.transformer import PlainTransformer
from slt_theory.tickets.checking import certificate
from slt_theory.tickets.checking.attention_check import verify_attention
from slt_theory.tickets.checking.check import Verification
from slt_theory.tickets.checking.claims import (
    claim_failures,
    claimed,
    incomplete_failures,
    network_eps_failures,
    round_down,
    round_up,
)
from slt_theory.tickets.checking.neutral import eps_failures, off_neutral
from slt_theory.tickets.checking.rules import TRANSFORMER_PARTS
from slt_theory.tickets.checking.transformer_error import Norms, TokenErrors
from slt_theory.tickets.checking.transformer_search import largest_transformer_error
from slt_theory.tickets.domain import Ball, parse_domain
from slt_theory.tickets.memory import needed_to_check
from slt_theory.tickets.ticket import Ticket, architecture_of

__all__ = ["certify_transformer", "verify_transformer"]

_THEOREM = "otsuka2026-transformer"


def verify_transformer(ticket: Ticket, target: PlainTransformer, allowed: int) -> Verification:
    """Check a ticket against its target; as `slt_theory.tickets.verify`, within `allowed` bytes."""
    return _check(ticket, target, allowed)


def certify_transformer(ticket: Ticket, target: PlainTransformer) -> Ticket:
    """The ticket with the certificate that `verify_transformer` will confirm.

    Its certificate so far holds the ``parts``: the certificates of the parts on their balls.
    """
    return ticket.with_certificate(_check(ticket, target, None).certificate())


@np.errstate(over="ignore", invalid="ignore")
def _check(ticket: Ticket, target: PlainTransformer, allowed: int | None) -> Verification:
    """`allowed` is None for a ticket of our own: only its parts have claims to compare yet."""
    failures = _header_failures(ticket, target)
    if failures:
        return _refused(ticket, target, failures)
    domain = parse_domain(ticket.domain)
    assert isinstance(domain, Ball)
    # Each part is held against the limit once its header is right: numbers there are bounded then.
    room = needed_to_check(ticket) if allowed is None else allowed
    try:
        parts, checks, bounds = _checked_parts(ticket, target, domain, room)
    except (BadInput, LookupError, TypeError, ValueError) as error:
        return _refused(ticket, target, [f"a part cannot be checked ({error})"])
    for name, check in zip(_names(target), checks, strict=True):
        failures += [f"{name}: {text}" for text in check.failures]
    failures += incomplete_failures(ticket)
    whole = bounds[-1]
    # A part that was refused has no bound, and nothing of it may be evaluated.
    if not all(map(math.isfinite, (whole, *(one.sup_error_bound for one in checks)))):
        return _refused(ticket, target, failures or ["the errors of its parts are not bounded"])
    pairs = list(zip(parts[::2], parts[1::2], strict=True))
    check = Verification(
        ok=False,
        complete=ticket.complete,
        weights=sum(one.weights for one in checks),
        max_weight_error=max(one.max_weight_error for one in checks),
        # Half of all weights and more are not above the largest of the parts' medians.
        median_weight_error=max(one.median_weight_error for one in checks),
        sup_error_bound=round_up(whole),
        sup_error_found=round_down(largest_transformer_error(target, pairs, domain, ticket.seed)),
        layer_error_bounds=tuple(map(round_up, bounds)),
        failures=tuple(failures),
        parts=checks,
    )
    if allowed is not None:
        failures += claim_failures(ticket, check, bounds, {})
    failures += network_eps_failures(ticket, whole)
    return replace(check, ok=not failures, failures=tuple(failures))


def _names(target: PlainTransformer) -> list[str]:
    kinds = ("attention", "connected part")
    return [f"block {b}, {kind}" for b in range(len(target.blocks)) for kind in kinds]


def _checked_parts(
    ticket: Ticket, target: PlainTransformer, domain: Ball, allowed: int
) -> tuple[list[Ticket], tuple[Verification, ...], list[float]]:
    """Every part as a ticket, what its check says, and the error of the whole after it.

    Raises
    ------
    BadInput, LookupError, TypeError, ValueError
        If a part's claims cannot be read, or its sums are out of range.
    """
    walk = TokenErrors(domain.radius, target.width)
    parts, checks, bounds = [], [], []
    claims = ticket.certificate["parts"]
    for part, of in _cut(ticket, target, claims):
        one = replace(part, domain=str(walk.domain))
        # The claim is confirmed by the check below, and the same on every machine.
        error, norms = claimed(one.certificate, "sup_error_bound"), Norms.of(of)
        if not 0 <= error < math.inf:
            raise ValueError(f"claims an error of {error}")
        if isinstance(of, Attention):
            checks.append(verify_attention(one, of, allowed))
            walk.attention(norms, error)
        else:
            checks.append(certificate.verify(one, of, allowed))
            walk.connected(norms, error)
        parts.append(one)
        bounds.append(walk.error)
    return parts, tuple(checks), bounds


def _cut(
    ticket: Ticket, target: PlainTransformer, claims: Any
) -> Iterator[tuple[Ticket, Attention | Dense]]:
    """Every part as a ticket of its own, its domain still that of the whole."""
    if not isinstance(claims, list) or len(claims) != 2 * len(target.blocks):
        raise ValueError(f"certificates of {2 * len(target.blocks)} parts are needed")
    start = 0
    for number, claim in enumerate(claims):
        of: Attention | Dense = target.blocks[number // 2][number % 2]
        stop = start + _layers(of)
        yield (
            Ticket(
                theorem=TRANSFORMER_PARTS[number % 2],
                seed=ticket.seed,
                target_sha256=of.target_hash() if isinstance(of, Attention) else target_hash(of),
                domain=ticket.domain,
                blocks=ticket.blocks[start:stop],
                masks=ticket.masks[start:stop],
                norm_exponents=() if isinstance(of, Attention) else of.norm_exponents,
                architecture=of.describe() if isinstance(of, Attention) else architecture_of(of),
                certificate=claim,
            ),
            of,
        )
        start = stop


def _layers(part: Attention | Dense) -> int:
    """Blocks of the ticket that stand for a part."""
    return 2 * part.heads if isinstance(part, Attention) else part.depth


def _header_failures(ticket: Ticket, target: PlainTransformer) -> list[str]:
    failures = off_neutral(ticket, ("network_eps", "architecture", "unreached"))
    failures += eps_failures(ticket)
    if ticket.target_sha256 != target.target_hash():
        failures.append("the ticket was built for another target (hashes differ)")
    if ticket.theorem != _THEOREM:
        failures.append(f"theorem {ticket.theorem!r} is not about transformers")
    if ticket.architecture != target.describe():
        failures.append("the recorded architecture is not the target's")
    needed = sum(_layers(part) for pair in target.blocks for part in pair)
    if len(ticket.blocks) != needed:
        failures.append(f"{len(ticket.blocks)} blocks in the place of {needed}")
    try:
        if not isinstance(parse_domain(ticket.domain), Ball):
            failures.append(f"the domain {ticket.domain} is no ball")
    except BadInput as error:
        failures.append(str(error))
    used = [layer.stream for block in ticket.blocks for layer in block.layers]
    if len(set(used)) != len(used):
        failures.append("two layers share a stream of random weights")
    return failures


def _refused(ticket: Ticket, target: PlainTransformer, failures: list[str]) -> Verification:
    return Verification.refused(
        failures, complete=ticket.complete, weights=target.parameters, layers=2 * len(target.blocks)
    )
