"""Attention inside random attention: error against n, and flat in the number of tokens.

Left: certified bound and largest error found, over n products, candidates of an entry of the merged
matrices of a random two-head layer, median and range over sources. Right: the same errors against
the sequence length at fixed n; the certified bound holds for every length at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

NS = (4, 8, 12, 16, 20, 24)
LENGTHS = (8, 32, 128, 512, 2048, 8192)


def table(*, quick: bool = False, seed: int = 0) -> dict[str, Any]:
    """Build the tickets and try sequences; about a minute."""
    from slt_theory.experiments.attention_tickets import length_errors, random_attention

    target = random_attention(seed)
    seeds = range(seed, seed + (2 if quick else 10))
    over_n = length_errors(target, NS[:4] if quick else NS, (32,), seeds=seeds)
    lengths = LENGTHS[:4] if quick else LENGTHS
    over_length = length_errors(target, (8, 16), lengths, seeds=seeds, draws=4)
    return {
        "target": repr(target),
        "theorem": "otsuka2026-attention",
        "domain": "box:-1,1",
        "over_n": [row.to_dict() for row in over_n],
        "over_length": [row.to_dict() for row in over_length],
    }


def draw(data: dict[str, Any]) -> Figure:
    """The figure of a table, in the current style."""
    from slt_theory.plotting import new_figure

    figure = new_figure()
    left, right = figure.subplots(1, 2)
    _over_n(left, data["over_n"])
    _over_length(right, data["over_length"])
    return figure


def _by_n(rows: list[dict[str, Any]]) -> dict[int, list[dict[str, Any]]]:
    groups: dict[int, list[dict[str, Any]]] = {}
    for row in rows:
        groups.setdefault(row["n"], []).append(row)
    return groups


def _over_n(axis: Axes, rows: list[dict[str, Any]]) -> None:
    """Certified and found errors over n: median and range over sources."""
    from statistics import median

    from slt_theory.plotting import COLOURS, legend_over, marker_of

    for colour, label, value in (
        (COLOURS[1], "certified, any length", lambda row: row["bound"]),
        (COLOURS[0], "largest found", lambda row: max(row["measured"].values())),
    ):
        values = {n: [value(row) for row in group] for n, group in _by_n(rows).items()}
        middle, low, high = ([f(v) for v in values.values()] for f in (median, min, max))
        axis.semilogy(
            list(values), middle, color=colour, marker=marker_of(colour), ms=3, label=label
        )
        axis.fill_between(list(values), low, high, color=colour, alpha=0.2, lw=0)
    axis.set(xlabel="products offered to an entry $n$", ylabel="error of an output")
    legend_over(axis)


def _over_length(axis: Axes, rows: list[dict[str, Any]]) -> None:
    """Median errors over the number of tokens, a colour for each n."""
    from statistics import median

    from slt_theory.plotting import COLOURS, legend_over, marker_of

    for colour, (n, group) in zip(COLOURS, _by_n(rows).items(), strict=False):
        lengths = sorted(group[0]["measured"], key=int)
        found = [median(row["measured"][length] for row in group) for length in lengths]
        label = f"$n$ = {n}, found"
        axis.loglog(
            [*map(int, lengths)], found, color=colour, marker=marker_of(colour), ms=3, label=label
        )
        axis.axhline(median(row["bound"] for row in group), color=colour, ls="--", lw=1)
    axis.set_xscale("log", base=2)
    axis.set(xlabel="tokens", ylabel="error of an output")
    legend_over(axis, title="dashed: certified")
