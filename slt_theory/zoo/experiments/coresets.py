"""Coresets from convex geometry: the lemma by exact linear programs, and where no coreset exists.

Points are integers. A linear program proposes which points represent another one; rationals decide.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import cache
from typing import Any, NamedTuple

import numpy as np

from slt_theory.laws import Normal
from slt_theory.streams import Purpose, stream_id
from slt_theory.theorems.checks import Outcome, all_of
from slt_theory.zoo.systems.coresets import Dominating, Integers, dominating
from slt_theory.zoo.systems.ellipsoid import Ellipsoid, enclosing
from slt_theory.zoo.verdicts import FULL, Size

LAWS, RANKS, POINTS = ("normal", "cauchy", "offset"), (2, 3, 4, 6), 600

#: Units of 2^-10, at most 2^26 of them: sums of 2^9 products of two fit 64 bits.
UNIT, LARGEST = 1 << 10, 1 << 26


def cloud(law: str, count: int, rank: int, seed: int, number: int) -> Integers:
    """Integer points (count, rank): normal, far from 0, or with Cauchy coordinates."""
    draws = Normal().at(24).sample(seed, stream_id(Purpose.INPUTS, number), 0, 2 * count * rank)
    values = draws[: count * rank] / 2**24
    if law == "cauchy":
        values = values / (np.abs(draws[count * rank :]) + 0.5) * 2**24
    elif law == "offset":
        values = values + 10
    units = np.clip(np.rint(values * UNIT), -LARGEST, LARGEST)
    return units.astype(np.int64).reshape(count, rank)


class Case(NamedTuple):
    """One cloud; `name` says law and rank."""

    name: str
    points: Integers
    found: Dominating


@cache
def clouds(seed: int, count: int) -> tuple[Case, ...]:
    """Every law in every rank, `count` points each."""
    cases = []
    for number, (law, rank) in enumerate((law, rank) for law in LAWS for rank in RANKS):
        points = cloud(law, count, rank, seed, number)
        cases.append(Case(f"{law}, r = {rank}", points, dominating(points)))
    return tuple(cases)


def _rational(rows: Any) -> Any:
    """Integers or floats as an exact rational matrix."""
    from flint import fmpq, fmpq_mat

    return fmpq_mat(
        [[fmpq(*v.as_integer_ratio()) for v in row] for row in np.asarray(rows).tolist()]
    )


def representations(rows: Integers, members: Integers) -> Iterator[tuple[Integers, Integers]]:
    """Rows outside `members` with the independent members that represent them most cheaply.

    Minimises sum |lambda| subject to sum lambda_q q = p, for all p in one program; yields groups
    (numbers of rows, numbers of members) with one basis.
    """
    from scipy import sparse
    from scipy.optimize import linprog

    base = rows[members].astype(np.float64)
    scale = np.abs(base).max(0)
    others = np.setdiff1d(np.arange(len(rows)), members)
    block = np.c_[base.T, -base.T] / scale[:, None]
    equations: Any = sparse.kron(sparse.eye_array(len(others)), block, format="csr")
    answer: Any = linprog(
        np.ones(len(others) * block.shape[1]),
        A_eq=equations,
        b_eq=(rows[others] / scale).ravel(),
        method="highs-ds",
    )
    sizes = answer.x.reshape(len(others), 2, len(members)).sum(1)
    bases = defaultdict(list)
    for other, size in zip(others, sizes, strict=True):
        bases[tuple(np.sort(np.argsort(-size, kind="stable")[: rows.shape[1]]))].append(other)
    for basis, group in bases.items():
        yield np.array(group), members[list(basis)]


class Ratio(NamedTuple):
    """max_P |p.x| / max_C |q.x| is at most `bound`; if `attained`, for some x no less."""

    bound: Fraction
    attained: bool


def worst_ratio(rows: Integers, members: Integers) -> Ratio:
    """By exact representations from above, and an exact x from below.

    Raises
    ------
    ZeroDivisionError
        A basis is singular: the points are in special position.
    """
    from flint import fmpq, fmpq_mat

    worst, where = fmpq(1), None
    for group, basis in representations(rows, members):
        square = _rational(rows[basis].T)
        lambdas = square.solve(_rational(rows[group].T)).transpose().tolist()
        for row in lambdas:
            total = sum((abs(v) for v in row), fmpq(0))
            if total > worst:
                worst, where = total, (square, row)
    attained = where is None
    if where is not None:
        square, row = where
        signs = fmpq_mat([[1 if v > 0 else -1] for v in row])
        x = square.transpose().solve(signs)
        attained = max(abs(v) for v in (_rational(rows[members]) * x).entries()) <= 1
    return Ratio(Fraction(int(worst.p), int(worst.q)), attained)


def within_bound(ratio: Fraction, rank: int) -> bool:
    """ratio <= 1 + r^1.5, exactly."""
    return ratio <= 1 or (ratio - 1) ** 2 <= rank**3


def dominates(seed: int, size: Size = FULL) -> Outcome:
    """Lemma: the worst ratio over all x, of every cloud, with and without a bias."""
    return _ratios(seed, size, lambda case: case.found.members)


def neighbours(seed: int, size: Size = FULL) -> Outcome:
    """Mutant: nearest points to the ends, not those around them."""
    return _ratios(seed, size, lambda case: nearest_to_ends(case.points))


def nearest_to_ends(points: Integers) -> Integers:
    """The planted error: one point an end."""
    apart = points[None] - dominating(points).ends[:, None]
    return np.unique(np.square(apart).sum(2).argmin(1))


def _ratios(seed: int, size: Size, members: Callable[[Case], Integers]) -> Outcome:
    failures, ratios, cases, attained = [], {}, 0, 0
    for case in clouds(seed, size.steps(POINTS)):
        rank, chosen = case.points.shape[1], members(case)
        biased = np.c_[case.points, np.full(len(case.points), UNIT)]
        for rows, name in ((case.points, case.name), (biased, f"{case.name}, bias")):
            cases += 1
            if _rational(rows[chosen]).rank() < rows.shape[1]:
                failures.append(f"{name}: some x is 0 on all {len(chosen)} points kept")
                continue
            ratio = worst_ratio(rows, chosen)
            ratios[name] = float(ratio.bound)
            attained += ratio.attained
            if not within_bound(ratio.bound, rank) or len(chosen) > 2 * rank * (rank + 1):
                failures.append(f"{name}: {float(ratio.bound):.4g} of {1 + rank**1.5:.4g} allowed")
    outcome = all_of(failures, cases, "max over P at most 1 + r^1.5 times max over C, for all x")
    numbers = {**outcome.numbers, "ratios": ratios, "attained": attained}
    return Outcome(
        outcome.verdict, f"{outcome.evidence}, largest {max(ratios.values()):.3g}", numbers
    )


def encloses(seed: int, size: Size = FULL) -> Outcome:
    """Every ellipsoid contains its points, and every end lies among its simplex, exactly."""
    cases = clouds(seed, size.steps(POINTS))
    failures = [_out(case) for case in cases if not _inside(case.points, case.found.ellipsoid)]
    failures += [f"{case.name}: an end is outside" for case in cases if not _around(case)]
    return all_of(failures, 2 * len(cases), "points in the ellipsoid, ends in their hulls")


def not_rescaled(seed: int, size: Size = FULL) -> Outcome:
    """Mutant: Khachiyan's ellipsoid as its stopping rule leaves it."""
    cases = clouds(seed, size.steps(POINTS))
    raw = [(case, enclosing(case.points, rescaled=False)) for case in cases]
    failures = [_out(case) for case, ellipsoid in raw if not _inside(case.points, ellipsoid)]
    return all_of(failures, len(cases), "points in the ellipsoid")


def _out(case: Case) -> str:
    return f"{case.name}: a point is outside"


def _inside(points: Integers, ellipsoid: Ellipsoid) -> bool:
    moved = _rational(points) - _rational(np.broadcast_to(ellipsoid.centre, points.shape))
    half = moved * _rational(ellipsoid.shape)
    pairs = zip(half.tolist(), moved.tolist(), strict=True)
    return all(
        sum((a * b for a, b in zip(*pair, strict=True)), 0 * pair[0][0]) <= 1 for pair in pairs
    )


def _around(case: Case) -> bool:
    """Barycentric coordinates are not negative."""
    for end, corners in zip(case.found.ends, case.found.simplices, strict=True):
        if len(corners) != case.points.shape[1] + 1:
            return False
        square = _rational(
            np.r_[case.points[corners].T, np.ones((1, len(corners)), dtype=np.int64)]
        )
        weights = square.solve(_rational(np.append(end, 1.0)[:, None]))
        if min(weights.entries()) < 0:
            return False
    return True


def no_relu_coreset(seed: int, size: Size = FULL) -> Outcome:
    """Negative example: for ReLU each of n points is the only one active on some x."""
    return _only_one_active(64, Fraction(1))


def too_wide(seed: int, size: Size = FULL) -> Outcome:
    """Mutant: the inputs reach the neighbours."""
    return _only_one_active(64, Fraction(2))


def _only_one_active(count: int, reach: Fraction) -> Outcome:
    """p_i = (c_i, s_i, 1) and x_j = (c_j, s_j, eps - 1), with rational points of the circle.

    So a weighted subset without p_j gives 0 on x_j, where the sum of all ReLU(p_i.x_j) is eps.
    """
    turns = [Fraction(k, count) for k in range(count)]
    circle = [((1 - t * t) / (1 + t * t), 2 * t / (1 + t * t)) for t in turns]
    closest = max(a * c + b * d for i, (a, b) in enumerate(circle) for c, d in circle[:i])
    eps = reach * (1 - closest)
    failures = [
        f"x_{j} activates p_{i}"
        for j, (c, d) in enumerate(circle)
        for i, (a, b) in enumerate(circle)
        if (a * c + b * d - 1 + eps > 0) != (i == j)
    ]
    return all_of(failures, count**2, f"of {count} points in space, x_j activates p_j alone")
