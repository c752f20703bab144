"""Spread of Stein particles, accuracy by depth, and what layers know of luminance and class.

Medians over splits, random weights and orders, with exact intervals for them: 24 replicates. Above:
posterior mass in intervals of level 0.9, and digits classified by a residual network at every
depth, its distribution over depths behind. Below: linear probes along trained and untrained layers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.figure import Figure

COUNTS = (19, 39, 79, 159)
ARMS = {"trained": "trained", "untrained": "untrained"}


def table(*, quick: bool = False, seed: int = 0) -> dict[str, Any]:
    """Particles, depths and probes; about two minutes on an idle core."""
    import torch

    from slt_theory.papers.trained import antoran2020, muratore2022, wang2022
    from slt_theory.papers.trained.antoran2020 import fixed
    from slt_theory.papers.trained.shared.verdicts import FULL, SMALL

    size = SMALL if quick else FULL
    base, rows = wang2022.ridge(seed, size), []
    for count in COUNTS[:2] if quick else COUNTS:
        masses = wang2022.mass(base, wang2022.particles(seed, size, count))
        rows.append(_row("mass", "particles", count, masses))
    whole = antoran2020.trained(seed, size)
    shares = whole["depth"].softmax(1).mean(0).tolist()
    for k in range(antoran2020.DEPTHS + 1):
        alone = fixed(whole, torch.full((size.replicates,), k))
        rows.append(_row("depth", "alone", k, antoran2020.accuracy(seed, size, alone)))
    rows.append(
        _row("depth", "mixture", antoran2020.DEPTHS, antoran2020.accuracy(seed, size, whole))
    )
    for arm in ARMS:
        for what, layers in muratore2022.probed(seed, size, arm).items():
            rows += [_row(what, arm, k, values) for k, values in enumerate(layers, start=1)]
    return {"replicates": size.replicates, "shares": shares, "rows": rows}


def _row(panel: str, arm: str, place: int, values: Sequence[Any]) -> dict[str, Any]:
    from slt_theory.plotting import median_row

    return {"panel": panel, "arm": arm, "at": place, **median_row(values)}


def draw(data: dict[str, Any]) -> Figure:
    """The figure of a table, in the current style."""
    from matplotlib.ticker import FixedLocator, NullLocator, StrMethodFormatter

    from slt_theory.plotting import COLOURS, curve, legend_over, new_figure

    figure = new_figure(1.5)
    (mass, depth), (luminance, label) = figure.subplots(2, 2)

    def line(axis: Any, panel: str, arm: str, colour: str, name: str | None = None) -> None:
        part = [row for row in data["rows"] if row["panel"] == panel and row["arm"] == arm]
        curve(axis, part, "at", colour=colour, label=name)

    mass.axhline(0.9, color="0.4", ls="--", lw=1)
    line(mass, "mass", "particles", COLOURS[0])
    mass.set(xscale="log", xlabel="particles", ylabel="posterior mass")
    mass.xaxis.set_major_locator(FixedLocator(list(COUNTS)))
    mass.xaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
    mass.xaxis.set_minor_locator(NullLocator())
    behind = depth.twinx()
    behind.bar(range(len(data["shares"])), data["shares"], color="0.88")
    behind.set(ylim=(0, 3 * max(data["shares"])), yticks=[])
    depth.set_zorder(1)
    depth.patch.set_visible(False)
    (mixture,) = (row for row in data["rows"] if row["arm"] == "mixture")
    depth.axhline(mixture["median"], color="0.4", ls="--", lw=1, label="mixture")
    line(depth, "depth", "alone", COLOURS[0], "one depth")
    depth.set(xlabel="depth", ylabel="test accuracy")
    for axis, panel, name in (
        (luminance, "luminance", "$R^2$ of luminance"),
        (label, "class", "accuracy of class"),
    ):
        for (arm, text), colour in zip(ARMS.items(), COLOURS, strict=False):
            line(axis, panel, arm, colour, text)
        axis.set(xlabel="hidden layer", ylabel=name, xticks=range(1, 5))
    for axis in (depth, label):
        legend_over(axis)
    return figure
