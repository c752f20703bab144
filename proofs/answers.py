"""The numbers that the package returns, put to the inequalities that were proved.

Each check takes an answer of `slt_theory.certified` and evaluates the theorem at it a second time,
by `kit.slow`: the inequality must hold at the n returned and, where n is meant to be the smallest,
fail at n - 1. So an error in the code shows, not only one in the argument. All are "spot" steps.
"""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Callable
from fractions import Fraction
from typing import Any

from slt_theory.certified.components import components
from slt_theory.certified.exact import ONE
from slt_theory.certified.frozen import frozen_n
from slt_theory.certified.networks import (
    attention_widths,
    convolution_widths,
    deep_widths,
    dense_widths,
)
from slt_theory.certified.ordered import ordered_failure
from slt_theory.certified.reach import reach_floor
from slt_theory.certified.result import Certified
from slt_theory.certified.search import METHODS, certified_n, dynamic_window
from slt_theory.intervals import clip, measure

from .kit import slow
from .kit.balls import ball, integral
from .kit.intervals import expected_gain, random_union

__all__ = [
    "component_weights",
    "dynamic_profiles",
    "dynamic_windows",
    "extension",
    "frozen",
    "lemma_r",
    "mixture",
    "ordered_sums",
    "reach",
    "widths",
]

_Case = tuple[str, str, str, str, str]


def _smallest(case: _Case, rows: tuple[tuple[Fraction, Fraction], ...]) -> bool:
    """Lemma R at (eps, delta, lo, hi, law), through the best of the rows (half width, weight)."""
    eps, delta, lo, hi = map(Fraction, case[:4])
    found = certified_n(eps, delta, lo=lo, hi=hi, law=case[4], method="lemma-r")

    def failure(n: int) -> Fraction:
        low, high = min(lo, Fraction(0)), max(hi, Fraction(0))
        return min(
            slow.mixture(
                [slow.window_failure(m, eps / a, low / a, high / a) for m in range(n + 1)], weight
            )
            for a, weight in rows
        )

    return found is not None and slow.is_smallest(found.n, delta, failure)


_WHOLE = ((Fraction(1), Fraction(1)),)


def lemma_r() -> bool:
    """Windows up to length 1, 0 in the middle and at an end."""
    return all(
        _smallest(case, _WHOLE)
        for case in (
            ("1/10", "1/10", "-1/2", "1/2", "uniform"),
            ("1/50", "1/100", "0", "1", "uniform"),
            ("1/200", "1/1000", "-1/8", "7/8", "uniform"),
            ("1/20", "1/30", "1/3", "1/2", "uniform"),
        )
    )


def extension() -> bool:
    """Longer windows, to one side and to both."""
    return all(
        _smallest(case, _WHOLE)
        for case in (
            ("1/10", "1/10", "-1", "1", "uniform"),
            ("1/50", "1/100", "-1/4", "2", "uniform"),
            ("1/20", "1/20", "-3", "1/10", "uniform"),
        )
    )


def mixture() -> bool:
    """Scaled and masked items."""
    half = Fraction(1, 2)
    return (
        _smallest(("1/5", "1/10", "-2", "2", "2*uniform"), ((Fraction(2), Fraction(1)),))
        and _smallest(("1/10", "1/10", "-1", "1", "bernoulli(1/2)*uniform"), ((Fraction(1), half),))
        and _smallest(("1/20", "1/10", "-1/4", "1/4", "uniform[-1/2,3/2]"), ((half, half),))
    )


def frozen() -> bool:
    """The hypotheses of the frozen lemma, by other formulas."""
    cases = (
        ("1/100", "1/100", "1/2", "1/2"),
        ("1/10", "1/5", "3/4", "1/4"),
        ("1/100000", "1/2", "9/10", "1/1000000"),
    )
    for eps, delta, free, locked in (tuple(map(Fraction, case)) for case in cases):
        found, core = frozen_n(eps, delta, free=free, locked=locked), certified_n(eps, delta / 2)
        if found is None or core is None:
            return False
        holds = [slow.frozen_holds(n, core.n, free, locked, delta) for n in (found.n, found.n - 1)]
        if holds != [True, False]:
            return False
    return True


def _densities() -> dict[str, Callable[[Any], Any]]:
    """Densities on (0, 1] once more: by integrals where the package uses special functions."""

    def phi(x: Any) -> Any:
        return (-x * x / 2).exp() / (2 * x.pi()).sqrt()

    def normal_uniform(x: Any) -> Any:
        # The integral of phi(w)/w over (x, 8), with w = x + t (8 - x): below the true density.
        def inside(t: Any, _: Any) -> Any:
            w = x + t * (8 - x)
            return (-w * w / 2).exp() / w * (8 - x)

        return integral(inside, Fraction(0), Fraction(1)) / (2 * x.pi()).sqrt()

    return {
        "normal": phi,
        "uniform*uniform": lambda x: (1 / x).log() / 2,
        "relu(uniform)*uniform": lambda x: (1 / x).log() / 4,
        "normal*uniform": normal_uniform,
    }


def component_weights() -> bool:
    """weight <= P(kept) 2 a p(a), and within a thousandth of it, for scaled and masked names."""
    factors = (("", 1, 1), ("1/2*", Fraction(1, 2), 1), ("bernoulli(3/10)*", 1, Fraction(3, 10)))
    for (law, density), (prefix, scale, keep) in itertools.product(_densities().items(), factors):
        rows = components(prefix + law)
        if len(rows) < 4:
            return False
        for row in rows:
            a = ball(row.half_width / scale)
            share = ball(keep) * 2 * a * density(a)
            near = bool(share < ball(row.weight) * ball("1.001") + ball("0.001"))
            if not (near and bool(ball(row.weight) < share)):
                return False
    return True


def dynamic_windows() -> bool:
    """Start, stop and mean of the program's window, from exact measures of sets in it."""
    source = random.Random(15)
    cases = itertools.product(("1/4", "1/10", "1/50"), ("1/2", "1/3", "0"))
    for error, inside in ((Fraction(e), Fraction(i)) for e, i in cases):
        window = dynamic_window(error, inside)
        gap = error * 3 / 10
        size, reach = 1 + 2 * gap, error - gap
        left = -inside - gap
        first = measure(clip([(-reach, reach)], (left, left + size)))
        if window.start > first / size or window.stop > 2 * gap / size:
            return False
        # Half of the start would be wasteful, twice the stop false.
        if 2 * window.start < first / size:
            return False
        ends = (left, left + size)
        sets = [random_union(source, *ends, source.randint(1, 4)) for _ in range(12)]
        sets.append([(ends[1] - 2 * gap, ends[1])])
        for part in sets:
            v = measure(part) / size
            gain = expected_gain(part, ends) / size
            if window.kappa * v * (1 - v) - window.loss > gain:
                return False
    return True


def dynamic_profiles() -> bool:
    """The printed failure bounds stay above a feasible process in the same window."""
    run = METHODS["dynamic-program"].profile
    assert run is not None
    for error, steps in ((Fraction(1, 4), 10), (Fraction(1, 10), 14)):
        gap = error * 3 / 10
        size, reach = 1 + 2 * gap, error - gap
        worst = slow.worst_process(
            2 * reach / size, 2 * gap / size, size / 2, (size - 1) ** 2 / (4 * size), steps, 60
        )
        rows = run(error, Fraction(1, 2), steps + 1)
        if any(Fraction(row, ONE) < low for row, low in zip(rows, worst, strict=True)):
            return False
    return True


def ordered_sums() -> bool:
    """The sweep of a product law once more: own cells, own masses, forwards, by integers."""
    error, lo, hi = Fraction(1, 4), Fraction(-1, 3), Fraction(1, 2)
    unit, ends = 2 * error / 12, [0]
    while ends[-1] * unit < Fraction(4, 5):
        ends.append(ends[-1] + max(1, ends[-1] // 32))
    for keep in (Fraction(1), Fraction(3, 4)):
        # The mass that the density at the upper end guarantees, both signs, to 30 bits.
        masses = [
            Fraction(math.floor(keep * (b - a) * unit * -math.log(b * unit) * 2**30), 2**30)
            for a, b in itertools.pairwise(ends)
            if b * unit < 1
        ]
        own = ends[: len(masses) + 1]
        found = ordered_failure("uniform*uniform", keep, error, lo, hi, 20)
        for n in (12, 20):
            needs = [math.ceil((side - error) / unit) for side in (hi, -lo)]
            expected = slow.ordered(masses, own, 12, n) + sum(
                slow.positive_below(masses, own, need, n) for need in needs
            )
            if not abs(Fraction(found[n], ONE) / expected - 1) < Fraction(1, 10**5):
                return False
    return True


_HALF = "relu(uniform)*uniform"


def _enough(items: tuple[int, ...], expected: list[Certified | None]) -> bool:
    return all(w is not None and n == w.n for n, w in zip(items, expected, strict=True))


def _dense() -> bool:
    """Every weight two sums; l layers of Frobenius error eps / (2 l)."""
    sizes, eps, delta = (3, 2, 2), Fraction(1, 2), Fraction(1, 2)
    found = dense_widths(sizes, eps, delta)
    pairs = list(itertools.pairwise(sizes))
    sums = 2 * sum(a * b for a, b in pairs)
    expected = [
        certified_n(eps / (2 * len(pairs) * _root(a * b)), delta / sums, law=_HALF)
        for a, b in pairs
    ]
    widths = tuple(a * n for a, n in zip(sizes, found.items, strict=False)) if found else ()
    return found is not None and _enough(found.items, expected) and found.widths == widths


def _convolution() -> bool:
    """One sum an entry; the l1 error of a filter is d^2 c entries."""
    channels, kernel, eps, delta = (1, 2, 2), 2, Fraction(1), Fraction(1, 2)
    found = convolution_widths(channels, kernel, eps, delta)
    pairs = list(itertools.pairwise(channels))
    sums = kernel**2 * sum(a * b for a, b in pairs)
    expected = [
        certified_n(eps / (2 * len(pairs) * kernel**2 * a), delta / sums, law=_HALF)
        for a, _ in pairs
    ]
    return found is not None and _enough(found.items, expected)


def _deep(free: Fraction = Fraction(1), locked: Fraction = Fraction(0)) -> bool:
    """From the last layer on: copies, errors carried by inputs times items, all sums counted."""
    sizes, eps, delta = (2, 2, 1), Fraction(1), Fraction(1, 2)
    found = deep_widths(sizes, eps, delta, free=free, locked=locked)
    if found is None:
        return False
    copies = [found.items[1], 1]
    sums = 2 * sizes[0] * sizes[1] * copies[0] + sizes[1] * sizes[2]
    carry = sizes[1] * found.items[1]
    share = eps / 2
    entries = [share / (carry * _root(sizes[0])), share / _root(sizes[1])]
    last = (
        frozen_n(entries[1], delta / sums, free=free, locked=locked)
        if free < 1
        else certified_n(entries[1], delta / sums)
    )
    first = certified_n(entries[0], delta / sums, law=_HALF)
    if first is None or last is None:
        return False
    # The union bound is over a guess of the sums that must not be below them, at most twice it.
    guess = certified_n(entries[0], delta / (4 * sums), law=_HALF)
    within = guess is not None and first.n <= found.items[0] <= guess.n
    return within and last.n <= found.items[1] <= 2 * last.n


def _attention() -> bool:
    """Half of the error for the scores, half for the values; all entries of all heads."""
    d, out, heads, radius, eps, delta = 2, 3, 2, 2, Fraction(2), Fraction(1, 2)
    found = attention_widths(
        d_in=d, d_out=out, heads=heads, radius=radius, network_eps=eps, delta=delta
    )
    sums = heads * (d * d + d * out)
    entries = (
        eps / (2 * heads * radius**3 * d),
        eps / (2 * heads * radius * _root(d * out)),
    )
    expected = [certified_n(e, delta / sums, law="uniform*uniform") for e in entries]
    return found is not None and _enough(found.items, expected)


def _root(n: int) -> Fraction:
    """The least multiple of 1/1000 not below the root of n."""
    return Fraction(math.isqrt(n * 10**6 - 1) + 1, 1000)


def reach() -> bool:
    """The chance that one sign of uniform items falls short, by Irwin-Hall of its own."""
    for eps, lo, hi in (("1/10", "-1", "1"), ("1/4", "-1/2", "2"), ("1/100", "-2", "1/3")):
        error, left, right = Fraction(eps), -Fraction(lo) - Fraction(eps), Fraction(hi)
        right -= error
        for n in (3, 8, 17):
            exact = sum(
                (
                    Fraction(math.comb(n, i), 1 << n)
                    * (1 - (1 - slow.irwin_hall(i, right)) * (1 - slow.irwin_hall(n - i, left)))
                    for i in range(n + 1)
                ),
                Fraction(0),
            )
            floor = reach_floor(n, error, lo=Fraction(lo), hi=Fraction(hi))
            if not exact * Fraction(9, 10) <= floor <= exact:
                return False
    return True


def widths() -> bool:
    """Candidates of one weight, from entry errors and a count of sums derived once more."""
    free, locked = Fraction(9, 10), Fraction(1, 10**6)
    return (
        _dense() and _attention() and _convolution() and _deep() and _deep(free=free, locked=locked)
    )
