"""Golden-ratio decomposition (Orseau et al. 2020): best subset against greedy choice.

Numbers w_i in [g^(i+1), g^i] for i < k reach every target of [0, 1] within g^k by their best subset
if g is at least the golden ratio's inverse; the greedy residual only comes below g^(k-1), and
smaller ratios leave gaps.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure

RATIOS = tuple(round(0.52 + 0.01 * k, 2) for k in range(15))
BITS = 40
K = 12


def table(*, quick: bool = False, seed: int = 0) -> dict[str, Any]:
    """Worst residuals over random numbers and all targets, in units of g^k; a few seconds."""
    import numpy as np

    from slt_theory.streams import Purpose, stream_id, words32

    draws = 20 if quick else 100
    rows = []
    for index, ratio in enumerate((*RATIOS, (5**0.5 - 1) / 2)):
        words = words32(seed, stream_id(Purpose.TESTS, index), 0, draws * K).reshape(draws, K)
        place = words / 2.0**32
        # Extremes matter: half of the numbers sit at an end of their interval.
        place = np.where(words % 4 == 0, 0.0, np.where(words % 4 == 1, 1.0, place))
        high = ratio ** np.arange(K)
        weights = np.rint((ratio * high + (high - ratio * high) * place) * 2**BITS).astype(np.int64)
        best = greedy = 0
        for row in weights:
            sums = np.zeros(1, dtype=np.int64)
            for w in row:
                sums = np.concatenate([sums, sums + w])
            sums = np.sort(sums[sums <= 1 << BITS])
            best = max(best, int(np.diff(np.append(sums, 1 << BITS)).max() + 1) // 2)
            targets = np.append((sums[1:] - 1), 1 << BITS)
            for w in row:
                targets = np.where(targets >= w, targets - w, targets)
            greedy = max(greedy, int(targets.max()))
        unit = ratio**K * 2**BITS
        rows.append({"ratio": float(ratio), "best": best / unit, "greedy": greedy / unit})
    return {"k": K, "draws": draws, "seed": seed, "rows": sorted(rows, key=lambda r: r["ratio"])}


def draw(data: dict[str, Any]) -> Figure:
    """The figure of a table, in the current style."""
    from slt_theory.plotting import COLOURS, legend_above, new_figure

    figure = new_figure()
    axis = figure.subplots()
    x = [row["ratio"] for row in data["rows"]]
    axis.plot(
        x, [row["best"] for row in data["rows"]], "o-", ms=3, color=COLOURS[0], label="best subset"
    )
    axis.plot(
        x, [row["greedy"] for row in data["rows"]], "s-", ms=3, color=COLOURS[1], label="greedy"
    )
    axis.axvline((5**0.5 - 1) / 2, color="0.4", lw=0.8, ls="--", label="golden ratio")
    axis.axhline(1, color="0.6", lw=0.8, ls=(0, (1, 2)), label=r"claimed $\gamma^k$")
    axis.set(xlabel=r"ratio $\gamma$", ylabel=r"worst residual / $\gamma^k$ found", yscale="log")
    legend_above(figure, title=f"$k$ = {data['k']}, {data['draws']} draws a ratio")
    return figure
