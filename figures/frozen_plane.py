"""How many numbers suffice when a share is locked into every sum and a share is pruned."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure

EPS, DELTA, STEP, MOST = "1/20", 0.1, 0.1, 8


def table(*, quick: bool = False, seed: int = 0) -> dict[str, Any]:
    """Measure the plane of (locked, pruned); about half a minute."""
    from fractions import Fraction

    from slt_theory.experiments import threshold

    trials = 200 if quick else 2000
    rows = []
    for lock in range(MOST + 1):
        for prune in range(MOST + 1 - lock):
            found = threshold(
                eps=Fraction(EPS),
                delta=DELTA,
                lock=Fraction(lock, 10),
                prune=Fraction(prune, 10),
                trials=trials,
                seed=seed,
            )
            rows.append({"lock": lock / 10, "prune": prune / 10, **found.interval()})
    return {"eps": float(Fraction(EPS)), "delta": DELTA, "trials": trials, "rows": rows}


def draw(data: dict[str, Any]) -> Figure:
    """The figure of a table, in the current style."""
    import numpy as np
    from matplotlib.colors import LogNorm

    from slt_theory.plotting import new_figure

    locks = sorted({row["lock"] for row in data["rows"]})
    prunes = sorted({row["prune"] for row in data["rows"]})
    plane = np.full((len(locks), len(prunes)), np.nan)
    for row in data["rows"]:
        plane[locks.index(row["lock"]), prunes.index(row["prune"])] = row["n"] or np.nan
    figure = new_figure()
    axis = figure.subplots()
    shown = axis.pcolormesh(prunes, locks, plane, norm=LogNorm(), cmap="viridis", shading="nearest")
    size = max(4.0, 0.9 * figure.get_figwidth())
    middle = np.sqrt(np.nanmin(plane) * np.nanmax(plane))
    for row in data["rows"]:
        if row["n"] is not None:
            colour = "white" if row["n"] < middle else "black"
            place = (row["prune"], row["lock"])
            axis.text(*place, row["n"], ha="center", va="center", fontsize=size, color=colour)
    axis.grid(visible=False)
    axis.set(xlabel="pruned share", ylabel="locked share")
    figure.colorbar(shown, label=f"smallest $n$ for success {1 - data['delta']:g}")
    axis.set_title(rf"$\varepsilon$ = {data['eps']:g}, {data['trials']} trials")
    return figure
