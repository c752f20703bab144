"""Two networks of one shape and their exact difference: ticket and target, or any two."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from slt_theory.errors import BadInput
from slt_theory.networks import Network, Operator
from slt_theory.tickets.checking.certificate import gap_of
from slt_theory.tickets.checking.comparison import compare_all
from slt_theory.tickets.checking.effective import MalformedTicket
from slt_theory.tickets.checking.error_bound import Gap
from slt_theory.tickets.checking.rules import header_failures
from slt_theory.tickets.checking.unrolled import SourceMap, target_maps, unroll
from slt_theory.tickets.ticket import Ticket

__all__ = ["NetworkPair", "pair_of_networks", "pair_of_ticket"]

Floats = NDArray[np.float64]


class NetworkPair(NamedTuple):
    """A target, the other network's layers, and layer by layer what the other has more.

    Attributes
    ----------
    target : Network
    maps : list of SourceMap
    gaps : list of Gap
    """

    target: Network
    maps: list[SourceMap]
    gaps: list[Gap]


def pair_of_ticket(ticket: Ticket, target: Network) -> NetworkPair:
    """A target and the network that a ticket selects, from seed and masks alone.

    Raises
    ------
    BadInput
        If the ticket is not one of this target.
    """
    failures = header_failures(ticket, target)
    if failures:
        raise BadInput("ticket", failures[0], "it is not of this target", "verify it")
    try:
        layers = compare_all(ticket, target)
    except MalformedTicket as error:
        raise BadInput("ticket", str(error), "it is malformed", "verify it") from error
    parts = list(zip(ticket.blocks, layers, strict=True))
    maps = [unroll(target, block, k, layer.effective) for k, (block, layer) in enumerate(parts)]
    gaps = [gap_of(*part, source) for part, source in zip(parts, maps, strict=True)]
    return NetworkPair(target, maps, gaps)


def pair_of_networks(a: Network, b: Network) -> NetworkPair:
    """Two networks of the same steps and shapes.

    Raises
    ------
    BadInput
        If the steps, shapes or activations differ: then weights have no counterparts.
    """
    ours, theirs = _shape(a), _shape(b)
    for name, what in ours.items():
        if what != theirs[name]:
            differ = f"{what!s:.80} and {theirs[name]!s:.80}"
            raise BadInput("networks", differ, f"must be of one architecture: their {name} differ")
    maps = target_maps(b)
    gaps = []
    for layer, (source, other) in enumerate(zip(maps, target_maps(a), strict=True)):
        theirs_, ours_ = source.positive.coefficients, other.positive.coefficients
        change, lost = _less(theirs_, ours_)
        shift, lost_too = _less(source.bias, other.bias)
        operator = Operator(change, a.unrolling(layer))
        slack = max(lost, lost_too)
        gaps.append(Gap(source.positive, operator, operator, shift, slack))
    return NetworkPair(a, maps, gaps)


def _shape(network: Network) -> dict[str, object]:
    record = network.describe()
    layers = [{k: v for k, v in layer.items() if k != "bias"} for layer in record["layers"]]
    return {"inputs": record["input"], "layers": layers, "steps": record["steps"]}


@np.errstate(over="ignore", invalid="ignore")
def _less(a: Floats, b: Floats) -> tuple[Floats, float]:
    """Return ``a - b`` as floats, and the largest rounding error among them.

    The error of one subtraction is itself a float (Knuth's sum of two; Sterbenz: it is 0 where one
    is at most twice the other, as for a number and its rounding).
    """
    difference = a - b
    back = difference - a
    error = (a - (difference - back)) - (b + back)
    lost = float(np.abs(error).max(initial=0.0))
    # Beyond 2^1020 the parts overflow.
    return difference, lost if np.isfinite(difference).all() and np.isfinite(lost) else np.inf
