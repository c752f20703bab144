"""What depth L + 1 costs beside depth 2 L: source weights, and the network errors they buy.

Tickets for the shipped digits network by Pensia et al. (a gadget pair a layer) and by Burkholz (one
pair, then single layers over copies of their inputs), at equal errors per weight, each with only
the halves that the signs of inputs leave. Bars span from the largest network error that a search
found to the certified one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TARGET = "digits_mlp"
THEOREMS = {"pensia2020-two-layer": "$2L$ layers", "burkholz2022-depth": "$L + 1$ layers"}
EPS = ("1/10", "1/20", "1/50", "1/100")


def table(*, quick: bool = False, seed: int = 0) -> dict[str, Any]:
    """Build and certify the tickets; about a minute of processor time."""
    from fractions import Fraction

    from slt_theory.data import shipped_target
    from slt_theory.tickets import build_ticket

    target, rows = shipped_target(TARGET), []
    for eps in EPS[:1] if quick else EPS:
        for theorem in THEOREMS:
            ticket = build_ticket(
                target, theorem=theorem, eps=Fraction(eps), seed=seed, signs="needed"
            )
            rows.append(
                {
                    "theorem": theorem,
                    "eps": float(Fraction(eps)),
                    "depth": sum(len(block.layers) for block in ticket.blocks),
                    "weights": ticket.source_weights,
                    "kept": ticket.kept,
                    "certified": ticket.certificate["sup_error_bound"],
                    "found": ticket.certificate["sup_error_found"],
                }
            )
    return {"target": TARGET, "parameters": target.parameters, "seed": seed, "rows": rows}


def draw(data: dict[str, Any]) -> Figure:
    """The figure of a table, in the current style."""
    from slt_theory.plotting import COLOURS, legend_over, marker_of, new_figure

    figure = new_figure()
    numbers, errors = figure.subplots(1, 2)
    for colour, shift, (theorem, name) in zip(
        COLOURS, (0.95, 1.05), THEOREMS.items(), strict=False
    ):
        rows = [row for row in data["rows"] if row["theorem"] == theorem]
        label = f"{name}, here {rows[0]['depth']}"
        inverse = [1 / row["eps"] for row in rows]
        for key, line in (("weights", "-"), ("kept", ":")):
            each = [row[key] / data["parameters"] for row in rows]
            numbers.plot(inverse, each, line, color=colour, marker=marker_of(colour), ms=3)
        low, high = ([row[key] for row in rows] for key in ("found", "certified"))
        # A little apart, so that bars at one eps stand side by side.
        errors.vlines([shift * x for x in inverse], low, high, color=colour, lw=3, label=label)
    numbers.set(ylabel="weights a target weight (dotted: kept)")
    errors.set(ylabel="network error, found to certified")
    for axis in (numbers, errors):
        axis.set(xscale="log", yscale="log", xlabel=r"$1/\varepsilon$")
    legend_over(errors)
    return figure
