"""Whether locked numbers help or hurt at equal numbers: one random target, a share frozen.

Smallest n that reaches a random target of [-1, 1] with probability 0.9 when a share of the n
numbers is always in the sum (locked) or never (pruned), with exact 95 % intervals; the line is the
threshold without freezing over the free share.

Guess before the computation: a locked number shifts the target, which the free ones make up for, so
locking costs as much as pruning, or a little less since the locked ones are not wasted.
Found: locking always costs more, 321 against 53 at a share of 4/5 and 1359 against 109 at 9/10, for
the locked sum strays by sqrt(n). Pruning costs what is pruned: n times the free share is about 10.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure

EPS, DELTA = "1/50", 0.1
SHARES = ("0", "1/5", "2/5", "3/5", "4/5", "9/10")


def table(*, quick: bool = False, seed: int = 0) -> dict[str, Any]:
    """Thresholds of both ways to freeze; half a minute."""
    from fractions import Fraction

    from slt_theory.experiments import threshold

    trials = 300 if quick else 2000
    rows = []
    for share in map(Fraction, SHARES):
        for way in ("lock", "prune"):
            lock, prune = (share, 0) if way == "lock" else (0, share)
            found = threshold(
                eps=EPS,
                delta=DELTA,
                targets="random",
                lock=lock,
                prune=prune,
                trials=trials,
                seed=seed,
            )
            rows.append({"way": way, "share": float(share), **found.interval()})
    return {"eps": float(Fraction(EPS)), "delta": DELTA, "trials": trials, "rows": rows}


def draw(data: dict[str, Any]) -> Figure:
    """The figure of a table, in the current style."""
    from slt_theory.plotting import COLOURS, legend_above, new_figure, thresholds

    figure = new_figure()
    axis = figure.subplots()
    ways = (("lock", "locked"), ("prune", "pruned"))
    for colour, (way, label) in zip(COLOURS, ways, strict=False):
        rows = [row for row in data["rows"] if row["way"] == way]
        x, y = [r["share"] for r in rows], [r["n"] for r in rows]
        thresholds(axis, x, rows, color=colour, label=label)
    axis.plot(
        x, [y[0] / (1 - share) for share in x], color="0.4", ls=":", label="free numbers alone"
    )
    axis.set(xlabel="frozen share", ylabel=f"smallest $n$ for success {1 - data['delta']:g}")
    axis.set_yscale("log")
    title = rf"$\varepsilon$ = {data['eps']:g}, {data['trials']} trials, exact 95% intervals"
    legend_above(figure, title=title)
    return figure
