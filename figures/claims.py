"""Every claim of the wider field that replicates decide.

A replicate is a split, initial weights and an order of batches; it is won where the difference,
with the margin of the claim, is positive. Beyond a dashed line the exact sign test of 24 replicates
decides at level 1e-3 a side. Verdicts are about small networks on 8x8 digits, not about those of
the papers: what fails here is not claimed there. One dot is one master seed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SEEDS = 3
# Inches a row and points of its label: the least that a printed page shows clearly.
ROW, LETTERS = 0.125, 5.5


def table(*, quick: bool = False, seed: int = 0) -> dict[str, Any]:
    """Run every check of every claim with three seeds.

    Killed, it goes on from the claims and seeds that it has finished.
    """
    from slt_theory.experiments.claim_names import name_of
    from slt_theory.experiments.claim_record import joined, row_of
    from slt_theory.experiments.claim_runs import parts_folder, run_claims
    from slt_theory.papers.trained.shared.verdicts import SMALL
    from slt_theory.theorems import all_claims

    claims = {claim.id: claim for claim in all_claims()}
    seeds = [seed + k for k in range(1 if quick else SEEDS)]
    size = SMALL if quick else None
    rows: dict[str, Any] = dict.fromkeys(claims)
    for report in run_claims([*claims.values()], seeds, size=size, folder=parts_folder()):
        claim = claims[report.claim]
        rows[claim.id] = joined(rows[claim.id], row_of(claim, report, name_of(claim)))
    return {"seeds": seeds, "claims": [*rows.values()]}


def draw(data: dict[str, Any]) -> Figure:
    """The figure of a table, in the current style: as many columns as there is room for."""
    from slt_theory.plotting import legend_above, new_figure

    rows = [
        (claim, check)
        for claim in data["claims"]
        for check in claim["checks"]
        if check["role"] in ("statement", "issue", "remark") and "wins" in check
    ]
    figure = new_figure(wide=True)
    half = -(-len(rows) // 2)
    figure.set_figheight(0.9 + ROW * half)
    axes = figure.subplots(1, 2)
    for axis, part in zip(axes, (rows[:half], rows[half:]), strict=True):
        _panel(axis, part, half)
    figure.supxlabel("replicates won minus lost, over both", fontsize="medium")
    legend_above(figure)
    return figure


def _panel(axis: Any, rows: list[Any], length: int) -> None:
    """A row a check, a dot a master seed."""
    from slt_theory.plotting import COLOURS

    looks = {
        "CONSISTENT": (COLOURS[0], "o"),
        "INCONCLUSIVE": ("0.6", "s"),
        "NOT CLAIMED": (COLOURS[1], "^"),
        "VIOLATED": (COLOURS[2], "v"),
    }
    for k, (_, check) in enumerate(rows):
        counts = zip(check["wins"], check["losses"], check["verdicts"], strict=True)
        for shift, (wins, losses, verdict) in enumerate(counts):
            height = k + 0.22 * (shift - (len(check["wins"]) - 1) / 2)
            colour, marker = looks[verdict]
            share = (wins - losses) / max(wins + losses, 1)
            axis.plot(share, height, marker, ms=2.8, color=colour, clip_on=False)
    for name in dict.fromkeys(v for _, check in rows for v in check["verdicts"]):
        colour, marker = looks[name]
        axis.plot([], [], marker, ms=3, color=colour, label=name)
    for side in (-1, 1):
        axis.axvline(16 / 24 * side, color="0.5", ls="--", lw=0.8)
    axis.axvline(0, color="0.85", lw=0.8, zorder=0)
    labels = [f"{claim['claim']}: {check['check']}" for claim, check in rows]
    axis.set_yticks(range(len(rows)), labels, fontsize=LETTERS)
    axis.tick_params(axis="y", length=0)
    axis.set(xlim=(-1.05, 1.05), ylim=(length - 0.5, -1), xticks=[-1, -0.5, 0, 0.5, 1])
    axis.tick_params(axis="x", labelsize=LETTERS + 1)
