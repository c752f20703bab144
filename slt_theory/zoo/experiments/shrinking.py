"""What soft shrinkage does to weights, decided bit for bit."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray

from slt_theory.theorems.checks import Outcome, all_of
from slt_theory.torch.train import Moment, magnitude, top
from slt_theory.zoo.experiments.issp import DENSITY, sharp
from slt_theory.zoo.systems.issp import FACTOR, Shrinking
from slt_theory.zoo.verdicts import FULL, Size


class Reversed(Shrinking):
    """Mutant: the support shrinks, not the rest."""

    def __call__(self, moment: Moment) -> None:
        for name, support in top(magnitude(moment.variables), self.keep).items():
            weight = moment.variables[name]
            weight.copy_(torch.where(support, self.factor * weight, weight))


def shrinks_the_rest(seed: int, size: Size = FULL) -> Outcome:
    """In a run, each step leaves the largest weights alone and rounds once what it shrinks."""
    keep = sharp(seed, size).rig.keep(DENSITY)
    return _one_step(seed, size, Shrinking(keep, FACTOR))


def shrinks_the_support(seed: int, size: Size = FULL) -> Outcome:
    """Mutant: the kept weights shrink."""
    return _one_step(seed, size, Reversed(sharp(seed, size).rig.keep(DENSITY), FACTOR))


def _one_step(seed: int, size: Size, hook: Shrinking, steps: int = 10) -> Outcome:
    s = sharp(seed, size)
    keep = s.rig.keep(DENSITY)
    failures: list[str] = []
    before: dict[str, NDArray[np.float32]] = {}

    def remember(moment: Moment) -> None:
        before.update({name: moment.variables[name].numpy().copy() for name in keep})

    def compare(moment: Moment) -> None:
        for name, count in keep.items():
            for k, (old, new) in enumerate(zip(before[name], moment.variables[name], strict=True)):
                # The product of two 24-bit numbers is exact in float64.
                wanted = (old.astype(np.float64) * np.float32(FACTOR)).astype(np.float32).ravel()
                largest = np.argsort(-np.abs(old.ravel()), kind="stable")[:count]
                wanted[largest] = old.ravel()[largest]
                if not np.array_equal(wanted, new.numpy().ravel()):
                    failures.append(f"{name} of replicate {k} at step {moment.step}")

    brief = replace(s.rig.recipe, steps=steps)
    s.rig.train(s.rig.start(), recipe=brief, loss=s.loss, on_step=[remember, hook, compare])
    return all_of(failures, steps * size.replicates * len(keep), "layers after each step")


def shrinks_geometrically(seed: int, size: Size = FULL) -> Outcome:
    """Without gradients t steps multiply all but the largest by factor^t: the support stays."""
    return _geometric(seed, size, Shrinking)


def support_does_not_stay(seed: int, size: Size = FULL) -> Outcome:
    """Mutant: the kept weights shrink, so others take their place."""
    return _geometric(seed, size, Reversed)


def _geometric(seed: int, size: Size, hook: type[Shrinking], steps: int = 20) -> Outcome:
    s = sharp(seed, size)
    start, keep = s.rig.start(), s.rig.keep(DENSITY)
    still = replace(s.rig.recipe, steps=steps, rate=0.0)
    end = s.rig.train(start, recipe=still, loss=s.loss, on_step=[hook(keep, 1 / 2)]).variables
    support = top(magnitude(start), keep)
    failures = [
        f"{name} of replicate {k}"
        for name, mask in support.items()
        # Halving a float is exact.
        for k, same in enumerate(end[name] == start[name] * torch.where(mask, 1.0, 0.5**steps))
        if not bool(same.all())
    ]
    return all_of(failures, size.replicates * len(keep), f"weights after {steps} halvings")
