"""A ticket with a teacher against the same ticket without one."""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from typing import Any

from torch import Tensor
from torch.nn import functional

from slt_theory.papers.trained.shared.pruning import keeps
from slt_theory.theorems.checks import Outcome, all_of
from slt_theory.torch.train import Draws, Tensors, Use, draws, magnitude, top
from slt_theory.zoo.rig import Rig, rig
from slt_theory.zoo.systems.kd import distilled, per_entry, per_example
from slt_theory.zoo.verdicts import FULL, SMALL, Size, beats, not_worse

#: Seven cuts' counts in one: 5.8 % of the weights.
RATE, ROUNDS = Fraction(7, 20), 7
#: Epoch 33 of the paper's 182.
LATE = Fraction(33, 182)
MARGIN, CLEAN, NOISE = 0.01, Fraction(0), Fraction(4, 5)
WARM, COLD = 5.0, 1.0


@cache
def _found(seed: int, size: Size) -> tuple[Rig, dict[str, Tensors]]:
    """The dense network, which is the teacher, its one-shot masks, and where tickets start."""
    r = rig(seed, size)
    start, late = r.start(), r.steps(int(LATE * 600))
    dense = r.train(start, snapshots=(late,))
    masks = top(magnitude(dense.variables), keeps(r.model.shapes, RATE, ROUNDS)[-1])
    found = {"start": start, "late": dense.snapshots[late], "masks": masks}
    return r, {**found, "teacher": dense.variables}


@cache
def _ticket(
    seed: int,
    size: Size,
    temperature: float,
    *,
    noise: Fraction,
    place: str = "start",
    copy: int = 0,
) -> list[Fraction]:
    """Accuracy of a ticket; temperature 0 is without teacher, who never sees the noise."""
    clean, found = _found(seed, size)
    r = rig(seed, size, noise=noise) if noise else clean
    hooks: dict[str, Any] = {}
    if temperature:
        hooks["loss"] = distilled(r.model, found["teacher"], r.task, temperature=temperature)
    return r.accuracy(r.train(found[place], found["masks"], copy=copy, **hooks).variables)


def _over(seed: int, size: Size, temperature: float, noise: Fraction = CLEAN) -> Outcome:
    taught, alone = (_ticket(seed, size, each, noise=noise) for each in (temperature, 0))
    labels = f", {noise} of the labels random" if noise else ""
    what = f"accuracy of the ticket with a teacher at temperature {temperature:g} over without"
    return beats(taught, alone, what + labels)


def _over_rewinding(seed: int, size: Size, noise: Fraction = CLEAN) -> Outcome:
    taught = _ticket(seed, size, WARM, noise=noise)
    rewound = _ticket(seed, size, 0, noise=noise, place="late")
    what = "accuracy of the ticket with a teacher over rewinding"
    return not_worse(taught, rewound, what, margin=MARGIN)


def warm(seed: int, size: Size = FULL) -> Outcome:
    """The temperature of the paper, 5."""
    return _over(seed, size, WARM)


def cold(seed: int, size: Size = FULL) -> Outcome:
    """Temperature 1."""
    return _over(seed, size, COLD)


def against_rewinding(seed: int, size: Size = FULL) -> Outcome:
    """The ticket with a teacher, from the start, against the ticket rewound, without one."""
    return _over_rewinding(seed, size)


def warm_knows_better(seed: int, size: Size = FULL) -> Outcome:
    """Positive control: four labels in five are random, and the teacher has seen the true ones."""
    return _over(seed, size, WARM, NOISE)


def cold_knows_better(seed: int, size: Size = FULL) -> Outcome:
    """Positive control: the same at temperature 1."""
    return _over(seed, size, COLD, NOISE)


def noisy_rewinding(seed: int, size: Size = FULL) -> Outcome:
    """Positive control: the rewound ticket meets random labels, the other one a teacher."""
    return _over_rewinding(seed, size, NOISE)


def control(seed: int, size: Size = FULL) -> Outcome:
    """The ticket without teacher against itself, in two orders that its masks have not seen."""
    one, other = (_ticket(seed, size, 0, noise=CLEAN, copy=copy) for copy in (1, 2))
    return beats(one, other, "ticket over ticket")


def _terms(members: Draws, batch: int, classes: int) -> tuple[Tensor, Tensor]:
    """Integer logarithms, and a teacher who is sure: terms of the divergence that are integers."""
    logs = -members.below(1 << 20, Use.DATA, 0, (batch, classes)).double()
    sure = members.below(classes, Use.DATA, 1, (batch,))
    return logs, functional.one_hot(sure, classes).double()


def reduction(seed: int, size: Size = SMALL, *, ratio: int | None = None) -> Outcome:
    """Both means of integer terms are the float64 nearest to rationals whose ratio is C."""
    failures, cases = [], [(batch, classes) for batch in (1, 7, 60) for classes in range(2, 33)]
    for batch, classes in cases:
        logs, sure = _terms(draws(seed, size.replicates), batch, classes)
        terms = functional.kl_div(logs, sure, reduction="none")
        totals = [Fraction(int(total)) for total in terms.sum((1, 2)).tolist()]
        ours = per_example(terms).tolist()
        entries = per_entry(terms).tolist()
        wanted = [float(total / batch) for total in totals]
        shrunk = [float(total / batch / (ratio or classes)) for total in totals]
        if not (ours == wanted and entries == shrunk):
            failures.append(f"batch {batch}, {classes} classes")
    return all_of(failures, len(cases), f"mean over entries = 1/{ratio or 'C'} of the divergence")


def same_mean(seed: int, size: Size = SMALL) -> Outcome:
    """Mutant: the mean over batch and classes is taken for the divergence."""
    return reduction(seed, size, ratio=1)
