"""How many numbers a sum a pruned target saves against the dense one.

A layer of m weights needs the largest of m hitting times. Median over independent layers, with
exact 95 % intervals, of the n at which all m sums with random targets of [-1, 1] are reached: m =
4096 weights, and a tenth and a hundredth of them.

Guess before the computation: failure falls like 2^-n, so a tenth of the weights saves log2(10) =
3.3 numbers.
Found: 4 to 5 for uniform numbers, 5 to 7 for products u v and 12 to 15 for relu(u) v, where half of
the numbers are 0 and a sum with few others decides: a hundredth of the weights saves 27 of 65.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure

EPS, WEIGHTS, SHARES = "1/50", 4096, (1.0, 0.1, 0.01)
LAWS = ("uniform", "uniform*uniform", "relu(uniform)*uniform")


def table(*, quick: bool = False, seed: int = 0) -> dict[str, Any]:
    """Largest hitting times of groups of sums; a minute."""
    from fractions import Fraction

    import numpy as np

    from slt_theory.experiments.trials import Question, hitting_times
    from slt_theory.statistics.paired import median_interval

    layers = 9 if quick else 31
    rows = []
    for law in LAWS:
        question = Question.of(law, EPS, "random", -1, 1)
        times = hitting_times(question, trials=WEIGHTS * layers, seed=seed)
        for share in SHARES:
            m = round(WEIGHTS * share)
            # The first m sums of each layer: layers stay independent.
            largest = np.sort(times.reshape(layers, WEIGHTS)[:, :m].max(axis=1)).tolist()
            low, high, level = median_interval(largest)
            rows.append(
                {"law": law, "weights": m, "n": largest[layers // 2], "low": low, "high": high}
                | {"level": level}
            )
    return {"eps": float(Fraction(EPS)), "layers": layers, "seed": seed, "rows": rows}


def draw(data: dict[str, Any]) -> Figure:
    """The figure of a table, in the current style."""
    from slt_theory.plotting import COLOURS, by, curve, legend_above, new_figure

    figure = new_figure()
    axis = figure.subplots()
    for colour, (law, rows) in zip(COLOURS, by(data["rows"], "law").items(), strict=False):
        curve(axis, rows, "weights", "n", colour=colour, label=law)
    axis.set(
        xlabel="weights of the layer that are not 0", ylabel="smallest $n$ for all", xscale="log"
    )
    legend_above(
        figure, title=rf"$\varepsilon$ = {data['eps']:g}, median of {data['layers']} layers"
    )
    return figure
