"""Convolutions from random numbers: da Cunha et al.'s two plots, and the true ticket beside them.

Left: the largest relative error of a convolution parameter of a LeNet5-shaped network, the best
subset sum of n numbers of U[-1, 1] each; right: the largest relative error of an output. The number
of random products that the theorem's own construction takes for the same weight error is marked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NS = (5, 10, 15, 20, 25, 30)
BESIDE = (10, 15, 20)


def table(*, quick: bool = False, seed: int = 0) -> dict[str, Any]:
    """Solve all 2,572 convolution parameters for every n; about ten seconds."""
    from slt_theory.experiments.cnn import direct_errors, random_lenet5, two_layer_beside

    target = random_lenet5(seed)
    rows = direct_errors(target, NS[:3] if quick else NS, seed=seed)
    beside = two_layer_beside(target, [row for row in rows if row.n in BESIDE], seed=seed)
    timeless = [{k: v for k, v in r.to_dict().items() if k != "seconds"} for r in rows]
    return {
        "target": "LeNet5, randomly initialised",
        "theorem": "dacunha2022-direct",
        "seed": seed,
        "rows": timeless,
        "two_layer": [{k: v for k, v in r.items() if k != "seconds"} for r in beside],
    }


def draw(data: dict[str, Any]) -> Figure:
    """The figure of a table, in the current style."""
    from slt_theory.plotting import COLOURS, new_figure

    figure = new_figure()
    left, right = figure.subplots(1, 2)
    n = [row["n"] for row in data["rows"]]
    for axis, key, label in (
        (left, "relative_weight_error", "largest relative weight error"),
        (right, "relative_output_error", "largest relative output error"),
    ):
        axis.semilogy(n, [row[key] for row in data["rows"]], color=COLOURS[0], marker="o", ms=3)
        axis.set(xlabel="numbers a parameter $n$", ylabel=label, xticks=n)
    by_eps = {row["weight_error"]: row for row in data["rows"]}
    left.semilogy(
        [each["n"] for each in data["two_layer"]],
        [by_eps[each["eps"]]["relative_weight_error"] for each in data["two_layer"]],
        color=COLOURS[1],
        marker="s",
        ms=3,
        ls="--",
        label="two-layer ticket at the same error",
    )
    left.plot([], [], color=COLOURS[0], marker="o", ms=3, label="one number a candidate")
    left.set_xticks(range(10, 71, 10))
    title = f"{data['rows'][0]['parameters']:,} parameters"
    figure.legend(loc="outside upper center", ncols=2, title=title)
    return figure
