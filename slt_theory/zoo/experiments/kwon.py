"""Post-training pruning: search, rearrangement and tuning exactly; what tuning gains on digits."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np

from slt_theory.streams import Purpose, stream_id, words32
from slt_theory.theorems.checks import Outcome, all_of
from slt_theory.zoo.systems.kwon import Bools, fisher, grams, rearranged, searched, tuned
from slt_theory.zoo.verdicts import FULL, Size

CASES = 200


def integers(seed: int, number: int, shape: tuple[int, ...], low: int, high: int) -> Any:
    """Uniform integers low .. high - 1."""
    count = int(np.prod(shape))
    words = words32(seed, stream_id(Purpose.INPUTS, number), 0, count).astype(np.int64)
    return (low + words % (high - low)).reshape(shape)


def search_is_optimal(seed: int, size: Size = FULL) -> Outcome:
    """Against all subsets of five heads and seven filters."""
    return _search(seed, searched)


def greedy_search(seed: int, size: Size = FULL) -> Outcome:
    """Mutant: units in the order of importance for their cost, as long as they fit."""
    return _search(seed, _greedy)


def _greedy(
    heads: Any, filters: Any, *, head_cost: int, filter_cost: int, budget: int
) -> tuple[Bools, Bools]:
    costs = [head_cost] * len(heads) + [filter_cost] * len(filters)
    values = [*heads, *filters]
    kept = np.zeros(len(values), dtype=bool)
    for k in sorted(range(len(values)), key=lambda k: Fraction(-int(values[k]), costs[k])):
        if costs[k] <= budget:
            kept[k], budget = True, budget - costs[k]
    return kept[: len(heads)], kept[len(heads) :]


def _search(seed: int, rule: Callable[..., tuple[Bools, Bools]]) -> Outcome:
    failures = []
    for case in range(CASES):
        heads, filters = np.split(integers(seed, case, (12,), 0, 100), [5])
        head_cost, filter_cost, budget = integers(seed, CASES + case, (3,), 1, 30).tolist()
        costs = {"head_cost": head_cost, "filter_cost": filter_cost, "budget": 3 * budget}
        found = rule(heads, filters, **costs)
        price = int(found[0].sum()) * head_cost + int(found[1].sum()) * filter_cost
        worth = int(heads[found[0]].sum() + filters[found[1]].sum())
        if price > 3 * budget or worth != _most(heads, filters, **costs):
            failures.append(f"case {case}: {worth} for {price} of {3 * budget}")
    return all_of(failures, CASES, "importance kept within the budget is the most of 4096 subsets")


def _most(heads: Any, filters: Any, *, head_cost: int, filter_cost: int, budget: int) -> int:
    """The best importance of any subset within the budget."""
    costs = np.r_[np.full(len(heads), head_cost), np.full(len(filters), filter_cost)]
    subsets = np.arange(1 << len(costs))[:, None] >> np.arange(len(costs)) & 1
    return int((subsets @ np.r_[heads, filters])[subsets @ costs <= budget].max())


def rearrangement_falls(seed: int, size: Size = FULL) -> Outcome:
    """From the diagonal's choice: the count stays, |sum of pruned g|^2 does not grow."""
    return _rearrangement(seed, stay=True)


def forced_swaps(seed: int, size: Size = FULL) -> Outcome:
    """Mutant: the unit that was taken out may not come back."""
    return _rearrangement(seed, stay=False)


def _rearrangement(seed: int, stay: bool) -> Outcome:
    failures, lower = [], 0
    for case in range(CASES):
        gradients = integers(seed, case, (8, 12), -20, 21)
        kept = np.zeros(12, dtype=bool)
        kept[np.argsort(-fisher(gradients), kind="stable")[: 3 + case % 7]] = True
        after = rearranged(kept, gradients, stay=stay)
        was, now = (int((gradients[:, ~mask].sum(1) ** 2).sum()) for mask in (kept, after))
        lower += now < was
        if now > was or after.sum() != kept.sum():
            failures.append(f"case {case}: {was} to {now}")
    outcome = all_of(failures, CASES, "pruned gradients no longer after rearrangement")
    return Outcome(outcome.verdict, f"{outcome.evidence}, shorter in {lower}", outcome.numbers)


def tuning_never_worse(seed: int, size: Size = FULL) -> Outcome:
    """Squared error of the layer on the calibration data, at the scales found and at 1, exactly."""
    return _tuning(seed, tuned)


def each_alone(seed: int, size: Size = FULL) -> Outcome:
    """Mutant: each scale fitted as if it were the only one."""
    return _tuning(seed, lambda gram, moment: 1 + moment / gram.diagonal())


def _tuning(seed: int, rule: Callable[[Any, Any], Any]) -> Outcome:
    """Non-negative integer units as after a ReLU; half of them pruned."""
    failures = []
    for case in range(CASES):
        units = np.maximum(integers(seed, 2 * case, (64, 16), -50, 101), 0)
        weights = integers(seed, 2 * case + 1, (5, 16), -50, 51)
        gram, moment = grams(units[:, :8], weights[:, :8], units[:, 8:] @ weights[:, 8:].T)
        change = [Fraction(float(v)) - 1 for v in rule(gram, moment)]
        # Squared error at 1 + change minus that at 1.
        linear = sum(2 * c * int(m) for c, m in zip(change, moment, strict=True))
        rows = zip(change, gram.tolist(), strict=True)
        bend = sum(c * sum(d * g for d, g in zip(change, row, strict=True)) for c, row in rows)
        if bend > linear:
            failures.append(f"case {case}: error grows by {float(bend - linear):.4g}")
    return all_of(failures, CASES, "error on the calibration data no larger after tuning")
