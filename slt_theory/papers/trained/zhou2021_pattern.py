"""N:M patterns are what they are called, and the nearest of their kind."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import partial
from itertools import combinations

from slt_theory.papers.trained.shared import (
    FULL,
    Check,
    Claim,
    Outcome,
    Scale,
    Source,
    all_of,
    mutant,
    torch,
    training,
)
from slt_theory.papers.trained.zhou2021 import PAPER, grouped, pattern, start

Rule = Callable[["training.Tensors", int, int], "training.Tensors"]

PATTERNS = ((1, 4), (2, 4), (2, 8), (4, 8), (1, 16))


def exactly_n(seed: int, size: Scale = FULL, *, rule: Rule = pattern, layers: int = 3) -> Outcome:
    """Every M consecutive inputs of every unit keep N."""
    every = start(grouped(seed, size))
    weights = {f"{k}.weight": every[f"{k}.weight"] for k in range(layers)}
    failures, groups = [], 0
    for n, m in PATTERNS:
        for name, mask in rule(weights, n, m).items():
            counts = mask.reshape(*mask.shape[:2], -1, m).sum(3)
            groups += counts.numel()
            wrong = counts[counts != n].tolist()
            failures += [f"{k} of {m} kept in {name} instead of {n}" for k in wrong]
    return all_of(failures, groups, "weights kept in every group, five patterns")


def nearest(seed: int, size: Scale = FULL, *, rule: Rule = pattern, units: int = 2) -> Outcome:
    """No pattern has a smaller squared error: by trying all of them, in exact rationals."""
    first = start(grouped(seed, size))["0.weight"][:, :units]
    # Once as drawn, once in steps of 1/8, where many are equal.
    weights = {"0.weight": torch.cat((first, (8 * first).round() / 8), dim=1)}
    failures, groups = [], 0
    for n, m in PATTERNS:
        masks = rule(weights, n, m)["0.weight"].reshape(-1, m).tolist()
        for mask, values in zip(masks, weights["0.weight"].reshape(-1, m).tolist(), strict=True):
            squares = [Fraction(value) ** 2 for value in values]
            error = sum(square for square, stays in zip(squares, mask, strict=True) if not stays)
            least = min(sum(cut) for cut in combinations(squares, m - n))
            groups += 1
            if error != least:
                failures.append(f"{n}:{m} of {values}: error {float(error)}, least {float(least)}")
    return all_of(failures, groups, "least squared error over all patterns")


# Planted errors.


def _across_rows(weights: training.Tensors, n: int, m: int) -> training.Tensors:
    """Group consecutive units instead of inputs."""
    columns = {name: weight.transpose(1, 2) for name, weight in weights.items()}
    return {name: mask.transpose(1, 2) for name, mask in pattern(columns, n, m).items()}


def _least(weights: training.Tensors, n: int, m: int) -> training.Tensors:
    """Keep the weights of least magnitude."""
    return {name: ~mask for name, mask in pattern(weights, m - n, m).items()}


ENTRIES = (
    Claim(
        id="zhou2021-pattern",
        title="N:M by magnitude keeps exactly N of M and is the nearest pattern",
        family="pruning while training",
        source=Source(PAPER, "N:M sparsity", "ICLR 2021", "code"),
        statement="Keeping the N largest |w| of every M consecutive inputs keeps N of each group, "
        "and no other N:M pattern changes the weights less in squared error.",
        paper_scope="any weights",
        test_scope="initial weights of an MLP 64-96-48-10, as drawn and with ties; 1:4, 2:4, 2:8, "
        "4:8, 1:16",
        exact=True,
        checks=(
            Check("counts", "every group keeps exactly N", exactly_n),
            Check(
                "nearest", "the squared error is the least of all patterns, in rationals", nearest
            ),
            mutant(
                "across rows",
                "groups of consecutive units",
                partial(exactly_n, rule=_across_rows, layers=2),
            ),
            mutant(
                "least magnitude", "the smallest of each group stay", partial(nearest, rule=_least)
            ),
        ),
    ),
)
