"""Memory of a request: refused, or announced, before anything is allocated."""

from __future__ import annotations

from slt_theory.errors import NeedsMemory, gibibytes
from slt_theory.progress import announce

__all__ = ["check_room"]

_WORTH_A_WORD = 1 << 28


def check_room(what: str, needed: int, allowed: int, way_out: str) -> None:
    """Refuse more bytes than are allowed; announce 256 MiB or more.

    Raises
    ------
    NeedsMemory
    """
    if needed > allowed:
        raise NeedsMemory(what, needed, allowed, way_out)
    if needed >= _WORTH_A_WORD:
        announce(what, f"takes about {gibibytes(needed)} of memory")
