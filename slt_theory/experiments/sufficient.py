"""What is proved about the question of a catalogue entry: how many suffice, how many are needed."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from slt_theory.certified import (
    Certified,
    Necessary,
    Statistical,
    certified_n,
    necessary_n,
    necessary_of_size,
    necessary_vectors,
    statistical_n,
)
from slt_theory.errors import BadInput
from slt_theory.experiments.question import Question
from slt_theory.theorems import Theorem

__all__ = ["certified_for", "necessary_for", "necessary_number", "necessary_of", "statistical_for"]


def certified_for(entry: Theorem, eps: Fraction, delta: Any, lo: Any, hi: Any) -> Certified | None:
    """Numbers proved to suffice for the question that `entry` asks; None if there is no proof.

    Plain sums of a law with a proved uniform part, and frozen sums of uniform numbers for targets
    of [-1, 1]; nothing for fixed sizes and vectors, which have necessary numbers only.
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


def statistical_for(
    entry: Theorem, eps: Fraction, delta: Any, lo: Any, hi: Any
) -> Statistical | None:
    """Numbers certified by statistics for the plain question of `entry`; None without trials."""
    if entry.law is None or entry.asks:
        return None
    return statistical_n(eps, delta, lo=lo, hi=hi, law=entry.law)


def necessary_for(entry: Theorem, eps: Fraction, delta: Any, lo: Any, hi: Any) -> Necessary | None:
    """Numbers proved to be necessary for the question that `entry` asks; None as `necessary_of`."""
    if entry.law is None or not set(entry.asks) <= {"lock", "prune", "size", "dim"}:
        return None
    fixed = entry.quantifiers.targets == "fixed"
    # Of vectors the target hi in every coordinate is one of the targets.
    targets = f"fixed:{Fraction(hi)}" if "dim" in entry.asks else "all"
    question = Question.of(entry.law, eps, targets, lo, hi, **Question.demands(entry.asks))
    return necessary_of(question, delta, fixed=fixed)


def necessary_of(question: Question, delta: Any, *, fixed: bool = False) -> Necessary | None:
    """Numbers proved to be necessary for a question about all targets of its window.

    With `fixed`, each target of the window has its own probability. None for a law without a
    rule, a window that the law cannot reach at all, and vectors with random targets.
    """
    ask: dict[str, Any] = {"eps": question.eps, "delta": delta, "law": question.law}
    try:
        if question.dim > 1:
            if question.lo != question.hi:
                return None
            return necessary_vectors(question.dim, z=question.lo, **ask)
        if question.size is not None:
            return necessary_of_size(
                question.size,
                lo=question.lo,
                hi=question.hi,
                targets="fixed" if fixed else "all",
                **ask,
            )
        return necessary_n(
            lo=question.lo,
            hi=question.hi,
            targets="fixed" if fixed else "all",
            lock=question.lock,
            prune=question.prune,
            **ask,
        )
    except BadInput:
        return None


def necessary_number(law: Any, eps: Any, delta: Any) -> int | None:
    """The number proved to be necessary for all targets of [-1, 1]; None for a law without a rule.

    Examples
    --------
    >>> necessary_number("uniform", Fraction(1, 10), Fraction(1, 10))
    10
    >>> necessary_number("triangular", Fraction(1, 10), Fraction(1, 10)) is None
    True
    """
    found = necessary_of(Question.of(law, eps, "all", -1, 1), delta)
    return None if found is None else found.n
