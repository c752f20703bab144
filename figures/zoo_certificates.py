"""Certificates beside what happens: coresets, excess loss of groups, and tuning after pruning.

The worst ratio of a cloud and its coreset is exact, over all linear forms. Excess losses are of
groups of breast cancer under nested pruning of logistic regression; only positive ones are drawn.
Accuracies are medians with exact intervals for the median.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DENSITIES = ("1/20", "1/10", "1/4", "1/2", "3/4")
#: Fits of logistic regression that are drawn in full; of the others, violations only.
DRAWN = 6


def table(*, quick: bool = False, seed: int = 0) -> dict[str, Any]:
    """Six clouds of each kind, 5,040 excess losses, 24 networks; a minute on an idle core."""
    from slt_theory.papers.trained.shared.verdicts import FULL, SMALL

    size = SMALL if quick else FULL
    return {
        "replicates": size.replicates,
        "ratios": _ratios(seed, 1 if quick else 6),
        "excess": _excess(seed, 2 if quick else None),
        "tuning": _tuning(seed, size, DENSITIES[2:3] if quick else DENSITIES),
    }


def _ratios(seed: int, repeats: int) -> list[dict[str, Any]]:
    from slt_theory.papers.trained.tukan2022 import POINTS, clouds, dominates

    rows = []
    for k in range(repeats):
        ratios = dominates(seed + k).numbers["ratios"]
        for case in clouds(seed + k, POINTS):
            law, rank = case.name.split(",")[0], case.points.shape[1]
            worst = max(ratio for name, ratio in ratios.items() if name.startswith(case.name))
            size = len(case.found.members)
            rows.append({"law": law, "rank": rank, "ratio": worst, "members": size})
    return rows


def _excess(seed: int, fits: int | None) -> dict[str, Any]:
    from slt_theory.papers.trained.tran2022_excess import LOGISTIC_FITS, logistic_fits

    points, cases = [], {"checks": 0, "certified": 0, "literal": 0}
    for number, fit in enumerate(logistic_fits(seed, fits or LOGISTIC_FITS)):
        for excess, certified, literal in zip(fit.excess, fit.certified, fit.literal, strict=True):
            over = not excess <= literal
            cases["checks"] += 1
            cases["certified"] += not excess <= certified
            cases["literal"] += over
            if excess > 0 and (number < 4 * DRAWN or over):
                row = (float(v) for v in (excess, certified, literal))
                points.append([float(f"{v:.4g}") for v in row])
    return {**cases, "points": points}


def _tuning(seed: int, size: Any, densities: tuple[str, ...]) -> list[dict[str, Any]]:
    from fractions import Fraction

    from slt_theory.papers.trained.kwon2022_digits import compared
    from slt_theory.plotting import median_row

    rows = []
    for density in densities:
        r, networks = compared(seed, size, density=density)
        for arm in ("dense", "pruned", "tuned"):
            row = {"arm": arm, "density": float(Fraction(density))}
            rows.append({**row, **median_row(r.accuracy(networks[arm]))})
    return rows


def draw(data: dict[str, Any]) -> Figure:
    """The figure of a table, in the current style."""
    from slt_theory.plotting import new_figure

    figure = new_figure()
    wide = figure.get_figwidth() > 5
    figure.set_figheight((1.6 if wide else 2.6) * figure.get_figheight())
    pairs, column = [["ratio", "excess"], ["tuning", "tuning"]], [["ratio"], ["excess"], ["tuning"]]
    panels: Any = figure.subplot_mosaic(pairs if wide else column)  # type: ignore[arg-type]
    _draw_ratios(panels["ratio"], data["ratios"])
    _draw_excess(panels["excess"], data["excess"])
    _draw_tuning(panels["tuning"], data["tuning"])
    return figure


def _draw_ratios(axis: Any, rows: list[dict[str, Any]]) -> None:
    from slt_theory.plotting import COLOURS, legend_over

    ranks = sorted({row["rank"] for row in rows})
    laws = list(dict.fromkeys(row["law"] for row in rows))
    for k, (law, colour) in enumerate(zip(laws, COLOURS, strict=False)):
        part = [row for row in rows if row["law"] == law]
        places = [row["rank"] + 0.12 * (k - 1) for row in part]
        axis.plot(places, [row["ratio"] for row in part], ".", ms=4, color=colour, label=law)
    axis.plot(ranks, [1 + r**1.5 for r in ranks], color="0.4", ls="--", label="$1 + r^{1.5}$")
    axis.set(yscale="log", xlabel="dimension $r$", ylabel="worst ratio")
    axis.set_yticks([1, 2, 5, 10], ["1", "2", "5", "10"])
    axis.set_xticks(ranks)
    axis.minorticks_off()
    legend_over(axis)


def _draw_excess(axis: Any, data: dict[str, Any]) -> None:
    from slt_theory.plotting import COLOURS, legend_over

    excess, certified, literal = zip(*data["points"], strict=True)
    axis.plot(literal, excess, ".", ms=2, color=COLOURS[1], label="no remainder")
    axis.plot(certified, excess, ".", ms=2, color=COLOURS[0], label="certified")
    ends = [min(excess), max(excess)]
    axis.plot(ends, ends, color="0.4", ls="--", label="equal")
    axis.set(xscale="log", yscale="log", xlabel="bound", ylabel="excess loss of a group")
    legend_over(axis)


def _draw_tuning(axis: Any, rows: list[dict[str, Any]]) -> None:
    from matplotlib.ticker import FixedLocator, NullLocator, PercentFormatter

    from slt_theory.plotting import COLOURS, curve, legend_over

    dense = next(row["median"] for row in rows if row["arm"] == "dense")
    axis.axhline(dense, color="0.4", ls="--", lw=1, label="dense")
    for arm, colour in (("pruned", COLOURS[1]), ("tuned", COLOURS[0])):
        part = [row for row in rows if row["arm"] == arm]
        curve(axis, part, "density", colour=colour, label=arm)
    axis.set(xscale="log", xlabel="density of neurons, first layer", ylabel="test accuracy")
    axis.xaxis.set_major_locator(FixedLocator(sorted({row["density"] for row in rows})))
    axis.xaxis.set_major_formatter("{x:g}")
    axis.xaxis.set_minor_locator(NullLocator())
    axis.yaxis.set_major_formatter(PercentFormatter(1))
    legend_over(axis)
