"""Widths of a source network that are proved to suffice, and the union bound behind them.

Each entry of a target gets its share of the error, each subset sum its share of delta.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from fractions import Fraction
from typing import Any

from slt_theory.certified.exact import Real, inward
from slt_theory.certified.result import Certified
from slt_theory.certified.search import certified_n
from slt_theory.errors import BadInput

__all__ = [
    "HALF_LAW",
    "CertifiedWidths",
    "collected",
    "layer_sizes",
    "network_error",
    "pieces",
    "root_up",
]

HALF_LAW = "relu(uniform)*uniform"
"""Law of one hidden unit of a gadget pair, on the half line of one sign."""


@dataclass(frozen=True, slots=True)
class CertifiedWidths:
    """Widths of a source network that are proved to suffice.

    Attributes
    ----------
    widths : tuple of int
        Hidden units or channels, one entry a construction layer.
    items : tuple of int
        Random numbers available to one weight, per layer.
    entry_errors : tuple of float
        Error granted to one weight, per layer.
    sums : int
        Subset sums in the union bound.
    error, delta : float
        Error of the network and failure probability.
    proof : str
        Id of the proof of the composition.
    rests_on : tuple of str
        Ids of the pieces.
    steps : tuple of str
        How the pieces were put together.
    """

    widths: tuple[int, ...]
    items: tuple[int, ...]
    entry_errors: tuple[float, ...]
    sums: int
    error: float
    delta: float
    proof: str
    rests_on: tuple[str, ...]
    steps: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return asdict(self)


def root_up(n: int) -> Fraction:
    """A rational not below the square root of n, within a thousandth."""
    scale = 10**3
    root = math.isqrt(n * scale**2)
    return Fraction(root if root**2 == n * scale**2 else root + 1, scale)


def layer_sizes(dims: Sequence[int], argument: str) -> tuple[int, ...]:
    """`dims` as a tuple; at least two positive integers, else `BadInput`."""
    sizes = tuple(dims)
    if len(sizes) < 2 or any(not isinstance(d, int) or d < 1 for d in sizes):
        raise BadInput(
            argument, dims, "needs at least two positive integers", "e.g. (784, 100, 10)"
        )
    return sizes


def network_error(eps: Real) -> Fraction:
    """`eps` read as small as it can be meant; at most 1, else `BadInput`."""
    error = inward(eps, "network_eps")
    if error > 1:
        raise BadInput("network_eps", eps, "must be at most 1", "the recursion needs eps <= 1")
    return error


def collected(
    entries: Sequence[Fraction], sums: int, delta: Fraction, laws: Sequence[str]
) -> list[Certified] | None:
    """Certified n of every entry, each sum at ``delta / sums``; None if one has none."""
    rows = [
        certified_n(entry, delta / sums, lo=-1, hi=1, law=law)
        for entry, law in zip(entries, laws, strict=True)
    ]
    found = [row for row in rows if row is not None]
    return found if len(found) == len(rows) else None


def pieces(rows: Sequence[Certified], *more: str) -> tuple[str, ...]:
    """Ids of all proofs that the rows come from and rest on, and `more`, each once."""
    names = [name for row in rows for name in (row.proof, *row.rests_on)]
    return tuple(dict.fromkeys([*names, *more]))
