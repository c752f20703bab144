"""The one training loop: every system trains by it, and differs by its hooks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from slt_theory.errors import BadInput
from slt_theory.records import Record
from slt_theory.torch.train.model import Model, Tensors
from slt_theory.torch.train.replicates import Draws, Use
from slt_theory.torch.train.schedules import SCHEDULES
from slt_theory.torch.train.task import Task

__all__ = ["Batch", "Fitted", "Moment", "Recipe", "correct", "cross_entropy", "fit", "outputs"]

_CHUNK = 1024


@dataclass(frozen=True)
class Recipe(Record):
    """Settings of a training run: steps, batch, optimiser and schedule.

    Attributes
    ----------
    steps : int
    batch : int or None
        Examples a step, drawn with replacement; None takes the whole training part.
    method : sgd or adam
        Both act on every number alone, which is what makes a stack equal separate runs.
    rate, momentum, decay : float
        Momentum is for sgd; decay is the weight decay added to the gradient.
    schedule : constant or cosine
    """

    steps: int = 600
    batch: int | None = 60
    method: str = "adam"
    rate: float = 1.2e-3
    momentum: float = 0.9
    decay: float = 0.0
    schedule: str = "constant"

    def __post_init__(self) -> None:
        if self.steps < 0 or (self.batch is not None and self.batch < 1):
            raise BadInput("steps, batch", (self.steps, self.batch), "must be positive")
        if self.method not in ("sgd", "adam"):
            raise BadInput("method", self.method, "must be sgd or adam")
        if self.schedule not in SCHEDULES:
            raise BadInput("schedule", self.schedule, f"must be one of {', '.join(SCHEDULES)}")

    def optimiser(self, variables: list[Tensor]) -> torch.optim.Optimizer:
        """The optimiser of `method` over the variables."""
        if self.method == "adam":
            return torch.optim.Adam(variables, lr=self.rate, weight_decay=self.decay)
        return torch.optim.SGD(
            variables, lr=self.rate, momentum=self.momentum, weight_decay=self.decay
        )


class Batch(NamedTuple):
    """Example numbers (S, B), inputs (S, B, ...), labels (S, B) of one step."""

    numbers: Tensor
    inputs: Tensor
    labels: Tensor


@dataclass(frozen=True)
class Moment:
    """State given to a hook, which may change `variables` (on a step) or their ``.grad``.

    Attributes
    ----------
    step, steps : int
        This step, from 1, and how many there are.
    variables : dict of Tensor
        What is trained.
    batch : Batch
    loss : Tensor (S,)
        Of each network, without penalty.
    """

    step: int
    steps: int
    variables: Tensors
    batch: Batch
    loss: Tensor

    @property
    def progress(self) -> float:
        """``step / steps`` in [0, 1)."""
        return self.step / self.steps


@dataclass(frozen=True, eq=False)
class Fitted:
    """Result of a fit.

    Attributes
    ----------
    variables : dict of Tensor
        At the end, without gradient.
    losses : Tensor (steps, S)
        On the batches.
    snapshots : dict of int to dict of Tensor
        Variables after the steps asked for; 0 is the start.
    """

    variables: Tensors
    losses: Tensor
    snapshots: dict[int, Tensors]


Loss = Callable[[Tensor, Batch], Tensor]
Hook = Callable[[Moment], None]


def cross_entropy(logits: Tensor, batch: Batch) -> Tensor:
    """Mean cross-entropy of each network: (S, B, classes) to (S,)."""
    each = functional.cross_entropy(logits.flatten(0, 1), batch.labels.flatten(), reduction="none")
    return each.reshape(batch.labels.shape).mean(1)


def fit(
    model: Model,
    variables: Tensors,
    task: Task,
    recipe: Recipe,
    *,
    draws: Draws,
    effective: Callable[[Tensors], Tensors] | None = None,
    loss: Loss = cross_entropy,
    penalty: Callable[[Tensors, float], Tensor] | None = None,
    on_gradient: Sequence[Hook] = (),
    on_step: Sequence[Hook] = (),
    snapshots: Sequence[int] = (),
    copy: int = 0,
    progress: Callable[[int], None] | None = None,
) -> Fitted:
    """Train S networks together; each goes as it would alone.

    Parameters
    ----------
    model, task
        Of S networks.
    variables : dict of Tensor (S, ...)
        Where training starts: weights, or scores. Not changed.
    recipe : Recipe
    draws : Draws
        Gives the batches; replicate r sees the same ones in any stack.
    effective : callable, optional
        Variables to the tensors that the model computes with: a mask, a straight-through
        estimator, a sign. Default: the variables themselves.
    loss : callable
        (outputs, batch) to the losses (S,).
    penalty : callable, optional
        (variables, progress in [0, 1]) to penalties (S,), added to the loss.
    on_gradient, on_step : sequences of callables
        Called with the `Moment` after the gradient and after the step.
    snapshots : sequence of int
        Steps after which the variables are kept.
    copy : int
        Another number gives other batches.
    progress : callable, optional
        Called with 1 after each step.

    Raises
    ------
    BadInput
        A loss is not finite, or stack sizes differ.
    """
    stack = len(draws)
    if task.stack != stack or any(value.shape[0] != stack for value in variables.values()):
        raise BadInput("stack", stack, "must be the same in draws, task and variables")
    leaves = {name: value.detach().clone().requires_grad_() for name, value in variables.items()}
    optimiser = recipe.optimiser(list(leaves.values()))
    rate = SCHEDULES[recipe.schedule]
    numbers = _batches(task, recipe, draws, copy)
    steps, kept = set(snapshots), {}
    if 0 in steps:
        kept[0] = _copy(leaves)
    losses = []
    for step in range(1, recipe.steps + 1):
        for group in optimiser.param_groups:
            group["lr"] = recipe.rate * rate((step - 1) / recipe.steps)
        chosen = task.train if numbers is None else numbers[step - 1]
        batch = Batch(chosen, task.inputs[chosen], task.answers(chosen))
        value = loss(model(effective(leaves) if effective else leaves, batch.inputs), batch)
        moment = Moment(step, recipe.steps, leaves, batch, value.detach())
        total = value if penalty is None else value + penalty(leaves, moment.progress)
        optimiser.zero_grad()
        torch.autograd.backward(total.sum())
        for hook in on_gradient:
            hook(moment)
        optimiser.step()
        with torch.no_grad():
            for hook in on_step:
                hook(moment)
        losses.append(moment.loss)
        if step in steps:
            kept[step] = _copy(leaves)
        if progress is not None:
            progress(1)
    history = torch.stack(losses) if losses else torch.empty(0, stack)
    _check_finite(history, recipe)
    return Fitted(_copy(leaves), history, kept)


def _check_finite(history: Tensor, recipe: Recipe) -> None:
    """Refuse losses (steps, S) that are NaN or infinite; names the first such step."""
    if not history.isfinite().all():
        first = int((~history.isfinite()).any(1).nonzero()[0]) + 1
        raise BadInput("rate", recipe.rate, f"the loss is not finite at step {first}", "lower it")


def _batches(task: Task, recipe: Recipe, draws: Draws, copy: int) -> Tensor | None:
    """Example numbers (steps, S, B); None for whole training parts."""
    if recipe.batch is None:
        return None
    count = task.train.shape[1]
    places = draws.below(count, Use.BATCHES, copy, (recipe.steps * recipe.batch,))
    return task.train.gather(1, places).reshape(len(draws), recipe.steps, -1).transpose(0, 1)


def _copy(tensors: Tensors) -> Tensors:
    return {name: value.detach().clone() for name, value in tensors.items()}


@torch.no_grad()
def outputs(model: Model, tensors: Tensors, inputs: Tensor, numbers: Tensor) -> Tensor:
    """Outputs (S, count, classes) on examples `numbers` (S, count), in chunks."""
    parts = [model(tensors, inputs[chunk]) for chunk in torch.split(numbers, _CHUNK, dim=1)]
    return torch.cat(parts, dim=1)


def correct(model: Model, tensors: Tensors, task: Task, part: str = "test") -> Tensor:
    """Count the examples that each network classifies right: int64 (S,). A tie counts as wrong."""
    numbers = task.part(part)
    values = outputs(model, tensors, task.inputs, numbers)
    at_label = values.gather(2, task.answers(numbers)[:, :, None])
    return ((values >= at_label).sum(2) == 1).sum(1)
