"""Every bound on how many numbers are needed, against a million trials and more.

Share of trials that miss a target over its proved bound: at least 1 for bounds from below, at most
1 from above. Bars end at what an exact one-sided test would detect; the level 1e-6 is shared among
all bounds. Products meet the reach floor with equality: they fail by reach.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SERIES = (
    ("necessary", "^", 2, "necessary $n - 1$"),
    ("floor", ".", 4, "floor"),
    ("by statistics", "_", 3, "certified by statistics"),
    ("certified", "v", 1, "certified"),
)
LEAST = 1e-4


def table(*, quick: bool = False, seed: int = 0) -> dict[str, Any]:
    """Run every sample and test every claim; some minutes, quick ten seconds."""
    from slt_theory.experiments.window_claims import SAMPLES
    from slt_theory.experiments.window_trials import CLAIM_LEVEL, FIRST, LEVEL, POWER, run_sample

    samples = [run_sample(one, seed=seed, trials=FIRST if quick else None) for one in SAMPLES]
    return {
        "level": float(LEVEL),
        "claim_level": CLAIM_LEVEL,
        "power": POWER,
        "seed": seed,
        "samples": samples,
    }


def draw(data: dict[str, Any]) -> Figure:
    """The figure of a table, in the current style."""
    from slt_theory.plotting import COLOURS, new_figure

    figure = new_figure()
    axis = figure.subplots()
    samples = data["samples"]
    for kind, marker, colour, label in SERIES:
        x, y, ends = [], [], []
        for place, sample in enumerate(samples):
            for one in sample["claims"]:
                if one["kind"] == kind:
                    x.append(max(LEAST, one["failures"] / sample["trials"] / one["chance"]))
                    ends.append(max(LEAST, one["detects"] / one["chance"]))
                    y.append(place + (0.2 if one["side"] == "above" else -0.2))
        axis.plot(x, y, marker, ms=4, color=COLOURS[colour], label=label)
        if kind != "floor":
            axis.hlines(y, [1.0] * len(y), ends, color=COLOURS[colour], lw=0.8)
    axis.axvline(1, color="0.6", lw=0.8)
    names = [f"{sample['law']}, {sample['eps']:g}" for sample in samples]
    axis.set_yticks(range(len(names)), labels=names, fontsize="x-small")
    axis.set(xscale="log", xlabel="share of trials / bound", xlim=(LEAST / 2, 200))
    axis.invert_yaxis()
    axis.legend(loc="lower center", bbox_to_anchor=(0.5, 1), ncols=4, fontsize="x-small")
    figure.set_figheight(max(figure.get_figheight(), 0.28 * len(names)))
    return figure
