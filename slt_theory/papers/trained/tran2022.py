"""What pruning costs a group: of two groups, the larger has the smaller gradient.

R(a) = J(pruned; D_a) - J(dense; D_a) is the excess loss of group a. Everything is exact or a ball
(python-flint), so that a comparison decides. At the exact least-squares weights of the diabetes
table the gradients of all examples sum to 0.

Source: Tran, Fioretto, Kim and Naidu, "Pruning has a disparate impact on model accuracy" (2022,
arXiv 2205.13574).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from itertools import permutations
from math import isqrt
from typing import Any, NamedTuple

import numpy as np

from slt_theory.papers.trained.shared import (
    FULL,
    Check,
    Claim,
    KnownIssue,
    Outcome,
    Paper,
    Scale,
    Source,
    all_of,
    datasets,
    mutant,
)
from slt_theory.streams import Purpose, stream_id, words64

PAPER = Paper(
    key="tran2022",
    authors="Cuong Tran, Ferdinando Fioretto, Jung-Eun Kim, Rakshit Naidu",
    title="Pruning has a disparate impact on model accuracy",
    venue="NeurIPS",
    year=2022,
    arxiv="2205.13574",
)


class Quadratic:
    """Half the mean squared error of x.w over a group, in rationals: H w - b is its gradient."""

    def __init__(self, inputs: Any, answers: Any) -> None:
        count, across = inputs.nrows(), inputs.transpose()
        self.hessian, self.moment = across * inputs / count, across * answers / count

    def gradient(self, weights: Any) -> Any:
        """Gradient of the loss, H w - b."""
        return self.hessian * weights - self.moment

    def excess(self, weights: Any, others: Any) -> list[Any]:
        """Loss of each column of `others` minus loss of `weights`."""
        start = self._loss(weights)[0]
        return [loss - start for loss in self._loss(others)]

    def _loss(self, columns: Any) -> list[Any]:
        inner = self.hessian * columns / 2
        pairs = zip(columns.transpose().tolist(), inner.transpose().tolist(), strict=True)
        linear = (self.moment.transpose() * columns).entries()
        return [
            sum((a * b for a, b in zip(*pair, strict=True)), -line)
            for pair, line in zip(pairs, linear, strict=True)
        ]


def exact(rows: Any) -> Any:
    """Floats as an exact rational matrix; a vector is a column."""
    from flint import fmpq, fmpq_mat

    values = np.asarray(rows, dtype=np.float64)
    values = values[:, None] if values.ndim == 1 else values
    return fmpq_mat([[fmpq(*v.as_integer_ratio()) for v in row] for row in values.tolist()])


SPLITS = 600


class GroupMass(NamedTuple):
    """A group: its size and the squared length of the sum of its gradients, in common units.

    Its own gradient is that sum over the size.
    """

    size: int
    square: int


@cache
def _gradients(ridge: int) -> np.ndarray[tuple[int, int], np.dtype[np.object_]]:
    """Gradients of all examples at the minimum, as integers in a common unit: (442, 11)."""
    from flint import fmpq_mat

    columns, answers = datasets.diabetes()
    inputs, right = exact(np.c_[columns, np.ones(len(columns))]), exact(answers)
    problem = Quadratic(inputs, right)
    size = inputs.ncols()
    decay = fmpq_mat([[ridge * (i == j) for j in range(size)] for i in range(size)])
    weights = (problem.hessian + decay).solve(problem.moment)
    misses = (inputs * weights - right).entries()
    rows = [[m * v for v in row] for m, row in zip(misses, inputs.tolist(), strict=True)]
    whole, _ = fmpq_mat(rows).numer_denom()
    return np.array([[int(v) for v in row] for row in whole.tolist()], dtype=object)


def _splits(seed: int, groups: int, ridge: int = 0) -> list[list[GroupMass]]:
    """Random splits of the table into groups of random sizes."""
    gradients, found = _gradients(ridge), []
    for split in range(SPLITS):
        words = words64(seed, stream_id(Purpose.INPUTS, split), 0, len(gradients) + groups)
        order = np.argsort(words[groups:], kind="stable")
        cuts = np.sort(1 + words[: groups - 1] % np.uint64(len(gradients) - 1)).astype(np.int64)
        parts = np.split(order, cuts)
        sums = [gradients[part].sum(0) if len(part) else [0] for part in parts]
        pairs = zip(parts, sums, strict=True)
        found.append([GroupMass(len(part), sum(v * v for v in total)) for part, total in pairs])
    return found


def _ordered(parts: list[GroupMass]) -> bool:
    """|D_a| >= |D_b| implies |g_a| <= |g_b|, for nonempty groups."""
    return all(
        a.square * b.size**2 <= b.square * a.size**2
        for a, b in permutations(parts, 2)
        if a.size >= b.size > 0
    )


def two_groups(seed: int, size: Scale = FULL) -> Outcome:
    """Proposition 1 for two groups, as the identity n_a |g_a| = n_b |g_b| that it follows from."""
    return _all(
        _splits(seed, 2), lambda parts: parts[0].square == parts[1].square and _ordered(parts)
    )


def decayed(seed: int, size: Scale = FULL) -> Outcome:
    """Mutant: weights that weight decay has pulled away from the minimum."""
    return _all(_splits(seed, 2, ridge=1), lambda parts: parts[0].square == parts[1].square)


def three_groups(seed: int, size: Scale = FULL) -> Outcome:
    """Known issue: with a third group, the larger of two may have the larger gradient.

    Least: a constant fitted to the answers 1, 1, 1 | 0, 0 | -3 is 0; the mean gradients of the
    groups are -1, 0 and 3.
    """
    least = [GroupMass(3, 9), GroupMass(2, 0), GroupMass(1, 9)]
    return _all([least, *_splits(seed, 3)], _ordered)


def three_balanced(seed: int, size: Scale = FULL) -> Outcome:
    """Corrected, for any number of groups: n_a |g_a| is at most the others' sum of n_b |g_b|."""

    def balanced(parts: list[GroupMass]) -> bool:
        lengths = sorted(isqrt(part.square << 128) for part in parts)
        return lengths[-1] <= sum(lengths[:-1]) + len(lengths)  # each is too small by less than 1

    return _all(_splits(seed, 3), balanced)


def _all(splits: list[list[GroupMass]], holds: Callable[[list[GroupMass]], bool]) -> Outcome:
    failures = [f"sizes {[p.size for p in parts]}" for parts in splits if not holds(parts)]
    return all_of(failures, len(splits), "sizes and gradients of groups in the order claimed")


READ = "arXiv 2205.13574, a submission version; the final numbering may differ"
GROUPS = "image classifiers, groups by class or protected attribute; pruned by magnitude"

ENTRIES = (
    Claim(
        id="tran2022-group-sizes",
        title="Of two groups, the larger has the smaller gradient",
        family="with certificates",
        source=Source(PAPER, "Proposition 1", READ, "read"),
        statement="Where the gradient of the whole loss is 0, n_a |g_a| = n_b |g_b| for two "
        "groups; for more, n_a |g_a| is at most the sum of the others' n_b |g_b|.",
        paper_scope=f"{GROUPS}; |D_a| >= |D_b| implies |g_a| <= |g_b|, any number of groups",
        test_scope="exact least squares on diabetes, 600 random splits, in integers",
        exact=True,
        known_issues=(
            KnownIssue(
                "With three groups the statement as printed is false: a constant fitted to "
                "1, 1, 1 | 0, 0 | -3 is 0, and the groups' gradients are -1, 0 and 3. For "
                "two groups it is an identity.",
                shown_by="three groups",
                place="Proposition 1 of a submission version: 'any number of groups'",
                refutes=True,
            ),
        ),
        checks=(
            Check("two groups", "equal products, opposite order", two_groups),
            Check("corrected", "the balance of three groups", three_balanced),
            Check(
                "three groups",
                "the larger group has the smaller gradient",
                three_groups,
                label="gap-read",
            ),
            mutant("decay", "two groups at the minimum with weight decay", decayed),
        ),
    ),
)
