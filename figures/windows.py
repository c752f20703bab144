"""How many numbers are needed, from below and from above, over the error: four laws.

Targets [-1, 1], all at once, failure probability equal to the error. *Necessary* is proved by the
reach floor, *certified* by the proofs of the package, *by statistics* holds with probability
1 - 1e-9 over stored trials. For products the necessary number is the truth: they fail by reach.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LAWS = ("uniform", "normal", "uniform*uniform", "relu(uniform)*uniform")
INVERSES = (10, 20, 50, 100, 200, 500, 1000)


def table(*, quick: bool = False, seed: int = 0) -> dict[str, Any]:
    """All four numbers at eps = delta = 0.1 .. 0.001; some minutes, quick one."""
    from fractions import Fraction

    from slt_theory.certified import certified_n, necessary_n, statistical_n
    from slt_theory.experiments import threshold

    rows = []
    for law in LAWS:
        for inverse in INVERSES:
            eps = Fraction(1, inverse)
            trials = max(500 if quick else 20_000, (10 if quick else 100) * inverse)
            found = threshold(law=law, eps=eps, delta=float(eps), trials=trials, seed=seed)
            likely, enough = statistical_n(eps, eps, law=law), certified_n(eps, eps, law=law)
            rows.append(
                {
                    "law": law,
                    "inverse": inverse,
                    **found.interval(),
                    "trials": trials,
                    "necessary": necessary_n(eps, eps, law=law).n,
                    "statistical": None if likely is None else likely.n,
                    "certified": None if enough is None else enough.n,
                }
            )
    return {"level": 0.95, "seed": seed, "rows": rows}


def draw(data: dict[str, Any]) -> Figure:
    """The figure of a table, in the current style."""
    from slt_theory.plotting import COLOURS, new_figure, thresholds

    figure = new_figure()
    width, height = figure.get_size_inches()
    figure.set_size_inches(width, max(height, 0.8 * width))
    axes = figure.subplots(2, 2, sharex=True).ravel()
    series = (
        ("certified", "v", COLOURS[1], "certified"),
        ("statistical", "_", COLOURS[3], "certified by statistics"),
        ("necessary", "^", COLOURS[2], "necessary"),
    )
    for axis, law in zip(axes, LAWS, strict=True):
        rows = [row for row in data["rows"] if row["law"] == law]
        x = [row["inverse"] for row in rows]
        for key, marker, colour, label in series:
            shown = [(a, row[key]) for a, row in zip(x, rows, strict=True) if row[key] is not None]
            axis.plot(
                *zip(*shown, strict=True), marker=marker, ms=4, lw=0.8, color=colour, label=label
            )
        thresholds(axis, x, rows, color="0.2", label="measured", ls="")
        axis.set(xscale="log", yscale="log", title=law)
        axis.set_yticks([10, 20, 50, 100, 200, 500], labels=["10", "20", "50", "100", "200", "500"])
        axis.minorticks_off()
        axis.set_ylim(8, 600)
    for axis in axes[2:]:
        axis.set_xlabel(r"$1/\varepsilon = 1/\delta$")
    for axis in axes[::2]:
        axis.set_ylabel("$n$")
    axes[0].legend(loc="upper left", title=f"bars: exact {data['level']:.0%} intervals")
    return figure
