"""Examples that training forgets or pruning flips, as the data to find a ticket with.

Source: Zhang et al., "Efficient lottery ticket finding: less data is more" (ICML 2021, arXiv
2106.03225); forgetting events by Toneva et al. (arXiv 1812.05159).
"""

from __future__ import annotations

from fractions import Fraction

import torch
from torch import Tensor

from slt_theory.torch.train import Batch, cross_entropy

__all__ = ["Forgetting", "critical", "most", "scaled_steps"]


class Forgetting:
    """Cross-entropy that counts, as a loss of `fit`, how often an example is forgotten.

    An example is forgotten when it is wrong in a batch and was right in the last one that had it.

    Attributes
    ----------
    counts : Tensor (S, n)
    right, learned : Tensor (S, n)
        Right when last seen; right when seen at any time.
    """

    def __init__(self, stack: int, examples: int) -> None:
        self.counts = torch.zeros(stack, examples, dtype=torch.int64)
        self.right = torch.zeros(stack, examples, dtype=torch.bool)
        self.learned = torch.zeros(stack, examples, dtype=torch.bool)

    def __call__(self, logits: Tensor, batch: Batch) -> Tensor:
        # An example drawn twice into a batch is written twice, with the same value.
        now = logits.detach().argmax(2) == batch.labels
        lost = self.right.gather(1, batch.numbers) & ~now
        self.counts += torch.zeros_like(self.right).scatter_(1, batch.numbers, lost)
        self.right.scatter_(1, batch.numbers, now)
        self.learned |= self.right
        return cross_entropy(logits, batch)


def critical(
    train: Tensor, memory: Forgetting, dense: Tensor, pruned: Tensor
) -> tuple[Tensor, Tensor]:
    """Which training examples are critical to training, and which to pruning.

    Parameters
    ----------
    train : Tensor (S, count)
        Example numbers.
    dense, pruned : Tensor (S, count)
        Classes that the network predicts for them before and after it is pruned.

    Returns
    -------
    pair of bool Tensors (S, count)
        Forgotten at least once or never learned; predicted otherwise by the pruned network. The
        set is the union.
    """
    forgotten = (memory.counts > 0) | ~memory.learned
    return forgotten.gather(1, train), dense != pruned


def most(train: Tensor, memory: Forgetting, flipped: Tensor, count: int) -> Tensor:
    """The `count` most critical examples, each stack member the same number: (S, count).

    Never learned first, then by how often forgotten, then those that pruning flips, then by their
    order in `train`, which is random.
    """
    forgotten, learned = (each.gather(1, train) for each in (memory.counts, memory.learned))
    above = int(forgotten.max()) + 1
    rank = 2 * torch.where(learned, forgotten, above) + flipped
    return train.gather(1, rank.argsort(dim=1, descending=True, stable=True)[:, :count])


def scaled_steps(chosen: int, examples: int, steps: int) -> int:
    """The steps that `chosen` of all examples are given: ``steps * chosen / examples``, rounded."""
    return round(Fraction(steps * chosen, examples))
