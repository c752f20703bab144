"""Strong lottery tickets: constructions, the artefact, and its independent check.

`build_ticket` constructs by a theorem and attaches the certificate of `verify`, which is a separate
path: it regenerates the weights from the seed and knows no builder.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from slt_theory.networks import Network
from slt_theory.networks.attention import Attention
from slt_theory.tickets.checking import certificate
from slt_theory.tickets.checking.certificate import certify
from slt_theory.tickets.checking.check import Verification
from slt_theory.tickets.files import read_ticket, write_ticket
from slt_theory.tickets.memory import allowed_to_check
from slt_theory.tickets.run import ticket_forward
from slt_theory.tickets.ticket import Ticket

__all__ = [
    "Ticket",
    "Verification",
    "build_ticket",
    "read_ticket",
    "ticket_forward",
    "verify",
    "write_ticket",
]

_ATTEMPTS = 5


def verify(
    ticket: Ticket, target: Network | Attention, *, max_memory: int | None = None
) -> Verification:
    """Check a ticket against its target, from seed and masks alone.

    Parameters
    ----------
    ticket : Ticket
    target : Network or Attention
        What the ticket claims to imitate.
    max_memory : int, optional
        Bytes that the check may take for the ticket's weights; default: what a ticket of this
        target with 1,024 numbers a sum and 128 copies of a value takes, at least 64 MiB, if that is
        free.

    Returns
    -------
    Verification
        ``ok`` is False for an incomplete or wrong ticket; ``failures`` says why. About 0.3
        microseconds a kept weight, plus the error search.

    Raises
    ------
    NeedsMemory
        If the check would take more; nothing is allocated.
    KernelMismatch
        If compiled code does not do here what its reference does.
    """
    allowed = allowed_to_check(target, max_memory)
    if isinstance(target, Attention):
        from slt_theory.tickets.checking.attention_check import verify_attention

        return verify_attention(ticket, target, allowed)
    return certificate.verify(ticket, target, allowed)


def build_ticket(
    target: Network | Attention, *, theorem: str = "pensia2020-two-layer", **options: Any
) -> Ticket:
    """Find a target network inside a random one, by a theorem's construction.

    Parameters
    ----------
    target : Network or Attention
    theorem : str
        A key of `slt_theory.tickets.building.constructions.CONSTRUCTIONS`.
    eps, network_eps : number
        Error allowed per weight, or sup-norm error allowed for the network; exactly one.
    seed : int
        Of the source network.
    n : int, optional
        Random numbers, candidates of one sum, dead neurons included; default: the smallest n whose
        estimated chance of any failure is at most 1 %, and a tenth more should a sum fail.
    objective : "eps" or "best"
        Any subset within eps, or the exact optimum of every sum.
    signs : "both" or "needed"
        Build both halves of every gadget, or only those that non-negative inputs leave.
    domain : str
        Inputs: ``box:lo,hi`` (every coordinate) or ``ball:radius``.
    shared : bool
        ``pensia2020-direct``: one vector of numbers a row, as the paper's code does;
        ``orseau2020-hyperbolic``: all outputs share the hidden neurons, instead of one weight each.
    law : "uniform" or "normal"
        ``fischer2021-biases``: law of every weight and bias.
    density : number
        ``gadhikar2023-network``: share of the source's weights that exist.
    prune, lock : number, or a sequence with a number a source layer
        ``otsuka2024-frozen-network``: shares of weights frozen to 0 and to their value.
    budget : "uniform", "epl" or "erk"
        How these shares are spread, see `slt_theory.tickets.building.budgets`.
    size : int
        ``natale2024-network``: exactly so many live numbers in every sum.
    move : number
        ``xiong2023-perturbation``: kept weights may move by this; default: the smallest eps.
    redraws : int
        ``chijiwa2021-redraws``: draws of every weight; default: enough with a chance of 99 %.
    resolution : number
        ``kumar2025-quantised``: a power of two, target weights are rounded to its multiples;
        default: the largest up to 2 eps.
    threads, progress, expect
        Default: all cores; called with the number of finished sums, and of all sums.
    out : path, optional
        Where the ticket will be written. Masks are then kept in ``OUT.partial`` beside it as they
        are built, and a build that was broken off goes on there; its result is the same to the
        byte. `write_ticket` removes the file.
    fresh : bool
        Begin again, whatever ``OUT.partial`` holds.
    max_memory : int, optional
        Bytes that a build may take; default: what is free.

    Returns
    -------
    Ticket
        With its certificate. Sums that no subset reaches are listed in ``unreached``; the ticket is
        then incomplete and `verify` says so.

    Raises
    ------
    BadInput
        If an argument is out of range or the theorem has no construction here.
    NeedsMemory
        If the masks would not fit; nothing is allocated.

    Examples
    --------
    >>> from slt_theory.networks import Dense
    >>> ticket = build_ticket(Dense([[[0.5, -0.25]]]), eps=0.05, seed=1)
    >>> ticket.complete, ticket.certificate["max_weight_error"] <= 0.05
    (True, True)
    """
    from slt_theory.tickets.building.constructions import find
    from slt_theory.tickets.keeping import keeping_of

    if isinstance(target, Attention):
        from slt_theory.tickets.building.attention import build_asked

        return build_asked(target, theorem, options)

    construction = find(theorem)
    keeping, options = keeping_of(target, theorem, options)
    request, parameters = construction.request(target, options)
    begin = keeping.attempt()
    for attempt in range(begin, max(_ATTEMPTS, begin + 1)):
        # n is ours to choose where none is given: an estimate that missed gets a tenth more.
        kept = keeping.numbered(attempt, again=attempt > begin)
        trial = request.attempt(Fraction(11, 10) ** attempt, kept)
        ticket = construction.run(trial, parameters)
        if ticket.complete or request.n is not None:
            break
    return certify(ticket, target)
