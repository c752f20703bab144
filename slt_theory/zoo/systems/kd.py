"""Tickets with a teacher: the trained dense network's soft answers beside the labels.

Source: Ma et al., "Good students play big lottery better" (arXiv 2101.03255): temperature 5, nine
tenths of the loss from the teacher. The released code averages the divergence over batch and
classes, a tenth of the formula's on ten classes; here that is `per_entry`, and not the default.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional

from slt_theory.torch.train import Batch, Model, Task, Tensors, cross_entropy, outputs

__all__ = ["distilled", "divergence_terms", "per_entry", "per_example"]


def per_example(terms: Tensor) -> Tensor:
    """Sum over the classes, mean over the batch: (S, B, classes) to (S,)."""
    return terms.sum(2).mean(1)


def per_entry(terms: Tensor) -> Tensor:
    """Mean over batch and classes alike: 1 / classes of `per_example`."""
    return terms.mean((1, 2))


def divergence_terms(student: Tensor, teacher: Tensor, temperature: float) -> Tensor:
    """The terms of KL(teacher, student), both softened: (S, B, classes), from outputs."""
    known, taught = ((each / temperature).log_softmax(2) for each in (student, teacher))
    return functional.kl_div(known, taught, reduction="none", log_target=True)


def distilled(
    model: Model,
    teacher: Tensors,
    task: Task,
    *,
    temperature: float = 5.0,
    share: float = 0.9,
    reduce: Callable[[Tensor], Tensor] = per_example,
) -> Callable[[Tensor, Batch], Tensor]:
    """The loss of a student: ``share * T^2 * KL + (1 - share) * cross-entropy``.

    Parameters
    ----------
    model, teacher
        The teacher does not learn: its answers to all examples are computed once.
    temperature : float
        T. The factor T^2 keeps the scale of the gradient.
    """
    everything = torch.arange(len(task.inputs)).expand(task.stack, -1)
    answers = outputs(model, teacher, task.inputs, everything)

    def loss(logits: Tensor, batch: Batch) -> Tensor:
        soft = answers.gather(1, batch.numbers[:, :, None].expand_as(logits))
        apart = reduce(divergence_terms(logits, soft, temperature))
        return share * temperature**2 * apart + (1 - share) * cross_entropy(logits, batch)

    return loss
