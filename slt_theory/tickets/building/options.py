"""Names of the options of a build: one that nothing reads is refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from inspect import signature
from typing import Any

from slt_theory.errors import BadInput
from slt_theory.tickets.building.request import parse_request

__all__ = ["REQUEST_OPTIONS", "check_names"]

REQUEST_OPTIONS = tuple(
    name
    for name in signature(parse_request).parameters
    if name not in ("target", "reach", "largest_n")
)
"""What every construction of a network takes."""

_OF_EVERY_BUILD = ("theorem", "expect", "out", "fresh", "max_memory")


def check_names(options: Mapping[str, Any], known: Sequence[str], theorem: str) -> None:
    """Refuse an option of `slt_theory.tickets.build_ticket` that nothing reads.

    Raises
    ------
    BadInput
        Names the nearest option, and all that there are.
    """
    every = sorted({*known, *_OF_EVERY_BUILD})
    for name, value in options.items():
        if name not in known:
            near = get_close_matches(name, every, n=1, cutoff=0.4)
            hint = f"perhaps {near[0]}; " if near else ""
            way_out = f"{hint}known: {', '.join(every)}"
            raise BadInput(name, value, f"is no option of {theorem}", way_out)
