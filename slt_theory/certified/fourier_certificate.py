"""Certificates of the Fourier-Markov bound: parameters and weights that were found, checked anew.

However the numbers were found, `TiltedCertificate.recomputed` computes the bound anew with directed
rounding. `tilted_failure` only reads the stored bounds.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from fractions import Fraction
from functools import cache
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any

import numpy as np

from slt_theory.balls import precision
from slt_theory.certified.enclose import MARGIN, TINY, FloatArray, ball, downs, point, power, up
from slt_theory.certified.exact import probability_up
from slt_theory.certified.fourier_floor import TiltedFloor
from slt_theory.certified.fourier_gauss import BITS
from slt_theory.certified.fourier_majorant import majorises
from slt_theory.certified.fourier_means import TiltedMeans
from slt_theory.certified.fourier_parameters import Plan, Tilt

__all__ = ["TiltedCell", "TiltedCertificate", "tilted_certificates", "tilted_failure", "total"]

FILE = Path(__file__).parents[1] / "tables" / "tilted_densities.json"

_RESERVE = 1e-6
"""Relative room of a stored bound, for sums that another machine adds in another order."""


class TiltedCell:
    """One cell of the bound: what its constraint and its costs are. Tables are made once."""

    def __init__(self, plan: Plan, cell: Tilt, after: Tilt) -> None:

        self.plan, self.cell = plan, cell
        with precision(BITS):
            self.floor = TiltedFloor(plan, cell.tilt)
            self.stops = self._stops(after)

    def _stops(self, after: Tilt) -> FloatArray:
        """Greatest A of the cell by V / n: next start + sum of u_this - u_next, rounded up.

        u_this - u_next = (x/2)(tanh(tilt x/2) - tanh(next x/2)) <= (tilt - next) x^2/4.
        """
        plan, a, b = self.plan, ball(self.cell.tilt), ball(after.tilt)
        falls = []
        for place in self.floor.points:
            x = ball(place)
            falls.append(x / 2 * ((b * x / 2).tanh() - (a * x / 2).tanh()))
        bend = (abs(a) + a * a / 5 + abs(b) + b * b / 5) / 2
        drop = -plan.count * self.floor.least(falls, bend)
        most = up((a - b) * ball(plan.spread) / 4)
        whole: FloatArray = np.minimum(drop + MARGIN * (1 + np.abs(drop)), most)
        return whole + up(ball(after.start)) + MARGIN

    @property
    def width(self) -> float:
        """Length of the interval of A."""
        return float(self.stops.max()) - float(self.cell.start) + MARGIN

    def constraint(self) -> FloatArray:
        """Coefficients of (a, c) on each cell of V / n, a row a cell; rounded down."""

        plan = self.plan
        with precision(BITS):
            least = self.floor.low(self.cell.start, self.stops)
            edges = [point(v) for v in self.floor.edges[1:]]
            decay = np.array([downs((-ball(t) * v).exp() for v in edges) for t in plan.rates])
        decay = np.maximum(power(decay, plan.count) * (1 - MARGIN) - TINY, 0.0)
        square = least**2 * (1 - MARGIN)
        return np.concatenate([decay, decay * square]).T

    def costs(self) -> FloatArray:
        """E[f(A) exp(-t V)], then E[f(A) exp(-t V) N]; rounded up."""

        with precision(BITS):
            means = TiltedMeans(self.plan, self.cell)
            return np.concatenate([means.chances(), means.noise()])

    def failure(self) -> float:
        """Upper bound of P(a target is missed, A in the cell, B <= b); 1 if nothing is proved."""

        plan, cell = self.plan, self.cell
        weights = np.array(cell.weights)
        with precision(BITS):
            if not majorises(cell.waves, cell.push, self.width, plan.period):
                return 1.0
        held = (self.constraint() @ weights) * (1 - MARGIN) - TINY
        if not np.all(held >= 1):
            return 1.0
        return min(1.0, float(self.costs() @ weights) * (1 + MARGIN))


def total(beyond: float, tail: float, parts: list[float]) -> float:
    """P(B > b) + 2 P(A_0 >= 0 and in the tail) + 2 sum P(missed, cell): the law is even."""
    return min(1.0, (beyond + 2 * tail + 2 * sum(parts)) * (1 + MARGIN))


@dataclass(frozen=True)
class TiltedCertificate:
    """A failure bound for n uniform items and all targets of [-w, w].

    Attributes
    ----------
    plan : Plan
        Parameters of all cells; n, the error and w among them.
    cells : tuple of Tilt
        Tilts that fall from 0 and their cells; the last has no weights: it is the tail.
    squares : Fraction
        Rate in Chernoff's bound of P(B > b).
    bound : float
        The failure probability.
    """

    plan: Plan
    cells: tuple[Tilt, ...]
    squares: Fraction
    bound: float

    def _ordered(self) -> bool:
        first = self.cells[0]
        falls = all(a.tilt > b.tilt for a, b in pairwise(self.cells))
        return len(self.cells) >= 2 and first.tilt == 0 and first.start == 0 and falls

    def beyond(self) -> float:
        """P(B > b) by Chernoff's bound: E exp(t x^2) = sqrt(pi/t) erfi(sqrt t)/2."""
        t = ball(self.squares)
        mean = (ball(1).pi() / t).sqrt() * t.sqrt().erfi() / 2
        log = mean.log() * self.plan.count - t * ball(self.plan.spread)
        return up(log.exp())

    def tail(self) -> float:
        """P(A at the last tilt is at least its start) by Chernoff's bound."""

        last = self.cells[-1]
        with precision(BITS):
            plan = replace(self.plan, rates=(Fraction(0),))
            return float(TiltedMeans(plan, replace(last, waves=(1 + 0j,))).chances()[0])

    def parts(self) -> list[float]:
        """The failure bound of each cell."""
        pairs = pairwise(self.cells)
        return [TiltedCell(self.plan, a, b).failure() for a, b in pairs]

    def recomputed(self) -> float:
        """The bound, computed anew. Cost: some two seconds a cell."""
        if not self._ordered():
            return 1.0
        return total(self.beyond(), self.tail(), self.parts())

    def check(self) -> bool:
        """Recompute the bound; True if the stored one is at least as large."""
        return self.recomputed() <= self.bound

    def with_bound(self) -> TiltedCertificate:
        """The same with its bound recomputed, and a little room."""
        value = min(1.0, float(f"{self.recomputed() * (1 + _RESERVE):.9e}"))
        return replace(self, bound=value)

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON: rationals as text."""
        plan = {f.name: str(getattr(self.plan, f.name)) for f in fields(Plan)}
        cells = [
            {
                "tilt": str(cell.tilt),
                "start": str(cell.start),
                "push": str(cell.push),
                "waves": [[c.real, c.imag] for c in cell.waves],
                "weights": {str(i): w for i, w in enumerate(cell.weights) if w},
            }
            for cell in self.cells
        ]
        return {
            "plan": plan | {"rates": [str(t) for t in self.plan.rates]},
            "cells": cells,
            "squares": str(self.squares),
            "bound": self.bound,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> TiltedCertificate:
        """Read what `to_dict` wrote."""
        rest = {k: v for k, v in data["plan"].items() if k not in ("rates", "count")}
        rates = tuple(Fraction(t) for t in data["plan"]["rates"])
        plan = Plan(
            count=int(data["plan"]["count"]),
            rates=rates,
            **{k: Fraction(v) for k, v in rest.items()},
        )
        cells = tuple(
            Tilt(
                Fraction(row["tilt"]),
                Fraction(row["start"]),
                Fraction(row["push"]),
                tuple(complex(a, b) for a, b in row["waves"]),
                tuple(float(row["weights"].get(str(i), 0.0)) for i in range(2 * len(rates))),
            )
            for row in data["cells"]
        )
        return cls(plan, cells, Fraction(data["squares"]), float(data["bound"]))


@cache
def tilted_certificates() -> tuple[TiltedCertificate, ...]:
    """The shipped certificates."""
    rows = json.loads(FILE.read_text(encoding="utf-8"))
    return tuple(TiltedCertificate.from_dict(row) for row in rows)


@cache
def tilted_failure(law: str, error: Fraction, half_width: Fraction) -> tuple[int, ...]:
    """Least stored failure bounds for 0, 1, .. items, in units of ``2**-PROBABILITY_BITS``.

    A certificate covers every larger error, every smaller window and more items. Empty: none, as
    for every law but the uniform one.
    """
    best: dict[int, float] = {}
    for one in tilted_certificates() if law == "uniform" else ():
        plan = one.plan
        if plan.error <= error and plan.half_width >= half_width:
            best[plan.count] = min(one.bound, best.get(plan.count, 1.0))
    rows = (best.get(n, 1.0) for n in range(max(best, default=-1) + 1))
    return tuple(probability_up(Fraction(least)) for least in accumulate(rows, min))
