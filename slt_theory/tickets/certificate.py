"""The independent check of a ticket: from seed, masks and target alone, knowing no builder.

It regenerates the weights, recomputes every subset sum in integers, compares each with the target's
weight, bounds the sup-norm error of the whole network from above over its domain, and searches for
the largest error it can find. The truth lies between the two numbers.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from slt_theory.errors import BadInput
from slt_theory.lattice import PRODUCT_BITS
from slt_theory.networks import Dense
from slt_theory.tickets.domain import Domain, parse_domain
from slt_theory.tickets.effective import Effective, MalformedTicket, effective_block
from slt_theory.tickets.error_bound import layer_error_ranges
from slt_theory.tickets.error_search import largest_error_found
from slt_theory.tickets.rules import header_failures
from slt_theory.tickets.ticket import Ticket

__all__ = ["Check", "certify", "verify"]

Int64Array = NDArray[np.int64]
_EXACT_BITS = 53
_EXACT = 1 << _EXACT_BITS


@dataclass(frozen=True)
class Check:
    """What the check of one ticket against one target found.

    Attributes
    ----------
    ok : bool
        Complete, well-formed, every weight within its eps, and no claim of the file too good.
    complete : bool
    weights : int
        Target weights and biases.
    max_weight_error, median_weight_error : float
        Exact errors of the effective weights, rounded up to float; a weight with two halves counts
        with the worse.
    sup_error_bound : float
        No input of the domain has a larger error (sup norm of the output).
    sup_error_found : float
        Some input of the domain has at least this error.
    layer_error_bounds : tuple of float
        The same upper bound after every layer.
    failures : tuple of str
        Everything that is wrong, in words.
    """

    ok: bool
    complete: bool
    weights: int
    max_weight_error: float
    median_weight_error: float
    sup_error_bound: float
    sup_error_found: float
    layer_error_bounds: tuple[float, ...]
    failures: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        return {
            "ok": self.ok,
            "complete": self.complete,
            "weights": self.weights,
            "max_weight_error": self.max_weight_error,
            "median_weight_error": self.median_weight_error,
            "sup_error_bound": self.sup_error_bound,
            "sup_error_found": self.sup_error_found,
            "layer_error_bounds": list(self.layer_error_bounds),
            "failures": list(self.failures),
        }

    def certificate(self) -> dict[str, Any]:
        """The part that a ticket file carries."""
        keys = (
            "weights",
            "max_weight_error",
            "median_weight_error",
            "sup_error_bound",
            "sup_error_found",
            "layer_error_bounds",
        )
        record = self.to_dict()
        return {key: record[key] for key in keys}


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


def target_matrix(target: Dense, layer: int) -> NDArray[np.float64]:
    """Weights of a layer with its bias as last column, where it has one."""
    bias = target.biases[layer]
    weights = target.weights[layer]
    return weights if bias is None else np.column_stack([weights, bias])


@dataclass(frozen=True)
class _Layer:
    """One block compared with its target layer, all in integer units of its lattice."""

    effective: Effective
    positive: Int64Array
    negative: Int64Array
    inexact: bool

    @property
    def unit(self) -> float:
        return float(2.0 ** (self.effective.scale_exponent - PRODUCT_BITS))

    def worst(self) -> Int64Array:
        """Largest error of every weight in units, halves and target rounding included."""
        both = np.maximum(np.abs(self.positive), np.abs(self.negative))
        return np.asarray(both + int(self.inexact))


def _compare(ticket: Ticket, target: Dense, index: int) -> _Layer:
    block = ticket.blocks[index]
    effective = effective_block(ticket, index)
    wanted, exact = on_lattice(target_matrix(target, index), block.scale_exponent)
    wanted = np.repeat(wanted, block.copies_out, axis=0)
    positive = effective.positive - wanted
    negative = positive if effective.negative is None else effective.negative - wanted
    sums = [
        s for s in (effective.positive, effective.negative, positive, negative) if s is not None
    ]
    if max(int(np.abs(s).max()) for s in sums) >= _EXACT:
        raise MalformedTicket(f"layer {index}: a sum leaves the exact range of float64")
    return _Layer(effective, positive, negative, not exact)


def verify(ticket: Ticket, target: Dense) -> Check:
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


def certify(ticket: Ticket, target: Dense) -> Ticket:
    """The ticket with the certificate that `verify` will confirm."""
    check = _check(ticket, target, compare_claims=False)
    return ticket.with_certificate(check.certificate())


def _check(ticket: Ticket, target: Dense, *, compare_claims: bool) -> Check:
    failures = header_failures(ticket, target)
    if failures:
        return _refused(ticket, target, failures)
    try:
        layers = [_compare(ticket, target, k) for k in range(target.depth)]
    except (MalformedTicket, BadInput) as error:
        return _refused(ticket, target, [str(error)])
    if not ticket.complete:
        failures.append(f"incomplete: {len(ticket.unreached)} sums have no subset within eps")
    domain = parse_domain(ticket.domain)
    failures += _eps_failures(ticket, layers)
    errors = np.concatenate([layer.worst().ravel() * layer.unit for layer in layers])
    bounds = _bounds(target, domain, layers)
    found = largest_error_found(target, domain, _float_layers(layers, target), seed=ticket.seed)
    check = Check(
        ok=False,
        complete=ticket.complete,
        weights=target.parameters,
        max_weight_error=float(errors.max()),
        median_weight_error=float(np.median(errors)),
        sup_error_bound=round_up(bounds[-1]),
        sup_error_found=round_down(found),
        layer_error_bounds=tuple(round_up(b) for b in bounds),
        failures=(),
    )
    if compare_claims:
        failures += _claim_failures(ticket, check, bounds)
    network_eps = ticket.network_eps
    if network_eps is not None and bounds[-1] > network_eps:
        failures.append(f"certified error {bounds[-1]:.6g} is above network_eps {network_eps:.6g}")
    return Check(**{**check.__dict__, "ok": not failures, "failures": tuple(failures)})


def _refused(ticket: Ticket, target: Dense, failures: list[str]) -> Check:
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
        unit = Fraction(2) ** (block.scale_exponent - PRODUCT_BITS)
        eps = Fraction(block.eps)
        outside = int(np.count_nonzero(layer.worst() > eps // unit))
        if outside:
            failures.append(
                f"layer {k}: {outside} weights are further than eps = {float(eps):g} from their "
                "target"
            )
    return failures


def _float_layers(layers: list[_Layer], target: Dense) -> list[Any]:
    """(positive, negative, bias) of the source network in float64, exact."""
    result = []
    for k, layer in enumerate(layers):
        positive, negative = layer.effective.to_float(), layer.effective.to_float("negative")
        width = target.weights[k].shape[1]
        bias = positive[:, width] if positive.shape[1] > width else np.zeros(positive.shape[0])
        wiring = layer.effective.wiring
        if wiring is None:
            result.append((positive[:, :width], negative[:, :width], bias))
        else:
            result.append((wiring, wiring, bias))
    return result


def _bounds(target: Dense, domain: Domain, layers: list[_Layer]) -> list[float]:
    wirings, errors, slack = [], [], []
    for k, ((wiring, _, _), layer) in enumerate(
        zip(_float_layers(layers, target), layers, strict=True)
    ):
        wirings.append(wiring)
        gaps = [
            np.ldexp(e.astype(np.float64), layer.effective.scale_exponent - PRODUCT_BITS)
            for e in (layer.positive, layer.negative)
        ]
        if gaps[0].shape[1] == target.weights[k].shape[1]:
            gaps = [np.column_stack([g, np.zeros(len(g))]) for g in gaps]
        errors.append((gaps[0], gaps[1]))
        slack.append(layer.unit if layer.inexact else 0.0)
    ranges = layer_error_ranges(target, domain, wirings, errors, slack)
    return [float(np.maximum(np.abs(lo), np.abs(hi)).max()) for lo, hi in ranges]


def round_up(value: float) -> float:
    """Up to six significant digits: other machines' summation orders cannot undercut the claim."""
    if not np.isfinite(value) or value == 0:
        return value
    digits, exponent = f"{value:.5e}".split("e")
    while float(f"{digits}e{exponent}") < value:
        digits = f"{float(digits) + 1e-5:.5f}"
    return float(f"{digits}e{exponent}")


def round_down(value: float) -> float:
    """Down to six significant digits, for the same reason."""
    if value <= 0:
        return value
    digits, exponent = f"{value:.5e}".split("e")
    while float(f"{digits}e{exponent}") > value:
        digits = f"{float(digits) - 1e-5:.5f}"
    return float(f"{digits}e{exponent}")


def _claim_failures(ticket: Ticket, check: Check, bounds: list[float]) -> list[str]:
    """Claims that are too good; `bounds` are the certified errors before rounding up."""
    claims = ticket.certificate
    if not claims:
        return ["the file carries no certificate"]
    failures = []
    try:
        layers = [float(value) for value in claims["layer_error_bounds"]]
        # (what, claimed, recomputed): a claim below what was recomputed is too good.
        upper = [
            (f"claims {key.replace('_', ' ')}", float(claims[key]), recomputed)
            for key, recomputed in (
                ("max_weight_error", check.max_weight_error),
                ("median_weight_error", check.median_weight_error),
                ("sup_error_bound", bounds[-1]),
            )
        ]
        upper += [
            (f"claims an error after layer {k} of", claimed, bound)
            for k, (claimed, bound) in enumerate(zip(layers, bounds, strict=True))
        ]
        failures += [
            f"{what} {claimed:.6g}, recomputed {bound:.6g}"
            for what, claimed, bound in upper
            if not claimed >= bound
        ]
        if not float(claims["sup_error_bound"]) >= check.sup_error_found:
            failures.append(
                f"claims a network error of at most {claims['sup_error_bound']:.6g}, an input "
                f"with {check.sup_error_found:.6g} exists"
            )
        if not float(claims["sup_error_found"]) <= check.sup_error_bound:
            failures.append(
                f"claims an input with error {claims['sup_error_found']:.6g}, no input has more "
                f"than {check.sup_error_bound:.6g}"
            )
        if claims["weights"] != check.weights:
            failures.append(f"claims {claims['weights']} weights, there are {check.weights}")
    except (KeyError, TypeError, ValueError) as error:
        failures.append(f"the certificate cannot be read ({error!r})")
    return failures
