"""Errors of a ticket layer by layer: certified, and reached by an input."""

from __future__ import annotations

from dataclasses import dataclass

from slt_theory.networks import Network
from slt_theory.records import Record
from slt_theory.tickets.checking.claims import round_down
from slt_theory.tickets.checking.effective import effective_block
from slt_theory.tickets.checking.error_search import errors_shown, worst_input
from slt_theory.tickets.checking.unrolled import layer_values, unroll
from slt_theory.tickets.domain import parse_domain
from slt_theory.tickets.ticket import Ticket

__all__ = ["LayerError", "layer_errors"]


@dataclass(frozen=True)
class LayerError(Record):
    """Sup-norm error after a weighted layer, before its activation, over the ticket's domain.

    Attributes
    ----------
    bound : float
        No input has more: the certificate's, by intervals.
    found : float
        Some input has at least this.
    """

    bound: float
    found: float


def layer_errors(ticket: Ticket, target: Network) -> list[LayerError]:
    """The error of every weighted layer of a certified ticket; a search a layer.

    Every copy of a neuron counts. Each layer is searched for inputs of its own.
    """
    domain = parse_domain(ticket.domain)
    maps = [
        unroll(target, block, k, effective_block(ticket, k))
        for k, block in enumerate(ticket.blocks)
    ]
    found = []
    for bound, place in zip(
        ticket.certificate["layer_error_bounds"], layer_values(target), strict=True
    ):
        x = worst_input(target, domain, maps, seed=ticket.seed, place=place)
        shown = errors_shown(target, maps, x[None, :])[place].max(initial=0.0)
        found.append(LayerError(bound, round_down(float(shown))))
    return found
