"""How many numbers are needed, from below and from above, over the error: four laws.

Targets [-1, 1], all at once, failure probability equal to the error. *Necessary* is proved by the
reach floor, *certified* by the proofs of the package, *by statistics* holds with probability
1 - 1e-9 over stored trials. For products the necessary number is the truth: they fail by reach.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure

OWN = "How many numbers are needed, from below and from above, over eps = delta."
LAWS = ("uniform", "normal", "uniform*uniform", "relu(uniform)*uniform")
INVERSES = (10, 20, 50, 100, 200, 500, 1000)


def table(*, quick: bool = False, seed: int = 0, law: str | None = None) -> dict[str, Any]:
    """All four numbers at eps = delta = 0.1 .. 0.001; some minutes, quick one."""
    from fractions import Fraction

    from slt_theory.certified import certified_n, statistical_n
    from slt_theory.experiments import threshold
    from slt_theory.experiments.sufficient import necessary_number

    rows = []
    for name in (law,) if law else LAWS:
        for inverse in INVERSES:
            eps = Fraction(1, inverse)
            trials = max(500 if quick else 20_000, (10 if quick else 100) * inverse)
            found = threshold(law=name, eps=eps, delta=float(eps), trials=trials, seed=seed)
            likely, enough = statistical_n(eps, eps, law=name), certified_n(eps, eps, law=name)
            rows.append(
                {
                    "law": name,
                    "inverse": inverse,
                    **found.interval(),
                    "trials": trials,
                    "necessary": necessary_number(name, eps, eps),
                    "statistical": None if likely is None else likely.n,
                    "certified": None if enough is None else enough.n,
                }
            )
    return {"level": 0.95, "seed": seed, "rows": rows}


def draw(data: dict[str, Any]) -> Figure:
    """The figure of a table, in the current style."""
    from slt_theory.plotting import bounds_and_measured, by, legend_above, new_figure, panels

    groups = by(data["rows"], "law")
    figure = new_figure()
    axes = panels(figure, len(groups))
    for axis, (law, rows) in zip(axes, groups.items(), strict=True):
        bounds_and_measured(axis, "inverse", rows)
        axis.set(xscale="log", yscale="log", title=law)
        ticks = (10, 20, 50, 100, 200, 500)
        axis.set_yticks(ticks, map(str, ticks))
        axis.minorticks_off()
        axis.set_ylim(8, 600)
    figure.supxlabel(r"$1/\varepsilon = 1/\delta$", fontsize="medium")
    figure.supylabel("random numbers $n$", fontsize="medium")
    legend_above(figure, title=f"bars: exact {data['level']:.0%} intervals")
    return figure
