"""What a masked random network computes: its effective weights, recomputed from seed and masks.

Each kind of block has a class (`slt_theory.tickets.checking.kinds`). None knows how masks were
found.
"""

from __future__ import annotations

from typing import Any

from slt_theory.errors import BadInput
from slt_theory.tickets.checking.kinds.base import Effective, SourceBlock
from slt_theory.tickets.checking.kinds.chain import ChainBlock
from slt_theory.tickets.checking.kinds.direct_sums import DirectBlock
from slt_theory.tickets.checking.kinds.gadget_pair import FreePairBlock, PairBlock, ProductBlock
from slt_theory.tickets.checking.kinds.single_layer import SingleBlock
from slt_theory.tickets.source import MalformedTicket
from slt_theory.tickets.ticket import Ticket

__all__ = ["Effective", "MalformedTicket", "effective_block", "source_block", "sparse_layers"]

_KINDS: dict[str, type[SourceBlock]] = {
    kind.name: kind
    for kind in (PairBlock, FreePairBlock, ProductBlock, SingleBlock, ChainBlock, DirectBlock)
}


def source_block(ticket: Ticket, index: int) -> SourceBlock:
    """A block as its kind reads it.

    Raises
    ------
    BadInput
        If the header names a kind that does not exist.
    """
    name = ticket.blocks[index].kind
    if name not in _KINDS:
        raise BadInput("ticket", str(name)[:80], "is no kind of block", "verify it")
    return _KINDS[name](ticket, index)


def effective_block(ticket: Ticket, index: int) -> Effective:
    """Exact effective weights of a block; raises `MalformedTicket` (`SourceBlock.effective`)."""
    return source_block(ticket, index).effective()


def sparse_layers(ticket: Ticket, index: int) -> list[Any]:
    """The masked random layers of a block, or its direct sums, as matrices."""
    return source_block(ticket, index).matrices
