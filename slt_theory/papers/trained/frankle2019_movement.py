"""How far training moves the weights of a ticket, against networks where that means nothing.

Large final weights are kept, and a weight that moved far is likely to be large: kept weights have
moved further than the others even where movement and start are independent. So the ratio is
compared with its value when the movements of each layer are dealt out again at random and the
mask is made anew.

Source: the observation in Frankle and Carbin (arXiv 1803.03635), appendix F; the null is ours.
"""

from __future__ import annotations

from statistics import fmean
from typing import NamedTuple

from slt_theory.papers.trained.frankle2019 import LENET, PAPER, RATE, ROUNDS
from slt_theory.papers.trained.shared import (
    SCOPE,
    Arms,
    Beats,
    Check,
    Claim,
    Rig,
    Scale,
    Source,
    control,
    keeps,
    mutant,
    rig,
    torch,
    training,
)


def moved_ratio(
    start: training.Tensors, end: training.Tensors, masks: training.Tensors
) -> torch.Tensor:
    """Mean |movement| of the kept weights / of the others, all layers together: float64 (S,)."""
    moved = training.movement(start, end)
    flat, kept = (
        torch.cat([tensors[name].flatten(1) for name in masks], dim=1) for tensors in (moved, masks)
    )
    inside, outside = flat.double() * kept, flat.double() * ~kept
    return (inside.sum(1) / kept.sum(1)) / (outside.sum(1) / (~kept).sum(1))


def dealt_again(
    start: training.Tensors, end: training.Tensors, draws: training.Draws, *, copy: int
) -> training.Tensors:
    """The end of a training whose movements are those of the true one in random places.

    Each layer's movements stay in it; their signs go along. Tensors other than weights end as
    they did.
    """
    result = dict(end)
    names = list(training.magnitude(end))
    for k, name in enumerate(names):
        moves = (end[name] - start[name]).flatten(1)
        order = draws.order(moves.shape[1], training.Use.AGAIN, copy * len(names) + k)
        result[name] = start[name] + moves.gather(1, order).reshape(start[name].shape)
    return result


DEALS = 20


class Moved(NamedTuple):
    """The dense network before and after training."""

    rig: Rig
    start: training.Tensors
    end: training.Tensors

    def ratio(self, copy: int | None = None, *, by_start: bool = False) -> list[float]:
        """Movement of kept over pruned weights under one-shot masks; a copy deals it out first."""
        start, end = self.start, self.end
        if copy is not None:
            end = dealt_again(start, end, self.rig.draws, copy=copy)
        keep = keeps(self.rig.model.shapes, RATE, ROUNDS)[-1]
        masks = training.top(training.magnitude(start if by_start else end), keep)
        ratios: list[float] = moved_ratio(start, end, masks).tolist()
        return ratios

    def null(self) -> list[float]:
        """The mean of twenty deals."""
        deals = [self.ratio(copy) for copy in range(1, DEALS + 1)]
        return [fmean(values) for values in zip(*deals, strict=True)]


def moved(seed: int, size: Scale) -> Moved:
    """Train the dense network."""
    r = rig(seed, size)
    start = r.start()
    return Moved(r, start, r.train(start).variables)


MOVEMENTS = Arms(
    moved,
    {
        "movement of kept over pruned weights": lambda m: m.ratio(),
        "the movements dealt out again": lambda m: m.null(),
        "a deal": lambda m: m.ratio(0),
        "1": 1,
        # Planted error.
        "the same under masks of the initial weights": lambda m: m.ratio(by_start=True),
    },
    what="{first} against {second}",
)
KEPT, DEALT = "movement of kept over pruned weights", "the movements dealt out again"


ENTRIES = (
    Claim(
        id="frankle2019-movement",
        title="The weights of a ticket move further than others, beyond what selection explains",
        family="pruning and rewinding",
        source=Source(PAPER, "appendix F", "ICLR 2019", "recalled-mid"),
        statement="The weights that end in a winning ticket are moved further by training than the "
        "pruned ones.",
        paper_scope=LENET,
        test_scope=f"{SCOPE}; one-shot masks at density 0.058 in the dense network",
        not_claimed=("a cause: selection by final magnitude explains most of the ratio",),
        checks=(
            Check("ratio", "mean movement, kept over pruned, above 1", Beats(MOVEMENTS, KEPT, "1")),
            Check(
                "chance alone",
                "movements dealt out at random in each layer, masks made anew, give that too",
                Beats(
                    MOVEMENTS, "a deal", "1", what="a deal's movement of kept over pruned against 1"
                ),
            ),
            Check(
                "beyond chance",
                "the ratio over its mean for twenty such deals",
                Beats(MOVEMENTS, KEPT, DEALT),
            ),
            control(
                "a deal over the mean of twenty",
                Beats(MOVEMENTS, "a deal", DEALT, what="a deal over the mean of deals"),
            ),
            mutant(
                "masked at the start",
                "the masks keep the largest initial weights",
                Beats(
                    MOVEMENTS, "the same under masks of the initial weights", DEALT, what="{first}"
                ),
            ),
        ),
    ),
)
