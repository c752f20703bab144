"""What a header may say: the shape, law and streams that the theorem of a ticket allows.

Knows no builder. A header that breaks a rule makes the ticket wrong, whatever its masks are.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from fractions import Fraction

from slt_theory.errors import BadInput
from slt_theory.lattice import WEIGHT_BITS
from slt_theory.laws import Law, Uniform, parse_law
from slt_theory.networks import Dense, target_hash
from slt_theory.tickets.domain import parse_domain
from slt_theory.tickets.frozen import freezing
from slt_theory.tickets.ticket import Block, SourceLayer, Ticket

__all__ = ["header_failures"]

_LARGEST_EXPONENT = 1100


@dataclass(frozen=True)
class _Rule:
    """What a theorem builds: the kind of its first and of its later blocks, and with which laws."""

    first: str
    later: str
    laws: tuple[str, ...] = ("uniform",)
    frozen: bool = False
    size: bool = False


_PAIR, _SINGLE, _DIRECT = "gadget-pair", "single-layer", "direct-sums"
_RULES = {
    "pensia2020-two-layer": _Rule(_PAIR, _PAIR),
    "pensia2020-direct": _Rule(_DIRECT, _DIRECT),
    "malach2020-weights": _Rule(_PAIR, _PAIR, size=True),
    "fischer2021-biases": _Rule(_PAIR, _PAIR, laws=("uniform", "normal")),
    "burkholz2022-depth": _Rule(_PAIR, _SINGLE),
    "gadhikar2023-network": _Rule(_PAIR, _SINGLE, laws=("bernoulli(...)*uniform",)),
    "otsuka2024-frozen-network": _Rule(_PAIR, _SINGLE, frozen=True),
    "natale2024-network": _Rule(_PAIR, _PAIR, size=True),
}


_EPS = r"[0-9]{0,399}[1-9][0-9]{0,399}(/0*[1-9][0-9]{0,400})?"


def header_failures(ticket: Ticket, target: Dense) -> list[str]:
    """Everything in the header that its theorem, or this target, does not allow."""
    failures = []
    if ticket.target_sha256 != target_hash(target):
        failures.append("the ticket was built for another target (hashes differ)")
    if ticket.theorem not in _RULES:
        return [*failures, f"theorem {ticket.theorem!r} has no construction"]
    if len(ticket.blocks) != target.depth:
        return [*failures, f"{len(ticket.blocks)} blocks for {target.depth} layers"]
    try:
        non_negative = parse_domain(ticket.domain).non_negative
    except BadInput as error:
        return [*failures, str(error)]
    if ticket.network_eps is not None and not 0 < ticket.network_eps < math.inf:
        failures.append(f"network_eps = {ticket.network_eps} is no error")
    rule = _RULES[ticket.theorem]
    copies = 1
    for k, block in enumerate(ticket.blocks):
        found = [
            *_shape_failures(block, target, k),
            *_wiring_failures(block, copies),
            *_source_failures(block, rule, target, k),
        ]
        failures += [f"layer {k}: {text}" for text in found]
        copies = block.copies_out
        if block.signs == "positive" and k == 0 and not non_negative:
            failures.append(f"layer {k}: only the positive half is built, but inputs may be < 0")
    if copies != 1:
        failures.append(f"the last layer has {copies} copies of every output")
    if ticket.norm_exponents != target.rescaled().exponents:
        failures.append("the recorded scale of the norms is not the target's")
    used = [layer.stream for block in ticket.blocks for layer in block.layers]
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


def _wiring_failures(block: Block, copies: int) -> list[str]:
    """The block's source layers chain, offer n numbers a sum, and take the copies there are."""
    halves = 2 if block.signs == "both" else 1
    rows, columns = block.outputs * block.copies_out, block.columns * block.copies_in
    hidden = block.columns * halves * block.n
    expected = {
        _PAIR: ((hidden, columns), (rows, hidden)),
        _SINGLE: ((rows, columns),),
        _DIRECT: ((rows * columns, block.n),),
    }
    failures = []
    if block.mask_shapes != expected.get(block.kind):
        failures.append(f"layers of shapes {block.mask_shapes} do not make a {block.kind}")
    if block.copies_in != copies:
        failures.append(f"takes {block.copies_in} copies of every input, there are {copies}")
    if block.kind == _SINGLE and block.n != block.copies_in:
        failures.append(f"n = {block.n} does not go with {block.copies_in} copies")
    if block.kind != _SINGLE and block.copies_in != 1:
        failures.append(f"a {block.kind} takes one copy of every input")
    return failures


def _source_failures(block: Block, rule: _Rule, target: Dense, index: int) -> list[str]:
    """Kind, laws, lattice, streams and frozen fractions."""
    kind = rule.first if index == 0 else rule.later
    if block.kind != kind:
        return [f"the theorem builds {kind}, not {block.kind}"]
    failures = []
    direct = kind == _DIRECT
    if block.signs not in ("both", "positive"):
        failures.append(f"signs = {block.signs!r} is unknown")
    elif kind != _PAIR and block.signs != "both":
        failures.append(f"a {kind} has no halves")
    if block.shared and not direct:
        failures.append("shared rows belong to direct sums")
    if not 0 <= block.scale_exponent <= (0 if direct else _LARGEST_EXPONENT):
        failures.append(f"scale exponent {block.scale_exponent} is out of range")
    sized = block.size is not None and 1 <= block.size <= block.n
    if sized != rule.size or (block.size is not None and not sized):
        failures.append(f"sums of {block.size or 'any'} numbers are not the theorem's")
    if not re.fullmatch(_EPS, block.eps):
        failures.append(f"eps = {block.eps} is no positive fraction p/q")
    for number, layer in enumerate(block.layers):
        failures += _layer_failures(layer, rule, target, gadget=kind == _PAIR and number == 0)
    return failures


def _layer_failures(layer: SourceLayer, rule: _Rule, target: Dense, *, gadget: bool) -> list[str]:
    failures = []
    if not 0 <= layer.stream < 1 << 64:
        failures.append(f"stream {layer.stream} has more than 64 bits")
    if layer.bits != WEIGHT_BITS:
        failures.append(f"weights have {layer.bits} bits instead of {WEIGHT_BITS}")
    try:
        law = parse_law(layer.law)
        family = re.sub(r"bernoulli\([^)]*\)", "bernoulli(...)", law.name)
        allowed = family in rule.laws if rule.first != _DIRECT else _is_range(law, target)
        if not allowed:
            failures.append(f"the law {layer.law} is not the theorem's")
        frozen = freezing(Fraction(layer.prune), Fraction(layer.lock))
        if frozen.free < 1 and not rule.frozen:
            failures.append("the theorem freezes nothing")
        if frozen.lock and gadget:
            failures.append("nothing may be locked in a gadget layer")
    except (BadInput, ValueError, ZeroDivisionError) as error:
        failures.append(str(error))
    return failures


def _is_range(law: Law, target: Dense) -> bool:
    """U[min, max] of the target, ends rounded outwards by a step."""
    if not isinstance(law, Uniform):
        return False
    arrays = [a for a in (*target.weights, *target.biases) if a is not None]
    step = Fraction(1, 1 << WEIGHT_BITS)
    low = Fraction(min(float(a.min()) for a in arrays))
    high = Fraction(max(float(a.max()) for a in arrays))
    return bool(abs(law.lo - low) <= step and abs(law.hi - high) <= 2 * step)
