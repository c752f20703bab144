"""Success probability against n for several eps, with the certified and necessary numbers.

Every target of [-1, 1] must be within eps of a subset sum of n draws from U[-1, 1].
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure

OWN = "Success probability against n, one curve an eps; exact bands."
DELTA = 0.1
EPS = ("1/10", "3/100", "1/100", "3/1000", "1/1000")


def table(*, quick: bool = False, seed: int = 0, law: str = "uniform") -> dict[str, Any]:
    """Measure the curves; about ten seconds, quick two."""
    from fractions import Fraction

    from slt_theory.certified import certified_n
    from slt_theory.experiments import threshold
    from slt_theory.experiments.sufficient import necessary_number

    trials, curves = (1000 if quick else 4000), []
    for text in EPS:
        eps = Fraction(text)
        found = threshold(law=law, eps=eps, delta=DELTA, trials=trials, seed=seed)
        certified = certified_n(eps, DELTA, law=law)
        curves.append(
            {
                "eps": float(eps),
                "trials": trials,
                **found.interval(),
                "points": [asdict(point) for point in found.curve()],
                "certified": None if certified is None else certified.n,
                "necessary": necessary_number(law, eps, DELTA),
            }
        )
    return {
        "law": law,
        "lo": -1,
        "hi": 1,
        "delta": DELTA,
        "level": 0.95,
        "seed": seed,
        "curves": curves,
    }


def draw(data: dict[str, Any]) -> Figure:
    """The figure of a table, in the current style."""
    from slt_theory.plotting import legend_above, new_figure, success_curves

    figure = new_figure()
    success_curves(figure.subplots(), data)
    law = f"{data['law']}; " if data["law"] else ""
    legend_above(figure, title=f"{law}bands: exact, {data['level']:.0%} each")
    return figure
