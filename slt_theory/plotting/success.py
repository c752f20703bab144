"""Success probability against n: measured with exact bands, bounds marked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from slt_theory.plotting.styles import COLOURS, marker_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["success_curves"]

# White edges, so that marks of curves that cross at the goal stay apart.
_MARKS: dict[str, dict[str, Any]] = {
    "necessary": {"marker": "|", "ms": 12, "mew": 2},
    "certified": {"marker": ">", "ms": 6, "mec": "white", "mew": 0.5},
}


def success_curves(axis: Axes, table: dict[str, Any]) -> None:
    """Draw one curve an eps.

    Parameters
    ----------
    axis : matplotlib Axes
    table : dict
        ``level``, ``delta`` and ``curves``: a list of ``{eps, trials, points, certified,
        necessary}`` with points ``{n, successes, lo, hi}``, which may have trials of their own, and
        two numbers for success 1 - delta, None where there is none. Labels stand on the artists;
        a legend is the caller's.
    """
    goal = 1 - table["delta"]
    axis.axhline(goal, color="0.6", lw=0.8, ls=(0, (1, 2)), zorder=0)
    for k, curve in enumerate(table["curves"]):
        colour = COLOURS[k % len(COLOURS)]
        n = [p["n"] for p in curve["points"]]
        share = [p["successes"] / (p.get("trials") or curve["trials"]) for p in curve["points"]]
        axis.fill_between(
            n,
            [p["lo"] for p in curve["points"]],
            [p["hi"] for p in curve["points"]],
            color=colour,
            alpha=0.25,
            lw=0,
        )
        axis.plot(
            n,
            share,
            color=colour,
            marker=marker_of(colour),
            ms=2.5,
            label=f"$\\varepsilon$ = {curve['eps']:g}",
        )
        for name, looks in _MARKS.items():
            if curve[name] is not None:
                axis.plot([curve[name]], [goal], color=colour, clip_on=False, zorder=5, **looks)
    for name, looks in _MARKS.items():
        if any(curve[name] is not None for curve in table["curves"]):
            axis.plot([], [], ls="", color="0.3", label=name, **looks)
    axis.set(xlabel="random numbers $n$", ylabel="success probability", ylim=(-0.02, 1.02))
    # Certified numbers lie far to the right of the transition.
    axis.set_xscale("log", base=2)
    from matplotlib.ticker import ScalarFormatter

    axis.xaxis.set_major_formatter(ScalarFormatter())
