"""SynFlow: the flow through every layer and unit is conserved, so that no layer runs empty.

Source: Tanaka, Kunin, Yamins, Ganguli, "Pruning neural networks without any data by iteratively
conserving synaptic flow" (NeurIPS 2020, arXiv 2006.05467). The scores are
`slt_theory.torch.train.synflow`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import pairwise

from slt_theory.papers.trained.shared import (
    FULL,
    Check,
    Claim,
    Outcome,
    Paper,
    Scale,
    Source,
    all_of,
    mutant,
    torch,
    training,
)

PAPER = Paper(
    key="tanaka2020",
    authors="Tanaka, Kunin, Yamins, Ganguli",
    title="Pruning neural networks without any data by iteratively conserving synaptic flow",
    venue="NeurIPS",
    year=2020,
    arxiv="2006.05467",
)

#: With weights in -3 .. 3 the flow of these networks is an integer below 2^53: exact in float64.
LARGEST = 3
FLAT, DEEP = (64, 100, 50, 10), (8,) * 10
Score = Callable[["training.Mlp", "training.Tensors", int], "training.Tensors"]


def integer_weights(
    model: training.Mlp, members: training.Draws, *, copy: int = 0
) -> training.Tensors:
    """Integers in -3 .. 3, zeros among them as a mask would leave."""
    layers = training.maskable(model.shapes)
    drawn = {
        name: members.below(2 * LARGEST + 1, training.Use.WEIGHTS, copy * len(layers) + k, shape)
        - LARGEST
        for k, (name, shape) in enumerate(layers.items())
    }
    zeros = {n: torch.zeros(len(members), *s) for n, s in model.shapes.items()}
    return {name: drawn.get(name, zeros[name]).float() for name in model.shapes}


def _in_float32(model: training.Mlp, tensors: training.Tensors, width: int) -> training.Tensors:
    """Mutant: SynFlow in single precision."""
    leaves = {n: tensors[n].abs().requires_grad_() for n in training.maskable(model.shapes)}
    stack = tensors["0.weight"].shape[0]
    flow = model({**tensors, **leaves}, torch.ones(stack, 1, width)).sum()
    gradients = torch.autograd.grad(flow, list(leaves.values()))
    return {n: leaves[n].detach() * g for n, g in zip(leaves, gradients, strict=True)}


def conserved(seed: int, size: Scale = FULL, *, score: Score | None = None) -> Outcome:
    """All layers have the same total, and every hidden unit lets out what comes in."""
    score = score or training.synflow
    torch.set_num_threads(1)  # small products
    members, failures = training.draws(seed, size.replicates), []
    for model in map(training.Mlp, (FLAT, DEEP)):
        flows = score(model, integer_weights(model, members), model.sizes[0])
        layers = [flow.to(torch.int64) for flow in flows.values()]
        failures += _unequal([layer.flatten(1).sum(1) for layer in layers], f"{model}, layers")
        for k, (into, out) in enumerate(pairwise(layers)):
            failures += _unequal([into.sum(2), out.sum(1)], f"{model}, units of layer {k}")
    cases = len(members) * sum(len(sizes) - 1 for sizes in (FLAT, DEEP))
    return all_of(failures, cases, "integer flows equal")


def _unequal(values: list[torch.Tensor], what: str) -> list[str]:
    """One entry for each network in which these integers differ."""
    differ = torch.stack([(value != values[0]).reshape(len(value), -1).any(1) for value in values])
    return [f"{what}, network {k}" for k in differ.any(0).nonzero().flatten().tolist()]


def never_empty(seed: int, size: Scale = FULL, *, rounds: int = 100) -> Outcome:
    """Rounds leave weights in every layer, down to one weight a layer."""
    model = training.Mlp(FLAT)
    torch.set_num_threads(1)  # small products
    members, weights = (
        training.draws(seed, size.replicates),
        sum(training.sizes(model.shapes).values()),
    )
    source, failures = training.initial(model, members), []
    keeps = [training.count_of(density, weights) for density in ("1/10", "1/100")] + [len(FLAT) - 1]
    for keep in keeps:
        masks = training.synflow_masks(model, source, FLAT[0], keep, rounds=rounds)
        least = torch.stack([mask.flatten(1).sum(1) for mask in masks.values()]).amin(0)
        empty = (least == 0).nonzero().flatten().tolist()
        failures += [f"{keep} of {weights} weights in network {k}" for k in empty]
    return all_of(failures, len(keeps) * len(members), "no layer empty")


ENTRIES = (
    Claim(
        id="tanaka2020-conservation",
        title="Synaptic flow is conserved, layer by layer and unit by unit",
        family="untrained networks",
        source=Source(PAPER, "conservation laws", "NeurIPS 2020", "recalled-high"),
        statement="The SynFlow scores w dR/dw of every layer add up to the same total, and what "
        "comes into a hidden unit leaves it.",
        paper_scope="feedforward networks of homogeneous layers",
        test_scope="MLPs 64-100-50-10 and nine layers of eight units, weights in -3 .. 3: all "
        "scores are integers below 2^53",
        exact=True,
        checks=(
            Check("conserved", "integer flows are equal", conserved),
            mutant(
                "float32",
                "scores in single precision, wrong at depth",
                partial(conserved, score=_in_float32),
            ),
        ),
    ),
    Claim(
        id="tanaka2020-no-collapse",
        title="Iterated synaptic flow never empties a layer",
        family="untrained networks",
        source=Source(PAPER, "maximal critical compression", "NeurIPS 2020", "recalled-high"),
        statement="Pruned by SynFlow in small enough steps, a network keeps weights in every layer "
        "as long as it keeps one for each layer.",
        paper_scope="any feedforward network; steps of less than the cut size",
        test_scope="MLP 64-100-50-10 of normal weights, a hundred rounds to density 1/10, 1/100 "
        "and three weights, 24 networks",
        not_claimed=("that a hundred rounds are few enough for every network",),
        exact=True,
        checks=(
            Check("no layer is empty", "down to one weight a layer", never_empty),
            mutant("at once", "all is pruned in one round", partial(never_empty, rounds=1)),
        ),
    ),
)
