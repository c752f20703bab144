"""The certified n of a catalogue entry, where the law and what is asked of subsets have one."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from slt_theory.certified import Certified, certified_n
from slt_theory.theorems import Theorem

__all__ = ["certified_for"]


def certified_for(entry: Theorem, eps: Fraction, delta: Any, lo: Any, hi: Any) -> Certified | None:
    """Numbers proved to suffice for the question that `entry` asks; None if there is no proof.

    Plain sums of a law with a proved uniform part, and frozen sums of uniform numbers for targets
    of [-1, 1]; nothing for fixed sizes and vectors.
    """
    if entry.law is None:
        return None
    if not entry.asks:
        return certified_n(eps, delta, lo=lo, hi=hi, law=entry.law)
    frozen = set(entry.asks) <= {"lock", "prune"}
    if frozen and entry.law == "uniform" and Fraction(lo) == -1 and Fraction(hi) == 1:
        from slt_theory.certified.networks import frozen_n

        lock, prune = (Fraction(entry.asks.get(k, 0)) for k in ("lock", "prune"))
        return frozen_n(eps, Fraction(delta), free=1 - lock - prune, locked=lock)
    return None
