"""What the header of a universal ticket may say; knows no builder."""

from __future__ import annotations

import math
import re
from fractions import Fraction

from slt_theory.errors import BadInput
from slt_theory.lattice import WEIGHT_BITS
from slt_theory.tickets.block import Block
from slt_theory.tickets.checking.neutral import (
    LAYER_FIELDS,
    eps_failures,
    frozen_shares,
    off_neutral,
)
from slt_theory.tickets.ticket import Ticket
from slt_theory.universal.family import Family, Monomials

__all__ = ["THEOREM", "header_failures"]

THEOREM = "burkholz2022c-universal"
_PAIR, _SINGLE = "gadget-pair", "single-layer"
_KINDS = {Family: (_PAIR, _SINGLE), Monomials: (_PAIR, _SINGLE, _PAIR, _PAIR, _SINGLE)}
_LARGEST_EXPONENT = 64
_EPS = r"[1-9][0-9]{0,99}(/[1-9][0-9]{0,99})?"
_BLOCK_FIELDS = (
    "kind",
    "outputs",
    "inputs",
    "constant_input",
    "layers",
    "n",
    "eps",
    "scale_exponent",
    "copies_in",
    "copies_out",
    "signs",
)


def header_failures(ticket: Ticket, family: Family | Monomials) -> list[str]:
    """Everything in the header that this family does not allow."""
    failures = []
    if ticket.theorem != THEOREM:
        return [f"theorem {ticket.theorem!r} is not {THEOREM}"]
    if ticket.target_sha256 != family.sha256:
        failures.append("the ticket was built for another family (hashes differ)")
    if ticket.domain != family.domain:
        failures.append(f"domain {ticket.domain} instead of {family.domain}")
    failures += off_neutral(ticket, ("network_eps",))
    if ticket.network_eps is None:
        failures.append("a universal ticket names its error, network_eps")
    failures += eps_failures(ticket)
    if failures:
        return failures
    kinds = tuple(block.kind for block in ticket.blocks)
    if kinds != _KINDS[type(family)]:
        return [*failures, f"blocks {', '.join(kinds)} do not make this family's network"]
    used = [layer.stream for block in ticket.blocks for layer in block.layers]
    if len(set(used)) != len(used):
        failures.append("two layers share a stream of random weights")
    two_sided = isinstance(family, Family) and family.lo < 0
    for k, (block, widths) in enumerate(zip(ticket.blocks, _widths(family), strict=True)):
        signs = "both" if two_sided and k == 0 else None
        before = ticket.blocks[k - 1] if block.kind == _SINGLE else None
        after = ticket.blocks[k + 1].kind if k + 1 < len(ticket.blocks) else None
        found = _block_failures(block, widths, before.copies_out if before else 1, signs)
        if after == _SINGLE and block.scale_exponent:
            found.append("hinges are not scaled")
        if block.copies_out != 1 and after != _SINGLE:
            found.append(f"nothing takes its {block.copies_out} copies")
        found += _same_eps(block, ticket)
        if before is not None and block.inputs != before.outputs:
            found.append(f"takes {block.inputs} knots, there are {before.outputs}")
        failures += [f"block {k}: {text}" for text in found]
    return failures


def _same_eps(block: Block, ticket: Ticket) -> list[str]:
    """The error of the blocks is that of the ticket, which is its float from below."""
    if not re.fullmatch(_EPS, block.eps) or ticket.network_eps is None:
        return [f"eps = {block.eps} is no positive fraction p/q"]
    low, high = ticket.network_eps, math.nextafter(ticket.network_eps, math.inf)
    if low <= Fraction(block.eps) < high:
        return []
    return [f"eps = {block.eps} is not the ticket's error of {low:.6g}"]


def _widths(family: Family | Monomials) -> tuple[tuple[int | None, int | None, bool], ...]:
    """Per block: inputs, outputs (None: free), and whether there is a constant input."""
    count = len(family.names)
    if isinstance(family, Family):
        return (1, None, True), (None, count, True)
    d = family.inputs
    return (
        (d, None, True),
        (None, d, True),
        (d, count, False),
        (count, None, True),
        (None, count, True),
    )


def _block_failures(
    block: Block, widths: tuple[int | None, int | None, bool], copies: int, signs: str | None
) -> list[str]:
    failures = []
    inputs, outputs, constant = widths
    if (inputs or block.inputs, outputs or block.outputs) != (block.inputs, block.outputs):
        failures.append(f"is of shape {block.outputs, block.inputs}")
    if block.constant_input != constant:
        failures.append("has the wrong constant input")
    if block.signs not in ("both", "positive") or (signs and block.signs != signs):
        failures.append(f"signs = {block.signs!r} does not go with the domain")
    if not 0 <= block.scale_exponent <= _LARGEST_EXPONENT:
        failures.append(f"scale exponent {block.scale_exponent} is out of range")
    failures += off_neutral(block, _BLOCK_FIELDS)
    rows, columns = block.outputs * block.copies_out, block.columns * block.copies_in
    hidden = block.columns * block.halves * block.n
    pair = block.kind == _PAIR
    expected = ((hidden, columns), (rows, hidden)) if pair else ((rows, columns),)
    if block.mask_shapes != expected:
        failures.append(f"layers of shapes {block.mask_shapes} do not make a {block.kind}")
    if block.copies_in != copies or (not pair and block.n != copies):
        failures.append(f"takes {block.copies_in} copies of every knot, there are {copies}")
    for layer in block.layers:
        failures += off_neutral(layer, (*LAYER_FIELDS, "prune", "lock"))
        try:
            frozen = frozen_shares(layer)
        except BadInput as error:
            failures.append(str(error))
            continue
        if frozen.lock and pair:
            failures.append("nothing may be locked in a gadget layer")
        if layer.law != "uniform" or layer.bits != WEIGHT_BITS:
            failures.append(f"weights are {layer.law} on {layer.bits} bits")
        if not 0 <= layer.stream < 1 << 64:
            failures.append(f"stream {layer.stream} has more than 64 bits")
    return failures
