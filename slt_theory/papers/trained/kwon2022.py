"""Pruning after training: exact search by a budget, rearrangement in a layer, tuning of the masks.

Source: Kwon, Kim, Mahoney, Hassoun, Keutzer and Gholami, "A fast post-training pruning framework
for transformers" (2022). Gradients are those of the loss by the mask of a unit (head, filter,
neuron), one row a mini-batch mean. The released code damps the tuning, in the norm of the normal
equations; here it is plain least squares.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import partial
from itertools import accumulate
from typing import Any

import numpy as np
from numpy.typing import NDArray

from slt_theory.errors import BadInput
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
from slt_theory.streams import Purpose, stream_id, words32

PAPER = Paper(
    key="kwon2022",
    authors="Woosuk Kwon, Sehoon Kim, Michael W. Mahoney, Joseph Hassoun, Kurt Keutzer, "
    "Amir Gholami",
    title="A fast post-training pruning framework for transformers",
    venue="NeurIPS",
    year=2022,
    arxiv="2204.09656",
)

Bools = NDArray[np.bool_]
#: Scales beyond this are not trusted: the layer keeps its masks.
LIMIT = 10


def fisher(gradients: Any) -> Any:
    """Importance of each unit: the diagonal of sum over batches of g g'."""
    return (np.asarray(gradients) ** 2).sum(0)


def searched(
    heads: Any, filters: Any, *, head_cost: int, filter_cost: int, budget: int
) -> tuple[Bools, Bools]:
    """The units to keep, of most importance within a budget; exact, in O(n log n).

    Units of one kind cost the same, so an optimal choice holds the most important ones of each
    kind: for every number of heads, fill the budget with filters.
    """
    if min(head_cost, filter_cost) < 1 or budget < 0:
        raise BadInput("costs, budget", (head_cost, filter_cost, budget), "must be positive")
    kinds = [sorted(range(len(part)), key=lambda k: -part[k]) for part in (heads, filters)]
    head_sums, filter_sums = (
        list(accumulate((part[k] for k in order), initial=0))
        for part, order in zip((heads, filters), kinds, strict=True)
    )

    def room(count: int) -> int:
        return min(len(filters), (budget - count * head_cost) // filter_cost)

    counts = range(min(len(heads), budget // head_cost) + 1)
    best = max(counts, key=lambda count: head_sums[count] + filter_sums[room(count)])
    kept = np.zeros(len(heads), dtype=bool), np.zeros(len(filters), dtype=bool)
    kept[0][kinds[0][:best]] = kept[1][kinds[1][: room(best)]] = True
    return kept


def rearranged(kept: Bools, gradients: Any, *, stay: bool = True) -> Bools:
    """The same number of units of one layer, with |sum of pruned g|^2 no larger.

    Each pruned unit in turn gives its place to the unit that leaves the least; with `stay` it may
    keep the place, which is what makes the objective fall.
    """
    units, result = np.asarray(gradients).T, kept.copy()
    for place in np.flatnonzero(~kept):
        result[place] = True
        open_units = np.flatnonzero(result)
        candidates = open_units if stay or len(open_units) == 1 else open_units[open_units != place]
        rest = units[~result].sum(0)
        lengths = ((units[candidates] + rest) ** 2).sum(1)
        result[candidates[lengths.argmin()]] = False
    return result


def grams(units: Any, weights: Any, missing: Any) -> tuple[Any, Any]:
    """Normal equations of scales m_i in ``sum_i m_i units[:, i] weights[:, i]' = target``.

    Parameters
    ----------
    units : (examples, k)
        Outputs of the kept units.
    weights : (outputs, k)
        What the next layer makes of them.
    missing : (examples, outputs)
        Target minus the sum at m = 1.

    Returns
    -------
    (k, k), (k,)
        Gram matrix, and its product with the best change of m.
    """
    units, weights, missing = np.asarray(units), np.asarray(weights), np.asarray(missing)
    return (units.T @ units) * (weights.T @ weights), ((units.T @ missing) * weights.T).sum(1)


def tuned(gram: Any, moment: Any) -> NDArray[np.float64]:
    """Scales of the kept units by least squares; all 1 if one would leave [-LIMIT, LIMIT]."""
    matrix, right = np.asarray(gram, dtype=np.float64), np.asarray(moment, dtype=np.float64)
    scales = np.asarray(1 + np.linalg.lstsq(matrix, right, rcond=None)[0])
    return scales if np.abs(scales).max(initial=0) <= LIMIT else np.ones(len(scales))


CASES = 200


def integers(seed: int, number: int, shape: tuple[int, ...], low: int, high: int) -> Any:
    """Uniform integers low .. high - 1."""
    count = int(np.prod(shape))
    words = words32(seed, stream_id(Purpose.INPUTS, number), 0, count).astype(np.int64)
    return (low + words % (high - low)).reshape(shape)


def _greedy(
    heads: Any, filters: Any, *, head_cost: int, filter_cost: int, budget: int
) -> tuple[Bools, Bools]:
    """Mutant: units in the order of importance for their cost, as long as they fit."""
    costs = [head_cost] * len(heads) + [filter_cost] * len(filters)
    values = [*heads, *filters]
    kept = np.zeros(len(values), dtype=bool)
    for k in sorted(range(len(values)), key=lambda k: Fraction(-int(values[k]), costs[k])):
        if costs[k] <= budget:
            kept[k], budget = True, budget - costs[k]
    return kept[: len(heads)], kept[len(heads) :]


def optimal(
    seed: int, size: Scale = FULL, *, rule: Callable[..., tuple[Bools, Bools]] = searched
) -> Outcome:
    """The search against all subsets of five heads and seven filters."""
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


def falls(seed: int, size: Scale = FULL, *, stay: bool = True) -> Outcome:
    """From the diagonal's choice: the count stays, |sum of pruned g|^2 does not grow.

    Mutant: the unit that was taken out may not come back.
    """
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


def _alone(gram: Any, moment: Any) -> Any:
    """Mutant: each scale fitted as if it were the only one."""
    return 1 + moment / gram.diagonal()


def never_worse(
    seed: int, size: Scale = FULL, *, rule: Callable[[Any, Any], Any] = tuned
) -> Outcome:
    """Squared error of the layer on the calibration data, at the scales found and at 1, exactly.

    Non-negative integer units as after a ReLU; half of them pruned.
    """
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


ENTRIES = (
    Claim(
        id="kwon2022-search",
        title="The mask search is optimal within its budget",
        family="with certificates",
        source=Source(PAPER, "mask search", "released code", "code"),
        statement="For every number of heads the budget is filled with the most important filters; "
        "the best of these keeps the most importance that the budget allows.",
        paper_scope="heads and filters of BERT, importance by the diagonal of the Fisher matrix",
        test_scope="200 integer cases of five heads and seven filters against all subsets",
        exact=True,
        checks=(
            Check("all subsets", "none keeps more", optimal),
            mutant(
                "greedy",
                "by importance for cost, as long as they fit",
                partial(optimal, rule=_greedy),
            ),
        ),
    ),
    Claim(
        id="kwon2022-rearrangement",
        title="Rearrangement never lengthens the pruned gradient",
        family="with certificates",
        source=Source(PAPER, "mask rearrangement", "released code", "code"),
        statement="With the number of units kept, each swap leaves sum over batches of "
        "(sum of pruned g)^2 as it is or lowers it.",
        paper_scope="heads or filters of one layer of BERT, block of the Fisher matrix",
        test_scope="200 integer cases of twelve units and eight batches",
        exact=True,
        checks=(
            Check("objective", "does not grow, counts stay", falls),
            mutant("forced", "the unit taken out may not come back", partial(falls, stay=False)),
        ),
    ),
    Claim(
        id="kwon2022-calibration",
        title="Tuning never hurts on the calibration data",
        family="with certificates",
        source=Source(PAPER, "mask tuning, without damping", "released code", "code"),
        statement="Scales of the kept units by least squares leave a layer's squared error on the "
        "calibration data no larger than scales 1.",
        paper_scope="layers of BERT, 2,048 examples; damped in the norm of the normal equations",
        test_scope="200 integer layers of sixteen non-negative units, half of them kept; the error "
        "at the scales found, in rationals",
        exact=True,
        checks=(
            Check("squared error", "no larger than untuned", never_worse),
            mutant(
                "alone",
                "each scale fitted as if it were the only one",
                partial(never_worse, rule=_alone),
            ),
        ),
    ),
)
