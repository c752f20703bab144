"""What pressing random tickets does to weights, exactly, and what a cut can change at most."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache, partial

from slt_theory.papers.trained.bai2022 import PAPER, Pressing, descent, masks_of, start, ticket
from slt_theory.papers.trained.shared import (
    FULL,
    Check,
    Claim,
    Outcome,
    Run,
    Scale,
    Source,
    all_of,
    mutant,
    torch,
    training,
)
from slt_theory.papers.trained.shared.cut import Cut, cut

DENSITY = "1/10"
#: Steps of a run that shows a law of every step.
BRIEF = 40
#: Images of each replicate that a cut is followed on.
IMAGES = 4


def as_penalised(seed: int, size: Scale = FULL, *, inside: bool = False) -> Outcome:
    """A run with added gradients is the run whose loss has the penalty, bit for bit.

    Mutant: `inside`, the kept weights are pressed.
    """
    r = descent(seed, size)
    masks = masks_of(r, DENSITY)
    strength = training.ramp(4.0)
    outside = {name: ~mask for name, mask in masks.items()}

    def penalty(weights: training.Tensors, progress: float) -> torch.Tensor:
        lost = training.applied({name: weights[name] for name in masks}, outside)
        squares = [value.square().flatten(1).sum(1) for value in lost.values()]
        return strength(progress) / 2 * torch.stack(squares).sum(0)

    brief = replace(r.recipe, steps=BRIEF)
    pressing = Pressing(outside if inside else masks, strength)
    first = r.train(start(r), recipe=brief, on_gradient=[pressing]).variables
    second = r.train(start(r), recipe=brief, penalty=penalty).variables
    differ = _differ(first, second)
    return all_of(differ, size.replicates, f"weights after {BRIEF} steps equal bit for bit")


def alone(seed: int, size: Scale = FULL, *, method: str = "sgd", steps: int = 8) -> Outcome:
    """Without a loss, t steps multiply cut weights by (1 - rate * strength)^t, exactly.

    Mutant: Adam, which divides the added gradient by its own size.
    """
    r = descent(seed, size)
    masks = masks_of(r, DENSITY)
    # 24 bits of a weight and 3 a step fit into the 53 of float64: nothing is rounded.
    weights = {name: value.double() for name, value in start(r).items()}
    recipe = training.Recipe(steps=steps, method=method, rate=1 / 4, momentum=0.0)
    end = r.train(
        weights,
        recipe=recipe,
        task=r.task.to(torch.float64),
        loss=lambda found, _: 0 * found.sum((1, 2)),
        on_gradient=[Pressing(masks, lambda _: 1 / 2)],
    ).variables
    expected = {
        name: torch.where(masks[name], value, value * (7 / 8) ** steps) if name in masks else value
        for name, value in weights.items()
    }
    what = f"weights after {steps} steps at rate 1/4 and strength 1/2"
    return all_of(_differ(end, expected), size.replicates, what)


def cut_within_bound(seed: int, size: Scale = FULL) -> Outcome:
    """Outputs before and after the cut differ by at most the bound, in enclosed arithmetic."""
    cuts = _cuts(seed, size)
    worst = max(float((one.change / one.bound).mid()) for one in cuts)
    failures = [f"{one.change} over {one.bound}" for one in cuts if not one.change <= one.bound]
    masks = masks_of(descent(seed, size), DENSITY)
    whole = ticket(seed, size, DENSITY, True).whole
    residual = max(float((whole[name].abs() * ~mask).max()) for name, mask in masks.items())
    found = all_of(failures, len(cuts), "change of the outputs within the bound")
    return replace(
        found,
        evidence=f"{found.evidence}; up to {worst:.2g} of it, cut weights up to {residual:.2g}",
        numbers={**found.numbers, "largest_share": worst, "largest_cut_weight": residual},
    )


def last_layer_only(seed: int, size: Scale = FULL) -> Outcome:
    """Mutant: only what the last layer loses is counted."""
    cuts = _cuts(seed, size)
    failures = [f"{one.change} over {one.last}" for one in cuts if not one.change <= one.last]
    return all_of(failures, len(cuts), "change of the outputs within the last layer's part")


@cache
def _cuts(seed: int, size: Scale) -> list[Cut]:
    r = descent(seed, size)
    masks = masks_of(r, DENSITY)
    whole = ticket(seed, size, DENSITY, True).whole
    cuts = []
    for k in range(size.replicates):
        weights, kept = ({n: t[k] for n, t in part.items()} for part in (whole, masks))
        cuts += cut(weights, kept, r.task.inputs[r.task.test[k, :IMAGES]])
    return cuts


def _differ(first: training.Tensors, second: training.Tensors) -> list[str]:
    """The replicates of which any number differs."""
    same = torch.stack([(first[n] == second[n]).flatten(1).all(1) for n in first]).all(0)
    return [f"replicate {k}" for k in (~same).nonzero().flatten().tolist()]


def _ticket(run: Run) -> training.Tensors:
    return ticket(*run, DENSITY, True).ticket


def _revived(run: Run) -> training.Tensors:
    """Mutant: the mask is applied once, and not again in the steps that follow."""
    r = descent(*run)
    cut_once = training.applied(ticket(*run, DENSITY, True).whole, masks_of(r, DENSITY))
    return r.train(cut_once, recipe=replace(r.recipe, steps=BRIEF)).variables


def nothing_outside(
    seed: int, size: Scale = FULL, *, of: Callable[[Run], training.Tensors] = _ticket
) -> Outcome:
    """The ticket has as many weights as its density says, and what is not in its mask is 0."""
    r, weights = descent(seed, size), of(Run(seed, size))
    masks = masks_of(r, DENSITY)
    failures = [
        f"{name} of replicate {k} keeps {int(mask.sum())} of {count}"
        for name, count in r.keep(DENSITY).items()
        for k, mask in enumerate(masks[name] | (weights[name] != 0))
        if int(mask.sum()) != count
    ]
    return all_of(failures, size.replicates * len(masks), "weights of each layer of the ticket")


ENTRIES = (
    Claim(
        id="bai2022-pressure",
        title="Pressure on what will be cut, and what the cut can change",
        family="pruning while training",
        source=Source(PAPER, "random sparse network transformation", "ICLR 2022", "code"),
        statement="Adding lambda (1 - M) w to the gradients is to train on the loss plus lambda/2 "
        "times the sum of (1 - M) w^2. With a rate r it multiplies a weight that has no other "
        "gradient by 1 - r lambda a step. Cutting then moves the outputs by at most the sum over "
        "layers of |(1 - M_l) W_l| |x_l| times |M_k W_k| over the layers k after l.",
        paper_scope="any network",
        test_scope="MLP 64-100-50-10 on 8x8 digits at density 1/10; Frobenius norms",
        exact=True,
        not_claimed=("the bound is ours; how loose it is stands in its evidence",),
        checks=(
            Check(
                "penalty",
                "a run with added gradients is the run on the penalised loss, bit for bit",
                as_penalised,
            ),
            Check(
                "pressure alone",
                "without a loss, t steps multiply the cut weights by (1 - r lambda)^t, exactly",
                alone,
            ),
            Check(
                "cut",
                "outputs on test images move by at most the bound, in enclosed arithmetic",
                cut_within_bound,
            ),
            Check("support", "the ticket has exactly the weights of its mask", nothing_outside),
            mutant(
                "kept weights pressed",
                "the mask is not negated",
                partial(as_penalised, inside=True),
            ),
            mutant(
                "through Adam",
                "the added gradient is divided by its own size",
                partial(alone, method="adam"),
            ),
            mutant("last layer only", "the bound forgets that changes travel on", last_layer_only),
            mutant(
                "mask not re-applied",
                "cut once, then trained without the mask",
                partial(nothing_outside, of=_revived),
            ),
        ),
    ),
)
