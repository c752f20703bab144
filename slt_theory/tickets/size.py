"""What a ticket takes to store, counted as for frozen networks.

Random weights and frozen patterns come back from the seed. Stored are the seed, one bit for every
weight that the mask is free to keep, and the choices of sources that have any (moves, redraws).
The target in float32 takes 32 bits a parameter.

Source: Otsuka, Chijiwa, Garcia-Arias, Okoshi, Kawamura, Van Chu, Fujiki, Takeuchi, Motomura (2024,
arXiv 2402.14029).
"""

from __future__ import annotations

from dataclasses import dataclass

from slt_theory.networks import Network
from slt_theory.records import Record
from slt_theory.tickets.ticket import Ticket

__all__ = ["Size", "ticket_size"]

SEED_BITS, FLOAT_BITS = 64, 32


@dataclass(frozen=True)
class Size(Record):
    """Bits of a ticket and of its target.

    Attributes
    ----------
    seed_bits : int
    mask_bits : int
        Weights whose mask bit is free; of a randomly frozen layer their expected number.
    choice_bits : int
        What kept weights store besides: which move, which redraw.
    target_bits : int
        The target's parameters in float32.
    """

    seed_bits: int
    mask_bits: int
    choice_bits: int
    target_bits: int

    @property
    def stored_bits(self) -> int:
        """Seed, masks and choices; the header of shapes and names, a few hundred bytes, is left
        out."""
        return self.seed_bits + self.mask_bits + self.choice_bits

    @property
    def compression(self) -> float:
        """Bits of the target in float32 a bit of the ticket; below 1 the ticket is larger."""
        return self.target_bits / self.stored_bits


def ticket_size(ticket: Ticket, target: Network) -> Size:
    """Model size of a ticket beside its target."""
    return Size(SEED_BITS, ticket.mask_bits, ticket.stored_bits, FLOAT_BITS * target.parameters)
