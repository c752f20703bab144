"""The independent check of a ticket: from seed, masks and target alone, knowing no builder.

It regenerates the weights, recomputes every subset sum in integers, compares each with the target's
weight, bounds the sup-norm error of the whole network from above over its domain, and evaluates
both networks at the inputs on which a search found them far apart. The truth lies between the two
numbers.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from slt_theory.errors import BadInput
from slt_theory.networks import Network, Operator
from slt_theory.networks.smallest_image import smallest_image
from slt_theory.plural import counted
from slt_theory.tickets.block import Block
from slt_theory.tickets.checking.check import Verification
from slt_theory.tickets.checking.claims import (
    HEADROOM,
    claim_failures,
    claims_less,
    edge_failures,
    incomplete_failures,
    network_eps_failures,
    round_down,
    round_up,
    rounded_edges,
)
from slt_theory.tickets.checking.comparison import Compared, allowed_units, compare_all
from slt_theory.tickets.checking.edges import edge_errors
from slt_theory.tickets.checking.effective import MalformedTicket
from slt_theory.tickets.checking.error_bound import Gap, deviation_ranges
from slt_theory.tickets.checking.outward import largest
from slt_theory.tickets.checking.relaxation import EARLIER_WORK, relaxed_bound
from slt_theory.tickets.checking.rules import header_failures
from slt_theory.tickets.checking.unrolled import SourceMap, in_units, layer_values, unroll
from slt_theory.tickets.checking.witnesses import Hunt, witness_failures
from slt_theory.tickets.domain import parse_domain
from slt_theory.tickets.memory import check_memory
from slt_theory.tickets.size import ticket_size
from slt_theory.tickets.ticket import Ticket

__all__ = ["certify", "gap_of", "verify"]

_ROWS = 1 << 11
"""Rows of errors that are worked on at once."""


def verify(ticket: Ticket, target: Network, allowed: int, *, search: float = 0.0) -> Verification:
    """Check a ticket against its target; as `slt_theory.tickets.verify`, within `allowed` bytes."""
    return _check(ticket, target, allowed, search)


def certify(ticket: Ticket, target: Network) -> Ticket:
    """The ticket with the certificate that `verify` will confirm, and the worst inputs found."""
    check = _check(ticket, target, None)
    return replace(ticket, certificate=check.certificate(), witnesses=check.witnesses)


@np.errstate(over="ignore", invalid="ignore")
def _check(
    ticket: Ticket, target: Network, allowed: int | None, search: float = 0.0
) -> Verification:
    """`allowed` is None for a ticket of our own: it has no claims to compare, and no inputs yet."""
    failures = header_failures(ticket, target)
    if not failures:
        failures = witness_failures(ticket, target, parse_domain(ticket.domain))
    if failures:
        return _refused(ticket, target, failures)
    if allowed is not None:
        check_memory(ticket, allowed)
    try:
        layers = compare_all(ticket, target)
    except (MalformedTicket, BadInput) as error:
        return _refused(ticket, target, [str(error)])
    ticket.unload()
    failures += incomplete_failures(ticket)
    domain = parse_domain(ticket.domain)
    failures += _eps_failures(ticket, layers)
    max_error, median_error = _weight_errors(ticket, layers)
    # Bounds and searches on the smallest image, where all sites alike are one.
    small = smallest_image(target)
    maps = _maps(ticket, small, layers)
    whole_maps = maps if small is target else _maps(ticket, target, layers)
    layers = [layer.without_sums() for layer in layers]  # Numbers as large as the maps.
    gaps = [gap_of(*each) for each in zip(ticket.blocks, layers, maps, strict=True)]
    del layers
    deviations = deviation_ranges(small, domain, gaps)
    bounds = [largest(deviations[place]) for place in layer_values(small)]
    uppers = {"interval": largest(deviations[-1])}
    # A wrong ticket needs no better bound, and one layer has none.
    if target.depth > 1 and not failures:
        uppers["relaxation"] = relaxed_bound(small, domain, gaps)
        if claims_less(ticket, "relaxation", uppers["relaxation"]):
            longer = relaxed_bound(small, domain, gaps, work=EARLIER_WORK)
            uppers["relaxation"] = min(uppers["relaxation"], longer)
    whole = min(uppers.values())
    named = {name: round_up(bound * HEADROOM[name]) for name, bound in uppers.items()}
    hunt = Hunt(target, domain, small, maps, ticket.seed)
    inputs = hunt.searched(deviations) if allowed is None else hunt.kept(ticket, search)
    shown = hunt.shown(whole_maps, inputs)
    edges = edge_errors(small, deviations, target, shown)
    check = Verification(
        ok=False,
        complete=ticket.complete,
        weights=target.parameters,
        max_weight_error=max_error,
        median_weight_error=median_error,
        sup_error_bound=min(named.values()),
        sup_error_found=round_down(float(shown[-1].max(initial=0.0))),
        layer_error_bounds=tuple(round_up(b) for b in bounds),
        failures=tuple(failures),
        bounds=named,
        size=ticket_size(ticket, target),
        edges=None if edges is None else rounded_edges(edges),
        witnesses=tuple(inputs),
    )
    if allowed is not None:
        failures += claim_failures(ticket, check, bounds, uppers)
        failures += edge_failures(ticket, edges)
    failures += network_eps_failures(ticket, whole)
    return Verification(**{**check.__dict__, "ok": not failures, "failures": tuple(failures)})


def _weight_errors(ticket: Ticket, layers: list[Compared]) -> tuple[float, float]:
    """Largest and median error of all weights that the source has, without rows switched off."""
    errors, end = np.empty(sum(layer.positive.size for layer in layers)), 0
    for block, layer in zip(ticket.blocks, layers, strict=True):
        for start in range(0, block.rows, _ROWS):
            rows = np.arange(start, min(start + _ROWS, block.rows))
            counted = block.wired(rows) & ~layer.off[rows, None]
            values = layer.worst(slice(start, start + _ROWS))[counted] * layer.unit
            errors[end : end + values.size] = values
            end += values.size
    errors = errors[:end]
    return float(errors.max()), float(np.median(errors, overwrite_input=True))


def _maps(ticket: Ticket, target: Network, layers: list[Compared]) -> list[SourceMap]:
    """Source layers on the target's images."""
    blocks = enumerate(zip(ticket.blocks, layers, strict=True))
    return [unroll(target, block, k, layer.effective) for k, (block, layer) in blocks]


def _refused(ticket: Ticket, target: Network, failures: list[str]) -> Verification:
    return Verification.refused(
        failures, complete=ticket.complete, weights=target.parameters, layers=target.depth
    )


def _eps_failures(ticket: Ticket, layers: list[Compared]) -> list[str]:
    failures = []
    for k, (block, layer) in enumerate(zip(ticket.blocks, layers, strict=True)):
        allowed = allowed_units(block)
        parts = (slice(start, start + _ROWS) for start in range(0, block.rows, _ROWS))
        outside = sum(int(np.count_nonzero(layer.worst(rows) > allowed)) for rows in parts)
        if outside:
            eps = float(Fraction(block.eps))
            failures.append(
                f"layer {k}: {counted(outside, 'weight')} further than eps = {eps:g} from "
                "the target"
            )
    return failures


def gap_of(block: Block, layer: Compared, source: SourceMap) -> Gap:
    """Exact differences of one layer as maps of images."""
    unrolling, exponent = source.positive.unrolling, layer.effective.scale_exponent
    shape = (block.outputs * block.copies_out, block.taps, block.columns)

    def operator(errors: NDArray[np.int64]) -> Operator:
        return Operator(in_units(errors.reshape(shape)[:, :, : block.inputs], exponent), unrolling)

    constant = np.zeros(shape[0])
    if block.constant_input:
        constant = in_units(layer.positive.reshape(shape)[:, block.constant_tap, -1], exponent)
    one = operator(layer.positive)
    other = one if layer.negative is layer.positive else operator(layer.negative)
    slack = layer.unit * layer.slack
    return Gap(source.positive, one, other, constant, slack, block.copies_out)
