"""Accuracy, and PSNR of super-resolution, against density: pruning while training on digits.

Medians of the replicates, with exact intervals for the median of what they are drawn from. Arms of
one panel saw nearly as many steps: 1,500 for random tickets and scratch, 1,460 for gates and
magnitude, 1,200 each in super-resolution; N:M networks 1,000, in layers a little narrower.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence
    from fractions import Fraction

    from matplotlib.figure import Figure

DENSITIES = ("1/5", "1/10", "1/20", "1/40")
#: Kept of M consecutive weights.
GROUPS = (4, 8, 16)
TITLES = {"accuracy": "test accuracy (%)", "psnr": "PSNR (dB)"}
LABELS = {
    "scratch": "random mask, scratch",
    "random": "random ticket, pressed (RST)",
    "gates": "gates (ESPN)",
    "magnitude": "magnitude, one-shot",
    "pattern": "1:M (SR-STE)",
    "soft": "soft shrinkage (ISS-P)",
    "hard": "hard thresholding",
    "late": "prune and tune",
}


def table(*, quick: bool = False, seed: int = 0) -> dict[str, Any]:
    """Train 12 replicates of every point; about two minutes on an idle core."""
    from fractions import Fraction

    from slt_theory.papers.trained import bai2022, cho2020, wang2023, zhou2021
    from slt_theory.papers.trained.shared.verdicts import SMALL, Scale
    from slt_theory.papers.trained.wang2023 import FACTOR
    from slt_theory.papers.trained.zhou2021 import STRENGTH
    from slt_theory.torch.train import applied

    size = SMALL if quick else Scale(12)
    descent, groups = bai2022.descent(seed, size), zhou2021.grouped(seed, size)
    sharp, (adam, *_) = wang2023.sharp(seed, size), cho2020.warmed(seed, size)
    rows = []
    for density in DENSITIES[1:2] if quick else DENSITIES:
        random = bai2022.ticket(seed, size, density, True).ticket
        alone = bai2022.scratch(seed, size, density, 0)
        found: dict[tuple[str, str], Sequence[Fraction | float]] = {
            ("accuracy", "random"): descent.accuracy(random),
            ("accuracy", "scratch"): descent.accuracy(alone),
            ("psnr", "scratch"): sharp.psnr(wang2023.scratch(seed, size, density)),
        }
        for rule in ("gates", "magnitude"):
            pruned = cho2020.pruned(seed, size, rule, density, 0)
            found["accuracy", rule] = adam.accuracy(pruned)
        for arm, factor in (("soft", FACTOR), ("hard", 0.0), ("late", 1.0)):
            found["psnr", arm] = sharp.psnr(wang2023.shrunk(seed, size, factor, density, 0).pruned)
        rows += [
            _row(panel, arm, Fraction(density), values) for (panel, arm), values in found.items()
        ]
    for m in GROUPS:
        one = zhou2021.trained(seed, size, STRENGTH, (1, m), 0)
        accuracy = groups.accuracy(applied(one.weights, one.masks))
        rows.append(_row("accuracy", "pattern", Fraction(1, m), accuracy))
    whole = sharp.rig.train(sharp.rig.start(), loss=sharp.loss).variables
    rows.append(
        _row("accuracy", "dense", Fraction(1), descent.accuracy(bai2022.dense(seed, size, 0)))
    )
    rows.append(_row("psnr", "dense", Fraction(1), sharp.psnr(whole)))
    return {"data": "digits", "replicates": size.replicates, "rows": rows}


def _row(
    panel: str, arm: str, density: Fraction, values: Sequence[Fraction | float]
) -> dict[str, Any]:
    from slt_theory.plotting import median_row

    return {"panel": panel, "arm": arm, "density": float(density), **median_row(values)}


def draw(data: dict[str, Any]) -> Figure:
    """The figure of a table, in the current style."""
    from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

    from slt_theory.plotting import COLOURS, curve, legend_over, new_figure

    figure = new_figure(1.7)
    panels = figure.subplots(2, 1, sharex=True)
    for axis, (panel, title) in zip(panels, TITLES.items(), strict=True):
        scale = 100 if panel == "accuracy" else 1
        rows = [row for row in data["rows"] if row["panel"] == panel]
        (dense,) = (row["median"] for row in rows if row["arm"] == "dense")
        axis.axhline(scale * dense, color="0.4", ls="--", lw=1, label="dense")
        arms = [arm for arm in LABELS if any(row["arm"] == arm for row in rows)]
        for arm, colour in zip(arms, COLOURS, strict=False):
            part = [row for row in rows if row["arm"] == arm]
            curve(axis, part, "density", scale=scale, colour=colour, label=LABELS[arm])
        axis.set(xscale="log", ylabel=title)
        legend_over(axis)
    axis.set_xlabel("density")
    shown = [row["density"] for row in data["rows"] if row["arm"] == "scratch"]
    axis.xaxis.set_major_locator(FixedLocator(shown))
    axis.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"1/{round(1 / x)}"))
    axis.xaxis.set_minor_locator(NullLocator())
    return figure
