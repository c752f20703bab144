"""What soft shrinkage does to weights, decided bit for bit."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from slt_theory.papers.trained.shared import (
    FULL,
    Check,
    Claim,
    Outcome,
    Scale,
    Source,
    all_of,
    mutant,
    torch,
    training,
)
from slt_theory.papers.trained.wang2023 import DENSITY, FACTOR, PAPER, Shrinking, sharp


class Reversed(Shrinking):
    """Mutant: the support shrinks, not the rest."""

    def __call__(self, moment: training.Moment) -> None:
        for name, support in training.top(training.magnitude(moment.variables), self.keep).items():
            weight = moment.variables[name]
            weight.copy_(torch.where(support, self.factor * weight, weight))


def one_step(
    seed: int, size: Scale = FULL, *, kind: type[Shrinking] = Shrinking, steps: int = 10
) -> Outcome:
    """In a run, each step leaves the largest weights alone and rounds once what it shrinks."""
    s = sharp(seed, size)
    keep = s.rig.keep(DENSITY)
    hook = kind(keep, FACTOR)
    failures: list[str] = []
    before: dict[str, NDArray[np.float32]] = {}

    def remember(moment: training.Moment) -> None:
        before.update({name: moment.variables[name].numpy().copy() for name in keep})

    def compare(moment: training.Moment) -> None:
        for name, count in keep.items():
            for k, (old, new) in enumerate(zip(before[name], moment.variables[name], strict=True)):
                # The product of two 24-bit numbers is exact in float64.
                expected = (old.astype(np.float64) * np.float32(FACTOR)).astype(np.float32).ravel()
                largest = np.argsort(-np.abs(old.ravel()), kind="stable")[:count]
                expected[largest] = old.ravel()[largest]
                if not np.array_equal(expected, new.numpy().ravel()):
                    failures.append(f"{name} of replicate {k} at step {moment.step}")

    brief = replace(s.rig.recipe, steps=steps)
    s.rig.train(s.rig.start(), recipe=brief, loss=s.loss, on_step=[remember, hook, compare])
    return all_of(failures, steps * size.replicates * len(keep), "layers after each step")


def geometric(
    seed: int, size: Scale = FULL, *, kind: type[Shrinking] = Shrinking, steps: int = 20
) -> Outcome:
    """Without gradients t steps multiply all but the largest by factor^t: the support stays."""
    s = sharp(seed, size)
    start, keep = s.rig.start(), s.rig.keep(DENSITY)
    still = replace(s.rig.recipe, steps=steps, rate=0.0)
    end = s.rig.train(start, recipe=still, loss=s.loss, on_step=[kind(keep, 1 / 2)]).variables
    support = training.top(training.magnitude(start), keep)
    failures = [
        f"{name} of replicate {k}"
        for name, mask in support.items()
        # Halving a float is exact.
        for k, same in enumerate(end[name] == start[name] * torch.where(mask, 1.0, 0.5**steps))
        if not bool(same.all())
    ]
    return all_of(failures, size.replicates * len(keep), f"weights after {steps} halvings")


ENTRIES = (
    Claim(
        id="wang2023-shrinkage",
        title="Soft shrinkage is a multiplication of what ranks low",
        family="pruning while training",
        source=Source(PAPER, "method", "ICCV 2023", "code"),
        statement="After each step all but the k largest |w| of a layer are multiplied by 0.95 "
        "and the others are left alone. Where nothing else moves, t steps multiply by 0.95^t and "
        "the support stays.",
        paper_scope="any network",
        test_scope="MLP 16-64-64-64 at density 1/20; float32",
        exact=True,
        checks=(
            Check(
                "one step",
                "in a run, the largest are untouched and the rest rounded once",
                one_step,
            ),
            Check(
                "many steps",
                "without gradients, 20 halvings are one multiplication by 2^-20",
                geometric,
            ),
            mutant(
                "one step on the support",
                "the kept weights shrink",
                partial(one_step, kind=Reversed),
            ),
            mutant(
                "many steps on the support",
                "the kept weights shrink, and others take their place",
                partial(geometric, kind=Reversed),
            ),
        ),
    ),
)
