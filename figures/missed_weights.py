"""Weights that are missed first when there are a little too few candidates.

Share of sums that miss a target w, against w, for four laws of one number; for each the n that
reaches a target of 2/5 nine times in ten. Bars are exact 95 % intervals.

Guess before the computation: large weights are missed first, under every law.
Found: so, but how much depends on the law. A weight of 1 is missed 40 times as often as one of
1/20 by products u v, 16 times by relu(u) v, 5 times by uniform numbers and twice by normal ones;
products need twice the numbers for it (16 against 8, 34 against 17).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure

EPS = "1/50"
LAWS = ("uniform", "normal", "uniform*uniform", "relu(uniform)*uniform")
TARGETS = ("1/20", "1/10", "1/5", "2/5", "3/5", "4/5", "1")


def table(*, quick: bool = False, seed: int = 0) -> dict[str, Any]:
    """Hitting times of every law and target; half a minute."""
    from fractions import Fraction

    from slt_theory.experiments import threshold
    from slt_theory.statistics import clopper_pearson

    trials = 500 if quick else 4000
    rows = []
    for law in LAWS:
        found = [
            threshold(law=law, eps=EPS, delta=0.1, targets=f"fixed:{w}", trials=trials, seed=seed)
            for w in TARGETS
        ]
        middle = found[TARGETS.index("2/5")]
        n = middle.quantiles["0.9"]
        assert n is not None
        for w, one in zip(TARGETS, found, strict=True):
            missed = trials - one.successes(n)
            low, high = clopper_pearson(missed, trials)
            rows.append(
                {"law": law, "n": n, "target": float(Fraction(w)), "missed": missed / trials}
                | {"low": low, "high": high, "n_for_0.9": one.interval()}
            )
    return {"eps": float(Fraction(EPS)), "trials": trials, "seed": seed, "rows": rows}


def draw(data: dict[str, Any]) -> Figure:
    """The figure of a table, in the current style."""
    from slt_theory.plotting import COLOURS, by, curve, legend_above, new_figure

    figure = new_figure()
    axis = figure.subplots()
    for colour, (law, rows) in zip(COLOURS, by(data["rows"], "law").items(), strict=False):
        curve(axis, rows, "target", "missed", colour=colour, label=f"{law}, n = {rows[0]['n']}")
    axis.set(xlabel="target weight $w$", ylabel="share missed", yscale="log")
    legend_above(figure, title=rf"$\varepsilon$ = {data['eps']:g}, {data['trials']} trials")
    return figure
