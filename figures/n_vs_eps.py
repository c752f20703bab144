"""How many numbers for success 0.9 against log2(1/eps): every answer, for five laws.

Counting and the reach floor are proved from below, `certified` from above; `by statistics` holds
with probability 1 - 1e-9 over stored trials. The slope of what is measured is near 1: n is about
log2(1/eps) + 1.5 log2 n + c with c set by the law. A product with a ReLU wastes half of its draws.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure

OWN = "How many numbers for the wanted success against log2(1/eps), a panel a law."
DELTA = 0.1
LAWS = ("uniform", "normal", "normal*normal", "uniform*uniform", "relu(uniform)*uniform")
STEPS = range(2, 12)


def table(*, quick: bool = False, seed: int = 0, law: str | None = None) -> dict[str, Any]:
    """Measure the thresholds at eps = 2^-2 .. 2^-11; about twenty seconds, quick five."""
    from fractions import Fraction

    from slt_theory.certified import certified_n, counting_n, statistical_n
    from slt_theory.experiments import threshold
    from slt_theory.experiments.sufficient import necessary_number

    trials = 500 if quick else 4000
    rows = []
    for name in (law,) if law else LAWS:
        for step in STEPS:
            eps, delta = Fraction(1, 1 << step), Fraction(1, 10)
            found = threshold(law=name, eps=eps, delta=DELTA, trials=trials, seed=seed)
            likely, enough = statistical_n(eps, delta, law=name), certified_n(eps, delta, law=name)
            rows.append(
                {
                    "law": name,
                    "log2": step,
                    **found.interval(),
                    "necessary": necessary_number(name, eps, delta),
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
    from slt_theory.plotting import bounds_and_measured, by, legend_above, new_figure, panels

    groups = by(data["rows"], "law")
    figure = new_figure()
    axes = panels(figure, len(groups))
    for axis, (law, rows) in zip(axes, groups.items(), strict=True):
        bounds_and_measured(axis, "log2", rows)
        if data["log2"]:
            axis.plot(data["log2"], data["counting"], color="0.4", ls="--", label="counting")
        axis.set(yscale="log", title=law)
        low, high = axis.get_ylim()
        ticks = [n for n in (5, 10, 15, 20, 30, 50, 100, 200, 500) if low <= n <= high]
        if len(ticks) > 6:
            ticks = [n for n in ticks if n not in (15, 30)]
        axis.set_yticks(ticks, map(str, ticks))
        axis.minorticks_off()
    figure.supxlabel(r"$\log_2(1/\varepsilon)$", fontsize="medium")
    figure.supylabel(f"random numbers $n$ for success {1 - data['delta']:g}", fontsize="medium")
    legend_above(figure, title=f"bars: exact {data['level']:.0%} intervals")
    return figure
