"""Certificates of base intervals: parameters and weights that were found, bounds that are checked.

However the numbers were found, `Certificate.check` computes the bounds anew with directed rounding
from the parameters and the weights. The shipped ones are checked by ``proofs/base_interval.py`` and
by the tests; `stored_failure` only reads their bounds.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from fractions import Fraction
from functools import cache
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np

from slt_theory.certified.base_interval import Base, Core
from slt_theory.certified.enclose import MARGIN, FloatArray
from slt_theory.certified.exact import probability_up
from slt_theory.certified.outward import counts, misfit, short

__all__ = ["Certificate", "certificates", "stored_failure"]

FILE = Path(__file__).parents[1] / "tables" / "base_intervals.json"

_RESERVE = 1e-6
"""Relative room of a stored bound, for sums that another machine adds in another order."""


@dataclass(frozen=True)
class Certificate:
    """A failure bound for 0, 1, 2, .. items and all targets of [-half_width, half_width].

    Attributes
    ----------
    base : Base
        Parameters of the base interval; the error is ``base.error * base.cut``.
    half_width : Fraction
        w.
    top : Fraction
        Larger items are left out.
    core : int
        At most so many small items make the base interval.
    weights : mapping
        K to the weights (a, c); no entry: K items prove nothing.
    bounds : tuple of float
        Failure probabilities for n = 0, 1, ..
    """

    base: Base
    half_width: Fraction
    top: Fraction
    core: int
    weights: Mapping[int, tuple[float, ...]]
    bounds: tuple[float, ...]

    @property
    def eps(self) -> Fraction:
        """Error guaranteed."""
        return self.base.error * self.base.cut

    def parts(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """No base interval, a large item that does not fit, too short: bounds for n = 0, 1, .."""
        base, longest = self.base, len(self.bounds) - 1
        made = Core(base)
        missed = np.ones(longest + 1)
        for count, weights in self.weights.items():
            if count <= min(self.core, longest):
                missed[count] = made.failure(count, np.array(weights))
        missed[self.core :] = missed[min(self.core, longest)]
        goal = self.half_width - base.length * base.cut / 2
        nowhere = (counts(base.law, base.cut, longest) @ missed) * (1 + MARGIN)
        apart = misfit(base.law, base.cut, base.length, self.top, longest)
        near = 2 * short(base.law, base.cut, goal, self.top, self.core, longest)
        return nowhere, apart, near

    def recomputed(self) -> FloatArray:
        """The bounds, computed anew. Cost: about ten seconds."""
        total: FloatArray = np.minimum(1.0, sum(self.parts()) * (1 + MARGIN))
        return total

    def check(self) -> bool:
        """True if every stored bound is at least the one computed anew."""
        return bool(np.all(self.recomputed() <= np.array(self.bounds)))

    def with_bounds(self) -> Certificate:
        """The same with its bounds recomputed, and a little room."""
        bounds = [min(1.0, float(f"{x * (1 + _RESERVE):.9e}")) for x in self.recomputed()]
        return Certificate(
            self.base, self.half_width, self.top, self.core, self.weights, tuple(bounds)
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON: rationals as text, weights other than 0 by their place."""
        base = {f.name: getattr(self.base, f.name) for f in fields(Base)}
        base["rates"] = [str(t) for t in self.base.rates]
        return {
            "base": {k: v if isinstance(v, list) else str(v) for k, v in base.items()},
            "half_width": str(self.half_width),
            "top": str(self.top),
            "core": self.core,
            "weights": {
                str(count): {str(i): w for i, w in enumerate(row) if w}
                for count, row in self.weights.items()
            },
            "bounds": list(self.bounds),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Certificate:
        """Read what `to_dict` wrote."""
        rest = {k: Fraction(v) for k, v in data["base"].items() if k not in ("law", "rates")}
        rates = tuple(Fraction(t) for t in data["base"]["rates"])
        base = Base(law=data["base"]["law"], rates=rates, **rest)
        weights = {
            int(count): tuple(float(row.get(str(i), 0.0)) for i in range(2 * len(rates)))
            for count, row in data["weights"].items()
        }
        return cls(
            base,
            Fraction(data["half_width"]),
            Fraction(data["top"]),
            int(data["core"]),
            weights,
            tuple(float(x) for x in data["bounds"]),
        )


@cache
def certificates() -> tuple[Certificate, ...]:
    """The shipped certificates."""
    rows = json.loads(FILE.read_text(encoding="utf-8"))
    return tuple(Certificate.from_dict(row) for row in rows)


@cache
def stored_failure(law: str, error: Fraction, half_width: Fraction) -> tuple[int, ...]:
    """Least stored failure bounds for 0, 1, .. items, in units of ``2**-PROBABILITY_BITS``.

    A certificate holds for every larger error and every smaller window. Empty if there is none.
    """
    rows = [
        one.bounds
        for one in certificates()
        if one.base.law == law and one.eps <= error and one.half_width >= half_width
    ]
    longest = max(map(len, rows), default=0)
    # More items never hurt, so the last bound holds for more.
    least = (min(row[min(n, len(row) - 1)] for row in rows) for n in range(longest))
    return tuple(probability_up(Fraction(best)) for best in accumulate(least, min))
