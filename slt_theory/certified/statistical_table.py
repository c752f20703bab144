"""The table behind what is certified by statistics: what was tried, what came out, what follows.

Plans are fixed before the first trial; the stored counts are integers, and every bound follows from
them by exact arithmetic (`failure_bounds`). `slt_theory.experiments.statistical` runs the trials.
"""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass
from fractions import Fraction
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

from slt_theory.certified.binomial import binomial_up
from slt_theory.certified.exact import ONE
from slt_theory.certified.reach_sides import Sides, sides
from slt_theory.certified.reach_sizes import below
from slt_theory.statistics import clopper_pearson

__all__ = [
    "CELLS",
    "LEVEL",
    "PARTS",
    "PLANS",
    "WORDS",
    "Profile",
    "TrialPlan",
    "failure_bounds",
    "profiles",
    "reach_failure",
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


@dataclass(frozen=True, slots=True)
class TrialPlan:
    """Plan of the trials, fixed before the first one.

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
    """Result of a plan.

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

    plan: TrialPlan
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
        """Plain data for JSON; rationals of the plan as text."""
        record = asdict(self)
        record["plan"] |= {k: str(getattr(self.plan, k)) for k in ("eps", "lo", "hi")}
        return record

    @classmethod
    def of(cls, record: dict[str, Any]) -> Profile:
        """The profile of a record that `to_dict` made."""
        exact = {k: Fraction(record["plan"][k]) for k in ("eps", "lo", "hi")}
        late, misses, failure = (tuple(record[k]) for k in ("late", "misses", "failure"))
        return cls(TrialPlan(**record["plan"] | exact), late, misses, failure, record["seconds"])


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


def failure_bounds(plan: TrialPlan, misses: tuple[int, ...]) -> tuple[int, ...]:
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


@cache
def profiles() -> tuple[Profile, ...]:
    """The stored table."""
    text = files("slt_theory").joinpath("tables/statistical.json").read_text(encoding="utf-8")
    return tuple(Profile.of(record) for record in json.loads(text))


def _plans() -> tuple[TrialPlan, ...]:
    rows = []
    for law, first, last in (("uniform", 4, 40), ("normal", 4, 40), ("uniform*uniform", 5, 56)):
        for inverse in (10, 20, 50, 100, 200, 500, 1000):
            # A pilot with another seed says how many trials settle delta = eps at the measured n.
            millions = 1 if inverse < 500 else 2 if inverse == 500 or "*" in law else 4
            rows.append((law, Fraction(1, inverse), Fraction(1), first, last, millions))
    rows.append(("uniform", Fraction(1, 50), Fraction(1, 2), 4, 30, 1))
    return tuple(
        TrialPlan(law, eps, -end, end, first, last, millions * 10**6, stream)
        for stream, (law, eps, end, first, last, millions) in enumerate(rows)
    )


PLANS: tuple[TrialPlan, ...] = _plans()
"""Every plan, with its own stream of one seed."""
