"""How far apart the masks of two tickets are whose target weights differ by t.

The same 24 uniform numbers, targets z and z + t: median share of kept numbers that both keep
(Jaccard) over pairs, with exact 95 % intervals, for the exact optimum and for the first subset
within eps that the solver meets; the line is the same with fresh numbers for the second ticket.

Guess before the computation: weights closer than eps share nearly their whole mask, and the overlap
falls gradually as t passes several eps.
Found: of subsets within eps half of the masks are new at t = eps/2 and seven eighths at t = eps,
where the overlap is that of two seeds but for a few per cent. The optimum's mask keeps nothing of
its neighbour's even at t = eps/100.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure

EPS, N, BITS = "1/100", 24, 24
STEPS = ("0", "1/100", "1/10", "1/2", "1", "2", "5", "20")
"""t over eps."""


def table(*, quick: bool = False, seed: int = 0) -> dict[str, Any]:
    """Solve every pair twice; half a minute."""
    from fractions import Fraction

    import numpy as np

    from slt_theory.laws import Uniform
    from slt_theory.streams import Purpose, stream_id
    from slt_theory.subset_sum import Drawn, solve_many

    pairs, law = 200 if quick else 601, Uniform(bits=BITS)
    eps = Fraction(EPS)
    radius = int(eps / law.unit)
    targets = law.sample(seed, stream_id(Purpose.TARGETS, 0), 0, pairs) // 2
    one = Drawn(law, seed, stream_id(Purpose.TESTS, 0), pairs, N)
    other = Drawn(law, seed, stream_id(Purpose.TESTS, 1), pairs, N)
    rows = []
    for way, allowed in (("within eps", radius), ("optimum", None)):
        first = solve_many(one, targets, radius=allowed)
        for step in STEPS:
            moved = np.asarray(targets + round(Fraction(step) * eps / law.unit))
            second = solve_many(one, moved, radius=allowed)
            rows.append({"way": way, "t": float(Fraction(step))} | _overlap(first, second))
        fresh = solve_many(other, targets, radius=allowed)
        rows.append({"way": way, "t": None} | _overlap(first, fresh))
    return {"eps": float(eps), "n": N, "pairs": pairs, "seed": seed, "rows": rows}


def _overlap(first: Any, second: Any) -> dict[str, Any]:
    """Median Jaccard index of kept numbers, and how many masks are equal."""
    import numpy as np

    from slt_theory.statistics import clopper_pearson
    from slt_theory.statistics.paired import median_interval

    both = first.found & second.found
    a, b = first.masks[both], second.masks[both]
    union = np.maximum(np.bitwise_count(a | b), 1)
    shares = np.where(a == b, 1.0, np.bitwise_count(a & b) / union)
    low, high, _ = median_interval(shares.tolist())
    equal = clopper_pearson(int((a == b).sum()), int(both.sum()))
    return {
        "overlap": float(np.median(shares)),
        "low": low,
        "high": high,
        "equal": float((a == b).mean()),
        "equal_low": equal.lo,
        "equal_high": equal.hi,
        "found": int(both.sum()),
    }


def draw(data: dict[str, Any]) -> Figure:
    """The figure of a table, in the current style."""
    from slt_theory.plotting import COLOURS, curve, legend_above, new_figure

    figure = new_figure()
    axis = figure.subplots()
    for colour, way in zip(COLOURS, ("within eps", "optimum"), strict=False):
        rows = [r for r in data["rows"] if r["way"] == way and r["t"] is not None]
        fresh = next(r for r in data["rows"] if r["way"] == way and r["t"] is None)
        curve(axis, rows, "t", "overlap", colour=colour, label=way)
        axis.axhline(fresh["overlap"], color=colour, linestyle=":")
    axis.set_xscale("symlog", linthresh=0.01)
    axis.set_xlim(left=-0.002)
    axis.set(
        xlabel=r"distance of the targets over the error, $t / \varepsilon$ (linear below 0.01)",
        ylabel="overlap of kept numbers",
        ylim=(0, 1.05),
    )
    legend_above(figure, title=f"n = {data['n']}, {data['pairs']} pairs (dotted: two seeds)")
    return figure
