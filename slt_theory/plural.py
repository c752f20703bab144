"""Numbers of things, in words."""

from __future__ import annotations

__all__ = ["counted"]


def counted(count: int, one: str, many: str = "") -> str:
    """A number with its noun; `many` is the plural where an s does not make it.

    Examples
    --------
    >>> counted(1, "row"), counted(1200, "row"), counted(0, "entry", "entries")
    ('1 row', '1,200 rows', '0 entries')
    """
    return f"{count:,} {one if count == 1 else many or one + 's'}"
