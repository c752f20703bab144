"""The experiment that most claims are put to: small networks, trained on digits, in one stack."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np

from slt_theory.papers.trained.shared.lazy import datasets, torch, training
from slt_theory.papers.trained.shared.verdicts import Scale

__all__ = ["REPLICATES", "SCOPE", "Rig", "all_digits", "rig"]

REPLICATES = "24 replicates of split, weights and order"

#: The test scope of claims that use the rig as it is.
SCOPE = f"MLP 64-100-50-10 on 8x8 digits, 600 Adam steps, {REPLICATES}"


@dataclass(frozen=True, eq=False)
class Rig:
    """S networks, each with a split, initial weights and an order of batches of its own.

    Two arms of one rig are paired: what they do not change is the same in both.
    """

    model: training.Model
    task: training.Task
    draws: training.Draws
    recipe: training.Recipe
    size: Scale

    def start(self, *, copy: int = 0, law: str = "glorot-normal") -> training.Tensors:
        """Initial weights; another copy is independent."""
        return training.initial(self.model, self.draws, law=law, copy=copy)

    def train(
        self, start: training.Tensors, masks: training.Tensors | None = None, **hooks: Any
    ) -> training.Fitted:
        """Train by the recipe (or `recipe=`, already at this size), perhaps under masks."""
        recipe = hooks.pop("recipe", self.recipe)
        task = hooks.pop("task", self.task)
        if masks is None:
            return training.fit(self.model, start, task, recipe, draws=self.draws, **hooks)
        return training.fit_masked(
            self.model, start, masks, task, recipe, draws=self.draws, **hooks
        )

    def accuracy(self, tensors: training.Tensors, part: str = "test") -> list[Fraction]:
        """Of each replicate, exactly."""
        count = self.task.part(part).shape[1]
        hits = training.correct(self.model, tensors, self.task, part).tolist()
        return [Fraction(int(hit), count) for hit in hits]

    def keep(self, density: Any, rule: str = "uniform") -> dict[str, int]:
        """Counts of kept weights a layer."""
        return training.budget(self.model.shapes, density, rule=rule)

    def steps(self, full: int) -> int:
        """Steps at this size of a run that has `full` at full effort."""
        return self.size.steps(full)


@cache
def all_digits() -> datasets.Labelled:
    """All 1,797 digits."""
    parts = datasets.digits()
    inputs, labels = (
        np.concatenate([getattr(part, name) for part in parts]) for name in ("inputs", "labels")
    )
    return datasets.Labelled(inputs, labels)


def rig(
    seed: int,
    size: Scale,
    *,
    widths: Sequence[int] = (64, 100, 50, 10),
    counts: Sequence[int] = (1000, 300, 497),
    recipe: training.Recipe | None = None,
    noise: Fraction | int = 0,
) -> Rig:
    """The rig of a seed.

    Parameters
    ----------
    seed : int
    size : Scale
    widths : sequence of int
    counts : (train, validation, test)
    recipe : Recipe, optional
        At full effort. Default: 600 steps of Adam, as for LeNet-300-100 on MNIST (Frankle and
        Carbin), who take 50,000.
    noise : Fraction
        Share of the training labels replaced by random ones.
    """
    torch.set_num_threads(1)  # small products; and one thread gives one order of sums
    members = training.draws(seed, size.replicates)
    task = training.split_task("digits", all_digits(), members, counts)
    if noise:
        task = _noisy(task, members, Fraction(noise))
    recipe = recipe or training.Recipe()
    scaled = replace(recipe, steps=size.steps(recipe.steps))
    return Rig(training.Mlp(widths), task, members, scaled, size)


def _noisy(task: training.Task, members: training.Draws, share: Fraction) -> training.Task:
    """Each replicate's first training examples get labels drawn uniformly."""
    count = int(share * task.train.shape[1])
    wrong = task.train[:, :count]
    labels = task.labels.expand(len(members), -1).clone()
    labels.scatter_(1, wrong, members.below(task.classes, training.Use.DATA, 0, (count,)))
    return replace(task, labels=labels)
