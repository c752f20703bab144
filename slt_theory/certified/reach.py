r"""The reach floor: no sum gets beyond the positive items, none below the negative ones.

With P the sum of the positive items and Q that of the negative ones (without sign), the target hi
is missed where ``P < hi - eps`` and lo where ``Q < -lo - eps``. Given m items that are not 0, the
signs are independent of the sizes, and given i positive ones P and Q are independent sums:

.. math:: P(\text{fail}) \ge \sum_m \operatorname{Bin}(n, k)(m) \sum_i \operatorname{Bin}(m, r)(i)
          \left[ 1 - (1 - G_i)(1 - H_{m-i}) \right]

with k the chance of an item other than 0, r the share of positive ones among these, and G, H the
chances that i positive (negative) sizes stay below the level. Every term grows with G and H, so
lower bounds of these give a lower bound. More items never hurt: an n that fails excludes all
smaller ones.

Source: own; proved in ``proofs/reach_floor.py``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from fractions import Fraction
from functools import lru_cache
from typing import Any, Literal

from slt_theory.certified.binomial import binomial_down, mix_down
from slt_theory.certified.counting import counting_n
from slt_theory.certified.exact import ONE, Real, rational
from slt_theory.certified.reach_frozen import frozen_floor
from slt_theory.certified.reach_hits import LEVELS, expected_hits
from slt_theory.certified.reach_sizes import Sides, below, sides
from slt_theory.errors import BadInput
from slt_theory.records import Record

__all__ = ["Necessary", "Targets", "necessary_n", "reach_floor"]

Targets = Literal["all", "fixed"]

_LONGEST = 1 << 15
_LEAST = ONE >> 40  # a profile that falls below this counts as 0 from there on


@dataclass(frozen=True, slots=True)
class Necessary(Record):
    """A number of random items below which the claim fails.

    Attributes
    ----------
    n : int
        With fewer items some target is missed with probability above delta.
    failure : float
        Proved lower bound of that probability at n - 1 items; 1 where counting decides.
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


@dataclass(frozen=True, slots=True)
class _Ask:
    """A question in rationals, each read in the way that asks for least."""

    side: Sides
    eps: Fraction
    lo: Fraction
    hi: Fraction
    targets: Targets

    @property
    def right(self) -> Fraction:
        return self.hi - self.eps

    @property
    def left(self) -> Fraction:
        return -self.lo - self.eps


def _ask(eps: Real, lo: Real, hi: Real, law: Any, targets: Targets) -> _Ask:
    error = rational(eps, "eps")[1]
    if error <= 0:
        raise BadInput("eps", eps, "must be positive", "pass a number such as 0.01")
    if targets not in ("all", "fixed"):
        raise BadInput("targets", targets, "must be all or fixed")
    low, high = rational(lo, "lo")[1], rational(hi, "hi")[0]
    if low > high:
        raise BadInput("lo", lo, f"must not exceed hi = {hi!r}", "swap the ends of the window")
    ask = _Ask(sides(law), error, low, high, targets)
    for end, level, chance in (("hi", ask.right, ask.side.up), ("lo", ask.left, ask.side.down)):
        if level > 0 and chance == 0:
            sign = "positive" if end == "hi" else "negative"
            raise BadInput(
                "law", str(law), f"has no {sign} items: no n reaches {end}", "shrink the window"
            )
    return ask


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
            values.append(_missed(len(values), share, above, under))
        profiles.append(tuple(values))
    return tuple(profiles)


_Profiles = tuple[tuple[int, ...], ...]


def _missed(m: int, share: Fraction, above: tuple[int, ...], under: tuple[int, ...]) -> int:
    """Sum over i of Bin(m, share)(i) [1 - (1 - G_i)(1 - H_(m-i))], rounded down."""
    total = 0
    for i, mass in enumerate(binomial_down(m, share)):
        short = above[i] if i < len(above) else 0
        low = under[m - i] if m - i < len(under) else 0
        total += mass * (ONE * (short + low) - short * low)
    return total // (ONE * ONE)


def _floor(ask: _Ask, n: int) -> int:
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
        See `slt_theory.certified.reach_sizes.sides`; the real law of that name. For draws on a
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
    if n < 0:
        raise BadInput("n", n, "must be at least 0")
    return Fraction(_floor(_ask(eps, lo, hi, law, targets), n), ONE)


def _first(holds: Callable[[int], bool]) -> int:
    """Smallest n with `holds`, which is monotone; `_LONGEST` at most."""
    low, high = -1, 1
    while not holds(high) and high < _LONGEST:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle, high)
    return high


def _hits_bound(ask: _Ask, n: int) -> int:
    """Missed although reached, for plain U[-c, c] and targets beyond eps on both sides."""
    size = ask.side.above
    error, right, left = ask.eps / size.scale, ask.right / size.scale, ask.left / size.scale
    best = 0
    for extra in LEVELS:
        rows = below(size, (right + extra) * size.scale), below(size, (left + extra) * size.scale)
        hits = sum(expected_hits(n, level + error, error, extra) for level in (right, left))
        best = max(best, _missed(n, Fraction(1, 2), *rows) - hits)
    return best


def _has_hits(ask: _Ask) -> bool:
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

    Parameters
    ----------
    eps, delta : float, str or Fraction
        Error allowed (not half of it) and failure probability. Floats mean both the binary and the
        shortest decimal number, whichever asks for less.
    lo, hi, law, targets
        See `reach_floor`. With "fixed" each target of the window has its own probability.
    lock, prune : float, str or Fraction
        Shares of items that are always in the sum, and never.

    Returns
    -------
    Necessary
        The best of counting and the reach floor. Cost: half a second the first time.

    Raises
    ------
    BadInput
        As `reach_floor`; also if delta is not in (0, 1), or the shares leave nothing free.

    Examples
    --------
    >>> necessary_n("1/100", "1/100").n, necessary_n("1/100", "1/100", law="uniform*uniform").n
    (16, 26)
    """
    failure = rational(delta, "delta")[1]
    if not 0 < failure < 1:
        raise BadInput("delta", delta, "must lie in (0, 1)", "pass a probability such as 0.01")
    ask = _ask(eps, lo, hi, law, targets)
    locked, pruned = rational(lock, "lock")[0], rational(prune, "prune")[0]
    if min(locked, pruned) < 0 or locked + pruned >= 1:
        raise BadInput("lock, prune", (lock, prune), "are shares >= 0 that leave some items free")
    n, missed, method, steps = _counted(ask, failure)
    limit = failure * ONE
    if locked:
        rows = frozen_floor(ask.side, locked, pruned, ask.right, ask.left, limit)
        reach, last = len(rows), rows[-1] if rows else 0
    else:
        ask = _pruned(ask, pruned)
        reach = _first(lambda k: _floor(ask, k) <= limit)
        last = _floor(ask, reach - 1) if reach else 0
    if reach > n:
        n, missed, method = reach, last, "reach-floor"
        steps = ("the positive or the negative items alone do not add up to the end",)
    if not locked and _has_hits(ask):
        while (more := _hits_bound(ask, n)) > limit:
            n, missed, method = n + 1, more, "expected-hits"
            steps = ("they add up to it, and yet no sum is near: Markov on the number of hits",)
    return Necessary(
        n,
        float(Fraction(missed, ONE)) * (1 - 2.0**-50),
        "counting-bound" if method == "counting" else "reach-floor",
        method,
        float(Fraction(eps)),
        float(Fraction(delta)),
        (float(ask.lo), float(ask.hi)),
        steps,
    )


def _pruned(ask: _Ask, share: Fraction) -> _Ask:
    """Items that are never in a sum are items that are 0."""
    kept, side = 1 - share, ask.side
    return replace(ask, side=replace(side, up=side.up * kept, down=side.down * kept))


def _counted(ask: _Ask, delta: Fraction) -> tuple[int, int, str, tuple[str, ...]]:
    """Counting: 2^n sums cover 2 eps each; each fixed target: all but a share delta of them."""
    length = ask.hi - ask.lo
    if ask.targets == "fixed":
        length *= 1 - delta
    found = counting_n(ask.eps, lo=0, hi=length)
    return found.n, ONE, "counting", found.steps
