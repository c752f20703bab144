"""The independent check of a ticket: from seed, masks and target alone, knowing no builder.

It regenerates the weights, recomputes every subset sum in integers, compares each with the target's
weight, bounds the sup-norm error of the whole network from above over its domain, and searches for
the largest error it can find. The truth lies between the two numbers.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from slt_theory.errors import BadInput
from slt_theory.lattice import PRODUCT_BITS
from slt_theory.networks import Network, Operator
from slt_theory.tickets.checking.check import Check
from slt_theory.tickets.checking.claims import (
    HEADROOM,
    claim_failures,
    edge_failures,
    round_down,
    round_up,
    rounded_edges,
)
from slt_theory.tickets.checking.edges import edge_errors
from slt_theory.tickets.checking.effective import Effective, MalformedTicket, effective_block
from slt_theory.tickets.checking.error_bound import Gap, Range, deviation_ranges
from slt_theory.tickets.checking.error_search import largest_error_found
from slt_theory.tickets.checking.relaxation import relaxed_bound
from slt_theory.tickets.checking.rules import header_failures
from slt_theory.tickets.checking.silence import consumer, silent_copies, without
from slt_theory.tickets.checking.unrolled import SourceMap, in_units, layer_values, unroll
from slt_theory.tickets.domain import inputs_known, parse_domain
from slt_theory.tickets.resolution import resolution_units, rounded
from slt_theory.tickets.size import ticket_size
from slt_theory.tickets.ticket import Block, Ticket

__all__ = ["certify", "on_lattice", "verify"]

Int64Array = NDArray[np.int64]
_EXACT_BITS = 53
_EXACT = 1 << _EXACT_BITS


def on_lattice(weights: NDArray[np.float64], scale_exponent: int) -> tuple[Int64Array, bool]:
    """Weights in units of ``2**(scale_exponent - 48)``, and whether that is exact.

    Inexact entries are off by at most half a unit, which every use here adds to the error.

    Raises
    ------
    BadInput
        If a weight has 2**53 units or more.
    """
    largest = float(np.abs(weights).max())
    if math.frexp(largest)[1] > _EXACT_BITS + scale_exponent - PRODUCT_BITS and largest:
        raise BadInput(
            "target",
            f"a weight of {largest:.6g}",
            "is beyond the exact range of this construction",
            "rescale the target, or use pensia2020-two-layer, which rescales by itself",
        )
    scaled = np.ldexp(weights, PRODUCT_BITS - scale_exponent)
    rounded = np.rint(scaled)
    return rounded.astype(np.int64), bool((rounded == scaled).all())


@dataclass(frozen=True)
class _Layer:
    """One block compared with its target layer, all in integer units of its lattice."""

    effective: Effective
    positive: Int64Array
    negative: Int64Array
    inexact: bool
    off: NDArray[np.bool_]

    @property
    def unit(self) -> float:
        return float(2.0 ** (self.effective.scale_exponent - PRODUCT_BITS))

    def worst(self) -> Int64Array:
        """Largest error of every weight in units, halves and target rounding included."""
        both = np.maximum(np.abs(self.positive), np.abs(self.negative))
        return np.asarray(both + self.slack)

    @property
    def slack(self) -> int:
        """Units that the errors as computed may miss: rounded targets, slopes that are no sums."""
        return int(self.inexact) + self.effective.loose

    def switched_off(self, rows: NDArray[np.bool_]) -> _Layer:
        """Without the errors of `rows`, from which nothing comes."""
        if not rows.any():
            return self
        keep = ~rows[:, None]
        wanted = self.effective.positive - self.positive
        sums = np.where(keep, self.effective.positive, wanted)
        other = self.effective.negative
        if other is not None:
            one = other is self.effective.positive
            other = sums if one else np.where(keep, other, wanted)
        positive = self.positive * keep
        one_sided = self.negative is self.positive
        return replace(
            self,
            effective=replace(self.effective, positive=sums, negative=other),
            positive=positive,
            negative=positive if one_sided else self.negative * keep,
            off=rows,
        )


def _compare(ticket: Ticket, target: Network, index: int, off: NDArray[np.bool_] | None) -> _Layer:
    """A block against its target layer; `off` says which copies of its inputs are always 0."""
    block = ticket.blocks[index]
    effective = effective_block(ticket, index)
    if off is not None and off.any():
        effective = without(block, effective, off)
    wanted, exact = on_lattice(target.matrix(index), block.scale_exponent)
    wanted = wanted[block.target_rows(np.arange(block.rows))]
    if block.resolution != "0":
        _check_multiples(block, effective, wanted, index)
    positive = effective.positive - wanted
    one_sided = effective.negative is None or effective.negative is effective.positive
    negative = positive if effective.negative is None or one_sided else effective.negative - wanted
    return _Layer(effective, positive, negative, not exact, np.zeros(block.rows, dtype=bool))


def _check_multiples(block: Block, effective: Effective, wanted: Int64Array, index: int) -> None:
    """Every sum is the target's weight rounded to the block's resolution, exactly."""
    units = resolution_units(block.resolution, block.scale_exponent)
    if units < 1:
        raise MalformedTicket(f"layer {index}: {block.resolution} is no step of its lattice")
    goals, wired = rounded(wanted, units), block.wired(np.arange(block.rows))
    for sums in (effective.positive, effective.negative):
        if sums is not None and ((sums != goals) & wired).any():
            raise MalformedTicket(
                f"layer {index}: a sum is not its weight rounded to a multiple of "
                f"{block.resolution}"
            )


def _compare_all(ticket: Ticket, target: Network) -> list[_Layer]:
    """Every block; a copy that is wrong, but always 0, is taken out of its layer and of the next.

    Its rows then count as those of the target, and nothing comes from them.
    """
    layers: list[_Layer] = []
    off: dict[int, NDArray[np.bool_]] = {}
    domain = parse_domain(ticket.domain)
    non_negative = inputs_known(target, domain)
    for k, block in enumerate(ticket.blocks):
        layer = _compare(ticket, target, k, off.get(k))
        after = consumer(target, k)
        if after is not None and ticket.blocks[after].kind == "single-layer":
            silent = silent_copies(block, layer.effective, non_negative=non_negative[k])
            wrong = layer.worst() > _radius(block)
            copies = silent & wrong.reshape(silent.size, -1).any(axis=1)
            off[after] = copies
            layer = layer.switched_off(np.repeat(copies, block.taps))
        _check_exact(layer, k)
        layers.append(layer)
    return layers


def _check_exact(layer: _Layer, index: int) -> None:
    """Sums, and their distances from the target's weights, are exact in float64."""
    halves = (layer.effective.positive, layer.effective.negative, layer.positive, layer.negative)
    if max(int(np.abs(s).max()) for s in halves if s is not None) >= _EXACT:
        raise MalformedTicket(f"layer {index}: a sum leaves the exact range of float64")


def _radius(block: Block) -> int:
    """The error that a block claims, in units of its lattice."""
    return int(Fraction(block.eps) // Fraction(2) ** (block.scale_exponent - PRODUCT_BITS))


def verify(ticket: Ticket, target: Network) -> Check:
    """Check a ticket against its target.

    Parameters
    ----------
    ticket : Ticket
    target : Dense
        The network that the ticket claims to imitate.

    Returns
    -------
    Check
        ``ok`` is False for an incomplete or wrong ticket; ``failures`` says why. About 0.3
        microseconds a kept weight, plus the error search.
    """
    return _check(ticket, target, compare_claims=True)


def certify(ticket: Ticket, target: Network) -> Ticket:
    """The ticket with the certificate that `verify` will confirm."""
    check = _check(ticket, target, compare_claims=False)
    return ticket.with_certificate(check.certificate())


def _check(ticket: Ticket, target: Network, *, compare_claims: bool) -> Check:
    failures = header_failures(ticket, target)
    if failures:
        return _refused(ticket, target, failures)
    try:
        layers = _compare_all(ticket, target)
    except (MalformedTicket, BadInput) as error:
        return _refused(ticket, target, [str(error)])
    if not ticket.complete:
        failures.append(f"incomplete: {len(ticket.unreached)} sums have no subset within eps")
    domain = parse_domain(ticket.domain)
    failures += _eps_failures(ticket, layers)
    errors = np.concatenate(
        [
            layer.worst()[block.wired(np.arange(block.rows)) & ~layer.off[:, None]] * layer.unit
            for block, layer in zip(ticket.blocks, layers, strict=True)
        ]
    )
    maps = [
        unroll(target, block, k, layer.effective)
        for k, (block, layer) in enumerate(zip(ticket.blocks, layers, strict=True))
    ]
    gaps = [
        _gap(block, layer, source)
        for block, layer, source in zip(ticket.blocks, layers, maps, strict=True)
    ]
    deviations = deviation_ranges(target, domain, gaps)
    bounds = [_largest(deviations[place]) for place in layer_values(target)]
    uppers = {"interval": _largest(deviations[-1])}
    # A wrong ticket needs no better bound, and one layer has none.
    if target.depth > 1 and not failures:
        uppers["relaxation"] = relaxed_bound(target, domain, gaps)
    whole = min(uppers.values())
    named = {name: round_up(bound * HEADROOM[name]) for name, bound in uppers.items()}
    found = largest_error_found(target, domain, maps, seed=ticket.seed)
    edges = edge_errors(target, domain, maps, deviations, seed=ticket.seed)
    check = Check(
        ok=False,
        complete=ticket.complete,
        weights=target.parameters,
        max_weight_error=float(errors.max()),
        median_weight_error=float(np.median(errors)),
        sup_error_bound=min(named.values()),
        sup_error_found=round_down(found),
        layer_error_bounds=tuple(round_up(b) for b in bounds),
        failures=(),
        bounds=named,
        size=ticket_size(ticket, target),
        edges=None if edges is None else rounded_edges(edges),
    )
    if compare_claims:
        failures += claim_failures(ticket, check, bounds, uppers)
        failures += edge_failures(ticket.certificate, edges)
    network_eps = ticket.network_eps
    if network_eps is not None and whole > network_eps:
        failures.append(f"certified error {whole:.6g} is above network_eps {network_eps:.6g}")
    return Check(**{**check.__dict__, "ok": not failures, "failures": tuple(failures)})


def _refused(ticket: Ticket, target: Network, failures: list[str]) -> Check:
    infinite = float("inf")
    return Check(
        ok=False,
        complete=ticket.complete,
        weights=target.parameters,
        max_weight_error=infinite,
        median_weight_error=infinite,
        sup_error_bound=infinite,
        sup_error_found=0.0,
        layer_error_bounds=(infinite,) * target.depth,
        failures=tuple(failures),
    )


def _eps_failures(ticket: Ticket, layers: list[_Layer]) -> list[str]:
    failures = []
    for k, (block, layer) in enumerate(zip(ticket.blocks, layers, strict=True)):
        outside = int(np.count_nonzero(layer.worst() > _radius(block)))
        if outside:
            eps = float(Fraction(block.eps))
            failures.append(
                f"layer {k}: {outside} weights are further than eps = {eps:g} from their target"
            )
    return failures


def _gap(block: Block, layer: _Layer, source: SourceMap) -> Gap:
    """Exact differences of one layer as maps of images."""
    unrolling, exponent = source.positive.unrolling, layer.effective.scale_exponent
    shape = (block.outputs * block.copies_out, block.taps, block.columns)

    def cube(errors: Int64Array) -> NDArray[np.float64]:
        return in_units(errors, exponent).reshape(shape)

    positive = cube(layer.positive)
    constant = np.zeros(shape[0])
    if block.constant_input:
        constant = positive[:, block.constant_tap, -1].copy()

    def operator(errors: NDArray[np.float64]) -> Operator:
        return Operator(np.ascontiguousarray(errors[:, :, : block.inputs]), unrolling)

    one = operator(positive)
    other = one if layer.negative is layer.positive else operator(cube(layer.negative))
    slack = layer.unit * layer.slack
    return Gap(source.positive, one, other, constant, slack, block.copies_out)


def _largest(deviation: Range | None) -> float:
    if deviation is None:
        return 0.0
    return float(np.maximum(np.abs(deviation[0]), np.abs(deviation[1])).max())
