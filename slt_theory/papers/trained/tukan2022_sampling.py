"""Importance sampling of rows by sensitivities from repeated peeling of dominating sets.

Source: Tukan, Mualem and Maalouf (2022), CORESET(P, m), on one cluster; sampled with replacement,
as its proof needs.

For |t| a sum over rows is linear between the directions orthogonal to r - 1 rows, so suprema of
quotients of such sums are attained there: finitely many, all integers.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from functools import cache, partial
from itertools import combinations
from math import lcm
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from slt_theory.papers.trained.shared import (
    FULL,
    Arms,
    Beats,
    Check,
    Claim,
    Outcome,
    Run,
    Scale,
    Source,
    all_of,
    control,
    mutant,
    share,
)
from slt_theory.papers.trained.tukan2022 import LAWS, PAPER, Integers, cloud, dominating
from slt_theory.streams import Purpose, stream_id, words64

#: Sensitivities are multiples of 1/SCALE, rounded up: sampling is then exact in integers.
SCALE = 1 << 24


def peeled(points: Any) -> Integers:
    """In which round each point is taken, from 1: a dominating set of what is left, then again.

    Fewer than 2 r^2 points, or so few that they span no ellipsoid, are one last round.
    """
    rows, rank = np.asarray(points), np.shape(points)[1]
    rounds = np.zeros(len(rows), dtype=np.int64)
    for number in range(1, len(rows) + 1):
        left = np.flatnonzero(rounds == 0)
        if len(left) < max(2 * rank**2, rank + 2):
            rounds[left] = number
            break
        rounds[left[dominating(rows[left]).members]] = number
    return rounds


def upper_sensitivities(rounds: Integers, rank: int) -> Integers:
    """min(1, 2 r^1.5 / round) in units of 1/SCALE, rounded up."""
    root = math.isqrt(4 * rank**3 * SCALE**2 - 1) + 1  # 2 r^1.5 SCALE from above
    return np.minimum(SCALE, -(-root // rounds))


def sample_size(total: Fraction, eps: Fraction, delta: float) -> int:
    """Draws that estimate one sum within a factor 1 +- eps except with probability `delta`.

    Bernstein's inequality for terms of mean 1, range `total` and variance at most `total`: derived.
    """
    return math.ceil(
        2 * total * (1 + eps / 3) / eps**2 * Fraction(math.log(2 / delta) * (1 + 1e-12))
    )


def draw(sensitivities: Integers, size: int, seed: int, stream: int) -> NDArray[np.int64]:
    """Numbers of `size` rows drawn with replacement, each with probability s / sum of all s.

    Their weights are sum / (size s). No probability is off by more than sum / 2^64.
    """
    ends = np.cumsum(sensitivities)
    words = words64(seed, stream, 0, size) % np.uint64(ends[-1])
    return np.asarray(np.searchsorted(ends, words.astype(np.int64), side="right"))


#: (points, rank): pairs of rows give the directions of rank 3.
SHAPES = ((400, 2), (60, 3))
EPS, DELTA, TRIALS = Fraction(1, 2), 0.1, 1000
DRAWS, REPEATS = 200, 20


def values(points: Integers) -> Any:
    """|p.x| exactly, for each x (rows) orthogonal to r - 1 points, and each p (columns)."""
    rank = points.shape[1]
    if rank == 2:
        directions = np.c_[-points[:, 1], points[:, 0]]
    else:
        pairs = np.array(list(combinations(range(len(points)), 2)))
        directions = np.cross(points[pairs[:, 0]], points[pairs[:, 1]]).astype(object)
    return np.abs(directions @ points.T.astype(directions.dtype))


def _backwards(points: Integers) -> Integers:
    """Mutant: the last round is called the first."""
    rounds = peeled(points)
    return np.asarray(rounds.max() + 1 - rounds)


def bounded(
    seed: int, size: Scale = FULL, *, rule: Callable[[Integers], Integers] = peeled
) -> Outcome:
    """Lemma: sup over x of |p.x| / sum_q |q.x| is at most 2 r^1.5 / round, for every p."""
    failures, cases, tightest = [], 0, 0.0
    for number, law in enumerate(LAWS):
        for count, rank in SHAPES:
            points = cloud(law, count, rank, seed, 100 + 10 * number + rank)
            rounds = rule(points)
            table = values(points).astype(object)
            sums = table.sum(1)
            table, sums = table[sums > 0], sums[sums > 0]
            above = (rounds * table) ** 2 > 4 * rank**3 * (sums**2)[:, None]
            failures += [f"{law}, r = {rank}: point {p}" for p in np.flatnonzero(above.any(0))]
            quotients = (table / sums[:, None]).astype(float).max(0) * rounds / (2 * rank**1.5)
            tightest, cases = max(tightest, float(quotients.max())), cases + count
    outcome = all_of(failures, cases, "sensitivity at most 2 r^1.5 / round, over all x")
    return Outcome(outcome.verdict, outcome.evidence, {**outcome.numbers, "tightest": tightest})


class Heavy(NamedTuple):
    """|p.x| over directions and points with Cauchy coordinates, and bounds by peeling."""

    table: Any
    bounds: Integers


@cache
def heavy(seed: int, number: int) -> Heavy:
    """The cloud of a replicate."""
    points = cloud("cauchy", 400, 2, seed, 200 + number)
    table = values(points)
    return Heavy(table[table.sum(1) > 0], upper_sensitivities(peeled(points), 2))


def exact_sensitivities(table: Any) -> Integers:
    """Largest share of each point over all x, in units of 1/SCALE rounded up."""
    whole = table.astype(object)
    return np.asarray((-((-SCALE * whole) // whole.sum(1)[:, None])).max(0).astype(np.int64))


def coverage_control(seed: int, size: Scale = FULL) -> Outcome:
    """One sample closer than another from the same law: half the time, ties left out."""
    exact = exact_sensitivities(heavy(seed, 0).table)
    pairs = zip(*(_errors(seed, exact, _draws(exact), copy) for copy in (0, 1)), strict=True)
    apart = [first < second for first, second in pairs if first != second]
    return share(sum(apart), len(apart), 0.5, "one sample closer than another")


def _draws(sensitivities: Integers) -> int:
    return sample_size(Fraction(int(sensitivities.sum()), SCALE), EPS, DELTA)


def _by_peeling(seed: int) -> tuple[Integers, int]:
    bounds = heavy(seed, 0).bounds
    return bounds, _draws(bounds)


def _exactly(seed: int) -> tuple[Integers, int]:
    """A hundredth of the draws."""
    exact = exact_sensitivities(heavy(seed, 0).table)
    return exact, _draws(exact)


def _uniformly(seed: int) -> tuple[Integers, int]:
    """Mutant: as many draws, all rows alike."""
    exact, count = _exactly(seed)
    return np.full_like(exact, SCALE), count


def covered(
    seed: int, size: Scale = FULL, *, by: Callable[[int], tuple[Integers, int]] = _by_peeling
) -> Outcome:
    """Theorem: one sum within a factor 1 +- eps."""
    sensitivities, count = by(seed)
    hits = sum(error <= EPS for error in _errors(seed, sensitivities, count))
    what = f"{count} draws estimate a sum of {len(sensitivities)} rows within {EPS} of itself"
    return share(hits, TRIALS, 1 - DELTA, what)


def _errors(seed: int, sensitivities: Integers, count: int, copy: int = 0) -> list[Fraction]:
    """|estimate / sum - 1| of each sample, exactly, on the x where one row weighs most."""
    table = heavy(seed, 0).table
    terms = [int(v) for v in table[(table.max(1) / table.sum(1)).argmax()]]
    common = lcm(*map(int, sensitivities))
    total = int(sensitivities.sum())
    weights = [total * (common // int(s)) * v for s, v in zip(sensitivities, terms, strict=True)]
    true, errors = count * common * sum(terms), []
    for trial in range(TRIALS):
        stream = stream_id(Purpose.TRIALS, copy << 40 | trial)
        chosen = draw(sensitivities, count, seed, stream).tolist()
        errors.append(Fraction(abs(sum(weights[k] for k in chosen) - true), true))
    return errors


def _error(seed: int, number: int, arm: str, copy: int) -> float:
    """The 18th smallest of 20 repeats of sup over x of |estimate/sum - 1|."""
    table, bounds = heavy(seed, number)
    chances = np.full_like(bounds, SCALE) if arm == "uniform" else bounds
    weights = np.ones(len(bounds)) if arm == "bare" else chances.sum() / chances / len(bounds)
    shares = table / table.sum(1)[:, None]
    errors = []
    for repeat in range(REPEATS):
        stream = stream_id(Purpose.TRIALS, (copy << 40) | (number << 20) | repeat)
        counts = np.bincount(draw(chances, DRAWS, seed, stream), minlength=len(bounds))
        estimate = shares @ (counts * weights * len(bounds) / DRAWS)
        errors.append(np.abs(estimate - 1).max())
    return float(np.sort(errors)[REPEATS * 9 // 10 - 1])


def _sampled(arm: str, copy: int) -> Callable[[Run], list[float]]:
    """Minus the error, of clouds 1, 2, ..."""
    return lambda run: [
        -_error(run.seed, number, arm, copy) for number in range(1, run.size.replicates + 1)
    ]


SAMPLES = Arms(
    Run,
    {
        "sampling by sensitivities": _sampled("peeled", 0),
        "uniform sampling": _sampled("uniform", 1),
        "other uniform sampling": _sampled("uniform", 2),
        # Planted error: averaged as if all rows were alike.
        "sampling by sensitivities without weights": _sampled("bare", 0),
    },
    what="minus the 0.9 quantile of sup |estimate/sum - 1|, 200 draws, {first} over {second}",
)
UNIFORM = SAMPLES.what.format(first="uniform sampling", second="uniform sampling")

LINEAR = "linear forms, and phi(|t|) that grows at most in proportion; no activation of its own"
HEAVY = "400 integer points in the plane with Cauchy coordinates"

ENTRIES = (
    Claim(
        id="tukan2022-sensitivity",
        title="Peeling bounds every point's share of a sum",
        family="with certificates",
        source=Source(PAPER, "sensitivity bounds", "arXiv 2209.08554", "derived"),
        statement="A point that survives to round i of taking dominating sets has "
        "|p.x| <= (2 r^1.5 / i) sum_q |q.x| for every x.",
        paper_scope=LINEAR,
        test_scope="clouds of 400 points in the plane and 60 in space, three laws: all directions "
        "where a supremum can lie, in integers",
        exact=True,
        uses=("tukan2022-dominating",),
        checks=(
            Check("all directions", "at most 2 r^1.5 / round", bounded),
            mutant(
                "backwards", "the last round is called the first", partial(bounded, rule=_backwards)
            ),
        ),
    ),
    Claim(
        id="tukan2022-coverage",
        title="A sample by sensitivities estimates a sum",
        family="with certificates",
        source=Source(PAPER, "importance sampling", "arXiv 2209.08554", "derived"),
        statement="For a fixed x, m >= 2 t (1 + eps/3) ln(2/delta) / eps^2 independent draws, t "
        "the sum of the sensitivities, give the sum within a factor 1 +- eps with probability "
        "1 - delta.",
        paper_scope="all x at once, with a constant that is not recovered here",
        test_scope=f"{HEAVY}, the x on which one weighs most; eps 1/2, delta 1/10, 1000 samples",
        uses=("tukan2022-sensitivity",),
        not_claimed=("fewer draws than points: bounds by peeling ask for 3,000 of 400",),
        checks=(
            Check("bounds by peeling", "covered nine times in ten", covered),
            Check(
                "exact sensitivities",
                "the same, with a fiftieth of the draws",
                partial(covered, by=_exactly),
            ),
            control("one sample closer than another, half the time", coverage_control),
            mutant("uniform", "as many draws, all rows alike", partial(covered, by=_uniformly)),
        ),
    ),
    Claim(
        id="tukan2022-sampling",
        title="Sampling by sensitivities beats uniform sampling on heavy-tailed rows",
        family="with certificates",
        source=Source(PAPER, "comparison with uniform sampling", "arXiv", "recalled-mid"),
        statement="At equal size, the worst relative error over all x is smaller.",
        paper_scope="accuracy of pruned networks, against uniform and other coresets",
        test_scope=f"{HEAVY}, 200 draws, 0.9 quantile of 20 repeats, 24 clouds",
        checks=(
            Check(
                "worst error",
                "smaller than uniform",
                Beats(SAMPLES, "sampling by sensitivities", "uniform sampling"),
            ),
            control(
                "uniform against uniform",
                Beats(SAMPLES, "other uniform sampling", "uniform sampling", what=UNIFORM),
            ),
            mutant(
                "no weights",
                "drawn by sensitivities, averaged as if uniform",
                Beats(SAMPLES, "sampling by sensitivities without weights", "uniform sampling"),
            ),
        ),
    ),
)
