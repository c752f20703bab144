"""Few of many points that dominate every linear form: ellipsoid, its axes, Caratheodory.

Source: Tukan, Mualem and Maalouf, "Pruning neural networks via coresets and convex geometry:
towards no assumptions" (2022), the l-infinity coreset. As in the paper, and unlike a
reimplementation that was read: the ellipsoid has minimum volume and is no covariance, and ends of
axes are convex combinations and not replaced by their nearest neighbours.

Points are integers. A linear program proposes which points represent another one; rationals decide.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cache, partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from slt_theory.laws import Normal
from slt_theory.papers.trained.shared import (
    FULL,
    Check,
    Claim,
    Outcome,
    Paper,
    Scale,
    Source,
    all_of,
    mutant,
)
from slt_theory.papers.trained.shared.ellipsoid import TOLERANCE, Ellipsoid, Floats, enclosing
from slt_theory.streams import Purpose, stream_id

PAPER = Paper(
    key="tukan2022",
    authors="Murad Tukan, Loay Mualem, Alaa Maalouf",
    title="Pruning neural networks via coresets and convex geometry: towards no assumptions",
    venue="NeurIPS",
    year=2022,
    arxiv="2209.08554",
)

Integers = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Dominating:
    """Points `members` of a cloud, sorted; and why they were taken.

    Attributes
    ----------
    ends : float64 array (2 r, r)
        Ends of the axes of the ellipsoid shrunk by r.
    simplices : tuple of int64 arrays
        The r + 1 points around each end; fewer if it lies on a face.
    """

    members: Integers
    ellipsoid: Ellipsoid
    ends: Floats
    simplices: tuple[Integers, ...]


def simplex_around(points: Floats, end: Floats) -> Integers:
    """At most r + 1 points whose convex hull contains `end` (Caratheodory), as sorted numbers.

    Source: Lawson and Hanson's active sets keep independent columns, so a solution has at most as
    many positive weights as equations.
    """
    from scipy.optimize import nnls

    weights, _ = nnls(np.r_[points.T, np.ones((1, len(points)))], np.r_[end, 1.0])
    return np.asarray(np.flatnonzero(weights > 0))


def dominating(points: Any) -> Dominating:
    """At most 2 r (r + 1) of n points with max_P |p.x| <= (1 + r^1.5) max_C |q.x| for every x.

    Parameters
    ----------
    points : array_like (n, r)
        Of full affine rank.
    """
    rows = np.asarray(points, dtype=np.float64)
    rank = rows.shape[1]
    ellipsoid = enclosing(rows)
    axes = ellipsoid.axes()
    half = axes / (rank * (1 + TOLERANCE))
    ends = ellipsoid.centre + np.r_[half, -half]
    # In the coordinates of the axes all points have norm at most 1: well conditioned.
    inner = (rows - ellipsoid.centre) @ np.linalg.inv(axes)
    unit = (ends - ellipsoid.centre) @ np.linalg.inv(axes)
    simplices = tuple(simplex_around(inner, end) for end in unit)
    return Dominating(np.unique(np.concatenate(simplices)), ellipsoid, ends, simplices)


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


class Cloud(NamedTuple):
    """One cloud; `name` says law and rank."""

    name: str
    points: Integers
    found: Dominating


@cache
def clouds(seed: int, count: int) -> tuple[Cloud, ...]:
    """Every law in every rank, `count` points each."""
    cases = []
    for number, (law, rank) in enumerate((law, rank) for law in LAWS for rank in RANKS):
        points = cloud(law, count, rank, seed, number)
        cases.append(Cloud(f"{law}, r = {rank}", points, dominating(points)))
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


def _members(cloud: Cloud) -> Integers:
    return cloud.found.members


def _nearest_to_ends(cloud: Cloud) -> Integers:
    """Mutant: nearest points to the ends, not those around them."""
    points = cloud.points
    apart = points[None] - dominating(points).ends[:, None]
    return np.unique(np.square(apart).sum(2).argmin(1))


def dominates(
    seed: int, size: Scale = FULL, *, members: Callable[[Cloud], Integers] = _members
) -> Outcome:
    """Lemma: the worst ratio over all x, of every cloud, with and without a bias."""
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


def encloses(seed: int, size: Scale = FULL) -> Outcome:
    """Every ellipsoid contains its points, and every end lies among its simplex, exactly."""
    cases = clouds(seed, size.steps(POINTS))
    failures = [_out(case) for case in cases if not _inside(case.points, case.found.ellipsoid)]
    failures += [f"{case.name}: an end is outside" for case in cases if not _around(case)]
    return all_of(failures, 2 * len(cases), "points in the ellipsoid, ends in their hulls")


def not_rescaled(seed: int, size: Scale = FULL) -> Outcome:
    """Mutant: Khachiyan's ellipsoid as its stopping rule leaves it."""
    cases = clouds(seed, size.steps(POINTS))
    raw = [(case, enclosing(case.points, rescaled=False)) for case in cases]
    failures = [_out(case) for case, ellipsoid in raw if not _inside(case.points, ellipsoid)]
    return all_of(failures, len(cases), "points in the ellipsoid")


def _out(case: Cloud) -> str:
    return f"{case.name}: a point is outside"


def _inside(points: Integers, ellipsoid: Ellipsoid) -> bool:
    moved = _rational(points) - _rational(np.broadcast_to(ellipsoid.centre, points.shape))
    half = moved * _rational(ellipsoid.shape)
    pairs = zip(half.tolist(), moved.tolist(), strict=True)
    return all(
        sum((a * b for a, b in zip(*pair, strict=True)), 0 * pair[0][0]) <= 1 for pair in pairs
    )


def _around(case: Cloud) -> bool:
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


ENTRIES = (
    Claim(
        id="tukan2022-dominating",
        title="A few points of a cloud dominate every linear form",
        family="with certificates",
        source=Source(
            PAPER, "the l-infinity coreset; constants re-derived", "arXiv 2209.08554", "derived"
        ),
        statement="The points C around the axis ends of the Loewner ellipsoid shrunk by r are at "
        "most 2 r (r + 1), and max_P |p.x| <= (1 + r^1.5) max_C |q.x| for every x.",
        paper_scope="neurons and filters of trained networks; without assumptions on data",
        test_scope="600 integer points, r = 2, 3, 4, 6, normal, Cauchy and far from 0, with and "
        "without a bias; the worst ratio exactly, by linear programs certified in rationals",
        exact=True,
        not_claimed=(
            "compression of wide layers: with fewer than 2 r (r + 1) points all are taken",
            "that the constant is sharp: the worst ratio found is below 2",
        ),
        checks=(
            Check("worst ratio", "at most 1 + r^1.5 over all x", dominates),
            Check(
                "reasons",
                "the ellipsoid holds all points, and every end is a convex combination",
                encloses,
            ),
            mutant(
                "neighbours",
                "the nearest points instead of Caratheodory's",
                partial(dominates, members=_nearest_to_ends),
            ),
            mutant(
                "not rescaled", "the ellipsoid as Khachiyan's stopping rule leaves it", not_rescaled
            ),
        ),
    ),
)
