"""N:M patterns are what they are called, and the nearest of their kind."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from itertools import combinations

import torch

from slt_theory.theorems.checks import Outcome, all_of
from slt_theory.torch.train import Tensors
from slt_theory.zoo.experiments.srste import arms, start
from slt_theory.zoo.systems.srste import pattern
from slt_theory.zoo.verdicts import FULL, Size

PATTERNS = ((1, 4), (2, 4), (2, 8), (4, 8), (1, 16))


def exactly_n(seed: int, size: Size = FULL) -> Outcome:
    """Every M consecutive inputs of every unit keep N."""
    return _exactly(start(arms(seed, size)), pattern)


def across_rows(seed: int, size: Size = FULL) -> Outcome:
    """Mutant: groups of consecutive units instead of inputs."""

    def turned(weights: Tensors, n: int, m: int) -> Tensors:
        columns = {name: weight.transpose(1, 2) for name, weight in weights.items()}
        return {name: mask.transpose(1, 2) for name, mask in pattern(columns, n, m).items()}

    weights = start(arms(seed, size))
    return _exactly({name: weights[name] for name in ("0.weight", "1.weight")}, turned)


def _exactly(weights: Tensors, rule: Callable[[Tensors, int, int], Tensors]) -> Outcome:
    failures, groups = [], 0
    for n, m in PATTERNS:
        for name, mask in rule(weights, n, m).items():
            counts = mask.reshape(*mask.shape[:2], -1, m).sum(3)
            groups += counts.numel()
            wrong = counts[counts != n].tolist()
            failures += [f"{k} of {m} kept in {name} instead of {n}" for k in wrong]
    return all_of(failures, groups, "weights kept in every group, five patterns")


def nearest(seed: int, size: Size = FULL) -> Outcome:
    """No pattern has a smaller squared error: by trying all of them, in exact rationals."""
    return _nearest(seed, size, pattern)


def farthest(seed: int, size: Size = FULL) -> Outcome:
    """Mutant: the weights of least magnitude stay."""

    def least(weights: Tensors, n: int, m: int) -> Tensors:
        return {name: ~mask for name, mask in pattern(weights, m - n, m).items()}

    return _nearest(seed, size, least)


def _nearest(
    seed: int, size: Size, rule: Callable[[Tensors, int, int], Tensors], units: int = 2
) -> Outcome:
    first = start(arms(seed, size))["0.weight"][:, :units]
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
