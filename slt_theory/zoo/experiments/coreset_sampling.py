"""Sensitivities by peeling: bounded exactly over all x; their samples cover and beat uniform ones.

For |t| a sum over rows is linear between the directions orthogonal to r - 1 rows, so suprema of
quotients of such sums are attained there: finitely many, all integers.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import cache
from itertools import combinations
from math import lcm
from typing import Any, NamedTuple

import numpy as np

from slt_theory.streams import Purpose, stream_id
from slt_theory.theorems.checks import Outcome, all_of, share
from slt_theory.zoo.experiments.coresets import LAWS, cloud
from slt_theory.zoo.systems.coreset_sampling import (
    SCALE,
    draw,
    peeled,
    sample_size,
    upper_sensitivities,
)
from slt_theory.zoo.systems.coresets import Integers
from slt_theory.zoo.verdicts import FULL, Size, beats

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


def bounded(seed: int, size: Size = FULL) -> Outcome:
    """Lemma: sup over x of |p.x| / sum_q |q.x| is at most 2 r^1.5 / round, for every p."""
    return _bounded(seed, peeled)


def counted_backwards(seed: int, size: Size = FULL) -> Outcome:
    """Mutant: the last round is called the first."""

    def backwards(points: Integers) -> Integers:
        rounds = peeled(points)
        return np.asarray(rounds.max() + 1 - rounds)

    return _bounded(seed, backwards)


def _bounded(seed: int, rule: Callable[[Integers], Integers]) -> Outcome:
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


def covered(seed: int, size: Size = FULL) -> Outcome:
    """Theorem: one sum within a factor 1 +- eps, from bounds by peeling."""
    bounds = heavy(seed, 0).bounds
    return _covered(seed, bounds, _draws(bounds))


def covered_exactly(seed: int, size: Size = FULL) -> Outcome:
    """The same from exact sensitivities: a hundredth of the draws."""
    exact = exact_sensitivities(heavy(seed, 0).table)
    return _covered(seed, exact, _draws(exact))


def covered_uniformly(seed: int, size: Size = FULL) -> Outcome:
    """Mutant: as many draws, all rows alike."""
    exact = exact_sensitivities(heavy(seed, 0).table)
    return _covered(seed, np.full_like(exact, SCALE), _draws(exact))


def coverage_control(seed: int, size: Size = FULL) -> Outcome:
    """One sample closer than another from the same law: half the time, ties left out."""
    exact = exact_sensitivities(heavy(seed, 0).table)
    pairs = zip(*(_errors(seed, exact, _draws(exact), copy) for copy in (0, 1)), strict=True)
    apart = [first < second for first, second in pairs if first != second]
    return share(sum(apart), len(apart), 0.5, "one sample closer than another")


def _draws(sensitivities: Integers) -> int:
    return sample_size(Fraction(int(sensitivities.sum()), SCALE), EPS, DELTA)


def _covered(seed: int, sensitivities: Integers, count: int) -> Outcome:
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


def beats_uniform(seed: int, size: Size = FULL) -> Outcome:
    """Worst relative error over all x: its 0.9 quantile, smaller than with uniform draws."""
    pairs = [(_error(seed, k, "peeled", 0), _error(seed, k, "uniform", 1)) for k in _clouds(size)]
    return _smaller(pairs, "sampling by sensitivities", "uniform sampling")


def unweighted(seed: int, size: Size = FULL) -> Outcome:
    """Mutant: sampled by sensitivities, then averaged as if all rows were alike."""
    pairs = [(_error(seed, k, "bare", 0), _error(seed, k, "uniform", 1)) for k in _clouds(size)]
    return _smaller(pairs, "sampling by sensitivities without weights", "uniform sampling")


def control(seed: int, size: Size = FULL) -> Outcome:
    """Uniform draws against other uniform draws."""
    pairs = [(_error(seed, k, "uniform", 2), _error(seed, k, "uniform", 1)) for k in _clouds(size)]
    return _smaller(pairs, "uniform sampling", "uniform sampling")


def _clouds(size: Size) -> range:
    return range(1, size.replicates + 1)


def _smaller(pairs: list[tuple[float, float]], first: str, second: str) -> Outcome:
    what = f"minus the 0.9 quantile of sup |estimate/sum - 1|, {DRAWS} draws, {first} over {second}"
    return beats([-a for a, _ in pairs], [-b for _, b in pairs], what)


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
