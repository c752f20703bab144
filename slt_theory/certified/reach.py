"""The necessary number of items: the best of counting, the reach floor and expected hits.

More items never hurt, so an n that fails too often excludes all smaller ones; under locked items,
where that is not so, every n is tried.

Source: own; proved in ``proofs/reach_floor.py`` and ``proofs/counting_bound.py``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from fractions import Fraction
from typing import Any, NamedTuple

from slt_theory.bisection import smallest_number
from slt_theory.certified.counting import counting_n
from slt_theory.certified.exact import ONE, Real, failure_allowed, rational
from slt_theory.certified.reach_frozen import frozen_floor
from slt_theory.certified.reach_hits import LEVELS, expected_hits
from slt_theory.certified.reach_profile import (
    ReachQuestion,
    Targets,
    asked,
    floor_of,
    missed_of,
    reach_floor,
)
from slt_theory.certified.reach_sizes import below
from slt_theory.errors import BadInput
from slt_theory.records import Record

__all__ = [
    "Excluded",
    "Necessary",
    "Targets",
    "counted_failure",
    "first_n",
    "necessary_n",
    "reach_floor",
]

_LONGEST = 1 << 15


@dataclass(frozen=True, slots=True)
class Necessary(Record):
    """A number of random items below which the claim fails.

    Attributes
    ----------
    n : int
        With fewer items some target is missed with probability above delta.
    failure : float
        Proved lower bound of that probability at n - 1 items; where counting decides 1, or delta
        for fixed targets.
    proof, method : str
        The proof behind n, and its name: ``"counting"``, ``"reach-floor"`` or ``"expected-hits"``.
    error, delta, window, steps
        As asked, and what was done.
    """

    n: int
    failure: float
    proof: str
    method: str
    error: float
    delta: float
    window: tuple[float, float]
    steps: tuple[str, ...] = ()

    def summary(self) -> str:
        """One line: the number, its method and its proof."""
        lo, hi = self.window
        return (
            f"n >= {self.n} is necessary for error {self.error:g} on [{lo:g}, {hi:g}] at delta "
            f"{self.delta:g} ({self.method}, proof {self.proof})"
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return asdict(self)


def first_n(holds: Callable[[int], bool]) -> int:
    """Smallest n with `holds`, which is monotone; `_LONGEST` at most."""
    found = smallest_number(holds, most=_LONGEST)
    return _LONGEST if found is None else found


def _hits_bound(ask: ReachQuestion, n: int) -> int:
    """Missed although reached, for plain U[-c, c] and targets beyond eps on both sides."""
    size = ask.side.above
    error, right, left = ask.eps / size.scale, ask.right / size.scale, ask.left / size.scale
    best = 0
    for extra in LEVELS:
        rows = below(size, (right + extra) * size.scale), below(size, (left + extra) * size.scale)
        hits = sum(expected_hits(n, level + error, error, extra) for level in (right, left))
        best = max(best, missed_of(n, Fraction(1, 2), *rows) - hits)
    return best


def _has_hits(ask: ReachQuestion) -> bool:
    side = ask.side
    plain = side.above == side.under and side.up == side.down == Fraction(1, 2)
    uniform = side.above.kind == "uniform" and side.above.start == 0
    near = max(ask.right, ask.left) <= 4 * side.above.scale
    return plain and uniform and near and min(ask.right, ask.left) > 0 and ask.targets == "all"


def necessary_n(
    eps: Real,
    delta: Real,
    *,
    lo: Real = -1,
    hi: Real = 1,
    law: Any = "uniform",
    targets: Targets = "all",
    lock: Real = 0,
    prune: Real = 0,
) -> Necessary:
    """Smallest n that is not excluded: fewer items miss a target with probability above delta.

    The best of counting, the reach floor and expected hits. Cost: half a second the first time.

    Parameters
    ----------
    eps, delta : float, str or Fraction
        Error allowed (not half of it) and failure probability. Floats mean both the binary and the
        shortest decimal number, whichever asks for less.
    lo, hi, law, targets
        See `reach_floor`. With "fixed" each target of the window has its own probability.
    lock, prune : float, str or Fraction
        Shares of items that are always in the sum, and never.

    Raises
    ------
    BadInput
        As `reach_floor`; also if delta is not in (0, 1), or the shares leave nothing free.

    Examples
    --------
    >>> necessary_n("1/100", "1/100").n, necessary_n("1/100", "1/100", law="uniform*uniform").n
    (16, 26)
    """
    failure = failure_allowed(delta)
    ask = asked(eps, lo, hi, law, targets)
    locked, pruned = rational(lock, "lock")[0], rational(prune, "prune")[0]
    if min(locked, pruned) < 0 or locked + pruned >= 1:
        raise BadInput("lock, prune", (lock, prune), "are shares >= 0 that leave some items free")
    best, limit = _counted(ask, failure), failure * ONE
    if not locked:
        ask = _pruned(ask, pruned)
    reach = _locked(ask, locked, pruned, limit) if locked else _free(ask, limit)
    best = reach if reach.n > best.n else best
    if not locked and _has_hits(ask):
        while (missed := _hits_bound(ask, best.n)) > limit:
            best = Excluded(best.n + 1, missed, "expected-hits", (_HITS,))
    return best.shown(ask, eps, delta)


_REACH = "the positive or the negative items alone do not add up to the end"
_HITS = "they add up to it, and yet no sum is near: Markov on the number of hits"


class Excluded(NamedTuple):
    """A necessary n: fewer items miss with `missed` units of probability at least."""

    n: int
    missed: int
    method: str
    steps: tuple[str, ...]

    def shown(self, ask: ReachQuestion, eps: Real, delta: Real) -> Necessary:
        """The same as a record, with what was asked; the failure is rounded down."""
        return Necessary(
            self.n,
            float(Fraction(self.missed, ONE)) * (1 - 2.0**-50),
            "counting-bound" if self.method == "counting" else "reach-floor",
            self.method,
            float(Fraction(eps)),
            float(Fraction(delta)),
            (float(ask.lo), float(ask.hi)),
            self.steps,
        )


def _pruned(ask: ReachQuestion, share: Fraction) -> ReachQuestion:
    """Items that are never in a sum are items that are 0."""
    kept, side = 1 - share, ask.side
    return replace(ask, side=replace(side, up=side.up * kept, down=side.down * kept))


def _locked(ask: ReachQuestion, lock: Fraction, prune: Fraction, limit: Fraction) -> Excluded:
    """The reach floor under locked items: every n is tried."""
    rows = frozen_floor(ask.side, lock, prune, ask.right, ask.left, limit)
    return Excluded(len(rows), rows[-1] if rows else 0, "reach-floor", (_REACH,))


def _free(ask: ReachQuestion, limit: Fraction) -> Excluded:
    """The reach floor of free items: more never hurt."""
    n = first_n(lambda k: floor_of(ask, k) <= limit)
    return Excluded(n, floor_of(ask, n - 1) if n else 0, "reach-floor", (_REACH,))


def _counted(ask: ReachQuestion, delta: Fraction) -> Excluded:
    """Counting: 2^n sums cover 2 eps each; each fixed target: all but a share delta of them."""
    length = ask.hi - ask.lo
    if ask.targets == "fixed":
        length *= 1 - delta
    found = counting_n(ask.eps, lo=0, hi=length)
    return Excluded(found.n, counted_failure(ask, delta), "counting", found.steps)


def counted_failure(ask: ReachQuestion, delta: Fraction) -> int:
    """Failure probability below the counted n, in units: 1, or delta for the worst fixed target."""
    return ONE if ask.targets == "all" else int(delta * ONE)
