"""How wide a partly frozen source must be: whole tickets beside one frozen subset sum.

For the shipped digits network at eps = 1/20: copies of a hidden neuron, and candidates of a
half-sum of the first pair, against the frozen share, for three ways to split it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure

EPS = "1/20"
LABELS = {(0, 1): "all pruned", (1, 1): "half locked", (1, 0): "all locked"}


def table(*, quick: bool = False, seed: int = 0) -> dict[str, Any]:
    """Build the smallest tickets; about 18 minutes of CPU time, most for four fifths frozen."""
    from fractions import Fraction

    from slt_theory.data import shipped_target
    from slt_theory.experiments.frozen_tickets import RATIOS, frozen_table

    rows = frozen_table(
        shipped_target("digits_mlp"),
        eps=Fraction(EPS),
        ratios=RATIOS[:1] if quick else RATIOS,
        seed=seed,
    )
    return {"target": "digits_mlp", "eps": EPS, "seed": seed, "rows": [r.to_dict() for r in rows]}


def draw(data: dict[str, Any]) -> Figure:
    """The figure of a table, in the current style."""
    from slt_theory.plotting import COLOURS, legend_over, marker_of, new_figure

    figure = new_figure(1.6)
    panels = figure.subplots(2, 1, sharex=True)
    titles = ("copies of a value", "numbers of a pair $n$")
    fields = (("copies", "copies_one"), ("pair_n", "pair_one"))
    for axis, title, (ticket, one) in zip(panels, titles, fields, strict=True):
        for colour, (split, label) in zip(COLOURS, LABELS.items(), strict=False):
            rows = [r for r in data["rows"] if _split(r) == split]
            ratios = [r["ratio"] for r in rows]
            axis.plot(
                ratios,
                [r[ticket] for r in rows],
                color=colour,
                marker=marker_of(colour),
                ms=3,
                label=label,
            )
            axis.plot(ratios, [r[one] for r in rows], color=colour, linestyle=":", marker=".", ms=3)
        axis.set(ylabel=title, yscale="log")
    panels[1].set_xlabel("frozen share (dotted: one sum, 90 %)")
    legend_over(panels[0])
    return figure


def _split(row: dict[str, Any]) -> tuple[int, int]:
    return int(row["locked"] > 0), int(row["pruned"] > 0)
