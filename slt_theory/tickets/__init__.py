"""Strong lottery tickets: constructions, the artefact, and its independent check.

`build_ticket` constructs by a theorem and attaches the certificate of `verify`, which is a separate
path: it regenerates the weights from the seed and knows no builder. Names load when they are first
used: the papers define constructions without loading a builder.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from slt_theory.lazy_names import names_from

if TYPE_CHECKING:
    from slt_theory.networks import Target
    from slt_theory.tickets.building.build import build_ticket as build_ticket
    from slt_theory.tickets.checking.check import Verification as Verification
    from slt_theory.tickets.files import read_ticket as read_ticket
    from slt_theory.tickets.files import write_ticket as write_ticket
    from slt_theory.tickets.run import ticket_forward as ticket_forward
    from slt_theory.tickets.ticket import Ticket as Ticket

_HOMES = {
    "Ticket": "ticket",
    "Verification": "checking.check",
    "build_ticket": "building.build",
    "read_ticket": "files",
    "ticket_forward": "run",
    "write_ticket": "files",
}

__all__ = [
    "Ticket",
    "Verification",
    "build_ticket",
    "read_ticket",
    "ticket_forward",
    "verify",
    "write_ticket",
]

__getattr__ = names_from(__name__, _HOMES)


def verify(
    ticket: Ticket,
    target: Target,
    *,
    max_memory: int | None = None,
    search: float = 0.0,
) -> Verification:
    """Check a ticket against its target, from seed and masks alone.

    Parameters
    ----------
    ticket : Ticket
    target : Network, Attention or PlainTransformer
        What the ticket claims to imitate.
    max_memory : int, optional
        Bytes that the check may take for the ticket's weights; default: what a ticket of this
        target with 1,024 numbers a sum and 128 copies of a value takes, at least 64 MiB, if that is
        free.
    search : float
        Seconds to look for inputs with a larger error than those that the file keeps; only for a
        network.

    Returns
    -------
    Verification
        ``ok`` is False for an incomplete or wrong ticket; ``failures`` says why. About 0.3
        microseconds a kept weight, plus the bound of the network's error.

    Raises
    ------
    BadInput
        If `search` is no number of seconds, or the target is no network.
    NeedsMemory
        If the check would take more; nothing is allocated.
    KernelMismatch
        If compiled code does not do here what its reference does.
    """
    from slt_theory.errors import BadInput
    from slt_theory.networks import Network
    from slt_theory.networks.attention import Attention
    from slt_theory.tickets.checking import certificate
    from slt_theory.tickets.checking.witnesses import checked_seconds
    from slt_theory.tickets.memory import allowed_to_check

    allowed, seconds = allowed_to_check(target, max_memory), checked_seconds(search)
    if isinstance(target, Network):
        return certificate.verify(ticket, target, allowed, search=seconds)
    if seconds:
        raise BadInput("search", seconds, "is for networks", "leave it out for attention")
    if isinstance(target, Attention):
        from slt_theory.tickets.checking.attention_check import verify_attention

        return verify_attention(ticket, target, allowed)
    from slt_theory.tickets.checking.transformer_check import verify_transformer

    return verify_transformer(ticket, target, allowed)


def __dir__() -> list[str]:
    """Public names alone, for completion."""
    return __all__
