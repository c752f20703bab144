"""Universal tickets: kept weights against the certified error, and what the source costs.

Left: every point is one ticket whose error is certified for every function of its family; crosses
are the published networks. Dotted: three kept weights for each of the fewest kinks that
piecewise-linear functions need. Right: one function at one error, from different random sources.

Source: Burkholz et al. 2022, whose ticket and numbers the crosses are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SHOWN = ("sin:1", "powers:1-4")


def table(*, quick: bool = False, seed: int = 0) -> dict[str, Any]:
    """Build every ticket; about twenty seconds."""
    from slt_theory.universal.tradeoff import PUBLISHED, tradeoff_rows

    rows = tradeoff_rows(seed=seed, quick=quick)
    for row in rows:
        del row["seconds"]  # the same seed, the same table
    return {"seed": seed, "rows": rows, "published": PUBLISHED}


def draw(data: dict[str, Any]) -> Figure:
    """The figure of a table, in the current style."""
    from slt_theory.plotting import COLOURS, legend_over, new_figure

    figure = new_figure(wide=True)
    left, right = figure.subplots(1, 2)
    for colour, name in zip(COLOURS, SHOWN, strict=False):
        rows = [r for r in data["rows"] if (r["family"], r["what"]) == (name, "eps") and r["kept"]]
        rows.sort(key=lambda row: row["eps"])
        if not rows:
            continue
        errors = [row["eps"] for row in rows]
        left.plot(errors, [row["kept"] for row in rows], "o-", ms=3, color=colour, label=name)
        least = [3 * row["least_kinks"] for row in rows]
        left.plot(errors, least, color=colour, ls=":", lw=1)
        known = data["published"][name]
        left.plot(float(known["eps"]), known["kept"], "x", color=colour)
    left.plot([], [], "x", color="0.3", label="published network")
    left.plot([], [], color="0.3", ls=":", lw=1, label="fewest bends can do")
    left.set(
        xscale="log", yscale="log", xlabel="largest error over the domain", ylabel="kept weights"
    )
    legend_over(left)
    sources = [r for r in data["rows"] if r["what"] == "source" and r["kept"]]
    right.barh([_what(row) for row in sources], [row["kept"] for row in sources], color=COLOURS[4])
    right.invert_yaxis()
    right.set(xlabel="kept weights")
    if sources:
        title = rf"{sources[0]['family']}, $\varepsilon$ = {sources[0]['eps']:g}"
        right.set_title(title, fontsize="small")
    right.tick_params(axis="y", labelsize="x-small")
    return figure


def _what(row: dict[str, Any]) -> str:
    parts = [f"{key} {row[key]}" for key in ("prune", "lock") if row[key] != "0"]
    if row["size"] > 1:
        parts.append(f"sums of {row['size']}")
    parts.append(f"n = {row['n']}, {row['knots']} knots")
    return ", ".join(parts)
