"""Vectors: in d dimensions a random target takes about d log2(1/eps) numbers, d times as many."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DELTA = 0.1
STEPS = {1: range(1, 11), 2: range(1, 9), 3: range(1, 7), 4: range(1, 5)}


def table(*, quick: bool = False, seed: int = 0) -> dict[str, Any]:
    """Measure the thresholds of random targets of [-1, 1]^d; about a minute."""
    from fractions import Fraction

    from slt_theory.experiments import threshold

    trials = 100 if quick else 500
    rows = []
    for dim, steps in STEPS.items():
        for step in steps:
            found = threshold(
                eps=Fraction(1, 1 << step),
                delta=DELTA,
                targets="random",
                dim=dim,
                trials=trials,
                seed=seed,
            )
            rows.append({"dim": dim, "log2": step, **found.interval()})
    return {"delta": DELTA, "trials": trials, "level": 0.95, "rows": rows}


def draw(data: dict[str, Any]) -> Figure:
    """The figure of a table, in the current style."""
    from slt_theory.plotting import COLOURS, legend_above, new_figure, thresholds

    figure = new_figure()
    axis = figure.subplots()
    for colour, dim in zip(COLOURS, sorted({row["dim"] for row in data["rows"]}), strict=False):
        rows = [row for row in data["rows"] if row["dim"] == dim]
        x = [row["log2"] for row in rows]
        thresholds(axis, x, rows, color=colour, label=f"$d$ = {dim}")
        # 2^n boxes of side 2 eps must cover a share 1 - delta of a box of side 2.
        axis.plot(x, [dim * step for step in x], color=colour, ls="--", lw=1)
    axis.plot([], [], color="0.4", ls="--", lw=1, label=r"$d\,\log_2(1/\varepsilon)$")
    axis.set(
        xlabel=r"$\log_2(1/\varepsilon)$", ylabel=f"smallest $n$ for success {1 - data['delta']:g}"
    )
    axis.set_ylim(bottom=0)
    legend_above(figure, title=f"dimension $d$; bars: exact {data['level']:.0%}")
    return figure
