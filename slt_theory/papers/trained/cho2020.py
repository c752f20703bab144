"""Masks by gradient: every weight has a gate, gates have a price, and the largest stay.

Source: Cho, Joshi, Hegde, "ESPN: extremely sparse pruned networks" (2020, arXiv 2006.15741), the
variant that rewinds. The released code ends the search once few gates exceed 1/100 with their
sign, and reports the best test accuracy of all epochs; here the search has a length, |gate|
ranks, and the last network counts.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache

from slt_theory.papers.trained.shared import (
    FULL,
    REPLICATES,
    Arms,
    Beats,
    Check,
    Claim,
    Outcome,
    Paper,
    Rig,
    Run,
    Scale,
    Source,
    all_of,
    control,
    mutant,
    rig,
    torch,
    training,
)

PAPER = Paper(
    key="cho2020",
    authors="Minsu Cho, Ameya Joshi, Chinmay Hegde",
    title="ESPN: Extremely Sparse Pruned Networks",
    venue="arXiv",
    year=2020,
    arxiv="2006.15741",
)


def gates(
    model: training.Model,
    start: training.Tensors,
    task: training.Task,
    recipe: training.Recipe,
    *,
    draws: training.Draws,
    price: float,
    copy: int = 0,
) -> training.Tensors:
    """Train weights and gates together, the product computing: |gate| is a weight's score.

    Parameters
    ----------
    start : dict of Tensor
        Weights after a short warm-up, to which those of the largest gates are rewound afterwards:
        ``fit_masked(model, start, top(gates(...), count), ...)``, one count over all layers.
    price : float
        Factor of the sum of all |gate| in the loss.

    Returns
    -------
    dict of Tensor (S, *shape)
        What became of the weights is forgotten.
    """
    layers = training.maskable(model.shapes)

    def gate(name: str) -> str:
        return f"{name}.gate"

    def product(variables: training.Tensors) -> training.Tensors:
        gated = {name: variables[name] * variables[gate(name)] for name in layers}
        return {name: variables[name] for name in model.shapes} | gated

    def cost(variables: training.Tensors, progress: float) -> torch.Tensor:
        sums = [variables[gate(name)].abs().flatten(1).sum(1) for name in layers]
        return price * torch.stack(sums).sum(0)

    opened = {gate(name): torch.ones_like(start[name]) for name in layers}
    found = training.fit(
        model,
        start | opened,
        task,
        recipe,
        draws=draws,
        effective=product,
        penalty=cost,
        copy=copy,
    ).variables
    return {name: found[gate(name)].abs() for name in layers}


WARM, SEARCH, PRICE = 60, 800, 1e-3
DENSITIES = ("1/20", "1/40")


@cache
def warmed(seed: int, size: Scale) -> tuple[Rig, training.Tensors, training.Tensors]:
    """The rig, the weights after the warm-up, and those after as many more steps as a search."""
    r = rig(seed, size)
    warm = r.steps(WARM)
    recipe = replace(r.recipe, steps=warm + r.steps(SEARCH))
    fitted = r.train(r.start(), recipe=recipe, snapshots=(warm,))
    return r, fitted.snapshots[warm], fitted.variables


# What is cached has no defaults: one arm is one key.


@cache
def scores(seed: int, size: Scale, rule: str, copy: int) -> training.Tensors:
    """Scores that rank the weights: gates, gates that cost nothing ("free"), or magnitude."""
    r, warm, dense = warmed(seed, size)
    if rule == "magnitude":
        return training.magnitude(dense)
    recipe = training.Recipe(steps=r.steps(SEARCH), method="sgd", rate=0.1)
    price = {"gates": PRICE, "free": 0.0}[rule]
    return gates(r.model, warm, r.task, recipe, draws=r.draws, price=price, copy=copy)


def count(r: Rig, density: str) -> int:
    """Weights that all layers keep together."""
    return sum(r.keep(density).values())


@cache
def pruned(seed: int, size: Scale, rule: str, density: str, copy: int) -> training.Tensors:
    """The warm network under the weights of largest score, trained; "least": of smallest gates."""
    r, warm, _ = warmed(seed, size)
    if rule == "least":
        ranks = {name: -score for name, score in scores(seed, size, "gates", copy).items()}
    else:
        ranks = scores(seed, size, rule, copy)
    return r.train(warm, training.top(ranks, count(r, density)), copy=1 + copy).variables


def counts(seed: int, size: Scale = FULL) -> Outcome:
    """Ranking gates gives exactly the count asked for, and sparser masks inside denser ones."""
    r, *_ = warmed(seed, size)
    found = scores(seed, size, "gates", 0)
    sizes = [count(r, density) for density in DENSITIES]
    masks = [training.top(found, k) for k in sizes]
    return _counts(sizes, masks, training.nested(masks[1], masks[0]).tolist())


def by_threshold(seed: int, size: Scale = FULL) -> Outcome:
    """Mutant: gates over 1/100 stay, as when the released search ends at its cap."""
    r, *_ = warmed(seed, size)
    masks = {name: score > 1 / 100 for name, score in scores(seed, size, "gates", 0).items()}
    return _counts([count(r, DENSITIES[0])], [masks], [True] * size.replicates)


def _counts(sizes: list[int], masks: list[training.Tensors], inside: list[bool]) -> Outcome:
    failures = [f"replicate {k}: not nested" for k, fine in enumerate(inside) if not fine]
    for size, mask in zip(sizes, masks, strict=True):
        failures += [
            f"replicate {k} keeps {found} of {size}"
            for k, found in enumerate(training.kept(mask).tolist())
            if found != size
        ]
    return all_of(failures, (len(sizes) + 1) * len(inside), "counts and nesting of the masks")


def _at(density: str) -> dict[str, Callable[[Run], training.Tensors]]:
    """Arms at a density, all layers ranked together."""
    return {
        "gates": lambda run: pruned(*run, "gates", density, 0),
        "magnitude": lambda run: pruned(*run, "magnitude", density, 0),
        "free": lambda run: pruned(*run, "free", density, 0),
        "gates, other batches": lambda run: pruned(*run, "gates", density, 1),
        # Planted error.
        "least": lambda run: pruned(*run, "least", density, 0),
    }


TWENTIETH = Arms(
    Run,
    _at("1/20"),
    read=lambda run, weights: warmed(*run)[0].accuracy(weights),
    what="accuracy of {first} over {second} at density 1/20",
)
FORTIETH = replace(
    TWENTIETH, table=_at("1/40"), what="accuracy of {first} over {second} at density 1/40"
)


ENTRIES = (
    Claim(
        id="cho2020-gates",
        title="Masks found by gates beat masks by magnitude",
        family="pruning while training",
        source=Source(PAPER, "abstract", "arXiv 2020", "read"),
        statement="Ranking weights by gates trained under an l1 penalty from a short warm-up "
        "gives masks of exactly the count asked for, with a better accuracy at extreme densities "
        "than one-shot masks by magnitude.",
        paper_scope="convolutional networks on CIFAR and ImageNet; densities from 1/20 down",
        test_scope="MLP 64-100-50-10 on 8x8 digits, warm-up of 60 Adam steps, search of 800, "
        f"600 after it, {REPLICATES}",
        not_claimed=("that the penalty is what does it: gates that cost nothing win as well",),
        checks=(
            Check(
                "density 1/20",
                "gates beat magnitude, both over all layers",
                Beats(TWENTIETH, "gates", "magnitude"),
            ),
            Check("density 1/40", "the same at 1/40", Beats(FORTIETH, "gates", "magnitude")),
            Check(
                "penalty",
                "gates beat gates that cost nothing, at 1/40",
                Beats(FORTIETH, "gates", "free"),
            ),
            Check("counts", "masks keep exactly their counts, nested", counts),
            control(
                "gates against gates",
                Beats(
                    TWENTIETH,
                    "gates",
                    "gates, other batches",
                    what="accuracy of gates over gates at density 1/20",
                ),
            ),
            mutant("least gates", "the smallest stay", Beats(TWENTIETH, "least", "magnitude")),
            mutant("threshold", "gates over 1/100 stay, whatever their number", by_threshold),
        ),
    ),
)
