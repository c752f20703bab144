"""Densities of the laws of one random number, with their largest uniform component shaded.

A law that contains alpha U[-a, a] is as good as about alpha n uniform numbers on [-a, a]: this is
how the theorems for U[-1, 1] reach products of weights.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LAWS = (
    "uniform",
    "uniform*uniform",
    "relu(uniform)*uniform",
    "normal",
    "normal*normal",
    "normal*uniform",
)
HALF_WIDTHS = [k / 200 for k in range(1, 301)]


def table(*, quick: bool = False, seed: int = 0) -> dict[str, Any]:
    """Evaluate the closed densities; no randomness."""
    import numpy as np

    from slt_theory.laws import parse_law

    x = np.linspace(-1.5, 1.5, 601)[1:-1]
    x = x[np.abs(x) > 1e-9]
    rows = []
    for name in LAWS:
        law = parse_law(name)
        weights = [law.uniform_component(a) for a in HALF_WIDTHS]
        best = int(np.argmax(weights))
        rows.append(
            {
                "law": name,
                "density": law.density(x).tolist(),
                "atom": float(law.atom),
                "half_width": HALF_WIDTHS[best],
                "alpha": weights[best],
            }
        )
    return {"x": x.tolist(), "rows": rows}


def draw(data: dict[str, Any]) -> Figure:
    """The figure of a table, in the current style."""
    from slt_theory.plotting import COLOURS, new_figure

    figure = new_figure()
    axes = figure.subplots(2, 3, sharex=True, sharey=True).ravel()
    for axis, row in zip(axes, data["rows"], strict=True):
        height, a = row["alpha"] / (2 * row["half_width"]), row["half_width"]
        axis.fill_between([-a, a], [height, height], color=COLOURS[1], alpha=0.35, lw=0)
        axis.plot(data["x"], row["density"], color=COLOURS[0])
        axis.set(ylim=(0, 1.3))
        axis.set_title(row["law"], fontsize="small")
        note = rf"$\alpha$ = {row['alpha']:.3f}" + f"\n$a$ = {a:.2f}"
        if row["atom"]:
            note += f"\natom {row['atom']:g}"
        axis.text(
            0.98, 0.95, note, ha="right", va="top", transform=axis.transAxes, fontsize="small"
        )
    return figure
