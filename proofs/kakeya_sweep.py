"""Kakeya's condition, and the probability that a sample meets it."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction

import numpy as np

from slt_theory.certified.exact import ONE
from slt_theory.certified.ordered import (
    LEAST_TAIL,
    MOST_CELLS,
    MOST_IN_CELL,
    MOST_ITEMS,
    RESERVE,
    SPARE,
    STEPS,
    barrier,
    lift,
    one_sided,
    ordered_failure,
)

from . import answers
from .kit import Proof, ProofStep, step
from .kit.algebra import identity, nonnegative
from .kit.rules import union

UNSAFE = (
    {"slack": Fraction(5, 4)},
    {"claims": (("uniform*uniform", Fraction(1, 100), Fraction(1, 100), 40),)},
    {"reserve": Fraction(1, 10**11)},
    {"counted": 10},
)

_ROUND = Fraction(1, 2**53)

CLAIMS = (
    ("uniform*uniform", Fraction(1, 100), Fraction(1, 100), 66),
    ("relu(uniform)*uniform", Fraction(1, 100), Fraction(1, 100), 135),
    ("uniform", Fraction(1, 10), Fraction(1, 10), 18),
)


def _gaps(slack: Fraction) -> bool:
    """All integer magnitudes 1..6 in 4 places, all signs: widest gap of the sums, exactly."""
    width = 2
    for sizes in itertools.combinations_with_replacement(range(1, 7), 4):
        if any(a > slack * (width + sum(sizes[:k])) for k, a in enumerate(sizes)):
            continue
        for signs in itertools.product((-1, 1), repeat=4):
            items = [s * a for s, a in zip(signs, sizes, strict=True)]
            sums = sorted({sum(c) for r in range(5) for c in itertools.combinations(items, r)})
            if max(b - a for a, b in itertools.pairwise(sums)) > width:
                return False
            low, high = sum(x for x in items if x < 0), sum(x for x in items if x > 0)
            if (sums[0], sums[-1]) != (low, high):
                return False
    return True


def _induction() -> bool:
    from sympy import symbols

    start, total, width, a = symbols("s S w a")
    # Sums so far: from s to s + S without a gap above w. Moved by a <= w + S they start at s + a,
    # at most w behind the end.
    return identity((start + a) - (start + total) - width, a - (width + total))


def _brute(masses: list[Fraction], ends: list[int], n: int, width: int) -> Fraction:
    """Exact failure probability of n items over the cells, by complete enumeration."""
    rest = 1 - sum(masses, Fraction(0))
    total = Fraction(0)
    for word in itertools.product(range(len(masses) + 1), repeat=n):
        weight = math.prod((([*masses, rest])[k] for k in word), start=Fraction(1))
        so_far = 0
        for j in range(len(masses)):
            if width + so_far < ends[j + 1]:
                total += weight
                break
            so_far += ends[j] * sum(1 for k in word if k == j)
    return total


def _recursion() -> bool:
    masses = [Fraction(1, 4), Fraction(1, 8), Fraction(1, 4), Fraction(1, 8)]
    ends = [0, 12, 13, 15, 18]
    found = barrier(np.array([float(m) for m in masses]), ends, 5)
    factor = lift(4, 5, 1)
    for n in range(6):
        exact = _brute(masses, ends, n, 12)
        if not exact <= Fraction(float(found[n])) * factor <= exact + Fraction(1, 10**8):
            return False
    return True


def _sides() -> bool:
    masses = [Fraction(1, 4), Fraction(1, 4), Fraction(3, 8)]
    ends = [0, 2, 5, 7]
    found = one_sided(np.array([float(m) for m in masses]), ends, 6, 5)
    factor = lift(3, 5, 6)
    rest = 1 - sum(masses, Fraction(0)) / 2
    for n in range(6):
        exact = Fraction(0)
        for word in itertools.product(range(4), repeat=n):
            weight = math.prod(
                (([m / 2 for m in masses] + [rest])[k] for k in word), start=Fraction(1)
            )
            exact += weight if sum(([*ends[:3], 0])[k] for k in word) < 6 else 0
        if not exact <= Fraction(float(found[n])) * factor <= exact + Fraction(1, 10**8):
            return False
    return True


def _three() -> bool:
    from sympy import symbols

    sweep, right, left = symbols("f r l")
    return identity(union([sweep, right, left]), sweep + right + left)


def _conditional() -> bool:
    """q = m/T, T the mass of no earlier cell: m = T q, and T (1 - q) = T - m goes on."""
    from sympy import symbols

    mass, tail = symbols("m T")
    chance = mass / tail
    return identity(tail * chance, mass) and identity(tail * (1 - chance), tail - mass)


def _direction() -> bool:
    """Below the true sum and above the true magnitude: fitting by these means fitting."""
    from sympy import symbols

    width, below, low_excess, high, high_excess = symbols("w S dS x dx")
    slack = (width + below + low_excess) - (high - high_excess)
    return identity(slack, (width + below - high) + low_excess + high_excess)


def _powers() -> bool:
    """(1 - u)^K >= 1 - K u (Bernoulli), and 1/(1 - x) <= 1 + 2 x for 0 <= x <= 1/2."""
    from sympy import Rational, symbols

    x, u, count = symbols("x u K")
    step_ = (1 - count * u) * (1 - u) - (1 - (count + 1) * u)
    return identity(step_, count * u**2) and nonnegative(
        (1 + 2 * x) * (1 - x) - 1, x, 0, Rational(1, 2)
    )


def _counts(counted: int) -> bool:
    """The lift counts at least `counted` roundings a trial and cell, and stays below 1 + 1e-8."""
    for cells, longest, need in ((2, 1, 1), (150, 240, 600), (MOST_CELLS, MOST_ITEMS, 4000)):
        # binomial weight: 1 - q, product, sum a trial; then one product and the sums of a cell
        sweep = cells * (counted * longest + 1 + (MOST_IN_CELL + 1) + 1)
        side = longest * (need + 1) + need
        rounds = max(sweep, side) + 2  # three events are added
        if rounds * _ROUND > Fraction(1, 2) or lift(cells, longest, need) < 1 + 2 * rounds * _ROUND:
            return False
    return lift(MOST_CELLS, MOST_ITEMS, 4000) < 1 + Fraction(1, 10**8)


def _reserve(reserve: Fraction) -> bool:
    """Rounded chances q_j stand for masses at most (1 + 4 d/t) M_j, d the relative error of q_j.

    Tails by subtraction have absolute error (J + 1) u, so d <= (2 J + 4) u / t for tails >= t. Each
    factor 1 - q_i is at most (T_(i+1)/T_i) (1 + d M_i/t); the product of these excesses is at most
    exp(d/t) <= 1 + 2 d/t. Then (1 + d) (1 + 2 d/t) <= 1 + 4 d/t.
    """
    least = Fraction(LEAST_TAIL) - (MOST_CELLS + 1) * _ROUND
    relative = (2 * MOST_CELLS + 4) * _ROUND / least
    excess = 4 * relative / least
    within = (1 + relative) * (1 + 2 * relative / least) <= 1 + excess
    return within and (1 + excess) * (1 - reserve) <= 1


def _spare() -> bool:
    """Bound by `SPARE` the loss of subtracting from 1: counts left out, and mass at 0."""
    left_out = 2 * (3 * MOST_ITEMS + MOST_IN_CELL + 3) * _ROUND
    at_zero = 2 * (MOST_CELLS + 3) * _ROUND
    return max(left_out, at_zero) <= Fraction(SPARE) and STEPS > 0


def _claims(claims: tuple[tuple[str, Fraction, Fraction, int], ...]) -> bool:
    for law, eps, delta, n in claims:
        rows = ordered_failure(law, Fraction(1), eps, Fraction(-1), Fraction(1), n)
        if rows[n] > int(delta * ONE):
            return False
    return True


def _gap_steps(slack: Fraction) -> tuple[ProofStep, ...]:
    """Kakeya's condition, and its failure on cells of magnitudes."""
    return (
        step(
            r"$A \cup (A + a)$ has gaps at most w if A has and $a \le w + $ length of A",
            "induction",
            _induction,
            "over the items, from one sum 0; a negative item moves the other way",
        ),
        step(
            "the same by enumeration: magnitudes 1..6, four items, all signs",
            "spot",
            lambda: _gaps(slack),
        ),
        step(
            "items are used in a cell with the mass that the density guarantees there, the "
            "rest is left out; signs are fair, as the densities are even",
            "rule",
            _conditional,
            r"$q_j$ is the chance of cell j for an item in no earlier cell",
            rules=("thinning", "subsets", "total-probability"),
        ),
        step(
            "an item counts with the lower end of its cell and must fit with the upper end",
            "identity",
            _direction,
            "so the sweep fails whenever Kakeya's condition does; it may fail more often",
        ),
        step(
            "all targets are reached unless the sweep fails, or the positive or the negative "
            r"items add up to less than the end of the window minus $\varepsilon$",
            "rule",
            _three,
            "Kakeya's condition, and the two sides; need not be independent",
            rules=("union",),
        ),
    )


def _rounding_steps(counted: int, reserve: Fraction) -> tuple[ProofStep, ...]:
    """The sweep against enumeration, and all its roundings."""
    return (
        step("the sweep against complete enumeration by fractions", "spot", _recursion),
        step("the sums of one sign against complete enumeration", "spot", _sides),
        step(
            r"K roundings of non-negative terms: exact $\le (1-u)^{-K}$ computed "
            r"$\le (1 + 2Ku)$ computed, $u = 2^{-53}$",
            "polynomial",
            _powers,
            "sums, products and quotients only; below the normal range an absolute 1e-18 is added",
        ),
        step(
            f"the lift counts them all: {counted} a trial in a binomial weight, "
            f"{MOST_IN_CELL + 3} more a cell; need + 1 an item on one side",
            "finite",
            lambda: _counts(counted),
            "the lift is linear in the sizes; smallest, usual and largest sizes",
            rules=("linearity",),
        ),
        step(
            f"masses lowered by {float(reserve):g} make up for the rounding of the chances, "
            f"for tails of at least {LEAST_TAIL:g} and {MOST_CELLS} cells",
            "finite",
            lambda: _reserve(reserve),
        ),
        step(
            f"{SPARE:g} makes up for each subtraction from 1, up to {MOST_ITEMS} items",
            "finite",
            _spare,
        ),
    )


def build(
    *,
    slack: Fraction = Fraction(1),
    claims: tuple[tuple[str, Fraction, Fraction, int], ...] = CLAIMS,
    reserve: Fraction = Fraction(RESERVE),
    counted: int = 3,
) -> Proof:
    """The proof.

    `slack` multiplies the room of Kakeya's condition, `reserve` is the share by which masses are
    lowered, `counted` the roundings of a binomial weight a trial.
    """
    listed = ", ".join(f"{law} ({float(e):g}, {float(d):g}): {n}" for law, e, d, n in claims)
    return Proof(
        "kakeya-sweep",
        "Ordered sums leave no gap",
        r"If the magnitudes, in increasing order, satisfy $a_k \le w + \sum_{j<k} a_j$, the subset "
        r"sums have gaps at most $w$ from minus the sum of the negative items to the sum of the "
        r"positive ones. Sweeping the magnitudes in cells gives explicit n for "
        rf"$[-1, 1]$ with no mixture: {listed}.",
        (
            *_gap_steps(slack),
            *_rounding_steps(counted, reserve),
            step(
                "printed failure bounds, swept forwards by integers", "spot", answers.ordered_sums
            ),
            step(f"certified n on [-1, 1]: {listed}", "enclosure", lambda: _claims(claims)),
        ),
        ("uniform-components",),
    )
