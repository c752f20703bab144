"""How many random numbers a weight of a trained network needs: Pensia et al.'s experiment.

For each weight of the shipped digits network: the first n at which some subset of n numbers drawn
from U[min W, max W] lies within eps, and the share of numbers kept by the subset found there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure

EPS = ("1/10", "1/100", "1/1000")
MOST = 40


def table(*, quick: bool = False, seed: int = 0) -> dict[str, Any]:
    """Solve every weight for every n; about ten seconds."""
    from fractions import Fraction

    import numpy as np

    from slt_theory.data import shipped_target
    from slt_theory.streams import Purpose, stream_id
    from slt_theory.subset_sum import solve_many
    from slt_theory.tickets.building.direct import LIFT, range_of
    from slt_theory.tickets.building.request import BuildSettings, parse_request

    rows = []
    for eps in EPS[:2] if quick else EPS:
        request = parse_request(
            shipped_target("digits_mlp"), BuildSettings(eps=Fraction(eps)), reach=None
        )
        law = range_of(request)
        targets = np.concatenate([layer.targets.ravel() for layer in request.layers])
        radius = min(layer.radius for layer in request.layers)
        stream = stream_id(Purpose.WEIGHTS, 0)
        items = law.sample(seed, stream, 0, targets.size * MOST).reshape(-1, MOST) << LIFT
        needed = np.full(targets.size, -1)
        kept = np.zeros(targets.size)
        needed[np.abs(targets) <= radius] = 0
        for n in range(1, MOST + 1):
            open_rows = np.flatnonzero(needed < 0)
            if open_rows.size == 0:
                break
            answer = solve_many(items[open_rows, :n], targets[open_rows], radius=radius)
            done = open_rows[answer.found]
            needed[done] = n
            kept[done] = np.bitwise_count(answer.masks[answer.found]) / n
        counts = np.bincount(needed[needed >= 0], minlength=MOST + 1)
        rows.append(
            {
                "eps": float(Fraction(eps)),
                "counts": counts.tolist(),
                "unreached": int((needed < 0).sum()),
                "kept": float(kept[needed > 0].mean()),
            }
        )
    return {"target": "digits_mlp", "weights": int(targets.size), "seed": seed, "rows": rows}


def draw(data: dict[str, Any]) -> Figure:
    """The figure of a table, in the current style."""
    from slt_theory.plotting import COLOURS, legend_above, new_figure

    figure = new_figure()
    axis = figure.subplots()
    for colour, row in zip(COLOURS, data["rows"], strict=False):
        share = [c / data["weights"] for c in row["counts"]]
        last = max(n for n, c in enumerate(row["counts"]) if c)
        axis.step(
            range(last + 2),
            [*share[: last + 1], 0],
            where="mid",
            color=colour,
            label=rf"$\varepsilon$ = {row['eps']:g}, kept {row['kept']:.0%}",
        )
    axis.set(xlabel="first $n$ at which the weight is reached", ylabel="share of weights")
    legend_above(figure, title=f"{data['weights']:,} weights of {data['target']}")
    return figure
