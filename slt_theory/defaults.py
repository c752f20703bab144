"""Default values that the command line shares with the functions behind it; imports nothing."""

from __future__ import annotations

__all__ = ["DELTA"]

DELTA = 0.1
"""The failure probability that is meant where none is given."""
