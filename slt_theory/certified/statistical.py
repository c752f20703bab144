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

import json
import math
from dataclasses import asdict, dataclass
from fractions import Fraction
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

from slt_theory.certified.binomial import binomial_up, mix
from slt_theory.certified.exact import ONE, Real, inward, outward
from slt_theory.certified.reach_sizes import Sides, below, sides
from slt_theory.errors import BadInput
from slt_theory.statistics import clopper_pearson

__all__ = [
    "CELLS",
    "LEVEL",
    "PLANS",
    "WORDS",
    "Plan",
    "Profile",
    "Statistical",
    "failure_bounds",
    "profiles",
    "reach_failure",
    "statistical_n",
]

LEVEL = Fraction(1, 10**9)
"""Probability, over the trials of the whole table, that one of its numbers is wrong."""

CELLS = 1000
"""The level is shared equally among this many (plan, n); the plans have no more."""

WORDS = "if the generator's draws are independent, with probability 1 - 1e-9 over our coins"

PARTS = 10**12
"""Failure bounds are stored in units of 1e-12, rounded up."""

_REACH_CELLS = 1 << 14
_NORMAL_TAILS = Fraction(1, 1 << 39)  # mass on which a normal draw's coupling is not promised
_MOST_BLOCKS = 64
_LONGEST = 1 << 12


@dataclass(frozen=True, slots=True)
class Plan:
    """What is tried, fixed before the first trial.

    ``first .. last`` are the n that are bounded, all from the same `trials`.
    """

    law: str
    eps: Fraction
    lo: Fraction
    hi: Fraction
    first: int
    last: int
    trials: int
    stream: int
    seed: int = 1

    @property
    def key(self) -> str:
        """Name of the row, as on the command line."""
        return f"{self.law}:{float(self.eps):g}:{float(self.hi):g}"


@dataclass(frozen=True, slots=True)
class Profile:
    """What came out of a plan.

    Attributes
    ----------
    late : tuple of int
        Trials not covered by n items, for n = first .. last.
    misses : tuple of int
        Those among them that reach.
    failure : tuple of int
        Upper bounds of P(fail) in units of ``1 / PARTS``.
    seconds : float
        Of the run that is stored.
    """

    plan: Plan
    late: tuple[int, ...]
    misses: tuple[int, ...]
    failure: tuple[int, ...]
    seconds: float

    def measured(self, delta: Fraction) -> int | None:
        """Smallest n at which a share of at most delta of the trials is not covered."""
        limit = delta * self.plan.trials
        places = (n for n, count in enumerate(self.late, self.plan.first) if count <= limit)
        return next(places, None)

    def to_dict(self) -> dict[str, Any]:
        record = asdict(self)
        record["plan"] |= {k: str(getattr(self.plan, k)) for k in ("eps", "lo", "hi")}
        return record

    @classmethod
    def of(cls, record: dict[str, Any]) -> Profile:
        exact = {k: Fraction(record["plan"][k]) for k in ("eps", "lo", "hi")}
        late, misses, failure = (tuple(record[k]) for k in ("late", "misses", "failure"))
        return cls(Plan(**record["plan"] | exact), late, misses, failure, record["seconds"])


def reach_failure(law: str, level_right: Fraction, level_left: Fraction, n: int) -> int:
    """Upper bound, in probability units, of P(P < level_right or Q < level_left) for n items."""
    return _reach_failure(sides(law), level_right, level_left, n)


@lru_cache(maxsize=4096)
def _reach_failure(side: Sides, right: Fraction, left: Fraction, n: int) -> int:
    """As the floor, with chances rounded up: 1 - (1 - G)(1 - H) grows with both."""
    above = below(side.above, right, upper=True, cells=_REACH_CELLS)
    under = below(side.under, left, upper=True, cells=_REACH_CELLS)
    keep, total = side.up + side.down, 0
    for m, present in enumerate(binomial_up(n, keep)):
        for i, mass in enumerate(binomial_up(m, side.up / keep) if present else ()):
            short, low = above[min(i, len(above) - 1)], under[min(m - i, len(under) - 1)]
            total += present * mass * (ONE * (short + low) - short * low)
    return min(ONE, -(-total // ONE**3))


def failure_bounds(plan: Plan, misses: tuple[int, ...]) -> tuple[int, ...]:
    """P(fail) for n = first .. last, each cell at ``LEVEL / CELLS``, in units of ``1 / PARTS``."""
    alpha = 2 * float(LEVEL / CELLS) * (1 - 2.0**-50)  # of a two-sided interval; one side is used
    tails = _NORMAL_TAILS if "normal" in plan.law else Fraction(0)
    rows, best = [], Fraction(1)
    for n, count in zip(range(plan.first, plan.last + 1), misses, strict=True):
        reach = reach_failure(plan.law, plan.hi - plan.eps, -plan.lo - plan.eps, n)
        yet = Fraction(clopper_pearson(count, plan.trials, alpha).hi)
        # More items never hurt, so an earlier bound holds as well.
        best = min(best, Fraction(reach, ONE) + yet + plan.last * tails)
        rows.append(math.ceil(best * PARTS))
    return tuple(rows)


@dataclass(frozen=True, slots=True)
class Statistical:
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


@cache
def profiles() -> tuple[Profile, ...]:
    """The stored table."""
    text = files("slt_theory").joinpath("tables/statistical.json").read_text(encoding="utf-8")
    return tuple(Profile.of(record) for record in json.loads(text))


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
    error, failure = inward(eps, "eps"), inward(delta, "delta")
    if failure >= 1:
        raise BadInput("delta", delta, "must be below 1", "pass a probability such as 0.01")
    low, high = outward(lo, hi)
    try:
        side = sides(law)
    except BadInput:
        return None
    found = [
        best
        for profile in profiles()
        if (keep := _serves(profile.plan, side, error, low, high)) is not None
        and (best := _smallest(profile, keep, failure)) is not None
    ]
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


def _serves(
    plan: Plan, side: Sides, error: Fraction, lo: Fraction, hi: Fraction
) -> Fraction | None:
    """Share of items of the plan's law (scaled) in the law asked about; None if it does not serve.

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


_Found = tuple[int, Fraction, Plan, tuple[str, ...]]


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

    low, high = -1, 1
    while not enough(high):
        low, high = high, 2 * high
        if high > _LONGEST:
            return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high


def _plans() -> tuple[Plan, ...]:
    rows = []
    for law, first, last in (("uniform", 4, 40), ("normal", 4, 40), ("uniform*uniform", 5, 56)):
        for inverse in (10, 20, 50, 100, 200, 500, 1000):
            # A pilot with another seed says how many trials settle delta = eps at the measured n.
            millions = 1 if inverse < 500 else 2 if inverse == 500 or "*" in law else 4
            rows.append((law, Fraction(1, inverse), Fraction(1), first, last, millions))
    rows.append(("uniform", Fraction(1, 50), Fraction(1, 2), 4, 30, 1))
    return tuple(
        Plan(law, eps, -end, end, first, last, millions * 10**6, stream)
        for stream, (law, eps, end, first, last, millions) in enumerate(rows)
    )


PLANS: tuple[Plan, ...] = _plans()
"""Every plan, with its own stream of one seed."""
