"""Fields of a header that a theorem does not set: they have their neutral value, or lie."""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import MISSING, fields

from slt_theory.errors import BadInput
from slt_theory.lattice import parse_fraction
from slt_theory.tickets.block import Block, SourceLayer
from slt_theory.tickets.frozen import Freezing, freezing
from slt_theory.tickets.ticket import Ticket

__all__ = ["LAYER_FIELDS", "eps_failures", "frozen_shares", "off_neutral"]

LAYER_FIELDS = ("rows", "columns", "law", "bits", "stream")
"""What every source layer says of itself."""


def off_neutral(item: Ticket | Block | SourceLayer, used: Collection[str]) -> list[str]:
    """Fields other than `used` that differ from their default."""
    return [
        f"{field.name} is set, and the theorem does not set it"
        for field in fields(item)
        if field.name not in used
        and field.default is not MISSING
        and getattr(item, field.name) != field.default
    ]


def eps_failures(ticket: Ticket) -> list[str]:
    """A sup-norm error, where one is named, is a positive number."""
    eps = ticket.network_eps
    return [] if eps is None or 0 < eps < math.inf else [f"network_eps = {eps} is no error"]


def frozen_shares(layer: SourceLayer) -> Freezing:
    """The shares of a layer that are frozen.

    Raises
    ------
    BadInput
        If they are no numbers, out of range, or written so that they would take forever to read.
    """
    shares = {name: parse_fraction(name, getattr(layer, name)) for name in ("prune", "lock")}
    for name, share in shares.items():
        if not 0 <= share < 1:
            raise BadInput(name, getattr(layer, name), "must lie in [0, 1)")
    return freezing(**shares)
