"""What a ticket takes to be read and checked, known before anything is allocated."""

from __future__ import annotations

from pathlib import Path

from slt_theory.errors import BadInput
from slt_theory.networks import Target
from slt_theory.networks.attention import Attention
from slt_theory.networks.transformer import PlainTransformer
from slt_theory.room import check_room
from slt_theory.tickets.checking.effective import source_block
from slt_theory.tickets.checking.kinds.base import WEIGHT_BYTES
from slt_theory.tickets.checking.kinds.hidden import HIDDEN_BYTES
from slt_theory.tickets.checking.kinds.single_layer import WIRED_BYTES
from slt_theory.tickets.mapped import ones
from slt_theory.tickets.ticket import Ticket

__all__ = [
    "allowed_bytes",
    "allowed_to_check",
    "allowed_to_read",
    "check_memory",
    "needed_to_check",
]

_FLOOR = 1 << 26
# Measured: a ticket of a network 784-32-10 unpacks to 53 times its file, one layer 3072-10 to 100
# times; zeros to 230 or 1,030 times, by the level of compression.
_UNPACKED = 128
# Candidates of one sum, and copies of a value, beyond which a ticket is no longer expected
# without being announced.
_MANY, _COPIES = 1 << 10, 1 << 7


def allowed_bytes(max_memory: int | None, expected: int = 0) -> int:
    """`max_memory`, or what is expected, 64 MiB at least, if that is free."""
    from slt_theory.subset_sum.checks import available_bytes

    if max_memory is None:
        return min(available_bytes(), max(_FLOOR, expected))
    if max_memory <= 0:
        raise BadInput("max_memory", max_memory, "must be > 0 bytes")
    return max_memory


def allowed_to_read(path: Path, max_memory: int | None) -> int:
    """`max_memory`, or what a real ticket file of this length may unpack to, if that is free."""
    size = path.stat().st_size if path.is_file() else 0
    return allowed_bytes(max_memory, _UNPACKED * size)


def allowed_to_check(target: Target, max_memory: int | None) -> int:
    """`max_memory`, or what a ticket of a target this large may take, if that is free."""
    return allowed_bytes(max_memory, sum(_expected(*shape) for shape in _shapes(target)))


def _shapes(target: Target) -> list[tuple[int, int]]:
    """Rows and columns of every matrix that a ticket has a block for."""
    if isinstance(target, PlainTransformer):
        return [shape for block in target.blocks for part in block for shape in _shapes(part)]
    if isinstance(target, Attention):
        return [(len(matrix), matrix.shape[1]) for matrix, _ in target.merged()]
    cubes = [target.coefficients(layer).shape for layer in range(target.depth)]
    return [(outputs * taps, inputs + 1) for outputs, taps, inputs in cubes]


def _expected(outputs: int, inputs: int) -> int:
    """Bytes for the largest blocks of a layer that are made: many numbers, or many copies."""
    hidden, rows = 2 * _MANY * inputs, _COPIES * outputs
    masks = hidden * (inputs + rows) // 8
    work = HIDDEN_BYTES * hidden + WEIGHT_BYTES * rows * inputs
    return masks + work + WIRED_BYTES * rows * _COPIES * inputs


def needed_to_check(ticket: Ticket) -> int:
    """Bytes that the check of a ticket takes for its blocks; at most a constant comes on top."""
    needed = sum(mask.nbytes for masks in ticket.masks for mask in masks)
    for k, each in enumerate(ticket.masks):
        kept = [ones(mask) for mask in each]
        needed += source_block(ticket, k).work_bytes(kept)
    return needed


def check_memory(ticket: Ticket, allowed: int) -> None:
    """Refuse a ticket that would take more than may be taken, before anything is allocated.

    Raises
    ------
    NeedsMemory
    """
    way_out = "allow more with --memory"
    check_room("the check of this ticket", needed_to_check(ticket), allowed, way_out)
