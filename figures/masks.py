"""What a ticket looks like: the mask of its subset-sum layer, a row an output.

The two-layer ticket of the shipped digits network: hidden neurons come in blocks, one a target
input; a kept weight is black.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure

EPS, LAYER = "1/50", 1


def table(*, quick: bool = False, seed: int = 0) -> dict[str, Any]:
    """Build the ticket; a few seconds."""
    from fractions import Fraction

    import numpy as np

    from slt_theory.data import shipped_target
    from slt_theory.tickets import build_ticket

    ticket = build_ticket(shipped_target("digits_mlp"), eps=Fraction(EPS), seed=seed)
    block = ticket.blocks[LAYER]
    mask = ticket.rows(LAYER, 1, 0, block.outputs)
    # The neurons of the first target inputs: both halves of n.
    shown = mask[:, : 3 * 2 * block.n]
    return {
        "target": "digits_mlp",
        "theorem": ticket.theorem,
        "eps": float(Fraction(EPS)),
        "layer": LAYER,
        "n": block.n,
        "density": float(np.mean(mask)),
        "rows": ["".join("1" if bit else "0" for bit in row) for row in shown],
    }


def draw(data: dict[str, Any]) -> Figure:
    """The figure of a table, in the current style."""
    import numpy as np

    from slt_theory.plotting import COLOURS, new_figure

    mask = np.array([[bit == "1" for bit in row] for row in data["rows"]])
    figure = new_figure()
    axis = figure.subplots()
    axis.imshow(mask, cmap="binary", aspect="auto", interpolation="nearest")
    for k in range(1, mask.shape[1] // (2 * data["n"])):
        axis.axvline(2 * data["n"] * k - 0.5, color=COLOURS[1], lw=1)
    axis.grid(visible=False)
    axis.set(
        xlabel="hidden neurons, a block a target input",
        ylabel="outputs",
        title=f"{data['theorem']}, $\\varepsilon$ = {data['eps']:g}, "
        f"{data['density']:.1%} of the layer kept",
    )
    return figure
