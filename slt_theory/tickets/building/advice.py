"""What n would do for a target: the estimate that a build without ``n`` uses."""

from __future__ import annotations

from typing import Any

from slt_theory.networks import Attention, Network

__all__ = ["sufficient_n"]


def sufficient_n(target: Network | Attention, *, theorem: str, **options: Any) -> int:
    """Smallest n whose estimated chance of any failure over all sums is at most 1 %.

    Takes the arguments of `slt_theory.tickets.build_ticket`.
    """
    from slt_theory.tickets.building.constructions import find

    if isinstance(target, Attention):
        from slt_theory.tickets.building import attention

        return attention.sufficient_n(target, **options)
    construction = find(theorem)
    return construction.n(*construction.request(target, options))
