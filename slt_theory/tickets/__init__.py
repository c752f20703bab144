"""Strong lottery tickets: constructions, the artefact, and its independent check.

`build_ticket` constructs by a theorem and attaches the certificate of `verify`, which is a separate
path: it regenerates the weights from the seed and knows no builder.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from slt_theory.networks import Dense
from slt_theory.tickets.certificate import Check, certify, verify
from slt_theory.tickets.files import read_ticket, write_ticket
from slt_theory.tickets.run import ticket_forward
from slt_theory.tickets.ticket import Ticket

__all__ = [
    "Check",
    "Ticket",
    "build_ticket",
    "read_ticket",
    "ticket_forward",
    "verify",
    "write_ticket",
]

_ATTEMPTS = 5


def build_ticket(target: Dense, *, theorem: str = "pensia2020-two-layer", **options: Any) -> Ticket:
    """Find a target network inside a random one, by a theorem's construction.

    Parameters
    ----------
    target : Dense
    theorem : str
        A key of `slt_theory.tickets.constructions.CONSTRUCTIONS`.
    eps, network_eps : number
        Error allowed per weight, or sup-norm error allowed for the network; exactly one.
    seed : int
        Of the source network.
    n : int, optional
        Random numbers offered to one sum, dead neurons included; default: the smallest n whose
        estimated chance of any failure is at most 1 %, and a tenth more should a sum fail.
    objective : "eps" or "best"
        Any subset within eps, or the exact optimum of every sum.
    signs : "both" or "needed"
        Build both halves of every gadget, or only those that non-negative inputs leave.
    domain : str
        Inputs: ``box:lo,hi`` (every coordinate) or ``ball:radius``.
    shared : bool
        ``pensia2020-direct``: one vector of numbers a row, as the paper's code does.
    law : "uniform" or "normal"
        ``fischer2021-biases``: law of every weight and bias.
    density : number
        ``gadhikar2023-network``: share of the source's weights that exist.
    prune, lock : number
        ``otsuka2024-frozen-network``: shares of weights frozen to 0 and to their value.
    size : int
        ``natale2024-network``: exactly so many live numbers in every sum.
    threads, progress
        Default: all cores; told the number of finished sums.

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
        If the masks would not fit.

    Examples
    --------
    >>> ticket = build_ticket(Dense([[[0.5, -0.25]]]), eps=0.05, seed=1)
    >>> ticket.complete, ticket.certificate["max_weight_error"] <= 0.05
    (True, True)
    """
    from slt_theory.tickets.constructions import find

    construction = find(theorem)
    request, parameters = construction.request(target, options)
    ticket = construction.run(request, parameters)
    for attempt in range(1, _ATTEMPTS):
        if ticket.complete or request.n is not None:
            break
        # n was ours to choose: the estimate had missed, so offer a tenth more.
        slack = Fraction(11, 10) ** attempt
        ticket = construction.run(request.with_slack(slack), parameters)
    return certify(ticket, target)
