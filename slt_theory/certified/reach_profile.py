r"""The reach floor: no sum gets beyond the positive items, none below the negative ones.

With P the sum of the positive items and Q that of the negative ones (without sign), the target hi
is missed where ``P < hi - eps`` and lo where ``Q < -lo - eps``. Given m items that are not 0, the
signs are independent of the sizes, and given i positive ones P and Q are independent sums:

.. math:: P(\text{fail}) \ge \sum_m \operatorname{Bin}(n, k)(m) \sum_i \operatorname{Bin}(m, r)(i)
          \left[ 1 - (1 - G_i)(1 - H_{m-i}) \right]

with k the chance of an item other than 0, r the share of positive ones among these, and G, H the
chances that i positive (negative) sizes stay below the level. Every term grows with G and H, so
lower bounds of these give a lower bound.

Source: own; proved in ``proofs/reach_floor.py``.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any, Literal

from slt_theory.certified.binomial import binomial_down, mix_down
from slt_theory.certified.exact import ONE, Real, rational
from slt_theory.certified.reach_sides import Sides, sides
from slt_theory.certified.reach_sizes import below
from slt_theory.errors import BadInput
from slt_theory.rationals import whole_number

__all__ = [
    "ReachQuestion",
    "Targets",
    "asked",
    "floor_of",
    "item_count",
    "missed_of",
    "reach_floor",
]

Targets = Literal["all", "fixed"]

_LEAST = ONE >> 40  # a profile that falls below this counts as 0 from there on

_Profiles = tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class ReachQuestion:
    """A question in rationals, each read in the way that asks for least."""

    side: Sides
    eps: Fraction
    lo: Fraction
    hi: Fraction
    targets: Targets

    @property
    def right(self) -> Fraction:
        """Positive items below this miss hi."""
        return self.hi - self.eps

    @property
    def left(self) -> Fraction:
        """Negative items (without sign) below this miss lo."""
        return -self.lo - self.eps


def asked(eps: Real, lo: Real, hi: Real, law: Any, targets: Targets) -> ReachQuestion:
    """The question in rationals.

    Raises
    ------
    BadInput
        As `reach_floor`.
    """
    error = rational(eps, "eps")[1]
    if error <= 0:
        raise BadInput("eps", eps, "must be positive", "pass a number such as 0.01")
    if targets not in ("all", "fixed"):
        raise BadInput("targets", targets, "must be all or fixed")
    low, high = rational(lo, "lo")[1], rational(hi, "hi")[0]
    if lo == hi:
        # A float means two numbers: as a single target the one nearer to 0 asks for less.
        low = high = min(low, high, key=abs)
    if low > high:
        raise BadInput("lo", lo, f"must not exceed hi = {hi!r}", "swap the ends of the window")
    ask = ReachQuestion(sides(law), error, low, high, targets)
    for end, level, chance in (("hi", ask.right, ask.side.up), ("lo", ask.left, ask.side.down)):
        if level > 0 and chance == 0:
            sign = "positive" if end == "hi" else "negative"
            raise BadInput(
                "law", str(law), f"has no {sign} items: no n reaches {end}", "shrink the window"
            )
    return ask


def item_count(n: Any) -> int:
    """Check a number of items, 0 or more."""
    count = whole_number("n", n)
    if count < 0:
        raise BadInput("n", n, "must be at least 0")
    return count


@lru_cache(maxsize=64)
def _profiles(side: Sides, right: Fraction, left: Fraction, targets: Targets) -> _Profiles:
    """Lower bounds of P(fail) given m = 0, 1, ... items other than 0; the larger one counts."""
    share = side.up / (side.up + side.down)
    rows_right, rows_left = below(side.above, right), below(side.under, left)
    nothing: tuple[int, ...] = (0,)
    ends = [(rows_right, rows_left)]
    if targets == "fixed":
        ends = [(rows_right, nothing), (nothing, rows_left)]
    profiles = []
    for above, under in ends:
        values: list[int] = []
        while not values or (values[-1] > _LEAST and len(values) <= 4 * len(above + under)):
            values.append(missed_of(len(values), share, above, under))
        profiles.append(tuple(values))
    return tuple(profiles)


def missed_of(m: int, share: Fraction, above: tuple[int, ...], under: tuple[int, ...]) -> int:
    """Sum over i of Bin(m, share)(i) [1 - (1 - G_i)(1 - H_(m-i))], rounded down."""
    total = 0
    for i, mass in enumerate(binomial_down(m, share)):
        short = above[i] if i < len(above) else 0
        low = under[m - i] if m - i < len(under) else 0
        total += mass * (ONE * (short + low) - short * low)
    return total // (ONE * ONE)


def floor_of(ask: ReachQuestion, n: int) -> int:
    """The reach floor of n items, in probability units, rounded down."""
    keep = ask.side.up + ask.side.down
    profiles = _profiles(ask.side, ask.right, ask.left, ask.targets)
    return max(mix_down(profile, n, keep) for profile in profiles)


def reach_floor(
    n: int,
    eps: Real,
    *,
    lo: Real = -1,
    hi: Real = 1,
    law: Any = "uniform",
    targets: Targets = "all",
) -> Fraction:
    """Lower bound of the probability that n items miss a target of [lo, hi] by more than eps.

    Parameters
    ----------
    n : int
    eps, lo, hi : float, str or Fraction
    law : str or Law
        See `slt_theory.certified.reach_sides.sides`; the real law of that name. For draws on a
        lattice add ``n * law.coupling`` to eps.
    targets : "all" or "fixed"
        Some target is missed, or the worse of the two ends alone.

    Raises
    ------
    BadInput
        For a law without a rule, a window that the law cannot reach, or bad numbers.

    Examples
    --------
    >>> float(round(reach_floor(18, "1/10", law="uniform*uniform"), 4))
    0.0797
    """
    count = item_count(n)
    return Fraction(floor_of(asked(eps, lo, hi, law, targets), count), ONE)
