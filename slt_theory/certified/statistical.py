r"""Certified by statistics: bounds that hold with probability 1 - 1e-9 over the trials.

The level lies below every proof and above a measurement. It says: if the generator's draws are
independent with the law of their name, then with probability at least 1 - 1e-9 over our coins all
numbers of the stored table are right. With A the event that the positive or the negative items do
not reach far enough,

.. math:: P(\text{fail}) \le P(A) + P(\text{reach, yet miss}),

the first term is computed (rounded up), the second is bounded by Clopper and Pearson from trials
that were fixed beforehand, each cell of the table at the same share of the level. Masked laws
follow by the mixture rule, a smaller delta by blocks of fresh items. No honest rule in eps is
known: every error has its own trials.

`slt_theory.experiments.statistical` runs the trials; `slt prove --statistics` runs them again.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any

from slt_theory.bisection import smallest_number
from slt_theory.certified.binomial import mix
from slt_theory.certified.exact import ONE, Real, failure_at_most, inward, outward
from slt_theory.certified.reach_sides import Sides, sides
from slt_theory.certified.statistical_table import PARTS, WORDS, Profile, TrialPlan, profiles
from slt_theory.errors import BadInput
from slt_theory.records import Record

__all__ = ["Statistical", "statistical_n"]

_MOST_BLOCKS = 64
_LONGEST = 1 << 12


@dataclass(frozen=True, slots=True)
class Statistical(Record):
    """A number of items that suffices, certified by statistics.

    Attributes
    ----------
    n : int
    failure : float
        Upper bound of the failure probability at n.
    confidence : str
        `WORDS`.
    row : str
        Key of the stored trials, see ``slt prove --statistics``.
    trials : int
    error, delta, window, steps
        As asked, and the rules applied on the way.
    """

    n: int
    failure: float
    row: str
    trials: int
    error: float
    delta: float
    window: tuple[float, float]
    steps: tuple[str, ...] = ()
    confidence: str = WORDS

    def summary(self) -> str:
        """One line."""
        lo, hi = self.window
        return (
            f"n >= {self.n} suffices for error {self.error:g} on [{lo:g}, {hi:g}] (certified by "
            f"statistics, {self.trials:,} trials: {self.confidence})"
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return asdict(self)


def statistical_n(
    eps: Real, delta: Real, *, lo: Real = -1, hi: Real = 1, law: Any = "uniform"
) -> Statistical | None:
    """Number of items that suffices for all targets of [lo, hi], certified by statistics.

    Parameters
    ----------
    eps, delta, lo, hi
        As in `slt_theory.certified.certified_n`.
    law : str or Law
        A law of the table, also with a mask, a ReLU factor or a scale.

    Returns
    -------
    Statistical or None
        None where no stored row has this law, an error of at most eps and a window as wide.

    Raises
    ------
    BadInput
        If eps or delta is not positive, ``delta >= 1`` or ``lo > hi``.

    Examples
    --------
    >>> statistical_n("1/100", "1/100").n
    19
    """
    error, failure = inward(eps, "eps"), failure_at_most(delta)
    low, high = outward(lo, hi)
    try:
        side = sides(law)
    except BadInput:
        return None
    shares = [(p, _common_share(p.plan, side, error, low, high)) for p in profiles()]
    every = [_smallest(p, keep, failure) for p, keep in shares if keep is not None]
    found = [best for best in every if best is not None]
    if not found:
        return None
    n, bound, plan, steps = min(found, key=lambda f: (f[0], f[1]))
    return Statistical(
        n,
        float(bound) * (1 + 2.0**-50),
        plan.key,
        plan.trials,
        float(Fraction(eps)),
        float(Fraction(delta)),
        (float(low), float(high)),
        steps,
    )


def _common_share(
    plan: TrialPlan, side: Sides, error: Fraction, lo: Fraction, hi: Fraction
) -> Fraction | None:
    """Share of items of the plan's law (scaled) in the law asked about; None if it holds none.

    Both laws are even and have the same sizes up to a scale.
    """
    base = sides(plan.law)
    if side.above != side.under or side.up != side.down or side.above.kind != base.above.kind:
        return None
    if side.above.count != base.above.count or side.above.start:
        return None
    scale = side.above.scale / base.above.scale
    if plan.eps * scale > error or plan.lo * scale > lo or plan.hi * scale < hi:
        return None
    return (side.up + side.down) / (base.up + base.down)


_Found = tuple[int, Fraction, TrialPlan, tuple[str, ...]]


def _smallest(profile: Profile, keep: Fraction, delta: Fraction) -> _Found | None:
    """Smallest n, perhaps in blocks of fresh items; each block must fail for all to fail."""
    best: _Found | None = None
    rows = _units(profile)
    for blocks in range(1, _MOST_BLOCKS + 1):
        n = _first(rows, keep, delta, blocks)
        if n is None or (best is not None and n * blocks >= best[0]):
            continue
        bound = Fraction(mix(list(rows), n, keep), ONE) ** blocks
        steps = []
        if keep < 1:
            steps.append(f"mixture: the number of items that are not 0 is binomial, share {keep}")
        if blocks > 1:
            steps.append(f"{blocks} blocks of {n} fresh items, which fail together")
        best = n * blocks, bound, profile.plan, tuple(steps)
    return best


@lru_cache(maxsize=64)
def _units(profile: Profile) -> tuple[int, ...]:
    """Failure bounds for 0 .. last items, in probability units, rounded up."""
    inside = (-(-value * ONE // PARTS) for value in profile.failure)
    return (ONE,) * profile.plan.first + tuple(min(ONE, value) for value in inside)


def _first(rows: tuple[int, ...], keep: Fraction, delta: Fraction, blocks: int) -> int | None:
    def enough(n: int) -> bool:
        return Fraction(mix(list(rows), n, keep), ONE) ** blocks <= delta

    return smallest_number(enough, most=_LONGEST)
