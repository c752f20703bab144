r"""The reach floor of sums of at most k items: none gets beyond the k largest positive ones.

With T the sum of the k largest positive items (of all, where there are fewer), hi is missed by
every sum of at most k items where ``T < hi - eps``; likewise lo. Given the signs, both sides are
independent, so the floor is that of `slt_theory.certified.reach_profile` with

.. math:: G_j = P(\text{the } k \text{ largest of } j \text{ sizes add up to less than the level}).

For j <= k these are the chances of plain sums. Beyond, sizes are rounded up to a lattice and the
event is cut by the k-th largest size c and the number m of larger ones:

.. math:: G_j = \sum_c \sum_{m < k} \binom{j}{m} A_{m,c} F_c(j - m, k - m)

where A is the measure of m sizes above c whose sum leaves room for k - m times c, and F_c(N, q)
that of N sizes of at most c, at least q of them equal to c: ``F_c(N + 1, q) = p_c F_c(N, q - 1) +
p_{<c} F_c(N, q)``. All terms are positive integers rounded down.

Source: own; proved in ``proofs/reach_floor.py`` and ``docs/windows.md``.
"""

from __future__ import annotations

import math
from fractions import Fraction
from functools import lru_cache
from itertools import accumulate
from typing import Any

from slt_theory.certified.binomial import mix_down
from slt_theory.certified.exact import ONE, PROBABILITY_BITS, Real, failure_allowed
from slt_theory.certified.reach import Excluded, Necessary, counted_failure, first_n
from slt_theory.certified.reach_profile import ReachQuestion, Targets, asked, item_count, missed_of
from slt_theory.certified.reach_sizes import Sizes, below, cell_masses
from slt_theory.errors import BadInput
from slt_theory.rationals import whole_number

__all__ = ["largest_below", "necessary_of_size", "reach_floor_of_size"]

_CELLS = 768
_MOST = 2048  # with more items nothing is claimed
_LEAST = ONE >> 40  # chances that fall below this count as 0 from there on
_BOUNDED = ("uniform", "uniforms", "point", "grid", "hyperbolic")
_ATOMS = ("point", "grid")  # the largest size has a probability of its own


@lru_cache(maxsize=64)
def largest_below(size: Sizes, level: Fraction, k: int) -> tuple[int, ...]:
    """Lower bounds of P(the k largest of j sizes add up to less than `level`), j = 0, 1, ...

    Read 0 behind the end. Cost: a second for a thousand rows.
    """
    if level <= 0:
        return (0,)
    few = below(size, level)
    rows = list(few[: k + 1])
    if len(rows) <= k or rows[-1] <= _LEAST:
        return tuple(rows)
    masses = (0, *cell_masses(size, level / _CELLS, _CELLS)[:-1])
    cells = range(1, (_CELLS - 1) // k + 1)
    above = [_above(masses, c, k) for c in cells]
    under = [0, *accumulate(masses)]  # under[c]: sizes below cell c
    # F_c(N, q) for N = j - m; kept for the last k values of N.
    ties = [[[ONE] + [0] * k for _ in cells]]
    while len(rows) <= _MOST and rows[-1] > _LEAST:
        j = len(rows)
        while len(ties) <= j:
            ties.append(
                [_one_more(f, masses[c], under[c]) for f, c in zip(ties[-1], cells, strict=True)]
            )
        total = sum(
            math.comb(j, m) * sum(a[m] * f[k - m] for a, f in zip(above, ties[j - m], strict=True))
            for m in range(k)
        )
        rows.append(total >> PROBABILITY_BITS)
        ties[max(0, j - k)] = []  # no longer needed
    return tuple(rows)


def _above(masses: tuple[int, ...], c: int, k: int) -> list[int]:
    """Measure of m sizes in cells beyond c that leave room for k - m of c, for m = 0 .. k - 1."""
    from flint import fmpz_poly

    kernel = fmpz_poly([0] * (c + 1) + list(masses[c + 1 :]))
    row, found = fmpz_poly([ONE]), []
    for left in range(k, 0, -1):  # k - m items of c are still to come
        found.append(sum(int(x) for x in row.coeffs()))
        if left > 1:
            product = row.mul_low(kernel, _CELLS - (left - 1) * c)
            row = fmpz_poly([int(x) >> PROBABILITY_BITS for x in product.coeffs()])
    return found


def _one_more(counts: list[int], here: int, lower: int) -> list[int]:
    """F_c(N + 1, q) from F_c(N, q), for q = 0 .. k."""
    whole = counts[0] * (here + lower) >> PROBABILITY_BITS
    return [
        whole,
        *(
            counts[q - 1] * here + counts[q] * lower >> PROBABILITY_BITS
            for q in range(1, len(counts))
        ),
    ]


@lru_cache(maxsize=64)
def _profiles(ask: ReachQuestion, k: int) -> tuple[tuple[int, ...], ...]:
    """Lower bounds of P(fail) given m items other than 0; for fixed targets one of each end."""
    side = ask.side
    share = side.up / (side.up + side.down)
    rows = largest_below(side.above, ask.right, k), largest_below(side.under, ask.left, k)
    ends = [rows]
    if ask.targets == "fixed":
        ends = [(rows[0], (0,)), ((0,), rows[1])]
    found = []
    for above, under in ends:
        values: list[int] = []
        while not values or (values[-1] > _LEAST and len(values) <= _MOST):
            values.append(missed_of(len(values), share, above, under))
        found.append(tuple(values))
    return tuple(found)


def _checked(size: Any, ask: ReachQuestion) -> int:
    """The size as an integer, if so few items may add up to both ends."""
    k = whole_number("size", size)
    if not 1 <= k <= 64:
        raise BadInput("size", size, "must lie in 1..64")
    for end, level, sizes in (("hi", ask.right, ask.side.above), ("lo", ask.left, ask.side.under)):
        most = k * (sizes.start + sizes.scale)
        if sizes.kind in _BOUNDED and (
            level > most or (level == most and sizes.kind not in _ATOMS)
        ):
            raise BadInput(
                "size", size, f"items never add up to {end}", "take more, or a smaller window"
            )
    return k


def reach_floor_of_size(
    n: int,
    size: int,
    eps: Real,
    *,
    lo: Real = -1,
    hi: Real = 1,
    law: Any = "uniform",
    targets: Targets = "all",
) -> Fraction:
    """Lower bound of the probability that sums of at most `size` of n items miss a target.

    Parameters
    ----------
    n, size : int
        `size` from 1 to 64. The bound holds for sums of exactly `size` items, too.
    eps, lo, hi, law, targets
        As in `slt_theory.certified.reach_floor`.

    Raises
    ------
    BadInput
        As there, and where so few items never add up to an end of the window.

    Examples
    --------
    >>> float(round(reach_floor_of_size(30, 1, "1/10"), 2)), round(2 * 0.95**30 - 0.9**30, 2)
    (0.38, 0.39)
    """
    count = item_count(n)
    ask = asked(eps, lo, hi, law, targets)
    k = _checked(size, ask)
    return Fraction(_floor(ask, k, count), ONE)


def _floor(ask: ReachQuestion, k: int, n: int) -> int:
    keep = ask.side.up + ask.side.down
    return max(mix_down(profile, n, keep) for profile in _profiles(ask, k))


def necessary_of_size(
    size: int,
    eps: Real,
    delta: Real,
    *,
    lo: Real = -1,
    hi: Real = 1,
    law: Any = "uniform",
    targets: Targets = "all",
) -> Necessary:
    """Smallest n that is not excluded, where only sums of exactly `size` of the n items count.

    Parameters
    ----------
    size : int
        From 1 to 64.
    eps, delta, lo, hi, law, targets
        As in `slt_theory.certified.necessary_n`.

    Returns
    -------
    Necessary
        At most 2,049, or what counting says: with more numbers no reach is claimed. The better of
        counting, ``C(n, size) * 2 eps >= hi - lo`` (a share ``1 - delta`` of it where
        each target has its own probability), and the reach floor of at most `size` items.

    Raises
    ------
    BadInput
        As `reach_floor_of_size`; also if delta is not in (0, 1).

    Examples
    --------
    >>> [necessary_of_size(k, "1/10", "1/10").n for k in (1, 2, 4)]
    [58, 12, 10]
    """
    failure = failure_allowed(delta)
    ask = asked(eps, lo, hi, law, targets)
    k = _checked(size, ask)
    length = (ask.hi - ask.lo) * (1 - failure if targets == "fixed" else 1)
    n = k
    while math.comb(n, k) * 2 * ask.eps < length:
        n += 1
    steps, limit = (f"only sums of {k} items count",), failure * ONE
    best = Excluded(n, counted_failure(ask, failure), "counting", steps)
    reach = first_n(lambda count: _floor(ask, k, count) <= limit)
    if reach > n:
        best = Excluded(reach, _floor(ask, k, reach - 1), "reach-floor", steps)
    return best.shown(ask, eps, delta)
