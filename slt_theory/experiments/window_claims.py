r"""The bounds on how many numbers are needed, as claims about trials that were fixed beforehand.

A `WindowSample` is a law, a window, an error and a number of trials. The claims about it:

* from below: with n - 1 numbers (n necessary) a target is missed with probability at least f, for
  the proved f > delta; and the reach floor itself at three n, which products meet with equality;
* from above: with n numbers (certified, or certified by statistics) it is at most delta;
* from both sides: the chance that the positive or the negative numbers do not reach the window,
  computed rounded down and rounded up.

Draws lie on a lattice, at most c from the law (but for a probability v each), so n of them, added
up, at most n c <= last c. Rows of `last` numbers are decided at ``eps + last * c``. What misses
there misses in the law at eps, and is missed wherever the law misses at ``eps + 2 last c``: upper
bounds are taken at eps, plus ``n v``, lower bounds at ``eps + 2 last c``, less ``n v``. The same
holds for the ends that positive and negative numbers reach.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import Any, Literal

from slt_theory.certified import certified_n, circle_n, necessary_n, reach_floor, statistical_n
from slt_theory.certified.exact import ONE
from slt_theory.certified.statistical_table import reach_failure
from slt_theory.laws import Law, parse_law

__all__ = ["FLOORS", "SAMPLES", "BoundClaim", "WindowSample", "claims"]

FLOORS = (-5, 0, 3)
"""The floor is tried at the necessary n plus these."""

_CIRCLE = "uniform mod 2"
_BITS = 48

Side = Literal["below", "above"]


@dataclass(frozen=True, slots=True)
class WindowSample:
    """Trials of one law on [-end, end], fixed before the first one; rows of `last` numbers."""

    law: str
    eps: Fraction
    delta: Fraction
    end: Fraction
    last: int
    trials: int
    stream: int

    @property
    def key(self) -> str:
        """Name of the sample."""
        return f"{self.law}:{float(self.eps):g}:{float(self.end):g}"

    @property
    def on_circle(self) -> bool:
        """True for sums modulo 2; every residue is a target."""
        return self.law == _CIRCLE

    @property
    def source(self) -> Law:
        """Law of the draws, on a lattice that leaves room for long rows and multiples of 2."""
        law = parse_law("uniform" if self.on_circle else self.law)
        return law.at(min(law.bits, _BITS))

    @property
    def error(self) -> Fraction:
        """eps and the distance between a row and numbers of the law: the error on the lattice."""
        return self.eps + self.last * self.source.coupling


def _samples() -> tuple[WindowSample, ...]:
    rows = []
    tenths = tuple(Fraction(1, 10**k) for k in (1, 2, 3))
    lasts = {"uniform": 96, "normal": 64, "uniform*uniform": 64, "relu(uniform)*uniform": 140}
    for law, last in lasts.items():
        rows += [(law, eps, eps, Fraction(1), last) for eps in tenths]
    rows.append(("uniform", Fraction(1, 50), Fraction(1, 100), Fraction(1, 2), 48))
    rows += [(_CIRCLE, eps, eps, Fraction(1), 25) for eps in tenths]

    def trials(law: str, delta: Fraction) -> int:
        # More where few fail, but on the circle, where a trial takes 0.1 ms.
        return 4 * 10**6 if delta == tenths[2] and law != _CIRCLE else 10**6

    return tuple(
        WindowSample(*row, trials(row[0], row[2]), stream) for stream, row in enumerate(rows)
    )


SAMPLES: tuple[WindowSample, ...] = _samples()
"""Every sample, each with its own stream of one seed."""


@dataclass(frozen=True, slots=True)
class BoundClaim:
    """A bound of a probability with `n` numbers, as a float rounded the safe way.

    Attributes
    ----------
    kind : str
        ``"necessary"``, ``"floor"``, ``"by statistics"``, ``"certified"`` or ``"dynamic program"``:
        of the probability that a target is missed; ``"reach"``: that the window is not reached.
    side : "below" or "above"
        The probability is at least, or at most, `chance`.
    n : int
        Numbers drawn: one fewer than necessary.
    chance : float
    """

    kind: str
    side: Side
    n: int
    chance: float


@cache
def claims(sample: WindowSample) -> tuple[BoundClaim, ...]:
    """All bounds that speak of a sample, transferred to its lattice; seconds, remembered."""
    if sample.on_circle:
        return tuple(_sufficient(sample))
    return (*_lower(sample), *_sufficient(sample), *_out_of_reach(sample))


def _lower(sample: WindowSample) -> Iterator[BoundClaim]:
    """Necessary n - 1; floor and reach at several n."""
    far = sample.error + sample.last * sample.source.coupling
    ask: dict[str, Any] = {"eps": far, "lo": -sample.end, "hi": sample.end, "law": sample.law}
    needed = necessary_n(delta=sample.delta, **ask)
    rows = [("necessary", needed.n - 1, Fraction(needed.failure))]
    for n in (needed.n + offset for offset in FLOORS):
        chance = reach_floor(n, **ask)
        rows += [("floor", n, chance), ("reach", n, chance)]
    for kind, n, chance in rows:
        least = chance - n * sample.source.variation
        yield BoundClaim(kind, "below", n, math.nextafter(float(least), 0))


def _sufficient(sample: WindowSample) -> Iterator[BoundClaim]:
    """Bounds from above."""
    eps, delta, law = sample.eps, sample.delta, sample.law
    if sample.on_circle:
        found: dict[str, Any] = {"certified": circle_n(eps, delta)}
    else:
        ask: dict[str, Any] = {"lo": -sample.end, "hi": sample.end, "law": law}
        found = {
            "by statistics": statistical_n(eps, delta, **ask),
            "certified": certified_n(eps, delta, **ask),
        }
        if law == "uniform":
            found["dynamic program"] = certified_n(eps, delta, method="dynamic-program", **ask)
    for kind, answer in found.items():
        assert answer is not None, f"no number {kind} for {sample.key}"
        assert answer.n <= sample.last, f"{sample.key} needs rows of {answer.n}"
        yield _upper(sample, kind, answer.n, delta)


def _out_of_reach(sample: WindowSample) -> Iterator[BoundClaim]:
    """Chance that the window is not reached, rounded up, at several n."""
    needed = necessary_n(sample.eps, sample.delta, lo=-sample.end, hi=sample.end, law=sample.law)
    level = sample.end - sample.eps
    for n in (needed.n + offset for offset in FLOORS):
        chance = Fraction(reach_failure(sample.law, level, level, n), ONE)
        yield _upper(sample, "reach", n, chance)


def _upper(sample: WindowSample, kind: str, n: int, chance: Fraction) -> BoundClaim:
    whole = chance + n * sample.source.variation
    return BoundClaim(kind, "above", n, math.nextafter(float(whole), 1))
