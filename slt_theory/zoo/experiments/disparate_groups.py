"""Disparate impact: which group has the larger gradient, decided in integers.

At the exact least-squares weights of the diabetes table the gradients of all examples sum to 0.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from itertools import permutations
from math import isqrt
from typing import NamedTuple

import numpy as np

from slt_theory.data import diabetes
from slt_theory.streams import Purpose, stream_id, words64
from slt_theory.theorems.checks import Outcome, all_of
from slt_theory.zoo.experiments.disparate import exact
from slt_theory.zoo.systems.disparate import Quadratic
from slt_theory.zoo.verdicts import FULL, Size

SPLITS = 600


class Part(NamedTuple):
    """A group: its size and the squared length of the sum of its gradients, in common units.

    Its own gradient is that sum over the size.
    """

    size: int
    square: int


@cache
def _gradients(ridge: int) -> np.ndarray[tuple[int, int], np.dtype[np.object_]]:
    """Gradients of all examples at the minimum, as integers in a common unit: (442, 11)."""
    from flint import fmpq_mat

    columns, answers = diabetes()
    inputs, right = exact(np.c_[columns, np.ones(len(columns))]), exact(answers)
    problem = Quadratic(inputs, right)
    size = inputs.ncols()
    decay = fmpq_mat([[ridge * (i == j) for j in range(size)] for i in range(size)])
    weights = (problem.hessian + decay).solve(problem.moment)
    misses = (inputs * weights - right).entries()
    rows = [[m * v for v in row] for m, row in zip(misses, inputs.tolist(), strict=True)]
    whole, _ = fmpq_mat(rows).numer_denom()
    return np.array([[int(v) for v in row] for row in whole.tolist()], dtype=object)


def _splits(seed: int, groups: int, ridge: int = 0) -> list[list[Part]]:
    """Random splits of the table into groups of random sizes."""
    gradients, found = _gradients(ridge), []
    for split in range(SPLITS):
        words = words64(seed, stream_id(Purpose.INPUTS, split), 0, len(gradients) + groups)
        order = np.argsort(words[groups:], kind="stable")
        cuts = np.sort(1 + words[: groups - 1] % np.uint64(len(gradients) - 1)).astype(np.int64)
        parts = np.split(order, cuts)
        sums = [gradients[part].sum(0) if len(part) else [0] for part in parts]
        pairs = zip(parts, sums, strict=True)
        found.append([Part(len(part), sum(v * v for v in total)) for part, total in pairs])
    return found


def _ordered(parts: list[Part]) -> bool:
    """|D_a| >= |D_b| implies |g_a| <= |g_b|, for nonempty groups."""
    return all(
        a.square * b.size**2 <= b.square * a.size**2
        for a, b in permutations(parts, 2)
        if a.size >= b.size > 0
    )


def two_groups(seed: int, size: Size = FULL) -> Outcome:
    """Proposition 1 for two groups, as the identity n_a |g_a| = n_b |g_b| that it follows from."""
    return _all(
        _splits(seed, 2), lambda parts: parts[0].square == parts[1].square and _ordered(parts)
    )


def decayed(seed: int, size: Size = FULL) -> Outcome:
    """Mutant: weights that weight decay has pulled away from the minimum."""
    return _all(_splits(seed, 2, ridge=1), lambda parts: parts[0].square == parts[1].square)


def three_groups(seed: int, size: Size = FULL) -> Outcome:
    """Known issue: with a third group, the larger of two may have the larger gradient.

    Least: a constant fitted to the answers 1, 1, 1 | 0, 0 | -3 is 0; the mean gradients of the
    groups are -1, 0 and 3.
    """
    least = [Part(3, 9), Part(2, 0), Part(1, 9)]
    return _all([least, *_splits(seed, 3)], _ordered)


def three_balanced(seed: int, size: Size = FULL) -> Outcome:
    """Corrected, for any number of groups: n_a |g_a| is at most the others' sum of n_b |g_b|."""

    def balanced(parts: list[Part]) -> bool:
        lengths = sorted(isqrt(part.square << 128) for part in parts)
        return lengths[-1] <= sum(lengths[:-1]) + len(lengths)  # each is too small by less than 1

    return _all(_splits(seed, 3), balanced)


def _all(splits: list[list[Part]], holds: Callable[[list[Part]], bool]) -> Outcome:
    failures = [f"sizes {[p.size for p in parts]}" for parts in splits if not holds(parts)]
    return all_of(failures, len(splits), "sizes and gradients of groups in the order claimed")
