"""Failure probability against n on a log scale: it falls like 2^-n, far below what is proved.

Every target of [-1/2, 1/2] must be within 0.02 of a subset sum of n draws from U[-1, 1]. The exact
floor 2^(1 - n) is the chance that all draws have one sign. Theorems promise exp(-c n) with c
unnamed; the certified curve is our explicit bound.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure

OWN = "Failure probability against n on a log scale; exact band."
EPS, LO, HI = "1/50", "-1/2", "1/2"
DELTAS = tuple(2.0**-k for k in range(1, 15))


def table(*, quick: bool = False, seed: int = 0, law: str = "uniform") -> dict[str, Any]:
    """Measure one sample of hitting times; about ten seconds, quick one."""
    from fractions import Fraction

    from slt_theory.certified import certified_n
    from slt_theory.experiments import threshold

    lo, hi, eps = Fraction(LO), Fraction(HI), Fraction(EPS)
    trials = 20_000 if quick else 400_000
    found = threshold(law=law, eps=eps, delta=0.1, lo=lo, hi=hi, trials=trials, seed=seed)
    certified = []
    for delta in DELTAS:
        bound = certified_n(eps, delta, lo=lo, hi=hi, law=law)
        if bound is not None:
            certified.append({"n": bound.n, "failure": delta})
    points = [
        {"n": p.n, "failure": 1 - p.successes / trials, "lo": 1 - p.hi, "hi": 1 - p.lo}
        for p in found.curve()
    ]
    return {
        "law": law,
        "eps": float(eps),
        "lo": float(lo),
        "hi": float(hi),
        "trials": trials,
        "seed": seed,
        "level": 0.95,
        "points": points,
        "certified": certified,
    }


def draw(data: dict[str, Any]) -> Figure:
    """The figure of a table, in the current style."""
    from slt_theory.plotting import COLOURS, legend_above, new_figure

    figure = new_figure()
    axis = figure.subplots()
    n = [p["n"] for p in data["points"]]
    axis.fill_between(
        n,
        [max(p["lo"], 1e-9) for p in data["points"]],
        [p["hi"] for p in data["points"]],
        color=COLOURS[0],
        alpha=0.25,
        lw=0,
    )
    seen = [p for p in data["points"] if p["failure"] > 0]
    axis.plot(
        [p["n"] for p in seen],
        [p["failure"] for p in seen],
        color=COLOURS[0],
        marker="o",
        ms=3,
        label=f"measured ({data['trials']:,} trials, exact {data['level']:.0%} band)",
    )
    if data["certified"]:
        axis.plot(
            [p["n"] for p in data["certified"]],
            [p["failure"] for p in data["certified"]],
            color=COLOURS[1],
            marker=">",
            ms=4,
            label="certified upper bound",
        )
    if data["law"] == "uniform":
        # Of a law that is not symmetric another floor would hold.
        floor = [2.0 ** (1 - k) for k in n]
        axis.plot(n, floor, color="0.4", ls="--", label="one-sign floor $2^{1-n}$")
    axis.set(
        xlabel="random numbers $n$",
        ylabel="failure probability",
        yscale="log",
        ylim=(min((p["failure"] for p in seen), default=1e-3) / 8, 1.5),
    )
    axis.xaxis.get_major_locator().set_params(integer=True)
    legend_above(figure)
    return figure
