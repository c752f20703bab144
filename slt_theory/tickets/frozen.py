"""Frozen sources: weights pruned or locked at random before any mask is chosen.

Source: Otsuka et al., "Partially frozen random networks contain compact strong lottery tickets"
(arXiv 2402.14029). Locking applies to the subset-sum layers only: a locked in-weight of a gadget
cannot be removed, so a hidden neuron would see one input only with probability (1 - q)^(d - 1);
there a frozen weight may only be pruned, and the locked share of a source lies in its subset-sum
layers alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from slt_theory.arrays import Bools
from slt_theory.errors import BadInput
from slt_theory.lattice import to_fraction
from slt_theory.streams import Purpose, stream_id, words32
from slt_theory.tickets.block import SourceLayer
from slt_theory.tickets.ticket import Ticket

__all__ = [
    "NOTHING_FROZEN",
    "Freezing",
    "freezing",
    "frozen_pattern",
    "frozen_stream",
    "frozen_weights",
]

Words = Callable[[int, int, int, int], NDArray[np.uint32]]
_STREAM_NUMBER = (1 << 56) - 1


@dataclass(frozen=True)
class Freezing:
    """Fractions of a layer's weights frozen to 0 and to their value."""

    prune: Fraction = Fraction(0)
    lock: Fraction = Fraction(0)

    @property
    def free(self) -> Fraction:
        """Fraction left to the mask."""
        return 1 - self.prune - self.lock

    @property
    def gadget(self) -> Freezing:
        """The same in the in-layer of a gadget, where nothing may be locked: that part is free."""
        return Freezing(self.prune)


NOTHING_FROZEN = Freezing()


def freezing(prune: Any = 0, lock: Any = 0) -> Freezing:
    """Check the fractions.

    Raises
    ------
    BadInput
        If one is negative, or nothing is left free.
    """
    exact = {name: to_fraction(name, value) for name, value in (("prune", prune), ("lock", lock))}
    for name, value in exact.items():
        if not 0 <= value < 1:
            raise BadInput(name, float(value), "must lie in [0, 1)")
    if sum(exact.values()) >= 1:
        raise BadInput(
            "prune, lock",
            (float(exact["prune"]), float(exact["lock"])),
            "must leave free weights",
            f"feasible: prune + lock < 1, so lock < {float(1 - exact['prune']):g} with this prune",
        )
    return Freezing(**exact)


def frozen_stream(layer: SourceLayer) -> int:
    """The stream of a layer's pattern: that of its weights, with purpose FROZEN."""
    return stream_id(Purpose.FROZEN, layer.stream & _STREAM_NUMBER)


def frozen_pattern(
    seed: int, layer: SourceLayer, start: int, stop: int, *, draw: Words = words32
) -> tuple[Bools, Bools]:
    """Masks of the weights of rows ``start .. stop - 1`` that are pruned, and that are locked.

    One 32-bit word a weight: pruned below ``prune * 2**32``, locked in the next ``lock * 2**32``.
    Builders pass the compiled twin of `words32` as `draw`.
    """
    count = (stop - start) * layer.columns
    words = draw(seed, frozen_stream(layer), start * layer.columns, count)
    words = words.reshape(-1, layer.columns)
    first = round(Fraction(layer.prune) * (1 << 32))
    second = first + round(Fraction(layer.lock) * (1 << 32))
    pruned = words < np.uint64(first)
    return pruned, (words < np.uint64(second)) & ~pruned


def frozen_weights(ticket: Ticket) -> dict[str, dict[str, int]]:
    """Weights, pruned and locked ones, by kind of layer; empty if nothing is frozen.

    Patterns are random; these are the expected numbers, rounded.
    """
    counts: dict[str, dict[str, int]] = {}
    for block in ticket.blocks:
        for m, layer in enumerate(block.layers):
            last = m == len(block.layers) - 1
            one = counts.setdefault(
                "subset-sum layers" if last else "gadget in-layers",
                {"weights": 0, "pruned": 0, "locked": 0},
            )
            weights = layer.rows * layer.columns
            one["weights"] += weights
            one["pruned"] += round(Fraction(layer.prune) * weights)
            one["locked"] += round(Fraction(layer.lock) * weights)
    frozen = any(one["pruned"] + one["locked"] for one in counts.values())
    return counts if frozen else {}
