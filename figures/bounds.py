"""Certified, measured, necessary and counting numbers of every theorem over one architecture.

Candidates of one weight of a 784-500-10 network at error 0.01 a weight: proved to
suffice for the whole network, measured to suffice for one sum, necessary for one sum, and counting.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ARCHITECTURE, EPS, DELTA = "784-500-10", "1/100", 0.01


def table(*, quick: bool = False, seed: int = 0) -> dict[str, Any]:
    """Evaluate and measure; about ten seconds."""
    from fractions import Fraction

    from slt_theory.experiments.comparison import ONE_SUM, compare_bounds
    from slt_theory.theorems.networks import parse_architecture

    rows = compare_bounds(
        parse_architecture(ARCHITECTURE),
        eps=Fraction(EPS),
        delta=DELTA,
        trials=500 if quick else 2000,
        seed=seed,
    )
    kept = ("theorem", "n_certified", "n_counting", "n_measured", "n_necessary")
    return {
        "architecture": ARCHITECTURE,
        "eps": float(Fraction(EPS)),
        "delta": DELTA,
        "delta_one_sum": ONE_SUM,
        "rows": [{k: getattr(r, k) for k in kept} for r in rows if r.n_counting is not None],
    }


def draw(data: dict[str, Any]) -> Figure:
    """The figure of a table, in the current style."""
    from slt_theory.plotting import COLOURS, new_figure

    rows = sorted(data["rows"], key=lambda row: (row["n_measured"] or 0, row["theorem"]))
    figure = new_figure()
    figure.set_figheight(0.9 + 0.24 * len(rows))
    axis = figure.subplots()
    for place, row in enumerate(rows):
        known = [row[k] for k in ("n_counting", "n_measured", "n_certified") if row[k] is not None]
        axis.plot([min(known), max(known)], [place, place], color="0.8", lw=1, zorder=0)
    one, every = 1 - data["delta_one_sum"], 1 - data["delta"]
    for key, mark, colour, label in (
        ("n_counting", "|", COLOURS[6], "counting: fewer have too few subsets"),
        ("n_necessary", "^", COLOURS[2], f"necessary: one sum, success {every:g}"),
        ("n_measured", "o", COLOURS[0], f"measured: one sum, success {one:g}"),
        ("n_certified", ">", COLOURS[1], f"certified: the network, success {every:g}"),
    ):
        places = [k for k, row in enumerate(rows) if row[key] is not None]
        axis.plot([rows[k][key] for k in places], places, mark, color=colour, ms=5, label=label)
    axis.set_yticks(range(len(rows)), [row["theorem"] for row in rows])
    axis.set(
        xscale="log", xlabel=rf"numbers offered to one weight, $\varepsilon$ = {data['eps']:g}"
    )
    axis.set_ylim(-0.7, len(rows) + 0.8)
    figure.legend(loc="outside lower center", ncols=1)
    return figure
