"""Blends of the tickets of one iterative pruning, chosen on validation examples.

Source: Yin et al., "Lottery Pools" (arXiv 2208.10842). The released code measures the first ticket
on test examples; the paper, and this file, on validation examples.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

import torch
from torch import Tensor

from slt_theory.torch.train import Keep, Model, Task, Tensors, applied, correct, magnitude, top

__all__ = ["GRID", "Pool", "blend", "excess", "pool"]

#: Shares of the network that is being improved.
GRID = (Fraction(1, 20), *(Fraction(k, 10) for k in range(1, 10)), Fraction(19, 20))


def blend(first: Tensors, second: Tensors, share: Fraction) -> Tensors:
    """``share * first + (1 - share) * second``."""
    return {
        name: float(share) * value + float(1 - share) * second[name]
        for name, value in first.items()
    }


def excess(model: Model, first: Tensors, second: Tensors, task: Task) -> list[Fraction]:
    """Test error halfway between two networks, less the mean of theirs; exact.

    Never above the error barrier, the largest such excess on the line: where this is positive, the
    barrier is.

    Source: Frankle et al., "Linear mode connectivity and the lottery ticket hypothesis" (2020).
    """
    halfway = blend(first, second, Fraction(1, 2))
    one, other, between = (correct(model, each, task) for each in (first, second, halfway))
    count = 2 * task.test.shape[1]
    return [Fraction(value, count) for value in (one + other - 2 * between).tolist()]


@dataclass(frozen=True, eq=False)
class Pool:
    """What a pool ends with.

    Attributes
    ----------
    tensors, masks : dict of Tensor
    right : Tensor (others + 1, S)
        Validation examples classified right, at the start and after each other ticket.
    """

    tensors: Tensors
    masks: Tensors
    right: Tensor


def pool(
    model: Model,
    ticket: Tensors,
    others: Iterable[Tensors],
    task: Task,
    keep: Keep,
    *,
    grid: Sequence[Fraction] = GRID,
) -> Pool:
    """Greedy blending into one ticket: each other, nearest first, stays in if nothing is lost.

    Parameters
    ----------
    keep : mapping or int
        The ticket's counts. Every blend is pruned to them again, by magnitude.
    """
    best, masks = ticket, top(magnitude(ticket), keep)
    right = correct(model, ticket, task, "validation")
    history = [right]
    for other in others:
        base = best
        for share in grid:
            mixed = blend(base, other, share)
            support = top(magnitude(mixed), keep)
            mixed = applied(mixed, support)
            now = correct(model, mixed, task, "validation")
            better = now >= right
            best, masks = _either(better, mixed, best), _either(better, support, masks)
            right = torch.maximum(now, right)
        history.append(right)
    return Pool(best, masks, torch.stack(history))


def _either(which: Tensor, first: Tensors, second: Tensors) -> Tensors:
    """Each network of the stack from the one or the other."""
    return {
        name: torch.where(which.reshape(-1, *[1] * (value.dim() - 1)), value, second[name])
        for name, value in first.items()
    }
