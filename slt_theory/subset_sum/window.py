"""Certificate of one sample: do its subset sums reach every target of a window within eps?

Items are rounded to a coarse lattice, and all sums on it are one bitset: n shifts of a long integer
instead of 2^n sums. Each sum of items lies within `charge` of its lattice sum: the larger of the
roundings up and the roundings down, at most n/2 units. With D the greatest distance of a real
target of the window to the lattice sums (exact, a rational number):

* ``D + charge <= eps``: every target is reached (proved),
* ``D - charge > eps``: the target at distance D is missed (proved),
* between: undecided; a finer lattice decides, unless D is eps up to roundings.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from slt_theory.errors import BadInput
from slt_theory.lattice import exact_numbers, positive_fraction, to_fraction, whole_number

__all__ = ["MOST_BITS", "WindowCertificate", "certify_window"]

MOST_BITS = 1 << 25
"""Length of the bitset: 4 MB, and 32 MB when its sums are listed."""


@dataclass(frozen=True, slots=True)
class WindowCertificate:
    """Exact verdict on one sample, with the target that is worst covered.

    Attributes
    ----------
    verdict : str
        ``"covered"``, ``"missed"`` or ``"undecided"``.
    worst : Fraction
        A target of the window at the greatest distance from the lattice sums; with the verdict
        "missed" no sum of items lies within eps of it.
    at_least, at_most : Fraction
        Bounds of the greatest distance of a target of the window to the sums of the items.
    unit, charge : Fraction
        Step of the lattice, and what its roundings can do to one sum.
    eps : Fraction
    """

    verdict: str
    worst: Fraction
    at_least: Fraction
    at_most: Fraction
    unit: Fraction
    charge: Fraction
    eps: Fraction

    def summary(self) -> str:
        """One line."""
        spread = f"between {float(self.at_least):.6g} and {float(self.at_most):.6g}"
        if self.verdict == "covered":
            return f"every target lies within {float(self.at_most):.6g} of a sum (proved)"
        if self.verdict == "missed":
            return (
                f"the target {float(self.worst):.9g} has no sum within {float(self.eps):.6g}: "
                f"the nearest is at least {float(self.at_least):.6g} away (proved)"
            )
        return f"undecided: the worst distance lies {spread}; ask for a finer lattice (--bits)"

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON; exact values as text."""
        return {
            "verdict": self.verdict,
            "worst_target": float(self.worst),
            "worst_target_exact": str(self.worst),
            "distance_at_least": float(self.at_least),
            "distance_at_most": float(self.at_most),
            "distance_at_least_exact": str(self.at_least),
            "distance_at_most_exact": str(self.at_most),
            "unit": str(self.unit),
            "charge": float(self.charge),
            "eps": float(self.eps),
        }


def _unit(values: list[Fraction], bits: int) -> Fraction:
    """The exact lattice of the items if its sums fit into the bitset, else a power of two."""
    total = sum(map(abs, values), Fraction(0))
    common = Fraction(1, math.lcm(*(v.denominator for v in values)))
    if total < bits * common:
        return common
    # Rounding may add half a unit an item: leave room for one unit each.
    least = total / (bits - len(values) - 1)
    power = least.numerator.bit_length() - least.denominator.bit_length() - 1
    while Fraction(2) ** power < least:
        power += 1
    return Fraction(2) ** power


def _sums(steps: list[int]) -> NDArray[np.int64]:
    """All subset sums in increasing order: bit k is set if k plus the least sum is one."""
    least = sum(k for k in steps if k < 0)
    reached = 1
    for k in steps:
        reached |= reached << abs(k)  # a negative item is in the least sum; leaving it out adds |k|
    size = reached.bit_length()
    raw = np.frombuffer(reached.to_bytes((size + 7) // 8, "little"), dtype=np.uint8)
    places = np.flatnonzero(np.unpackbits(raw, bitorder="little"))
    return places.astype(np.int64) + least


def _worst(sums: NDArray[np.int64], low: Fraction, high: Fraction) -> tuple[Fraction, Fraction]:
    """Target of [low, high] farthest from the integers `sums`, and its distance."""
    found = [_nearest(sums, low), _nearest(sums, high)]
    # Inside a gap the middle is farthest; a middle outside the window leaves the window's end.
    twice = sums[1:] + sums[:-1]
    inside = (twice >= math.ceil(2 * low)) & (twice <= math.floor(2 * high))
    if inside.any():
        gaps = np.where(inside, np.diff(sums), -1)
        k = int(gaps.argmax())
        found.append((Fraction(int(twice[k]), 2), Fraction(int(gaps[k]), 2)))
    return max(found, key=lambda pair: pair[1])


def _nearest(sums: NDArray[np.int64], target: Fraction) -> tuple[Fraction, Fraction]:
    place = int(np.searchsorted(sums, math.ceil(target)))
    near = sums[max(0, place - 1) : place + 1]
    return target, min(abs(target - int(s)) for s in near)


def certify_window(
    sample: Iterable[Any], lo: Any, hi: Any, *, eps: Any, bits: int = MOST_BITS
) -> WindowCertificate:
    """Decide whether every real target of [lo, hi] lies within eps of a subset sum of the sample.

    Parameters
    ----------
    sample : iterable of numbers
        The items, taken exactly.
    lo, hi, eps : number
        The window, and the error allowed.
    bits : int, optional
        Length of the bitset of sums, which sets the lattice: more is finer and slower.

    Returns
    -------
    WindowCertificate
        Cost: n shifts of `bits` bits; under a second for 40 items and the default.

    Raises
    ------
    BadInput
        An empty sample, what is no finite number, eps <= 0, ``lo > hi``, or too few bits.

    Examples
    --------
    >>> certify_window([0.5, 0.25, -0.25], -0.25, 0.75, eps="1/8").verdict
    'covered'
    >>> certify_window([0.5, 0.25], 0, 1, eps="1/8").worst
    Fraction(1, 1)
    """
    values = exact_numbers("sample", sample)
    low, high, allowed = to_fraction("lo", lo), to_fraction("hi", hi), positive_fraction("eps", eps)
    if low > high:
        raise BadInput("lo", lo, f"must not exceed hi = {hi!r}", "swap the ends of the window")
    length = whole_number("bits", bits)
    if not 4 * len(values) <= length <= 1 << 32:
        raise BadInput("bits", bits, f"must lie in {4 * len(values)}..2^32", "see --help")
    unit = _unit(values, length)
    steps = [round(v / unit) for v in values]
    errors = [v - k * unit for v, k in zip(values, steps, strict=True)]
    charge = max(abs(sum((e for e in errors if e * side > 0), Fraction(0))) for side in (-1, 1))
    place, distance = _worst(_sums(steps), low / unit, high / unit)
    worst, most = place * unit, distance * unit
    if most + charge <= allowed:
        verdict = "covered"
    else:
        verdict = "missed" if most - charge > allowed else "undecided"
    at_least = max(Fraction(0), most - charge)
    return WindowCertificate(verdict, worst, at_least, most + charge, unit, charge, allowed)
