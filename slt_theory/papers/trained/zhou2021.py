"""N:M from scratch: of every M consecutive weights the N largest compute, and all are trained.

Source: Zhou, Ma, Zhu, Liu, Zhang, Yuan, Sun, Li, "Learning N:M fine-grained structured sparse
neural networks from scratch" (ICLR 2021, arXiv 2102.04010): SR-STE, and with strength 0 the plain
straight-through estimator. The linear layer of the released code drops its bias; ours keeps it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import NamedTuple

from slt_theory.errors import BadInput
from slt_theory.papers.trained.bai2022 import add_pressure
from slt_theory.papers.trained.shared import (
    REPLICATES,
    Arms,
    Beats,
    Check,
    Claim,
    Paper,
    Rig,
    Run,
    Scale,
    Source,
    Verdict,
    Within,
    control,
    mutant,
    rig,
    torch,
    training,
)

PAPER = Paper(
    key="zhou2021",
    authors="Aojun Zhou, Yukun Ma, Junnan Zhu, Jianbo Liu, Zhijie Zhang, Kun Yuan, Wenxiu Sun, "
    "Hongsheng Li",
    title="Learning N:M Fine-grained Structured Sparse Neural Networks From Scratch",
    venue="ICLR",
    year=2021,
    arxiv="2102.04010",
)

#: Of the term that shrinks the weights outside the pattern, in the paper.
STRENGTH = 2e-4


def pattern(tensors: training.Tensors, n: int, m: int) -> training.Tensors:
    """Masks that keep the n largest |w| of every m consecutive inputs of a unit.

    Of equals, those with the lower index. Inputs of a convolution are its channels, place by place.

    Raises
    ------
    BadInput
        Unless 1 <= n <= m, and m divides the inputs of every layer.
    """
    if not 1 <= n <= m:
        raise BadInput("n, m", (n, m), "must satisfy 1 <= n <= m")
    return {
        name: _groups_top(name, score, n, m) for name, score in training.magnitude(tensors).items()
    }


def _groups_top(name: str, score: torch.Tensor, n: int, m: int) -> torch.Tensor:
    inputs_last = score.movedim(2, -1)
    if inputs_last.shape[-1] % m:
        raise BadInput("m", m, f"must divide the {inputs_last.shape[-1]} inputs of {name}")
    rows = training.top_rows(inputs_last.reshape(-1, m), n)
    return rows.reshape(inputs_last.shape).movedim(-1, 2)


class Patterned(NamedTuple):
    """All weights at the end, their pattern, and how many mask bits every step flipped: (S,).

    Flips are the paper's sparse architecture divergence of successive steps, summed.
    """

    weights: training.Tensors
    masks: training.Tensors
    flips: torch.Tensor


def fit_pattern(
    model: training.Model,
    start: training.Tensors,
    task: training.Task,
    recipe: training.Recipe,
    *,
    draws: training.Draws,
    n: int,
    m: int,
    strength: float = STRENGTH,
) -> Patterned:
    """Train all weights; the n largest of every m compute, the others shrink by `strength`.

    The network computes with ``applied(weights, masks)``. Gradients pass the mask as if it were
    not there.
    """
    masks = pattern(start, n, m)
    flips = training.hamming(masks, masks)

    def advance(weights: training.Tensors) -> None:
        nonlocal masks, flips
        new = pattern(weights, n, m)
        flips, masks = flips + training.hamming(masks, new), new

    def effective(weights: training.Tensors) -> training.Tensors:
        hard = training.applied(weights, masks)
        return weights | {
            name: training.straight_through(hard[name], weights[name]) for name in masks
        }

    def refine(moment: training.Moment) -> None:
        add_pressure(moment.variables, masks, strength)

    weights = training.fit(
        model,
        start,
        task,
        recipe,
        draws=draws,
        effective=effective,
        on_gradient=[refine],
        on_step=[lambda moment: advance(moment.variables)],
    ).variables
    return Patterned(weights, masks, flips)


#: Inputs of every layer are a multiple of 16.
WIDTHS, MARGIN = (64, 96, 48, 10), 0.01


@cache
def grouped(seed: int, size: Scale) -> Rig:
    """The optimiser of the paper, at a rate for small networks."""
    recipe = training.Recipe(steps=1000, method="sgd", rate=0.05, decay=5e-5, schedule="cosine")
    return rig(seed, size, widths=WIDTHS, recipe=recipe)


def start(r: Rig, copy: int = 0) -> training.Tensors:
    """Initial weights."""
    return r.start(law="kaiming-normal", copy=copy)


# What is cached has no defaults: one arm is one key.


@cache
def trained(seed: int, size: Scale, strength: float, kept: tuple[int, int], copy: int) -> Patterned:
    """Train with n of every m kept, at a strength."""
    r = grouped(seed, size)
    n, m = kept
    return fit_pattern(
        r.model, start(r, copy), r.task, r.recipe, draws=r.draws, n=n, m=m, strength=strength
    )


@cache
def dense(seed: int, size: Scale) -> training.Tensors:
    """Train the dense network."""
    r = grouped(seed, size)
    return r.train(start(r)).variables


NETWORKS: dict[str, Callable[[Run], Patterned]] = {
    "SR-STE": lambda run: trained(*run, STRENGTH, (2, 4), 0),
    "plain": lambda run: trained(*run, 0.0, (2, 4), 0),
    "other SR-STE": lambda run: trained(*run, STRENGTH, (2, 4), 1),
    # Planted errors.
    "1 of 16": lambda run: trained(*run, STRENGTH, (1, 16), 0),
    "wrong sign": lambda run: trained(*run, -STRENGTH, (2, 4), 0),
}
ACCURACY = Arms(
    Run,
    {**NETWORKS, "dense": lambda run: grouped(*run).accuracy(dense(*run))},
    read=lambda run, found: grouped(*run).accuracy(training.applied(found.weights, found.masks)),
    what="accuracy of SR-STE over the plain estimator",
)
FLIPS = Arms(
    Run,
    NETWORKS,
    read=lambda run, found: [-k for k in found.flips.tolist()],
    what="minus the mask bits flipped, 2:4",
)
AS_DENSE = "accuracy of the N:M network over the dense one"

NM_SCOPE = "ResNets on ImageNet and other networks on detection, flow and translation; 120 epochs"
GROUPS = f"MLP 64-96-48-10 on 8x8 digits, 1,000 steps of SGD, {REPLICATES}"

ENTRIES = (
    Claim(
        id="zhou2021-accuracy",
        title="2:4 networks trained from scratch",
        family="pruning while training",
        source=Source(PAPER, "abstract; experiments", "ICLR 2021", "read"),
        statement="SR-STE trains N:M networks to a better accuracy than the plain "
        "straight-through estimator, and 2:4 networks to that of the dense one.",
        paper_scope=NM_SCOPE,
        test_scope=GROUPS,
        checks=(
            Check(
                "plain estimator",
                "SR-STE beats strength 0",
                Beats(ACCURACY, "SR-STE", "plain"),
                recorded=Verdict.INCONCLUSIVE,
            ),
            Check(
                "dense",
                "2:4 is at most one point worse than dense",
                Within(ACCURACY, "SR-STE", "dense", margin=MARGIN, what=AS_DENSE),
            ),
            control(
                "SR-STE against SR-STE",
                Beats(ACCURACY, "SR-STE", "other SR-STE", what="accuracy of SR-STE over SR-STE"),
            ),
            mutant(
                "1:16 over the plain estimator",
                "one of 16 kept instead of two of four",
                Beats(ACCURACY, "1 of 16", "plain"),
            ),
            mutant(
                "1:16 over dense",
                "one of 16 kept instead of two of four",
                Within(ACCURACY, "1 of 16", "dense", margin=MARGIN, what=AS_DENSE),
            ),
        ),
    ),
    Claim(
        id="zhou2021-churn",
        title="SR-STE lowers mask churn",
        family="pruning while training",
        source=Source(PAPER, "sparse architecture divergence", "ICLR 2021", "read"),
        statement="With the sparse-refined term masks change less during training.",
        paper_scope=NM_SCOPE,
        test_scope=f"{GROUPS}; 2:4, strength 2e-4, mask bits flipped over all steps",
        checks=(
            Check(
                "flips",
                "SR-STE flips fewer mask bits than strength 0",
                Beats(FLIPS, "SR-STE", "plain"),
            ),
            control("SR-STE against SR-STE", Beats(FLIPS, "SR-STE", "other SR-STE")),
            mutant(
                "wrong sign",
                "weights outside the pattern grow",
                Beats(FLIPS, "wrong sign", "plain"),
            ),
        ),
    ),
)
