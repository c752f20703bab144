"""Pictures of single results, behind their ``plot`` methods."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from slt_theory.experiments.bound_record import BoundNumbers
    from slt_theory.experiments.check import CheckReport
    from slt_theory.experiments.threshold import Threshold

__all__ = ["numbers_picture", "success_picture", "verdict_picture"]


def _axis(axis: Any) -> Any:
    """The given axis, or the one of a new figure."""
    if axis is not None:
        return axis
    from matplotlib.figure import Figure

    return Figure(layout="constrained").subplots()


def success_picture(result: Threshold, axis: Any = None) -> Any:
    """Success against n with exact intervals, and the success that was asked for."""
    axis = _axis(axis)
    points = result.curve()
    n = [point.n for point in points]
    axis.plot(n, [point.successes / result.trials for point in points], "o-", ms=3)
    axis.fill_between(n, [p.lo for p in points], [p.hi for p in points], alpha=0.25, lw=0)
    axis.axhline(1 - result.delta, color="0.5", ls=":", lw=1)
    axis.set(xlabel="random numbers $n$", ylabel="share of successes")
    return axis


def verdict_picture(result: CheckReport, axis: Any = None) -> Any:
    """The interval of the success probability beside the success that is claimed."""
    axis = _axis(axis)
    low, high = result.ci
    share = result.successes / result.trials if result.trials else (low + high) / 2
    axis.errorbar(
        [share], [0], xerr=[[max(share - low, 0)], [max(high - share, 0)]], fmt="o", capsize=4
    )
    axis.axvline(result.claimed, color="0.5", ls=":", lw=1)
    axis.text(result.claimed, 0.5, " claimed", ha="left", va="center", color="0.3", fontsize=8)
    axis.set(xlabel=f"success probability at $n$ = {result.n}", ylim=(-1, 1), yticks=[])
    axis.set_title(f"{result.claim}: {result.verdict}")
    return axis


def numbers_picture(result: BoundNumbers, axis: Any = None) -> Any:
    """All numbers of a bound, one line a word, the measured one with its interval."""
    axis = _axis(axis)
    names = ("counting", "necessary", "measured", "fitted", "statistical", "certified", "stated")
    shown = [(name, getattr(result, name)) for name in names if getattr(result, name) is not None]
    places = range(len(shown))
    axis.plot([value for _, value in shown], places, "o")
    ends: Iterable[int | None] = result.measured_interval or ()
    for place, (name, _) in zip(places, shown, strict=True):
        if name == "measured" and None not in ends:
            axis.plot(list(ends), [place, place], "-", lw=3, alpha=0.4, color="C0")
    axis.set_yticks(places, [name for name, _ in shown])
    axis.set(xlabel=f"$n$: {result.unit}", title=result.id)
    axis.invert_yaxis()
    return axis
