"""Parameters of the bound for a base interval, and the hypotheses they must meet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from slt_theory.certified.magnitudes import MAGNITUDES
from slt_theory.errors import BadInput

__all__ = ["HALF_TURN", "Base", "check_hypotheses", "grid"]

HALF_TURN = Fraction(3)
"""Below pi: cosines fall up to here, and log cos(s x / 2) exists for s up to here."""


@dataclass(frozen=True, slots=True)
class Base:
    """Parameters, in units of the cut; any choice inside the stated ranges gives a valid bound.

    Attributes
    ----------
    law : str
        A key of `MAGNITUDES`.
    cut : Fraction
        Items with ``|X| <= cut`` are small.
    error : Fraction
        e = eps / cut.
    length : Fraction
        Length of the base interval; at least 1, so that every further small item extends it.
    radius : Fraction
        r, below e.
    star, low, mid, last : Fraction
        s_*, s1, s0, and the frequency from which means are bounded by monotony:
        ``0 < star <= low <= mid < last <= 2000``.
    share : Fraction
        theta, the share of g that M may take.
    lean : Fraction
        Rate at which the weight in Cauchy-Schwarz falls from s1 to s0.
    rates : tuple of Fraction
        The t_i, from 0 to 100.

    Raises
    ------
    BadInput
        If a hypothesis fails.
    """

    law: str
    cut: Fraction
    error: Fraction
    length: Fraction
    radius: Fraction
    star: Fraction
    low: Fraction
    mid: Fraction
    last: Fraction
    share: Fraction
    lean: Fraction
    rates: tuple[Fraction, ...]

    def __post_init__(self) -> None:
        """Check every hypothesis that the proof uses."""
        if self.law not in MAGNITUDES:
            raise BadInput("law", self.law, "has no magnitudes", f"one of {', '.join(MAGNITUDES)}")
        top = MAGNITUDES[self.law].top
        rules = {
            "cut": self.cut > 0 and (top is None or self.cut <= top),
            "radius": 0 < self.radius < self.error,
            "length": self.length >= 1,
            "star": 0 < self.star <= self.low,
            "low": max(self.low, self.low * self.radius, self.low * self.reach / 2) <= HALF_TURN,
            "mid": self.low <= self.mid < self.last,
            "last": self.last <= 2000,
            "share": 0 < self.share < 1,
            "lean": 0 <= self.lean <= 10,
            "rates": all(0 <= t <= 100 for t in self.rates),
        }
        check_hypotheses(self, rules)

    @property
    def reach(self) -> Fraction:
        """w' = length / 2 + e - r."""
        return self.length / 2 + self.error - self.radius


def check_hypotheses(of: object, rules: Mapping[str, bool]) -> None:
    """Refuse parameters of which one breaks its hypothesis; `rules` says of each if it holds.

    Raises
    ------
    BadInput
        Names the first one.
    """
    for name, holds in rules.items():
        if not holds:
            way_out = f"see {type(of).__name__}"
            raise BadInput(name, getattr(of, name), "breaks a hypothesis", way_out)


def grid(start: Fraction, stop: Fraction, step: Fraction) -> list[Fraction]:
    """Equal cells from start to stop, at most `step` wide; the ends of the cells."""
    count = max(1, -int(-(stop - start) // step))
    return [start + (stop - start) * k / count for k in range(count + 1)]
