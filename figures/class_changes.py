"""How often the class of a digit changes under a ticket, at the eps of the theorem.

Certified tickets of the shipped digits network on all 1797 digits: share whose class differs from
the target's, with exact 95 % intervals, beside the share whose margin is at most twice the
certified error, so that the certificate cannot exclude a change.

Guess before the computation: at an error of 0.05 a weight one digit in twenty changes its class,
and the certificate is of the right order.
Found: none of 1797 at 0.05 (at most 0.21 %), five at 0.1, 2 % at 0.2. The certificate excludes no
change at 0.05 and above, and still not for 120 digits at 0.005.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TARGET = "digits_mlp"
EPS = ("1/5", "1/10", "1/20", "1/50", "1/100", "1/200")


def table(*, quick: bool = False, seed: int = 0) -> dict[str, Any]:
    """Build a ticket an eps and run it on every digit; a minute (extra data)."""
    from fractions import Fraction

    import numpy as np

    from slt_theory.data import digits, shipped_target
    from slt_theory.statistics import clopper_pearson
    from slt_theory.tickets import build_ticket
    from slt_theory.tickets.run import ticket_forward

    target = shipped_target(TARGET)
    inputs = np.concatenate([part.inputs for part in digits()])
    theirs = target.run(inputs)[-1]
    ordered = np.sort(theirs, axis=1)
    margins = ordered[:, -1] - ordered[:, -2]
    rows = []
    for eps in EPS[:2] if quick else EPS:
        ticket = build_ticket(target, eps=Fraction(eps), seed=seed, signs="needed")
        ours = ticket_forward(ticket, inputs).reshape(theirs.shape)
        changed = ours.argmax(axis=1) != theirs.argmax(axis=1)
        low, high = clopper_pearson(int(changed.sum()), len(inputs))
        bound = ticket.certificate["sup_error_bound"]
        rows.append(
            {
                "eps": float(Fraction(eps)),
                "changed": int(changed.sum()),
                "low": low,
                "high": high,
                "certified_error": bound,
                "largest_difference": float(np.abs(ours - theirs).max()),
                "not_excluded": int((margins <= 2 * bound).sum()),
            }
        )
    return {"target": TARGET, "inputs": len(inputs), "seed": seed, "rows": rows}


def draw(data: dict[str, Any]) -> Figure:
    """The figure of a table, in the current style."""
    from slt_theory.plotting import COLOURS, legend_above, new_figure

    figure = new_figure()
    axis = figure.subplots()
    rows, count = data["rows"], data["inputs"]
    x, y = [r["eps"] for r in rows], [r["changed"] / count for r in rows]
    sides = [
        [v - r["low"] for v, r in zip(y, rows, strict=True)],
        [r["high"] - v for v, r in zip(y, rows, strict=True)],
    ]
    axis.errorbar(x, y, sides, color=COLOURS[0], marker="o", ms=3, label="class changed")
    open_shares = [r["not_excluded"] / count for r in rows]
    axis.plot(
        x, open_shares, color=COLOURS[1], marker="s", ms=3, label="not excluded by certificate"
    )
    axis.set(
        xscale="log",
        xlabel=r"$\varepsilon$ of a weight",
        ylabel=f"share of {count} digits (linear below $10^{{-3}}$)",
    )
    axis.set_yscale("symlog", linthresh=1e-3)
    axis.set_ylim(bottom=-1e-4)
    legend_above(figure)
    return figure
