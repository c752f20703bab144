"""A ticket's blocks against its target's layers, weight by weight, in integers."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from slt_theory.errors import BadInput
from slt_theory.lattice import PRODUCT_BITS
from slt_theory.networks import Network
from slt_theory.tickets.block import Block
from slt_theory.tickets.checking.effective import Effective, MalformedTicket, source_block
from slt_theory.tickets.checking.kinds.single_layer import SingleBlock
from slt_theory.tickets.checking.silence import consumer, silent_copies
from slt_theory.tickets.domain import inputs_known, parse_domain
from slt_theory.tickets.resolution import resolution_units, rounded
from slt_theory.tickets.ticket import Ticket

__all__ = ["Compared", "allowed_units", "compare_all", "on_lattice"]

Int64Array = NDArray[np.int64]
_EXACT_BITS = 53
_EXACT = 1 << _EXACT_BITS
_LARGEST_BITS = 1024
"""Numbers of at most so many bits are floats."""


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
            "rescale the target, or use the default construction, which rescales by itself",
        )
    scaled = np.ldexp(weights, PRODUCT_BITS - scale_exponent)
    rounded = np.rint(scaled)
    return rounded.astype(np.int64), bool((rounded == scaled).all())


@dataclass(frozen=True)
class Compared:
    """One block compared with its target layer, all in integer units of its lattice."""

    effective: Effective
    positive: Int64Array
    negative: Int64Array
    inexact: bool
    off: NDArray[np.bool_]

    @property
    def unit(self) -> float:
        """Value of one step of the effective integers."""
        return float(np.ldexp(1.0, self.effective.scale_exponent - PRODUCT_BITS))

    def worst(self, rows: slice | Int64Array = slice(None)) -> Int64Array:
        """Largest error of every weight in units, halves and target rounding included."""
        errors = np.abs(self.positive[rows])
        if self.negative is not self.positive:
            np.maximum(errors, np.abs(self.negative[rows]), out=errors)
        errors += self.slack
        return errors

    @property
    def slack(self) -> int:
        """Units that the errors as computed may miss: rounded targets, slopes that are no sums."""
        return int(self.inexact) + self.effective.loose

    def without_sums(self) -> Compared:
        """The errors alone, which take half the memory."""
        nothing = np.empty((0, 0), np.int64)
        effective = replace(self.effective, positive=nothing, negative=None, wiring=None)
        return replace(self, effective=effective)

    def switched_off(self, rows: NDArray[np.bool_]) -> Compared:
        """Without the errors of `rows`, from which nothing comes; its arrays change in place."""
        if not rows.any():
            return self
        sums, errors = [self.effective.positive], [self.positive]
        if self.effective.negative is not None and self.effective.negative is not sums[0]:
            sums.append(self.effective.negative)
        if self.negative is not self.positive:
            errors.append(self.negative)
        # Few rows of arrays that nobody else has: in place.
        targets = sums[0][rows] - errors[0][rows]
        for one in sums:
            one[rows] = targets
        for one in errors:
            one[rows] = 0
        return replace(self, off=rows)


def _compare(
    ticket: Ticket, target: Network, index: int, off: NDArray[np.bool_] | None
) -> Compared:
    """A block against its target layer; `off` says which copies of its inputs are always 0."""
    block, kind = ticket.blocks[index], source_block(ticket, index)
    effective = kind.effective()
    if isinstance(kind, SingleBlock) and off is not None and off.any():
        effective = kind.without(effective, off)
    targets, exact = on_lattice(target.matrix(index), block.scale_exponent)
    if block.resolution != "0":
        goals = targets[block.target_rows(np.arange(block.rows))]
        _check_multiples(block, effective, goals, index)
    positive = _minus_targets(block, effective.positive, targets)
    one_sided = effective.negative is None or effective.negative is effective.positive
    negative = positive
    if effective.negative is not None and not one_sided:
        negative = _minus_targets(block, effective.negative, targets)
    return Compared(effective, positive, negative, not exact, np.zeros(block.rows, dtype=bool))


def _minus_targets(block: Block, sums: Int64Array, targets: Int64Array) -> Int64Array:
    """Errors of all rows; no copy of the target a copy of its outputs."""
    copies = sums.reshape(block.outputs, block.copies_out, block.taps, block.columns)
    each = targets.reshape(block.outputs, 1, block.taps, block.columns)
    return np.asarray((copies - each).reshape(sums.shape))


def _check_multiples(block: Block, effective: Effective, targets: Int64Array, index: int) -> None:
    """Every sum is the target's weight rounded to the block's resolution, exactly."""
    units = resolution_units(block.resolution, block.scale_exponent)
    if units < 1:
        raise MalformedTicket(f"layer {index}: {block.resolution} is no step of its lattice")
    goals, wired = rounded(targets, units), block.wired(np.arange(block.rows))
    for sums in (effective.positive, effective.negative):
        if sums is not None and ((sums != goals) & wired).any():
            raise MalformedTicket(
                f"layer {index}: a sum is not its weight rounded to a multiple of "
                f"{block.resolution}"
            )


def compare_all(ticket: Ticket, target: Network) -> list[Compared]:
    """Every block; a copy that is wrong, but always 0, is taken out of its layer and of the next.

    Its rows then count as those of the target, and nothing comes from them.
    """
    layers: list[Compared] = []
    off: dict[int, NDArray[np.bool_]] = {}
    domain = parse_domain(ticket.domain)
    non_negative = inputs_known(target, domain)
    for k, block in enumerate(ticket.blocks):
        layer = _compare(ticket, target, k, off.get(k))
        after = consumer(target, k)
        if after is not None and isinstance(source_block(ticket, after), SingleBlock):
            silent = silent_copies(block, layer.effective, non_negative=non_negative[k])
            own = np.flatnonzero(silent)
            rows = (own[:, None] * block.taps + np.arange(block.taps)).ravel()
            wrong = layer.worst(rows) > allowed_units(block)
            copies = np.zeros_like(silent)
            copies[own] = wrong.reshape(own.size, block.taps * block.columns).any(axis=1)
            off[after] = copies
            layer = layer.switched_off(np.repeat(copies, block.taps))
        _check_exact(layer, k)
        layers.append(layer)
    return layers


def _check_exact(layer: Compared, index: int) -> None:
    """Sums, and their distances from the target's weights, are exact in float64, and finite."""
    halves = (layer.effective.positive, layer.effective.negative, layer.positive, layer.negative)
    most = max(max(int(s.max()), -int(s.min())) for s in halves if s is not None)
    bits = most.bit_length() + layer.effective.scale_exponent - PRODUCT_BITS
    if most >= _EXACT or bits > _LARGEST_BITS:
        raise MalformedTicket(f"layer {index}: a sum leaves the exact range of float64")


def allowed_units(block: Block) -> int:
    """The error that a block claims, in units of its lattice."""
    return int(Fraction(block.eps) // Fraction(2) ** (block.scale_exponent - PRODUCT_BITS))
