"""Accuracy against density of pruned networks that start from different weights, or masks.

Iterative pruning by 35 % a round (the output layer by 17.5 %) of an MLP 64-100-50-10 on 8x8 digits.
Points are medians of 24 replicates of split, initial weights and order of batches; bars and the
band of the dense network are exact intervals of level 0.95 for the median, given the data set. The
accuracy is drawn by the logarithm of the error.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ARMS = {
    "ticket": "ticket",
    "signs": "its signs, new magnitudes",
    "shuffled": "its weights, shuffled",
    "fresh": "new weights",
    "one-shot": "one cut",
    "random masks": "random masks",
}
ROUNDS = (1, 3, 5, 7, 9)
MARKS = (20, 50, 80, 90, 95, 97, 98)


def table(*, quick: bool = False, seed: int = 0) -> dict[str, Any]:
    """Nine rounds, then six arms at five densities: 40 trainings of 24 networks, 2 to 3 minutes."""
    from importlib.metadata import version

    from slt_theory.papers.trained.frankle2019 import PLACES, RATE, Pruned
    from slt_theory.papers.trained.shared.pruning import keeps
    from slt_theory.papers.trained.shared.rig import rig
    from slt_theory.papers.trained.shared.verdicts import FULL, SMALL
    from slt_theory.torch.train import density, rounds

    r = rig(seed, SMALL if quick else FULL)
    counts = keeps(r.model.shapes, RATE, max(ROUNDS))
    done = tuple(rounds(r.model, r.start(), r.task, r.recipe, counts, draws=r.draws))
    rows = []
    for last in ROUNDS:
        kept = float(density(done[last].masks)[0])
        for arm in ARMS:
            start, masks = PLACES[arm](Pruned(r, done[: last + 1]))
            accuracy = r.accuracy(r.train(start, masks).variables)
            rows.append({"arm": arm, "density": kept, **_middle(accuracy)})
    return {
        "data": "digits, 1,000 to train on, 497 to test",
        "model": str(r.model),
        "recipe": r.recipe.to_dict(),
        "torch": version("torch"),
        "dense": _middle(r.accuracy(done[0].fitted.variables)),
        "rows": rows,
    }


def _middle(accuracy: list[Any]) -> dict[str, Any]:
    from slt_theory.plotting import median_row

    row = median_row(accuracy)
    return {"accuracy": row.pop("median"), **row, "of": len(accuracy)}


def draw(data: dict[str, Any]) -> Figure:
    """The figure of a table, in the current style."""
    from matplotlib.ticker import NullLocator

    from slt_theory.plotting import COLOURS, legend_above, new_figure

    figure = new_figure()
    axis = figure.subplots()
    dense = data["dense"]
    axis.axhspan(*(100 - 100 * dense[side] for side in ("low", "high")), color="0.85", lw=0)
    axis.axhline(100 - 100 * dense["accuracy"], color="0.4", ls="--", lw=1, label="dense")
    for (arm, label), colour, marker in zip(ARMS.items(), COLOURS, "osD^v*", strict=False):
        part = [row for row in data["rows"] if row["arm"] == arm]
        axis.errorbar(
            [100 * row["density"] for row in part],
            [100 - 100 * row["accuracy"] for row in part],
            yerr=[
                [100 * (row["high"] - row["accuracy"]) for row in part],
                [100 * (row["accuracy"] - row["low"]) for row in part],
            ],
            color=colour,
            marker=marker,
            ms=3,
            lw=1,
            capsize=2,
            label=label,
        )
    densities = sorted({100 * row["density"] for row in data["rows"]})
    axis.set(
        xscale="log",
        xlabel="density (% kept)",
        yscale="log",
        ylabel="test accuracy (%)",
    )
    axis.set_xticks(densities, [f"{density:.2g}" for density in densities])
    # Equal factors of the error are equal lengths, so that 97 and 98 are distinguishable.
    axis.set_yticks([100 - mark for mark in MARKS], [str(mark) for mark in MARKS])
    for one in (axis.xaxis, axis.yaxis):
        one.set_minor_locator(NullLocator())
        one.set_inverted(True)
    legend_above(figure)
    return figure
