"""Where the inputs of a network lie."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from slt_theory.arrays import Floats
from slt_theory.errors import BadInput
from slt_theory.lattice import parse_fraction
from slt_theory.networks import Network

__all__ = ["Ball", "Box", "Domain", "Inputs", "Region", "inputs_known", "parse_domain"]


def _exact(value: float) -> str:
    """The shortest text that reads back as the same float."""
    short = f"{value:g}"
    return short if float(short) == value else repr(float(value))


@dataclass(frozen=True)
class Box:
    """Every coordinate in [lo, hi]."""

    lo: float = 0.0
    hi: float = 1.0

    @property
    def non_negative(self) -> bool:
        """True if no coordinate is negative."""
        return self.lo >= 0

    def ends(self, size: int) -> tuple[Floats, Floats]:
        """Lower and upper ends of `size` coordinates."""
        return np.full(size, self.lo), np.full(size, self.hi)

    def __str__(self) -> str:
        return f"box:{_exact(self.lo)},{_exact(self.hi)}"


@dataclass(frozen=True, eq=False)
class Region:
    """Every coordinate i in its own [lo_i, hi_i]; a single input where both are equal."""

    lo: Floats
    hi: Floats

    def __post_init__(self) -> None:
        if self.lo.shape != self.hi.shape or not (self.lo <= self.hi).all():
            raise BadInput("region", (self.lo, self.hi), "must have lower ends <= upper ends")

    @property
    def non_negative(self) -> bool:
        """True if no coordinate is negative."""
        return bool((self.lo >= 0).all())

    def ends(self, size: int) -> tuple[Floats, Floats]:
        """Lower and upper ends of all coordinates."""
        if self.lo.shape != (size,):
            raise BadInput("region", self.lo.shape, f"must have {size} coordinates")
        return self.lo, self.hi


@dataclass(frozen=True)
class Ball:
    """Euclidean norm at most `radius`."""

    radius: float = 1.0

    @property
    def non_negative(self) -> bool:
        """False: a ball around 0 has inputs of both signs."""
        return False

    def ends(self, size: int) -> tuple[Floats, Floats]:
        """Lower and upper ends of `size` coordinates."""
        return np.full(size, -self.radius), np.full(size, self.radius)

    def __str__(self) -> str:
        return f"ball:{_exact(self.radius)}"


Domain = Box | Ball
"""Where all inputs of a ticket lie."""
Inputs = Domain | Region
"""What a certificate speaks of."""


def inputs_known(target: Network, domain: Domain) -> tuple[bool, ...]:
    """Per weighted layer whether its inputs are >= 0 for every input of the domain."""
    values = target.non_negative(domain.non_negative)
    return tuple(values[place] for place in target.inputs_of_layers)


def parse_domain(text: str | Domain) -> Domain:
    """Read ``box:lo,hi`` or ``ball:radius``; a number is the float64 nearest to it as written.

    Raises
    ------
    BadInput
        If the text is neither, or the set is empty.

    Examples
    --------
    >>> parse_domain("box:0,1")
    Box(lo=0.0, hi=1.0)
    """
    text = str(text)
    kind, _, numbers = text.partition(":")
    try:
        values = [float(parse_fraction("domain", part)) for part in numbers.split(",")]
    except BadInput:
        values = []
    if kind == "box" and len(values) == 2 and values[0] < values[1]:
        return Box(*values)
    if kind == "ball" and len(values) == 1 and values[0] > 0:
        return Ball(values[0])
    raise BadInput("domain", text, "must be box:lo,hi with lo < hi, or ball:radius", "e.g. box:0,1")
