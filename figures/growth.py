"""The covered share v_t of [-1/2, 1/2] as numbers arrive: sample paths and their exact mean step.

Given the past, E v_{t+1} = v_t (1 + (1 - v_t) / 2) for U[-1, 1], as an equality (proof
``expectation-identity``), and v_{t+1} <= 2 v_t. Intervals are exact integers; sums that leave the
window are dropped, as in the proofs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure

BITS = 40
EPS = 0.005
STEPS = 30


def covered_shares(items: list[int], reach: int, half: int) -> list[float]:
    """v_0 .. v_n of the clipped process; all arguments are integers of one lattice."""
    intervals = [(-reach, reach)]
    shares = []
    for item in [0, *items]:
        moved = [(max(a + item, -half), min(b + item, half)) for a, b in intervals]
        merged: list[tuple[int, int]] = []
        for a, b in sorted(intervals + [(a, b) for a, b in moved if a < b]):
            if merged and a <= merged[-1][1]:
                merged[-1] = (merged[-1][0], max(b, merged[-1][1]))
            else:
                merged.append((a, b))
        intervals = merged
        shares.append(sum(b - a for a, b in intervals) / (2 * half))
    return shares


def table(*, quick: bool = False, seed: int = 0) -> dict[str, Any]:
    """Follow sample paths; about a second."""
    from slt_theory.laws import Uniform
    from slt_theory.streams import Purpose, stream_id

    law = Uniform(bits=BITS)
    reach, half = int(EPS * 2**BITS), 1 << (BITS - 1)
    paths = []
    for trial in range(20 if quick else 60):
        sample = law.sample(seed, stream_id(Purpose.TRIALS, trial), 0, STEPS)
        paths.append(covered_shares([int(x) for x in sample], reach, half))
    return {"eps": EPS, "seed": seed, "paths": paths}


def draw(data: dict[str, Any]) -> Figure:
    """The figure of a table, in the current style."""
    import numpy as np

    from slt_theory.plotting import COLOURS, legend_over, new_figure

    paths = np.array(data["paths"])
    figure = new_figure()
    left, right = figure.subplots(1, 2)
    left.plot(paths.T, color=COLOURS[0], alpha=0.2, lw=0.8)
    left.plot(paths.mean(axis=0), color="k", label="mean of the paths")
    left.plot([], [], color=COLOURS[0], lw=0.8, label="a path")
    left.set(xlabel="numbers seen $t$", ylabel="covered share $v_t$")
    legend_over(left)
    now, following = paths[:, :-1].ravel(), paths[:, 1:].ravel()
    right.plot(now, following, ".", ms=2, color=COLOURS[0], alpha=0.4, label="a step")
    v = np.linspace(0, 1, 200)
    right.plot(v, v * (1 + (1 - v) / 2), color=COLOURS[1], label="exact mean")
    right.plot(v, np.minimum(2 * v, 1), color="0.4", ls="--", label=r"$\min(2v, 1)$")
    right.set(xlabel="$v_t$", ylabel="$v_{t+1}$")
    legend_over(right)
    return figure
