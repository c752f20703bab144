"""What a header may say: the shape, law and streams that the theorem of a ticket allows.

Knows no builder. A header that breaks a rule makes the ticket wrong, whatever its masks are.
"""

from __future__ import annotations

import math
import re
from fractions import Fraction

from slt_theory.errors import BadInput
from slt_theory.lattice import WEIGHT_BITS
from slt_theory.laws import Uniform, parse_law
from slt_theory.networks import Dense, target_hash
from slt_theory.tickets.domain import parse_domain
from slt_theory.tickets.ticket import Block, Ticket

__all__ = ["exact_eps", "header_failures"]

_KIND = {"pensia2020-two-layer": "gadget-pair", "pensia2020-direct": "direct-sums"}
_LARGEST_EXPONENT = 1100


def exact_eps(block: Block) -> Fraction:
    """The error allowed per weight; ``p`` or ``p/q``.

    Raises
    ------
    BadInput
        For anything else.
    """
    if not re.fullmatch(r"[0-9]{1,400}(/0*[1-9][0-9]{0,400})?", block.eps):
        raise BadInput("eps", block.eps, "must be a positive fraction p/q")
    return Fraction(block.eps)


def header_failures(ticket: Ticket, target: Dense) -> list[str]:
    """Everything in the header that its theorem, or this target, does not allow."""
    failures = []
    if ticket.target_sha256 != target_hash(target):
        failures.append("the ticket was built for another target (hashes differ)")
    if ticket.theorem not in _KIND:
        return [*failures, f"theorem {ticket.theorem!r} has no construction"]
    if len(ticket.blocks) != target.depth:
        return [*failures, f"{len(ticket.blocks)} blocks for {target.depth} layers"]
    try:
        non_negative = parse_domain(ticket.domain).non_negative
    except BadInput as error:
        return [*failures, str(error)]
    if ticket.network_eps is not None and not 0 < ticket.network_eps < math.inf:
        failures.append(f"network_eps = {ticket.network_eps} is no error")
    for k, block in enumerate(ticket.blocks):
        failures += [
            f"layer {k}: {text}"
            for text in (
                *_shape_failures(block, target, k),
                *_source_failures(block, _KIND[ticket.theorem], target),
            )
        ]
        if block.signs == "positive" and k == 0 and not non_negative:
            failures.append(f"layer {k}: only the positive half is built, but inputs may be < 0")
    if ticket.norm_exponents != target.rescaled().exponents:
        failures.append("the recorded scale of the norms is not the target's")
    used = [stream for block in ticket.blocks for stream in block.streams]
    if len(set(used)) != len(used):
        failures.append("two layers share a stream of random weights")
    return failures


def _shape_failures(block: Block, target: Dense, layer: int) -> list[str]:
    outputs, inputs = target.weights[layer].shape
    failures = []
    if (block.outputs, block.inputs) != (outputs, inputs):
        failures.append(
            f"block of shape {block.outputs, block.inputs} for weights of shape {outputs, inputs}"
        )
    if block.constant_input != (target.biases[layer] is not None):
        failures.append("a constant input goes with a bias, and only with one")
    return failures


def _source_failures(block: Block, kind: str, target: Dense) -> list[str]:
    """Law, lattice, streams and counts of the random numbers."""
    if block.kind != kind:
        return [f"the theorem builds {kind}, not {block.kind}"]
    failures = []
    gadget = kind == "gadget-pair"
    if block.signs not in ("both", "positive"):
        failures.append(f"signs = {block.signs!r} is unknown")
    elif not gadget and block.signs != "both":
        failures.append("direct sums have no halves")
    halves = 2 if block.signs == "both" else 1
    offered = block.columns * halves * block.n if gadget else block.n
    if block.n < 1 or block.hidden != offered:
        failures.append(f"n = {block.n} does not go with {block.hidden} hidden neurons")
    if block.shared and gadget:
        failures.append("shared rows belong to direct sums")
    if not 0 <= block.scale_exponent <= (_LARGEST_EXPONENT if gadget else 0):
        failures.append(f"scale exponent {block.scale_exponent} is out of range")
    if len(block.streams) != (2 if gadget else 1) or not all(
        0 <= stream < 1 << 64 for stream in block.streams
    ):
        failures.append(f"streams {block.streams} are not those of {block.kind}")
    if block.bits != WEIGHT_BITS:
        failures.append(f"weights have {block.bits} bits instead of {WEIGHT_BITS}")
    try:
        if exact_eps(block) <= 0:
            failures.append("eps is not positive")
        if not _law_allowed(parse_law(block.law), target, gadget=gadget):
            failures.append(f"the law {block.law} is not the theorem's")
    except BadInput as error:
        failures.append(str(error))
    return failures


def _law_allowed(law: object, target: Dense, *, gadget: bool) -> bool:
    """U[-1, 1]; for direct sums U[min, max] of the target, ends rounded outwards by a step."""
    if not isinstance(law, Uniform):
        return False
    if gadget:
        return (law.lo, law.hi) == (-1, 1)
    arrays = [a for a in (*target.weights, *target.biases) if a is not None]
    step = Fraction(1, 1 << WEIGHT_BITS)
    low = Fraction(min(float(a.min()) for a in arrays))
    high = Fraction(max(float(a.max()) for a in arrays))
    return bool(abs(law.lo - low) <= step and abs(law.hi - high) <= 2 * step)
