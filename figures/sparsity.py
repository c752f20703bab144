"""Sparser sums need more numbers: the smallest n against the share k/n that a sum may keep.

A random target of [-1, 1] and sums of exactly k of n numbers. Below, the entropy bound: the
C(n, k) sums of k numbers cover at most 2 eps each.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DELTA = 0.1
EPS = ("1/10", "1/100", "1/1000")
SIZES = (1, 2, 3, 4, 6, 8)


def entropy_n(size: int, eps: float, delta: float) -> int:
    """Smallest n with C(n, size) * 2 eps >= (1 - delta) * 2: fewer sums cannot cover [-1, 1]."""
    from math import comb

    n = size
    while comb(n, size) * eps < 1 - delta:
        n += 1
    return n


def table(*, quick: bool = False, seed: int = 0) -> dict[str, Any]:
    """Measure the thresholds; about a minute."""
    from fractions import Fraction

    from slt_theory.experiments import threshold

    trials = 200 if quick else 1000
    rows = []
    for eps in EPS:
        for size in SIZES:
            found = threshold(
                eps=Fraction(eps),
                delta=DELTA,
                targets="random",
                size=size,
                trials=trials,
                seed=seed,
                max_items=4000,
            )
            rows.append(
                {
                    "eps": float(Fraction(eps)),
                    "size": size,
                    **found.interval(),
                    "entropy": entropy_n(size, float(Fraction(eps)), DELTA),
                }
            )
    return {"delta": DELTA, "trials": trials, "level": 0.95, "rows": rows}


def draw(data: dict[str, Any]) -> Figure:
    """The figure of a table, in the current style."""
    from slt_theory.plotting import COLOURS, legend_above, new_figure, thresholds

    figure = new_figure()
    axis = figure.subplots()
    every = sorted({row["eps"] for row in data["rows"]}, reverse=True)
    for colour, eps in zip(COLOURS, every, strict=False):
        rows = [row for row in data["rows"] if row["eps"] == eps and row["n"] is not None]
        x = [row["size"] / row["n"] for row in rows]
        thresholds(axis, x, rows, color=colour, label=rf"$\varepsilon$ = {eps:g}")
        axis.plot(
            [row["size"] / row["entropy"] for row in rows],
            [row["entropy"] for row in rows],
            color=colour,
            ls="--",
            lw=1,
        )
        for row in rows if eps == every[-1] else ():
            place = (row["size"] / row["n"], row["n"])
            axis.annotate(str(row["size"]), place, (3, 3), textcoords="offset points")
    axis.plot([], [], color="0.4", ls="--", lw=1, label="entropy bound")
    axis.set(
        xscale="log",
        yscale="log",
        xlabel="share kept, $k/n$ ($k$ beside the points)",
        ylabel=f"smallest $n$ for success {1 - data['delta']:g}",
    )
    legend_above(figure, title=f"bars: exact {data['level']:.0%}")
    return figure
