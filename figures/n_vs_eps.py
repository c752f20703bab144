"""How many numbers for success 0.9 against log2(1/eps): every answer, for five laws.

Counting and the reach floor are proved from below, `certified` from above; `by statistics` holds
with probability 1 - 1e-9 over stored trials. The slope of what is measured is near 1: n is about
log2(1/eps) + 1.5 log2 n + c with c set by the law. A product with a ReLU wastes half of its draws.
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

    from slt_theory.certified import certified_n, counting_n, necessary_n, statistical_n
    from slt_theory.experiments import threshold

    trials = 500 if quick else 4000
    rows = []
    for law in LAWS:
        for step in STEPS:
            eps, delta = Fraction(1, 1 << step), Fraction(1, 10)
            found = threshold(law=law, eps=eps, delta=DELTA, trials=trials, seed=seed)
            likely, enough = statistical_n(eps, delta, law=law), certified_n(eps, delta, law=law)
            rows.append(
                {
                    "law": law,
                    "log2": step,
                    **found.interval(),
                    "necessary": necessary_n(eps, delta, law=law).n,
                    "statistical": None if likely is None else likely.n,
                    "certified": None if enough is None else enough.n,
                }
            )
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
    width, height = figure.get_size_inches()
    figure.set_size_inches(width, max(height, 1.1 * width))
    axes = figure.subplots(3, 2, sharex=True, sharey=True).ravel()
    series = (
        ("certified", "v", COLOURS[1], "certified"),
        ("statistical", "_", COLOURS[3], "certified by statistics"),
        ("necessary", "^", COLOURS[2], "necessary"),
    )
    for axis, law in zip(axes, LAWS, strict=False):
        rows = [row for row in data["rows"] if row["law"] == law]
        for key, marker, colour, label in series:
            shown = [(row["log2"], row[key]) for row in rows if row[key] is not None]
            if shown:
                x, y = zip(*shown, strict=True)
                axis.plot(x, y, marker=marker, ms=4, lw=0.8, color=colour, label=label)
        thresholds(axis, [row["log2"] for row in rows], rows, color="0.2", label="measured", ls="")
        axis.plot(data["log2"], data["counting"], color="0.4", ls="--", label="counting")
        axis.set(yscale="log", title=law)
    axes[0].set_yticks([5, 10, 20, 50, 100, 200, 500])
    axes[0].set_yticklabels(["5", "10", "20", "50", "100", "200", "500"])
    for axis in axes:
        axis.minorticks_off()
    for axis in axes[3:5]:
        axis.set_xlabel(r"$\log_2(1/\varepsilon)$")
        axis.tick_params(labelbottom=True)
    for axis in axes[:5:2]:
        axis.set_ylabel(f"$n$ for success {1 - data['delta']:g}")
    handles, labels = axes[0].get_legend_handles_labels()
    axes[5].axis("off")
    title = f"bars: exact {data['level']:.0%} intervals"
    axes[5].legend(handles, labels, loc="center", title=title)
    return figure
