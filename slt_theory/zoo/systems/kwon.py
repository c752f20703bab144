"""Pruning after training: exact search by a budget, rearrangement in a layer, tuning of the masks.

Source: Kwon, Kim, Mahoney, Hassoun, Keutzer and Gholami, "A fast post-training pruning framework
for transformers" (2022). Gradients are those of the loss by the mask of a unit (head, filter,
neuron), one row a mini-batch mean. The released code damps the tuning, in the norm of the normal
equations; here it is plain least squares.
"""

from __future__ import annotations

from itertools import accumulate
from typing import Any

import numpy as np
from numpy.typing import NDArray

from slt_theory.errors import BadInput

__all__ = ["LIMIT", "fisher", "grams", "rearranged", "searched", "tuned"]

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
