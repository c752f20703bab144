"""The independent check of a ticket for attention; its bound knows no sequence length.

Let no score move by more than e. Then the weights p' of a query differ from p by at most
``tanh(e / 2) <= e / 2`` in total variation: the worst shift is +e on a set of tokens and -e off it,
and the change of its weight a is largest at a = 1 / (1 + exp(e)). Masks only drop tokens. With
value vectors v_t and errors f_t of theirs,

    |sum_t p'_t (v_t + f_t) - sum_t p_t v_t| <= max_t |f_t| + (e / 2) (max_t v_t - min_t v_t),

coordinate by coordinate, whatever the number of tokens.
"""

from __future__ import annotations

import math
import re
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from slt_theory.errors import BadInput
from slt_theory.lattice import PRODUCT_BITS, WEIGHT_BITS
from slt_theory.networks.attention import Attention
from slt_theory.plural import counted
from slt_theory.tickets.block import Block
from slt_theory.tickets.checking.attention_search import Heads, largest_attention_error
from slt_theory.tickets.checking.check import Verification
from slt_theory.tickets.checking.claims import (
    claim_failures,
    incomplete_failures,
    network_eps_failures,
    round_down,
    round_up,
)
from slt_theory.tickets.checking.comparison import on_lattice
from slt_theory.tickets.checking.effective import MalformedTicket, effective_block
from slt_theory.tickets.checking.neutral import LAYER_FIELDS, eps_failures, off_neutral
from slt_theory.tickets.checking.outward import largest, up
from slt_theory.tickets.domain import Ball, Box, Domain, parse_domain
from slt_theory.tickets.memory import check_memory
from slt_theory.tickets.ticket import Ticket

__all__ = [
    "certify_attention",
    "effective_heads",
    "error_of_entries",
    "verify_attention",
]

Floats = NDArray[np.float64]
_THEOREM = "otsuka2026-attention"
_BLOCK_FIELDS = (
    "kind",
    "outputs",
    "inputs",
    "constant_input",
    "layers",
    "n",
    "eps",
    "scale_exponent",
    "signs",
)
_EPS = r"[0-9]{0,399}[1-9][0-9]{0,399}(/0*[1-9][0-9]{0,400})?"


def effective_heads(ticket: Ticket) -> Heads:
    """Per head the matrices of scores and of values that the masked source computes."""
    matrices = [effective_block(ticket, k).to_float() for k, _ in enumerate(ticket.blocks)]
    return list(zip(matrices[::2], matrices[1::2], strict=True))


def verify_attention(ticket: Ticket, target: Attention, allowed: int) -> Verification:
    """Check a ticket against its target; as `slt_theory.tickets.verify`, within `allowed` bytes."""
    return _check(ticket, target, allowed)


def certify_attention(ticket: Ticket, target: Attention) -> Ticket:
    """The ticket with the certificate that `verify_attention` will confirm."""
    return ticket.with_certificate(_check(ticket, target, None).certificate())


@np.errstate(over="ignore", invalid="ignore")
def _check(ticket: Ticket, target: Attention, allowed: int | None) -> Verification:
    """`allowed` is None for a ticket of our own: it has no claims to compare yet."""
    failures = _header_failures(ticket, target)
    if failures:
        return _refused(ticket, target, failures)
    if allowed is not None:
        check_memory(ticket, allowed)
    try:
        errors = [_errors(ticket, target, k) for k in range(len(ticket.blocks))]
        ours = effective_heads(ticket)
    except (MalformedTicket, BadInput) as error:
        return _refused(ticket, target, [str(error)])
    failures += incomplete_failures(ticket)
    for k, (block, sizes) in enumerate(zip(ticket.blocks, errors, strict=True)):
        # Rounded up before, so that no entry outside can seem inside.
        outside = sum(Fraction(e) > Fraction(block.eps) for e in sizes.ravel().tolist())
        if outside:
            failures.append(
                f"layer {k}: {counted(outside, 'entry', 'entries')} further than eps from "
                "the target"
            )
    domain = parse_domain(ticket.domain)
    bounds = _head_bounds(target, domain, errors)
    whole = largest((bounds, bounds))
    every = np.concatenate([sizes.ravel() for sizes in errors])
    found = largest_attention_error(target, ours, domain, seed=ticket.seed)
    check = Verification(
        ok=False,
        complete=ticket.complete,
        weights=every.size,
        max_weight_error=float(every.max()),
        median_weight_error=float(np.median(every)),
        sup_error_bound=round_up(whole),
        sup_error_found=round_down(found),
        layer_error_bounds=(round_up(whole),),
        failures=tuple(failures),
    )
    if allowed is not None:
        failures += claim_failures(ticket, check, [whole], {})
    failures += network_eps_failures(ticket, whole)
    return Verification(**{**check.__dict__, "ok": not failures, "failures": tuple(failures)})


def _refused(ticket: Ticket, target: Attention, failures: list[str]) -> Verification:
    return Verification.refused(
        failures,
        complete=ticket.complete,
        weights=sum(matrix.size for matrix, _ in target.merged()),
        layers=1,
    )


def _header_failures(ticket: Ticket, target: Attention) -> list[str]:
    failures = off_neutral(ticket, ("network_eps", "architecture", "unreached"))
    failures += eps_failures(ticket)
    if ticket.target_sha256 != target.target_hash():
        failures.append("the ticket was built for another target (hashes differ)")
    if ticket.theorem != _THEOREM:
        failures.append(f"theorem {ticket.theorem!r} is not about attention")
    if ticket.architecture != target.describe():
        failures.append("the recorded architecture is not the target's")
    if len(ticket.blocks) != 2 * target.heads:
        return [*failures, f"{len(ticket.blocks)} blocks for {target.heads} heads"]
    try:
        parse_domain(ticket.domain)
    except BadInput as error:
        failures.append(str(error))
    for k, (block, (matrix, _)) in enumerate(zip(ticket.blocks, target.merged(), strict=True)):
        failures += [f"layer {k}: {text}" for text in _block_failures(block, matrix)]
    used = [layer.stream for block in ticket.blocks for layer in block.layers]
    if len(set(used)) != len(used):
        failures.append("two layers share a stream of random weights")
    return failures


def _block_failures(block: Block, matrix: Floats) -> list[str]:
    outputs, inputs = matrix.shape
    hidden = inputs * block.n
    failures = off_neutral(block, _BLOCK_FIELDS)
    named = (block.kind, block.outputs, block.inputs, block.constant_input, block.signs)
    if named != ("product-pair", outputs, inputs, False, "positive"):
        failures.append("is no product of two masked matrices for this target")
    if block.mask_shapes != ((hidden, inputs), (outputs, hidden)):
        failures.append(f"layers of shapes {block.mask_shapes} do not make a product")
    if not 0 <= block.scale_exponent <= 1100:
        failures.append(f"scale exponent {block.scale_exponent} is out of range")
    if not re.fullmatch(_EPS, block.eps):
        failures.append(f"eps = {block.eps} is no positive fraction p/q")
    for layer in block.layers:
        failures += off_neutral(layer, LAYER_FIELDS)
        if (layer.law, layer.bits) != ("uniform", WEIGHT_BITS):
            failures.append(f"the law {layer.law} on {layer.bits} bits is not the theorem's")
        if not 0 <= layer.stream < 1 << 64:
            failures.append(f"stream {layer.stream} has more than 64 bits")
    return failures


def _errors(ticket: Ticket, target: Attention, index: int) -> Floats:
    """Sizes of the errors of the entries of one merged matrix, all roundings included, up."""
    block = ticket.blocks[index]
    matrix, slip = target.merged()[index]
    effective = effective_block(ticket, index)
    targets, exact = on_lattice(matrix, block.scale_exponent)
    units = np.abs(effective.positive - targets) + int(not exact)
    if int(units.max()) >= 1 << 53 or int(np.abs(effective.positive).max()) >= 1 << 53:
        raise MalformedTicket(f"layer {index}: a sum leaves the exact range of float64")
    sizes = np.ldexp(units.astype(np.float64), block.scale_exponent - PRODUCT_BITS)
    return np.asarray(np.nextafter(sizes + slip, np.inf))


def _reach(matrix: Floats, domain: Domain) -> Floats:
    """At least ``|row . x|`` for every row and token x of the domain; `matrix` holds sizes."""
    terms = matrix.shape[1]
    if isinstance(domain, Ball):
        squares = up(np.square(matrix).sum(axis=1), terms)
        return np.asarray(
            np.nextafter(np.nextafter(np.sqrt(squares), np.inf) * domain.radius, np.inf)
        )
    largest = max(abs(domain.lo), abs(domain.hi))
    return up(matrix.sum(axis=1) * largest, terms)


def _spread(matrix: Floats, domain: Domain) -> Floats:
    """At least the largest difference of ``row . x`` between two tokens."""
    if isinstance(domain, Box):
        width = float(np.nextafter(domain.hi - domain.lo, np.inf))
        return up(np.abs(matrix).sum(axis=1) * width, matrix.shape[1])
    return 2 * _reach(np.abs(matrix), domain)


def _bilinear(errors: Floats, domain: Domain) -> float:
    """At least ``|x' E y|`` for all tokens x, y and every E with entries within `errors`."""
    if isinstance(domain, Ball):
        norm = math.sqrt(float(up(np.square(errors).sum(keepdims=True), errors.size).max()))
        return float(up(np.array([norm * domain.radius * domain.radius]), 4)[0])
    largest = max(abs(domain.lo), abs(domain.hi))
    return float(up(np.array([errors.sum() * largest * largest]), errors.size + 2)[0])


def _head_bounds(target: Attention, domain: Domain, errors: list[Floats]) -> Floats:
    """Upper bound of the error of every output coordinate; float sums go up."""
    total = np.zeros(target.output.shape[2])
    merged = target.merged()
    for head in range(target.heads):
        moved = _bilinear(errors[2 * head], domain) / 2
        # No two distributions are further apart than 1, whatever the scores are.
        moved = moved if moved <= 1 else 1.0
        values, slip = merged[2 * head + 1]
        spread = _spread(np.nextafter(np.abs(values) + slip, np.inf), domain)
        part = up(moved * spread, 1) + _reach(errors[2 * head + 1], domain)
        total = np.nextafter(total + np.nextafter(part, np.inf), np.inf)
    return total


def error_of_entries(target: Attention, domain: Domain, eps: float) -> float:
    """The certified output error if every merged entry is off by at most `eps`."""
    errors = [np.full(matrix.shape, eps) for matrix, _ in target.merged()]
    bounds = _head_bounds(target, domain, errors)
    return largest((bounds, bounds))
