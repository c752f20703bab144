"""Sparse networks inside a dense one: extracted by zeroing, and exactly as good as alone.

Source: Halvachi, Peste, Alistarh, Lampert, "ELSA: partial weight freezing for overhead-free sparse
network deployment" (arXiv 2312.06872), the idea of its abstract; the steps are ours. Where the
paper keeps statistics of normalisation for each level, here all levels share the innermost's
biases.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache, partial
from typing import NamedTuple

from slt_theory.papers.trained.shared import (
    FULL,
    SCOPE,
    Arms,
    Beats,
    Check,
    Claim,
    Outcome,
    Paper,
    Rig,
    Scale,
    Source,
    Within,
    all_of,
    control,
    mutant,
    rig,
    torch,
    training,
)

PAPER = Paper(
    key="elsa2023",
    authors="Paniz Halvachi, Alexandra Peste, Dan Alistarh, Christoph H. Lampert",
    title="ELSA: Partial Weight Freezing for Overhead-Free Sparse Network Deployment",
    venue="arXiv",
    year=2023,
    arxiv="2312.06872",
)


def extend(
    model: training.Model,
    sparse: training.Tensors,
    masks: training.Tensors,
    start: training.Tensors,
    task: training.Task,
    recipe: training.Recipe,
    *,
    draws: training.Draws,
    within: training.Tensors | None = None,
) -> training.Fitted:
    """Train what the masks leave out, with the sparse network fixed in its places.

    Parameters
    ----------
    sparse, masks : dict of Tensor
        The sparse network: weights under its masks, and its biases, which stay its own.
    start : dict of Tensor
        Where the other weights begin.
    within : dict of Tensor, optional
        Larger masks, outside of which the weights are 0: a level between sparse and dense.

    Returns
    -------
    Fitted
        Whose variables are the larger network; under the masks it is the sparse one, bit for bit.
    """

    def union(weights: training.Tensors) -> training.Tensors:
        free = weights if within is None else training.applied(weights, within)
        return {
            name: torch.where(masks[name], sparse[name], free[name])
            if name in masks
            else sparse[name]
            for name in sparse
        }

    fitted = training.fit(
        model, {n: start[n] for n in masks}, task, recipe, draws=draws, effective=union
    )
    return training.Fitted(union(fitted.variables), fitted.losses, fitted.snapshots)


DENSITY, MARGIN = "1/10", 0.01
#: Of the level between.
MIDDLE = "3/10"


class Parted(NamedTuple):
    """A dense network, and a sparse one found by magnitude in it."""

    rig: Rig
    masks: training.Tensors
    dense: training.Tensors
    sparse: training.Tensors

    def union(self) -> training.Tensors:
        """The sparse network, and the rest trained around it."""
        r = self.rig
        start = r.start(copy=1)
        return extend(
            r.model, self.sparse, self.masks, start, r.task, r.recipe, draws=r.draws
        ).variables


@cache
def parted(seed: int, size: Scale) -> Parted:
    """Train, prune by magnitude, and train what is left."""
    r = rig(seed, size)
    dense = r.train(r.start()).variables
    masks = training.top(training.magnitude(dense), r.keep(DENSITY))
    return Parted(r, masks, dense, r.train(dense, masks).variables)


NETWORKS = Arms(
    parted,
    {
        "dense": lambda p: p.dense,
        "other dense": lambda p: p.rig.train(p.rig.start(copy=2), copy=1).variables,
        "union": lambda p: p.union(),
        "sparse": lambda p: p.sparse,
    },
    read=lambda p, weights: p.rig.accuracy(weights),
    what=f"accuracy of the union of a network of density {DENSITY} and the rest over dense alone",
)


def same_sparse_part(seed: int, size: Scale = FULL, *, arm: str = "union") -> Outcome:
    """Outputs of the union under its masks equal the sparse network's on every image."""
    p, whole = parted(seed, size), NETWORKS.made(arm, seed, size)
    differ = _differ(p.rig, training.applied(whole, p.masks), p.sparse)
    return all_of(differ, size.replicates, f"outputs at density {DENSITY} equal bit for bit")


def _differ(r: Rig, first: training.Tensors, second: training.Tensors) -> list[str]:
    """The replicates whose outputs differ in any bit of any image."""
    numbers = torch.arange(len(r.task.inputs)).expand(len(r.draws), -1)
    found, expected = (
        training.outputs(r.model, t, r.task.inputs, numbers) for t in (first, second)
    )
    places = (found != expected).flatten(1).any(1).nonzero().flatten().tolist()
    return [f"replicate {k}" for k in places]


def same_levels(seed: int, size: Scale = FULL) -> Outcome:
    """Two sparse networks, one in the other, in one dense network, each as it was."""
    r, inner, dense, sparse = parted(seed, size)
    outer = training.top(training.magnitude(dense), r.keep(MIDDLE))
    brief = replace(r.recipe, steps=r.steps(60))  # what the law says does not depend on it
    level, whole = sparse, sparse
    for masks, within, copy in ((inner, outer, 1), (outer, None, 2)):
        level, whole = (
            whole,
            extend(
                r.model,
                whole,
                masks,
                r.start(copy=copy),
                r.task,
                brief,
                draws=r.draws,
                within=within,
            ).variables,
        )
    failures = [
        f"{text} at density {density}"
        for density, masks, expected in ((DENSITY, inner, sparse), (MIDDLE, outer, level))
        for text in _differ(r, training.applied(whole, masks), expected)
    ]
    return all_of(failures, 2 * size.replicates, "outputs of both levels equal bit for bit")


ENTRIES = (
    Claim(
        id="elsa2023-extraction",
        title="Sparse networks are extracted from a dense one by zeroing",
        family="pruning while training",
        source=Source(PAPER, "abstract", "arXiv", "read"),
        statement="With the kept weights fixed, the rest can be trained so that the whole is a "
        "good dense network; zeroing the rest gives back the sparse one exactly, and so on for "
        "several, one in the other.",
        paper_scope="convolutional networks and transformers on images; normalisation per level",
        test_scope=SCOPE,
        checks=(
            Check("extraction", "the sparse part is what it was, bit for bit", same_sparse_part),
            Check("levels", "networks of density 1/10 and 3/10 in one, bit for bit", same_levels),
            Check(
                "dense accuracy",
                "the whole is at most one point worse than dense alone",
                Within(NETWORKS, "union", "dense", margin=MARGIN, beside=("sparse",)),
            ),
            control(
                "dense against dense",
                Beats(NETWORKS, "dense", "other dense", what="dense over dense"),
            ),
            mutant(
                "nothing held fixed",
                "all weights trained on",
                partial(same_sparse_part, arm="dense"),
            ),
            mutant(
                "not extended",
                "the rest stays 0",
                Within(
                    NETWORKS,
                    "sparse",
                    "dense",
                    margin=MARGIN,
                    what="accuracy of the sparse part over dense alone",
                ),
            ),
        ),
    ),
)
