"""How a build keeps its masks: in memory or in a file, what it may take, which attempt it is."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from slt_theory.errors import BadInput
from slt_theory.lattice import whole_number
from slt_theory.networks import Network, Target, target_hash
from slt_theory.rationals import to_fraction
from slt_theory.room import check_room
from slt_theory.tickets.block import Block
from slt_theory.tickets.domain import parse_domain
from slt_theory.tickets.partial import Journal, MaskStore, Memory, partial_path, read_identity

__all__ = ["Keeping", "keeping_of"]

# Work space of a thread for each column of a row: number, word, item, place, choice.
_COLUMN_BYTES = 40
# Arrays of the certificate for each effective weight.
_WEIGHT_BYTES = 64
# Its wiring of a layer that tells copies of its inputs apart, for each source weight, twice.
_WIRED_BYTES = 16


@dataclass(frozen=True)
class Keeping:
    """Storage of the masks of one build, with its memory limit.

    Attributes
    ----------
    path : Path or None
        File of the unfinished build; None keeps masks in memory.
    identity : dict
        What the ticket is built from.
    fresh : bool
        Begin again, whatever there is.
    max_memory : int or None
        Bytes that the build may take; default: what is free.
    expect : callable or None
        Called with the number of sums before the first is solved.
    """

    path: Path | None = None
    identity: dict[str, Any] = field(default_factory=dict)
    fresh: bool = False
    max_memory: int | None = None
    expect: Callable[[int], None] | None = None

    def open(self, blocks: Sequence[Block], threads: int | None) -> MaskStore:
        """Room for the last mask of every block.

        Raises
        ------
        NeedsMemory
            If masks and work space would take more than `max_memory`; nothing is allocated.
        """
        from slt_theory.subset_sum.checks import available_bytes
        from slt_theory.subset_sum.parallel import thread_count

        layers = [block.layers[-1] for block in blocks]
        needed = sum(block.mask_bytes() for block in blocks)
        if self.path is not None:
            needed -= sum(math.prod(layer.packed_shape) for layer in layers)
        needed += thread_count(threads) * max(_COLUMN_BYTES * layer.columns for layer in layers)
        needed += sum(_WEIGHT_BYTES * block.rows * block.columns for block in blocks)
        wired = (block.layers[-1] for block in blocks if block.copies_in > 1)
        needed += sum(_WIRED_BYTES * layer.rows * layer.columns for layer in wired)
        allowed = available_bytes() if self.max_memory is None else self.max_memory
        way_out = "lower n, raise eps, or allow more with --memory"
        if self.path is None:
            way_out += "; with an out file the largest masks stay on disk"
        check_room("the ticket", needed, allowed, way_out)
        if self.expect is not None:
            blocks_n = zip(layers, (block.n for block in blocks), strict=True)
            self.expect(sum(layer.rows * (layer.columns // n) for layer, n in blocks_n))
        if self.path is None:
            return Memory(layers)
        return Journal(self.path, self.identity, layers, fresh=self.fresh)

    def attempt(self) -> int:
        """Number of the attempt that the file belongs to; 0 without one."""
        if self.path is None or self.fresh or not self.path.exists():
            return 0
        attempt = read_identity(self.path).get("attempt", 0)
        return attempt if isinstance(attempt, int) else 0

    def numbered(self, attempt: int, *, again: bool) -> Keeping:
        """For attempt number `attempt`; what there is of an earlier one is dropped."""
        return replace(
            self,
            identity={**self.identity, "attempt": attempt},
            fresh=self.fresh or again,
        )


def keeping_of(
    target: Target,
    asked: Mapping[str, Any],
    *,
    out: str | Path | None = None,
    fresh: bool = False,
    max_memory: int | None = None,
    expect: Callable[[int], None] | None = None,
) -> Keeping:
    """Return the way in which a build keeps its masks.

    Parameters
    ----------
    target : Network, Attention or PlainTransformer
    asked : mapping
        What decides the ticket, by name; None stands for what was not asked. Numbers count by
        their exact values, however they are written.
    out, fresh, max_memory, expect
        As in `slt_theory.build_ticket`.

    Raises
    ------
    BadInput
        If `max_memory` is not positive.
    """
    limit = None if max_memory is None else whole_number("max_memory", max_memory)
    if limit is not None and limit <= 0:
        raise BadInput("max_memory", limit, "must be > 0 bytes")
    if out is None:
        return Keeping(None, {}, fresh, limit, expect)
    identity = {name: _as_one(name, value) for name, value in asked.items() if value is not None}
    identity["target"] = (
        target_hash(target) if isinstance(target, Network) else target.target_hash()
    )
    return Keeping(partial_path(Path(out)), identity, fresh, limit, expect)


def _as_one(name: str, value: Any) -> str:
    """A value in one spelling: 1/20 for Fraction(1, 20), "1/20" and "0.05", not for the float."""
    try:
        return str(parse_domain(value) if name == "domain" else to_fraction(name, value))
    except BadInput:
        return str(value)
