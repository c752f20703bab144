"""Success probability against n for several eps, with the certified and necessary numbers.

Every target of [-1, 1] must be within eps of a subset sum of n draws from U[-1, 1].
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DELTA = 0.1
EPS = ("1/10", "3/100", "1/100", "3/1000", "1/1000")


def table(*, quick: bool = False, seed: int = 0) -> dict[str, Any]:
    """Measure the curves; about ten seconds, quick two."""
    from fractions import Fraction

    from slt_theory.certified import certified_n, necessary_n
    from slt_theory.experiments import threshold

    trials, curves = (1000 if quick else 4000), []
    for text in EPS:
        eps = Fraction(text)
        found = threshold(eps=eps, delta=DELTA, trials=trials, seed=seed)
        certified = certified_n(eps, DELTA)
        curves.append(
            {
                "eps": float(eps),
                "trials": trials,
                **found.interval(),
                "points": [asdict(point) for point in found.curve()],
                "certified": None if certified is None else certified.n,
                "necessary": necessary_n(eps, DELTA).n,
            }
        )
    return {
        "law": "uniform",
        "lo": -1,
        "hi": 1,
        "delta": DELTA,
        "level": 0.95,
        "seed": seed,
        "curves": curves,
    }


def draw(data: dict[str, Any]) -> Figure:
    """The figure of a table, in the current style."""
    from slt_theory.plotting import new_figure, success_curves

    figure = new_figure()
    success_curves(figure.subplots(), data)
    return figure
