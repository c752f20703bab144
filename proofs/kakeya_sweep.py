"""Kakeya's condition, and the probability that a sample meets it."""

from __future__ import annotations

import itertools
import math
import random
from fractions import Fraction

import numpy as np

from slt_theory.certified.exact import ONE
from slt_theory.certified.ordered import LIFT, _barrier, _one_sided, ordered_failure

from .kit import Proof, step
from .kit.algebra import identity

UNSAFE = (
    {"slack": Fraction(5, 4)},
    {"claims": (("uniform*uniform", Fraction(1, 100), Fraction(1, 100), 40),)},
)

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
    found = _barrier(np.array([float(m) for m in masses]), ends, 5)
    for n in range(6):
        exact = _brute(masses, ends, n, 12)
        if not exact <= Fraction(float(found[n] * LIFT + 1e-18)) <= exact + Fraction(1, 10**8):
            return False
    return True


def _sides() -> bool:
    masses = [Fraction(1, 4), Fraction(1, 4), Fraction(3, 8)]
    ends = [0, 2, 5, 7]
    found = _one_sided(np.array([float(m) for m in masses]), ends, 6, 5)
    rest = 1 - sum(masses, Fraction(0)) / 2
    for n in range(6):
        exact = Fraction(0)
        for word in itertools.product(range(4), repeat=n):
            weight = math.prod(
                (([m / 2 for m in masses] + [rest])[k] for k in word), start=Fraction(1)
            )
            exact += weight if sum(([*ends[:3], 0])[k] for k in word) < 6 else 0
        if not exact <= Fraction(float(found[n] * LIFT + 1e-18)) <= exact + Fraction(1, 10**8):
            return False
    return True


def _thinning() -> bool:
    """Dropping items can only make the sweep fail later items: more items, larger sums."""
    source = random.Random(11)
    for _ in range(200):
        sizes = sorted(source.randint(1, 30) for _ in range(8))
        fits = all(a <= 6 + sum(sizes[:k]) for k, a in enumerate(sizes))
        extra = source.randint(1, 30)
        more = sorted([*sizes, extra])
        top = sizes[-1]
        reach = [a for a in more if a <= top]
        if fits and not all(a <= 6 + sum(reach[:k]) for k, a in enumerate(reach)):
            return False
    return True


def _claims(claims: tuple[tuple[str, Fraction, Fraction, int], ...]) -> bool:
    for law, eps, delta, n in claims:
        rows = ordered_failure(law, Fraction(1), eps, Fraction(-1), Fraction(1), n)
        if rows[n] > int(delta * ONE):
            return False
    return True


def build(
    *,
    slack: Fraction = Fraction(1),
    claims: tuple[tuple[str, Fraction, Fraction, int], ...] = CLAIMS,
) -> Proof:
    """The proof; `slack` multiplies the room of Kakeya's condition."""
    listed = ", ".join(f"{law} ({float(e):g}, {float(d):g}): {n}" for law, e, d, n in claims)
    return Proof(
        "kakeya-sweep",
        "Ordered sums leave no gap",
        r"If the magnitudes, in increasing order, satisfy $a_k \le w + \sum_{j<k} a_j$, the subset "
        r"sums have gaps at most $w$ from minus the sum of the negative items to the sum of the "
        r"positive ones. Sweeping the magnitudes in cells gives explicit n for "
        rf"$[-1, 1]$ with no mixture: {listed}.",
        (
            step(
                r"$A \cup (A + a)$ has gaps at most w if A has and $a \le w + $ length of A",
                "identity",
                _induction,
                "induction over the items; a negative item moves the other way",
            ),
            step(
                "complete check over magnitudes 1..6, four items, all signs",
                "finite",
                lambda: _gaps(slack),
            ),
            step("further items do not break the condition", "rule", _thinning),
            step(
                "the sweep against complete enumeration by fractions",
                "spot",
                _recursion,
                "an item counts with the lower end of its cell and must fit with the upper end",
            ),
            step("the sums of one sign against complete enumeration", "spot", _sides),
            step(f"certified n on [-1, 1]: {listed}", "enclosure", lambda: _claims(claims)),
        ),
        ("uniform-components",),
    )
