"""Loops around the search: accuracy against density at two widths, and what each claim compares.

Medians of the replicates, with exact intervals for the median of what they are drawn from. Below,
differences of test accuracy (of gains, for sizes) between the two arms of a check: full points for
what a paper claims, open ones for planted errors and effects and for sentences that no paper
claims of networks as small, ticks for the margin; gains of the error are in per cent of the dense
networks' errors. The lower axis is linear between -1 and 1, logarithmic beyond.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LINEAR = 1  # points; beyond, the axis is logarithmic


def table(*, quick: bool = False, seed: int = 0) -> dict[str, Any]:
    """Run every check with 12 replicates; two to three minutes on an idle core."""
    from slt_theory.experiments.catalogue import run_entry
    from slt_theory.papers.trained import sahu2022
    from slt_theory.papers.trained.shared.verdicts import SMALL, Scale
    from slt_theory.plotting import median_row
    from slt_theory.theorems import all_claims
    from slt_theory.torch.train import density, magnitude

    size = SMALL if quick else Scale(12)
    curve = []
    for width in (sahu2022.SMALL_WIDTH, sahu2022.LARGE_WIDTH):
        rig, found = sahu2022.searched(seed, size, width, "reset")
        for network in found.networks:
            masks = {name: value > 0 for name, value in magnitude(network).items()}
            middle = median_row(rig.accuracy(network))
            curve.append({"width": width, "density": float(density(masks).max()), **middle})
    compared = []
    claims = [claim for claim in all_claims() if claim.family == "around the search"]
    for claim in (each for each in claims if not each.exact):
        names = tuple(each.name for each in claim.checks if each.role != "control")
        for outcome in run_entry(claim, names=names, seed=seed, size=size).checks:
            row = {"claim": claim.id, "check": outcome.name, "role": outcome.role}
            numbers = outcome.numbers
            compared.append(
                {**row, "margin": numbers["margin"], **median_row(numbers["differences"])}
            )
    return {"data": "digits", "replicates": size.replicates, "curve": curve, "compared": compared}


def draw(data: dict[str, Any]) -> Figure:
    """The figure of a table, in the current style."""
    from slt_theory.plotting import legend_over, new_figure

    figure = new_figure(2.6)
    above, below = figure.subplots(2, 1, height_ratios=(1, 3))
    _curves(above, data["curve"])
    _differences(below, data["compared"])
    level = min(row["level"] for row in (*data["curve"], *data["compared"]))
    legend_over(above, title=f"bars: exact {level:.0%}")
    return figure


def _curves(axis: Axes, rows: list[dict[str, Any]]) -> None:
    from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

    from slt_theory.plotting import COLOURS, curve

    widths = sorted({row["width"] for row in rows})
    for width, colour in zip(widths, COLOURS, strict=False):
        part = [row for row in rows if row["width"] == width]
        label = f"64-{width}-{width // 2}-10"
        curve(axis, part, "density", scale=100, colour=colour, label=label, size=None)
    axis.set_xscale("log")
    axis.xaxis.set_major_locator(FixedLocator([1, 0.5, 0.3, 0.2, 0.1]))
    axis.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:g}"))
    axis.xaxis.set_minor_locator(NullLocator())
    axis.set(xlabel="density", ylabel="test accuracy (%)")


def _differences(axis: Axes, rows: list[dict[str, Any]]) -> None:
    from itertools import groupby

    from slt_theory.plotting import COLOURS

    place, places = 0.0, []
    for colour, (_, group) in zip(
        (COLOURS * 2), groupby(rows, key=lambda row: row["claim"]), strict=False
    ):
        for row in group:
            places.append(place)
            axis.errorbar(
                [100 * row["median"]],
                [place],
                xerr=_bars([row]),
                color=colour,
                marker="o",
                mfc=colour if row["role"] == "statement" else "white",
                capsize=2,
            )
            if row["margin"]:
                ends = [-100 * row["margin"], 100 * row["margin"]]
                axis.plot(ends, [place, place], color="0.6", marker="|", ls="", zorder=0)
            place -= 1
        place -= 0.7
    axis.axvline(0, color="0.6", lw=0.8, zorder=0)
    axis.set_xscale("symlog", linthresh=LINEAR, linscale=0.6)
    axis.set_xticks([-100, -10, -1, 0, 1, 10, 100], ["-100", "-10", "-1", "0", "1", "10", "100"])
    axis.set_yticks(places, [row["check"] for row in rows])
    axis.set(xlabel="difference of the arms (points)")


def _bars(rows: list[dict[str, Any]]) -> list[list[float]]:
    return [
        [100 * (row["median"] - row["low"]) for row in rows],
        [100 * (row["high"] - row["median"]) for row in rows],
    ]
