"""What a header may say: the shape, law and streams that the theorem of a ticket allows.

Knows no builder. A header that breaks a rule makes the ticket wrong, whatever its masks are.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

from slt_theory.errors import BadInput
from slt_theory.lattice import WEIGHT_BITS
from slt_theory.laws import Law, Uniform, parse_law
from slt_theory.networks import Network, target_hash
from slt_theory.tickets.block import Block, SourceLayer
from slt_theory.tickets.checking.effective import source_block
from slt_theory.tickets.checking.kinds.base import SourceBlock
from slt_theory.tickets.checking.kinds.chain import ChainBlock
from slt_theory.tickets.checking.kinds.direct_sums import DirectBlock
from slt_theory.tickets.checking.kinds.gadget_pair import FreePairBlock, PairBlock
from slt_theory.tickets.checking.kinds.single_layer import SingleBlock
from slt_theory.tickets.checking.neutral import eps_failures, frozen_shares
from slt_theory.tickets.checking.unrolled import copies_of_values
from slt_theory.tickets.checking.whole import whole_failures
from slt_theory.tickets.domain import inputs_known, parse_domain
from slt_theory.tickets.resolution import resolution_units
from slt_theory.tickets.ticket import Ticket, architecture_of

__all__ = ["TRANSFORMER_PARTS", "header_failures"]

_LARGEST_EXPONENT = 1100
_MOST_CHOICES = 1 << 24


@dataclass(frozen=True)
class _Rule:
    """Blocks of a theorem: the kinds of the first and of later ones, and their laws.

    Attributes
    ----------
    first_or : type or None
        Another kind that the first block may have.
    laws : tuple of str
        Of the last layer of a block, brackets left out.
    inner : tuple of str or None
        Of the layers before, where they differ.
    choices : "" or "draws" or "moves"
        What a ticket stores for a kept weight: which draw it is, or how far it moved.
    activations : bool
        Whether there are gadgets for activations other than ReLU.
    resolution : bool
        Whether sums are exact for the rounded target.
    whole : bool
        Whether hidden channels are kept whole or not at all.
    """

    first: type[SourceBlock]
    later: type[SourceBlock]
    laws: tuple[str, ...] = ("uniform",)
    inner: tuple[str, ...] | None = None
    frozen: bool = False
    size: bool = False
    choices: str = ""
    resolution: bool = False
    whole: bool = False
    activations: bool = False
    first_or: type[SourceBlock] | None = None


TRANSFORMER_PARTS = ("otsuka2026-attention", "pensia2020-two-layer")
"""Theorems of the attention and of the fully connected part of a transformer's block."""

_PAIR, _SINGLE, _DIRECT, _CHAIN = PairBlock, SingleBlock, DirectBlock, ChainBlock
_RULES = {
    "pensia2020-two-layer": _Rule(_PAIR, _PAIR),
    "pensia2020-direct": _Rule(_DIRECT, _DIRECT, laws=("the target's range",)),
    "dacunha2022-direct": _Rule(_DIRECT, _DIRECT),
    "dacunha2022-cnn": _Rule(_PAIR, _PAIR),
    "dacunha2023b-structured": _Rule(_PAIR, _PAIR, laws=("normal",), whole=True),
    "ferbach2023-equivariant": _Rule(_PAIR, _PAIR),
    "burkholz2022b-conv-residual": _Rule(_PAIR, _SINGLE),
    "malach2020-weights": _Rule(_PAIR, _PAIR, size=True),
    "fischer2021-biases": _Rule(_PAIR, _PAIR, laws=("uniform", "normal")),
    "burkholz2022-depth": _Rule(_PAIR, _SINGLE, activations=True),
    "gadhikar2023-network": _Rule(_PAIR, _SINGLE, laws=("bernoulli(...)*uniform",)),
    "otsuka2024-frozen-network": _Rule(_PAIR, _SINGLE, frozen=True, first_or=FreePairBlock),
    "natale2024-network": _Rule(_PAIR, _PAIR, size=True),
    "natale2024-equivariant": _Rule(_PAIR, _PAIR, size=True),
    "orseau2020-hyperbolic": _Rule(_PAIR, _PAIR, laws=("hyperbolic[...]",), inner=("signs",)),
    "diffenderfer2021-binary": _Rule(_PAIR, _PAIR, laws=("signs", "signs[...]"), inner=("signs",)),
    "sreenivasan2022-binary": _Rule(_CHAIN, _CHAIN, laws=("signs", "signs[...]"), inner=("signs",)),
    "xiong2023-perturbation": _Rule(_PAIR, _PAIR, choices="moves"),
    "chijiwa2021-redraws": _Rule(_PAIR, _PAIR, choices="draws"),
    "kumar2025-quantised": _Rule(_PAIR, _PAIR, laws=("grid[...]",), resolution=True),
    "kumar2025-shallow": _Rule(_PAIR, _SINGLE, laws=("grid[...]",), resolution=True),
}


_EPS = r"[0-9]{0,399}[1-9][0-9]{0,399}(/0*[1-9][0-9]{0,400})?"


def header_failures(ticket: Ticket, target: Network) -> list[str]:
    """Everything in the header that its theorem, or this target, does not allow."""
    failures = []
    if ticket.target_sha256 != target_hash(target):
        failures.append("the ticket was built for another target (hashes differ)")
    if ticket.theorem not in _RULES:
        return [*failures, f"theorem {ticket.theorem!r} has no construction"]
    if len(ticket.blocks) != target.depth:
        return [*failures, f"{len(ticket.blocks)} blocks for {target.depth} layers"]
    try:
        domain = parse_domain(ticket.domain)
    except BadInput as error:
        return [*failures, str(error)]
    failures += eps_failures(ticket)
    rule = _RULES[ticket.theorem]
    if ticket.architecture != architecture_of(target):
        failures.append("the recorded architecture is not the target's")
    copies = copies_of_values(target, [block.copies_out for block in ticket.blocks])
    signs = inputs_known(target, domain)
    for k, block in enumerate(ticket.blocks):
        found = [
            *_shape_failures(block, target, k),
            *_source_failures(ticket, k, rule, target, copies[target.inputs_of_layers[k]]),
        ]
        failures += [f"layer {k}: {text}" for text in found]
        if block.signs == "positive" and not signs[k] and block.activation != "tanh":
            failures.append(f"layer {k}: only the positive half is built, but inputs may be < 0")
    if copies[-1] != 1:
        failures.append(f"the network has {copies[-1]} copies of every output")
    if ticket.norm_exponents != target.norm_exponents:
        failures.append("the recorded scale of the norms is not the target's")
    used = [layer.stream for block in ticket.blocks for layer in block.layers]
    if len(set(used)) != len(used):
        failures.append("two layers share a stream of random weights")
    if rule.whole and not failures:
        failures += whole_failures(ticket)
    return failures


def _shape_failures(block: Block, target: Network, layer: int) -> list[str]:
    outputs, taps, inputs = target.coefficients(layer).shape
    failures = []
    if (block.outputs, block.inputs) != (outputs, inputs):
        failures.append(
            f"block of shape {block.outputs, block.inputs} for weights of shape {outputs, inputs}"
        )
    tap = target.unrolling(layer).constant_tap or 0
    if (block.taps, block.constant_tap) != (taps, tap):
        failures.append(
            f"{block.taps} taps with constants through tap {block.constant_tap}, the kernel has "
            f"{taps} and only tap {tap} never meets the padding"
        )
    if block.constant_input != (target.biases[layer] is not None):
        failures.append("a constant input goes with a bias, and only with one")
    return failures


def _source_failures(
    ticket: Ticket, index: int, rule: _Rule, target: Network, copies: int
) -> list[str]:
    """Kind, shapes, laws, lattice, streams and frozen fractions."""
    block, kind = ticket.blocks[index], rule.later if index else rule.first
    if not index and rule.first_or is not None and block.kind == rule.first_or.name:
        kind = rule.first_or
    if block.kind != kind.name:
        return [f"the theorem builds {kind.name}, not {block.kind}"]
    source = source_block(ticket, index)
    failures = source.shape_failures()
    if block.copies_in != copies:
        failures.append(f"takes {block.copies_in} copies of every input, there are {copies}")
    if block.signs not in ("both", "positive"):
        failures.append(f"signs = {block.signs!r} is unknown")
    elif not kind.halved and block.signs != "both":
        failures.append(f"a {kind.name} has no halves")
    if block.shared and kind.network:
        failures.append("shared rows belong to direct sums")
    if not 0 <= block.scale_exponent <= (_LARGEST_EXPONENT if kind.network else 0):
        return [*failures, f"scale exponent {block.scale_exponent} is out of range"]
    sized = block.size is not None and 1 <= block.size <= block.n
    if sized != rule.size or (block.size is not None and not sized):
        failures.append(f"sums of {block.size or 'any'} numbers are not the theorem's")
    if not re.fullmatch(_EPS, block.eps):
        failures.append(f"eps = {block.eps} is no positive fraction p/q")
    failures += _resolution_failures(block, rule)
    failures += source.activation_failures(target, allowed=rule.activations or not kind.network)
    for number, layer in enumerate(block.layers):
        inner = number < len(block.layers) - 1
        failures += _layer_failures(layer, rule, target, inner=inner)
        failures += _choice_failures(layer, rule, inner=inner)
        expected = kind.inner_bits if inner else WEIGHT_BITS
        if layer.bits != expected:
            failures.append(f"weights have {layer.bits} bits instead of {expected}")
    if rule.choices == "draws" and block.n != 1:
        failures.append(f"n = {block.n}: redraws take the place of width")
    return failures


def _resolution_failures(block: Block, rule: _Rule) -> list[str]:
    if not rule.resolution:
        return [] if block.resolution == "0" else ["the theorem rounds no target"]
    if not re.fullmatch(_EPS, block.resolution):
        return [f"resolution = {block.resolution} is no positive fraction p/q"]
    if resolution_units(block.resolution, block.scale_exponent) < 1:
        return [f"resolution = {block.resolution} is finer than the lattice"]
    return []


def _choice_failures(layer: SourceLayer, rule: _Rule, *, inner: bool) -> list[str]:
    """Stored choices: as many as there may be, of the theorem's kind, where it has them."""
    if rule.choices == "moves" and not inner:
        if layer.choices % 2 == 0 or not 3 <= layer.choices <= _MOST_CHOICES:
            return [f"{layer.choices} moves are not evenly spread around none"]
        moving = re.fullmatch(_EPS, layer.move) is not None and Fraction(layer.move) <= 1
        return [] if moving else [f"move = {layer.move} is no fraction in (0, 1]"]
    most = _MOST_CHOICES if rule.choices == "draws" else 1
    if layer.move != "0" or not 1 <= layer.choices <= most:
        return [f"{layer.choices} choices with move {layer.move} are not the theorem's"]
    return []


def _layer_failures(layer: SourceLayer, rule: _Rule, target: Network, *, inner: bool) -> list[str]:
    failures = []
    if not 0 <= layer.stream < 1 << 64:
        failures.append(f"stream {layer.stream} has more than 64 bits")
    try:
        law = parse_law(layer.law)
        family = re.sub(r"bernoulli\([^)]*\)", "bernoulli(...)", law.name)
        family = re.sub(r"\[[^\]]*\]", "[...]", family)
        laws = rule.inner if inner and rule.inner is not None else rule.laws
        by_range = laws == ("the target's range",)
        allowed = _is_range(law, target) if by_range else family in laws
        if not allowed:
            failures.append(f"the law {layer.law} is not the theorem's")
        frozen = frozen_shares(layer)
        if frozen.free < 1 and not rule.frozen:
            failures.append("the theorem freezes nothing")
        if frozen.lock and inner:
            failures.append("nothing may be locked in a gadget layer")
    except BadInput as error:
        failures.append(str(error))
    return failures


def _is_range(law: Law, target: Network) -> bool:
    """U[min, max] of the sums of the target, ends rounded outwards by a step.

    The zeros of the matrices count: where groups do not see each other, and where a bias enters
    through another tap.
    """
    if not isinstance(law, Uniform):
        return False
    arrays = [target.matrix(layer) for layer in range(target.depth)]
    step = Fraction(1, 1 << WEIGHT_BITS)
    low = Fraction(min(float(a.min()) for a in arrays))
    high = Fraction(max(float(a.max()) for a in arrays))
    return bool(abs(law.lo - low) <= step and abs(law.hi - high) <= 2 * step)
