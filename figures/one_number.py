"""One number a sum, as in Malach et al.: n grows like 1/eps, with subsets like log(1/eps)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DELTA, LAW = 0.1, "relu(uniform)*uniform"
STEPS = range(2, 9)


def table(*, quick: bool = False, seed: int = 0) -> dict[str, Any]:
    """Measure both thresholds for a random target of [-1/2, 1/2]; about ten seconds."""
    from fractions import Fraction

    from slt_theory.experiments import threshold

    trials = 300 if quick else 2000
    rows = []
    for step in STEPS:
        record: dict[str, Any] = {"log2": step}
        for kind, size in (("one", 1), ("subset", None)):
            found = threshold(
                law=LAW,
                eps=Fraction(1, 1 << step),
                delta=DELTA,
                targets="random",
                lo=Fraction(-1, 2),
                hi=Fraction(1, 2),
                size=size,
                trials=trials,
                seed=seed,
                max_items=20_000,
            )
            record[kind] = found.interval()
        rows.append(record)
    return {"delta": DELTA, "law": LAW, "trials": trials, "level": 0.95, "rows": rows}


def draw(data: dict[str, Any]) -> Figure:
    """The figure of a table, in the current style."""
    from slt_theory.plotting import COLOURS, legend_above, new_figure, thresholds

    figure = new_figure()
    axis = figure.subplots()
    for colour, kind, label in (
        (COLOURS[1], "one", "one number a sum"),
        (COLOURS[0], "subset", "any subset"),
    ):
        x = [2.0 ** row["log2"] for row in data["rows"]]
        thresholds(axis, x, [row[kind] for row in data["rows"]], color=colour, label=label)
    first = next(row for row in data["rows"] if row["one"]["n"] is not None)
    ends = [2.0 ** data["rows"][k]["log2"] for k in (0, -1)]
    line = [first["one"]["n"] * e / 2.0 ** first["log2"] for e in ends]
    axis.plot(ends, line, color="0.5", ls=":", label="slope 1")
    axis.set(
        xscale="log",
        yscale="log",
        xlabel=r"$1/\varepsilon$",
        ylabel=f"smallest $n$ for success {1 - data['delta']:g}",
    )
    legend_above(figure, title=f"{data['law']}; bars: exact {data['level']:.0%}")
    return figure
