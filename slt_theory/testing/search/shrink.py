"""From a counterexample to a simplest one nearby: fewer items, fewer bits."""

from __future__ import annotations

import time

from slt_theory.testing.frame import Case, Frame
from slt_theory.testing.lemma import Lemma

__all__ = ["shrunk"]

__tracebackhide__ = True


def shrunk(lemma: Lemma, frame: Frame, case: Case, *, seconds: float = 5.0) -> Case:
    """A counterexample that no single simplification keeps, or the best one within the time."""
    end = time.monotonic() + seconds
    cost = frame.cost(case)
    progress = True
    while progress and time.monotonic() < end:
        progress = False
        for simpler in frame.simpler(case):
            if time.monotonic() >= end:
                break
            new = frame.cost(simpler)
            if new < cost and lemma.is_refuted_by(frame.values(simpler)):
                case, cost, progress = simpler, new, True
                break
    return case
