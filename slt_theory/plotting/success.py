"""Success probability against n: measured with exact bands, bounds marked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from slt_theory.plotting.styles import COLOURS

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["success_curves"]


def success_curves(axis: Axes, table: dict[str, Any]) -> None:
    """Draw one curve an eps.

    Parameters
    ----------
    axis : matplotlib Axes
    table : dict
        ``level``, ``delta`` and ``curves``: a list of ``{eps, trials, points, certified,
        necessary}`` with points ``{n, successes, lo, hi}`` and two numbers for success 1 - delta.
    """
    goal = 1 - table["delta"]
    axis.axhline(goal, color="0.6", lw=0.8, ls=(0, (1, 2)), zorder=0)
    for colour, curve in zip(COLOURS, table["curves"], strict=False):
        n = [p["n"] for p in curve["points"]]
        share = [p["successes"] / curve["trials"] for p in curve["points"]]
        axis.fill_between(
            n,
            [p["lo"] for p in curve["points"]],
            [p["hi"] for p in curve["points"]],
            color=colour,
            alpha=0.25,
            lw=0,
        )
        axis.plot(
            n, share, color=colour, marker="o", ms=2.5, label=f"$\\varepsilon$ = {curve['eps']:g}"
        )
        axis.plot(
            [curve["necessary"]], [goal], marker="|", ms=9, mew=1.6, color=colour, clip_on=False
        )
        if curve["certified"] is not None:
            axis.plot([curve["certified"]], [goal], marker=">", ms=5, color=colour, clip_on=False)
    axis.plot([], [], ls="", marker="|", ms=9, mew=1.6, color="0.3", label="necessary")
    axis.plot([], [], ls="", marker=">", ms=5, color="0.3", label="certified")
    axis.set(xlabel="random numbers $n$", ylabel="success probability", ylim=(-0.02, 1.02))
    # Certified numbers lie far to the right of the transition.
    axis.set_xscale("log", base=2)
    from matplotlib.ticker import ScalarFormatter

    axis.xaxis.set_major_formatter(ScalarFormatter())
    axis.legend(loc="lower right", title=f"bands: exact, {table['level']:.0%} each")
