"""Every construction on one network: what its ticket takes to store, and how far it may be off.

A ticket for the shipped digits network by every theorem that covers it, at one error per weight.
Bars span from the largest error that a search found to the certified one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TARGET = "digits_mlp"
EPS = ("1/20", "1/50")
QUICK: tuple[tuple[str, dict[str, Any]], ...] = (
    ("pensia2020-two-layer", {}),
    ("burkholz2022-depth", {"signs": "needed"}),
)


def table(*, quick: bool = False, seed: int = 0) -> dict[str, Any]:
    """Build and verify every ticket; minutes."""
    from fractions import Fraction

    from slt_theory.data import digits, shipped_target
    from slt_theory.tickets.compare import compare

    target, (_, held_out) = shipped_target(TARGET), digits()
    parts = []
    for eps in EPS[:1] if quick else EPS:
        which = QUICK if quick else None
        rows = compare(target, eps=Fraction(eps), seed=seed, which=which, sample=held_out)
        parts.append({"eps": float(Fraction(eps)), "rows": [row.to_dict() for row in rows]})
    return {"target": TARGET, "parameters": target.parameters, "seed": seed, "parts": parts}


def draw(data: dict[str, Any]) -> Figure:
    """The figure of a table, in the current style."""
    from slt_theory.plotting import COLOURS, legend_above, new_figure

    figure = new_figure(wide=True)
    axes = figure.subplots(1, 2, sharey=True)
    names: list[str] = []
    for part in data["parts"]:
        names += [n for n in map(_name, _built(part)) if n not in names]
    for shift, (part, colour) in enumerate(zip(data["parts"], COLOURS, strict=False)):
        rows = _built(part)
        places = [names.index(_name(row)) + 0.3 * shift for row in rows]
        label = rf"$\varepsilon$ = {part['eps']:g}"
        bits = [row["stored_bits"] / data["parameters"] for row in rows]
        axes[0].scatter(bits, places, color=colour, s=12, label=label)
        low = [row["sup_error_found"] for row in rows]
        high = [row["sup_error_bound"] for row in rows]
        axes[1].hlines(places, low, high, color=colour, lw=2)
    axes[0].set(xscale="log", xlabel="stored bits\na weight", yticks=range(len(names)))
    axes[0].set_yticklabels(names, fontsize="x-small")
    axes[0].axvline(32, color="0.6", lw=0.8, ls="--", label="32 bits: float32")
    axes[0].invert_yaxis()
    axes[1].set(xscale="log", xlabel="network error,\nfound to certified")
    height = 0.24 * len(names) + 1.0
    figure.set_figheight(max(height, figure.get_figheight()))
    legend_above(figure, axes[0])
    return figure


def _built(part: dict[str, Any]) -> list[dict[str, Any]]:
    return [row for row in part["rows"] if row["sup_error_found"]]


def _name(row: dict[str, Any]) -> str:
    """A theorem with the options that tell its rows apart."""
    words = {"signs": "one half"}
    options = ", ".join(
        words.get(k) or (k if v is True else f"{k} {v}") for k, v in row["options"].items()
    )
    return f"{row['theorem']} ({options})" if options else str(row["theorem"])
