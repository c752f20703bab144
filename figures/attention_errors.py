"""Attention inside random attention: error against n, and flat in the number of tokens.

Left: certified bound and largest error found, over n products, candidates of an entry of the merged
matrices of a random two-head layer, median and range over sources. Right: the same errors against
the sequence length at fixed n; the certified bound holds for every length at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
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
    from statistics import median

    from slt_theory.plotting import COLOURS, new_figure

    figure = new_figure()
    width, height = figure.get_size_inches()
    figure.set_size_inches(1.7 * width, height)
    left, right = figure.subplots(1, 2)
    groups: dict[int, list[dict[str, Any]]] = {}
    for row in data["over_n"]:
        groups.setdefault(row["n"], []).append(row)
    for colour, label, value in (
        (COLOURS[1], "certified, any length", lambda row: row["bound"]),
        (COLOURS[0], "largest found", lambda row: max(row["measured"].values())),
    ):
        values = {n: [value(row) for row in rows] for n, rows in groups.items()}
        left.semilogy(
            list(values),
            [median(v) for v in values.values()],
            color=colour,
            marker="o",
            ms=3,
            label=label,
        )
        left.fill_between(
            list(values),
            [min(v) for v in values.values()],
            [max(v) for v in values.values()],
            color=colour,
            alpha=0.2,
            lw=0,
        )
    left.set(xlabel="products offered to an entry $n$", ylabel="error of an output")
    left.legend()
    by_n: dict[int, list[dict[str, Any]]] = {}
    for row in data["over_length"]:
        by_n.setdefault(row["n"], []).append(row)
    for colour, (n, rows) in zip(COLOURS, by_n.items(), strict=False):
        lengths = sorted(int(length) for length in rows[0]["measured"])
        found = [[{int(k): v for k, v in r["measured"].items()}[t] for r in rows] for t in lengths]
        right.loglog(
            lengths,
            [median(v) for v in found],
            color=colour,
            marker="o",
            ms=3,
            label=f"$n$ = {n}, found",
        )
        right.axhline(median(r["bound"] for r in rows), color=colour, ls="--", lw=1)
    right.set_xscale("log", base=2)
    right.set(xlabel="tokens", ylabel="error of an output")
    right.legend(title="dashed: certified")
    return figure
