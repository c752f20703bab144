"""Random sparse sources: how many numbers suffice when each is present with probability p.

The published factor 1/log(1/(1-p)) vanishes as p -> 1, the measured one does not: n p is nearly
constant. Both are drawn relative to p = 1/2.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DELTA = 0.1
EPS = ("1/10", "1/100", "1/1000")
SHARES = ("1/10", "1/5", "3/10", "1/2", "7/10", "9/10", "99/100", "9999/10000")


def table(*, quick: bool = False, seed: int = 0) -> dict[str, Any]:
    """Measure the thresholds; about ten seconds."""
    from fractions import Fraction

    from slt_theory.experiments import threshold
    from slt_theory.laws import Masked, Uniform

    trials = 500 if quick else 4000
    rows = []
    for eps in EPS:
        for p in SHARES:
            law = Masked(Uniform(), Fraction(p))
            found = threshold(law=law, eps=Fraction(eps), delta=DELTA, trials=trials, seed=seed)
            rows.append({"eps": float(Fraction(eps)), "p": float(Fraction(p)), **found.interval()})
    return {"delta": DELTA, "trials": trials, "level": 0.95, "rows": rows}


def draw(data: dict[str, Any]) -> Figure:
    """The figure of a table, in the current style."""
    import numpy as np

    from slt_theory.plotting import COLOURS, legend_above, new_figure, thresholds

    figure = new_figure()
    axis = figure.subplots()
    every = sorted({row["eps"] for row in data["rows"]}, reverse=True)
    for colour, eps in zip(COLOURS, every, strict=False):
        rows = [row for row in data["rows"] if row["eps"] == eps]
        p = [row["p"] for row in rows]
        label = rf"$\varepsilon$ = {eps:g}"
        thresholds(axis, p, rows, factors=p, color=colour, label=label)
        half = next(row["n"] / 2 for row in rows if row["p"] == 0.5)
        grid = np.linspace(min(p), 0.9999, 400)
        published = half * 2 * np.log(2) * grid / np.log(1 / (1 - grid))
        axis.plot(grid, published, color=colour, ls=":", lw=1)
    axis.plot([], [], color="0.4", ls=":", label="published factor, set at 1/2")
    axis.set(xlabel="probability $p$ that a number is present", ylabel="numbers present, $n\\,p$")
    axis.set_ylim(0, None)
    legend_above(figure, title=f"bars: exact {data['level']:.0%}")
    return figure
