"""The smallest n for success 0.9 against log2(1/eps), for five laws of one random number.

The slope is near 1: n is about log2(1/eps) + 1.5 log2 n + c with c set by the law, close to the
counting bound n >= log2(1/eps). A product with a ReLU-halved factor wastes half of its draws.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DELTA = 0.1
LAWS = ("uniform", "normal", "normal*normal", "uniform*uniform", "relu(uniform)*uniform")
STEPS = range(2, 12)


def table(*, quick: bool = False, seed: int = 0) -> dict[str, Any]:
    """Measure the thresholds at eps = 2^-2 .. 2^-11; about twenty seconds, quick five."""
    from fractions import Fraction

    from slt_theory.certified import counting_n
    from slt_theory.experiments import threshold

    trials = 500 if quick else 4000
    rows = []
    for law in LAWS:
        for step in STEPS:
            found = threshold(
                law=law, eps=Fraction(1, 1 << step), delta=DELTA, trials=trials, seed=seed
            )
            rows.append({"law": law, "log2": step, **found.interval()})
    counting = [counting_n(Fraction(1, 1 << step), delta=DELTA).n for step in STEPS]
    return {
        "delta": DELTA,
        "trials": trials,
        "seed": seed,
        "level": 0.95,
        "rows": rows,
        "log2": list(STEPS),
        "counting": counting,
    }


def draw(data: dict[str, Any]) -> Figure:
    """The figure of a table, in the current style."""
    from slt_theory.plotting import COLOURS, new_figure, thresholds

    figure = new_figure()
    axis = figure.subplots()
    for colour, law in zip(COLOURS, LAWS, strict=False):
        rows = [row for row in data["rows"] if row["law"] == law]
        thresholds(axis, [row["log2"] for row in rows], rows, color=colour, label=law)
    axis.plot(data["log2"], data["counting"], color="0.4", ls="--", label="counting bound")
    axis.set(
        xlabel=r"$\log_2(1/\varepsilon)$", ylabel=f"smallest $n$ for success {1 - data['delta']:g}"
    )
    axis.set_ylim(0, 1.45 * axis.get_ylim()[1])
    axis.legend(ncols=2, loc="upper left", title=f"bars: exact {data['level']:.0%} intervals")
    return figure
