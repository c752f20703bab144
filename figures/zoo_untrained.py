"""Accuracy against density without training a weight: masks, binary masks, and flipped signs.

Medians of 12 networks 64-200-100-10 on digits, with exact intervals for the median over splits,
random weights and orders. The band is the same architecture, all of its weights trained.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fractions import Fraction

    from matplotlib.figure import Figure

TENTHS = (1, 3, 5, 7, 9)
LABELS = {
    "edge-popup": "edge-popup, binary as drawn",
    "biprop": "biprop, normal weights",
    "signs": "SynFlow and sign flips (Peek-a-Boo)",
}


def table(*, quick: bool = False, seed: int = 0) -> dict[str, Any]:
    """Search 15 configurations; about three minutes on an idle core."""
    from fractions import Fraction

    from slt_theory.papers.trained import chen2022, diffenderfer2021
    from slt_theory.papers.trained.shared.verdicts import SMALL, Scale

    size = SMALL if quick else Scale(12)
    r = diffenderfer2021.wide(seed, size)
    rows = [_row("trained", Fraction(1), diffenderfer2021.dense(seed, size))]
    for density in (Fraction(k, 10) for k in (TENTHS[1:2] if quick else TENTHS)):
        for method in ("edge-popup", "biprop"):
            _, found = diffenderfer2021.ticket(seed, size, density, method)
            rows.append(_row(method, density, diffenderfer2021.accuracy(r, found.tensors)))
        flipped = chen2022.flipped(seed, size, density=density)["flipped"]
        rows.append(_row("signs", density, diffenderfer2021.accuracy(r, flipped)))
    return {"data": "digits", "replicates": size.replicates, "rows": rows}


def _row(arm: str, density: Fraction, values: list[Fraction]) -> dict[str, Any]:
    from slt_theory.plotting import median_row

    return {"arm": arm, "density": float(density), **median_row(values)}


def draw(data: dict[str, Any]) -> Figure:
    """The figure of a table, in the current style."""
    from slt_theory.plotting import COLOURS, curve, legend_above, new_figure

    figure = new_figure()
    axis = figure.subplots()
    (trained,) = (row for row in data["rows"] if row["arm"] == "trained")
    axis.axhspan(100 * trained["low"], 100 * trained["high"], color="0.85")
    axis.axhline(100 * trained["median"], color="0.4", ls="--", lw=1, label="trained")
    for (arm, label), colour in zip(LABELS.items(), COLOURS, strict=False):
        part = [row for row in data["rows"] if row["arm"] == arm]
        curve(axis, part, "density", scale=100, colour=colour, label=label)
    axis.set(xlabel="density", ylabel="test accuracy (%)", xlim=(0, 1))
    legend_above(figure)
    return figure
