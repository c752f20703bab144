"""Where a ticket's error arises: certified and found after every layer, for some constructions.

Tickets for the shipped digits network at one error per weight. Each bar spans from the largest
error that a search for that layer found to the certified one by intervals; the tick at the output
is the smaller certified bound of the linear relaxation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TARGET, EPS = "digits_mlp", "1/20"
BUILT: tuple[tuple[str, dict[str, Any]], ...] = (
    ("pensia2020-two-layer", {"signs": "needed"}),
    ("pensia2020-direct", {}),
    ("natale2024-network", {"signs": "needed"}),
    ("burkholz2022-depth", {"signs": "needed"}),
    ("orseau2020-hyperbolic", {"shared": True}),
    ("chijiwa2021-redraws", {}),
)


def table(*, quick: bool = False, seed: int = 0) -> dict[str, Any]:
    """Build the tickets and search every layer; minutes."""
    from fractions import Fraction

    from slt_theory.data import shipped_target
    from slt_theory.tickets import build_ticket
    from slt_theory.tickets.layer_errors import layer_errors

    target, rows = shipped_target(TARGET), []
    for theorem, options in BUILT[:1] if quick else BUILT:
        ticket = build_ticket(target, theorem=theorem, eps=Fraction(EPS), seed=seed, **options)
        rows.append(
            {
                "theorem": theorem,
                "relaxation": ticket.certificate["sup_error_bounds"]["relaxation"],
                "layers": [error.to_dict() for error in layer_errors(ticket, target)],
            }
        )
    return {"target": TARGET, "eps": float(Fraction(EPS)), "seed": seed, "rows": rows}


def draw(data: dict[str, Any]) -> Figure:
    """The figure of a table, in the current style."""
    from slt_theory.plotting import COLOURS, legend_above, new_figure

    rows = data["rows"]
    depth = len(rows[0]["layers"])
    figure = new_figure()
    figure.set_figheight(1.4 + 0.35 * len(rows))
    axis = figure.subplots()
    for layer in range(depth):
        places = [place + 0.5 * layer / depth for place in range(len(rows))]
        low, high = ([row["layers"][layer][k] for row in rows] for k in ("found", "bound"))
        label = "network" if layer == depth - 1 else f"layer {layer + 1}"
        axis.hlines(places, low, high, color=COLOURS[layer], lw=2, label=label)
        # Where both are equal there is no bar.
        axis.plot(low + high, places * 2, "o", color=COLOURS[layer], ms=3)
    axis.plot([row["relaxation"] for row in rows], places, "|", color="0.2", label="relaxation")
    axis.set(xscale="log", xlabel=rf"error, found to certified, $\varepsilon$ = {data['eps']:g}")
    axis.set_yticks(range(len(rows)), [row["theorem"] for row in rows], fontsize="small")
    axis.invert_yaxis()
    legend_above(figure)
    return figure
