"""Random sets of hidden units, the best of them by the loss of the untrained network.

Source: "Random search as a baseline for sparse neural network architecture search" (arXiv
2403.08265), whose "sparsity" is that of units; what is scored, and when, is our reading.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache, partial

from slt_theory.papers.trained.shared import (
    Arms,
    Beats,
    Check,
    Claim,
    Equivalent,
    Outcome,
    Paper,
    Rig,
    Run,
    Scale,
    Source,
    Verdict,
    all_of,
    control,
    mutant,
    rig,
    torch,
    training,
)

PAPER = Paper(
    key="farahani2024",
    authors="Rezsa Farahani",
    title="Random search as a baseline for sparse neural network architecture search",
    venue="arXiv",
    year=2024,
    arxiv="2403.08265",
)


def unit_masks(
    model: training.Model, draws: training.Draws, units: Sequence[int], *, copy: int = 0
) -> training.Tensors:
    """Masks that keep all weights between as many random units of each hidden layer as given.

    For layers in a chain, each of shape (out, in).
    """
    stack, layers = len(draws), training.maskable(model.shapes)
    counts = (*units, list(layers.values())[-1][0])
    before = torch.ones(stack, next(iter(layers.values()))[1], dtype=torch.bool)
    masks = {}
    for k, (name, count) in enumerate(zip(layers, counts, strict=True)):
        after = draws.order(layers[name][0], training.Use.MASKS, copy * len(layers) + k) < count
        masks[name] = after[:, :, None] & before[:, None, :]
        before = after
    return masks


def training_loss(
    model: training.Model, tensors: training.Tensors, task: training.Task
) -> torch.Tensor:
    """Cross-entropy of each network on all of its training examples: (S,)."""
    numbers = task.train
    batch = training.Batch(numbers, task.inputs[numbers], task.answers(numbers))
    return training.cross_entropy(training.outputs(model, tensors, task.inputs, numbers), batch)


@dataclass(frozen=True, eq=False)
class Candidates:
    """The masks that a search drew, and their losses.

    Attributes
    ----------
    masks : tuple of dicts of Tensor
    losses : Tensor (k, S)
    """

    masks: tuple[training.Tensors, ...]
    losses: torch.Tensor

    def best(self) -> torch.Tensor:
        """Of each replicate, the first candidate of least loss: int64 (S,)."""
        return (self.losses == self.losses.min(0).values).int().argmax(0)

    def network(self, which: torch.Tensor) -> training.Tensors:
        """Masks with each replicate's own candidate."""
        found = {name: mask.clone() for name, mask in self.masks[0].items()}
        for replicate, candidate in enumerate(which.tolist()):
            for name, mask in found.items():
                mask[replicate] = self.masks[candidate][name][replicate]
        return found


def search(
    model: training.Model,
    start: training.Tensors,
    task: training.Task,
    units: Sequence[int],
    tries: int,
    *,
    draws: training.Draws,
) -> Candidates:
    """Draw that many sets of units and score each before any training."""
    masks = tuple(unit_masks(model, draws, units, copy=k) for k in range(tries))
    losses = [training_loss(model, training.applied(start, each), task) for each in masks]
    return Candidates(masks, torch.stack(losses))


#: Three units in ten of 100 and 50; the mutant keeps one in ten.
UNITS, FEWER = (30, 15), (10, 5)
TRIES, MARGIN, EARLY = 100, 0.02, 60
BRIEF = Scale(4, Fraction(1, 10))


@cache
def _drawn(seed: int, size: Scale) -> tuple[Rig, Candidates]:
    r = rig(seed, size)
    return r, search(r.model, r.start(), r.task, UNITS, TRIES, draws=r.draws)


@cache
def _planted(seed: int, size: Scale) -> tuple[Rig, training.Tensors, Candidates]:
    """Initial weights with one candidate trained in its places; and the search among them."""
    r, drawn = _drawn(seed, size)
    masks = drawn.masks[TRIES // 2]
    start = training.plant(r.start(), r.train(r.start(), masks).variables, masks)
    return r, start, search(r.model, start, r.task, UNITS, TRIES, draws=r.draws)


def minimum(seed: int, size: Scale = BRIEF, *, largest: bool = False) -> Outcome:
    """The chosen network's loss is the least of all, its own when computed alone, and planted."""
    r, start, found = _planted(seed, size)
    signed = replace(found, losses=-found.losses) if largest else found
    which = signed.best()
    masks = found.network(which)
    alone = training_loss(r.model, training.applied(start, masks), r.task).tolist()
    failures = []
    for k, losses in enumerate(found.losses.T.tolist()):
        least = min(losses)
        if losses.index(least) != which[k] or alone[k] != least or which[k] != TRIES // 2:
            failures.append(f"replicate {k}")
    return all_of(failures, len(r.draws), f"best of {TRIES} is the least, and the planted one")


Place = tuple["training.Tensors", "training.Tensors", int]


def _fewer(run: Run) -> Place:
    """Mutant: a search that does not hold the density; one unit in ten."""
    r, _ = _drawn(*run)
    found = search(r.model, r.start(), r.task, FEWER, TRIES // 10, draws=r.draws)
    return r.start(), found.network(found.best()), 0


def _with_planted(run: Run) -> Place:
    """Positive control: one of the hundred is trained already."""
    _, start, found = _planted(*run)
    return start, found.network(found.best()), 0


def _best(run: Run) -> Place:
    r, found = _drawn(*run)
    return r.start(), found.network(found.best()), 0


def _random(run: Run, copy: int) -> Place:
    r, _ = _drawn(*run)
    return r.start(copy=copy), unit_masks(r.model, r.draws, UNITS, copy=TRIES + copy), copy


def _trained(place: Callable[[Run], Place]) -> Callable[[Run], tuple[list[Fraction], ...]]:
    """Accuracy after a tenth of the steps, and at the end."""

    def arm(run: Run) -> tuple[list[Fraction], ...]:
        r, _ = _drawn(*run)
        start, masks, copy = place(run)
        early = r.steps(EARLY)
        fitted = r.train(start, masks, copy=copy, snapshots=(early,))
        after = training.applied(fitted.snapshots[early], masks)
        return r.accuracy(after), r.accuracy(fitted.variables)

    return arm


DRAWN = {
    "best": _trained(_best),
    "random": _trained(lambda run: _random(run, 0)),
    "other": _trained(lambda run: _random(run, 1)),
    "fewer": _trained(_fewer),
    "planted": _trained(_with_planted),
}
EARLY_ON = Arms(
    Run,
    DRAWN,
    read=lambda _, found: found[0],
    what="accuracy after a tenth of the steps, {first} over {second}",
    size=Scale(40),  # networks vary more than elsewhere, and this is quick
)
AT_THE_END = replace(
    EARLY_ON,
    read=lambda _, found: found[1],
    what="accuracy after training, {first} over {second}",
)

NETWORKS = "MLP 64-100-50-10 on 8x8 digits, 600 Adam steps"

ENTRIES = (
    Claim(
        id="farahani2024-minimum",
        title="The best of k is the least of k",
        family="around the search",
        source=Source(PAPER, "the algorithm", "arXiv", "derived"),
        statement="The chosen network has the least untrained loss of the k drawn, which is its "
        "own loss; a trained network planted among them is chosen.",
        paper_scope="every search",
        test_scope="100 candidates, 30 of 100 and 15 of 50 units, MLP 64-100-50-10 on 8x8 digits",
        exact=True,
        checks=(
            Check("minimum", "chosen, its own, and planted", minimum),
            mutant("largest", "the network of largest loss", partial(minimum, largest=True)),
        ),
    ),
    Claim(
        id="farahani2024-equivalence",
        title="The best of many untrained networks is no better than any",
        family="around the search",
        source=Source(PAPER, "abstract", "arXiv", "read"),
        statement="Sparse networks that random search finds before training neither end better "
        "nor converge faster than random ones of the same density.",
        paper_scope="overparameterised image classifiers at several densities of units",
        test_scope=f"{NETWORKS}, best of 100 by training loss, three units in ten, within two "
        "points, 40 replicates of split, weights and order",
        not_claimed=("equal speed: after 60 steps networks differ too much to tell two points",),
        checks=(
            Check(
                "accuracy",
                "within two points after training",
                Equivalent(AT_THE_END, "best", "random", margin=MARGIN),
            ),
            Check(
                "speed",
                "within two points after a tenth of the steps",
                Equivalent(EARLY_ON, "best", "random", margin=MARGIN),
                recorded=Verdict.INCONCLUSIVE,
            ),
            control(
                "random against random",
                Beats(AT_THE_END, "random", "other", what="random over random"),
            ),
            mutant(
                "density not held",
                "the search keeps one unit in ten",
                Equivalent(AT_THE_END, "fewer", "random", margin=MARGIN),
            ),
            Check(
                "sees a trained network",
                "one of the hundred is trained already",
                Equivalent(EARLY_ON, "planted", "random", margin=MARGIN),
                role="mutant",
            ),
        ),
    ),
)
