"""Numbers for a bound or a law of the user's own: certified, necessary, counting, measured."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from slt_theory.certified import certified_n, counting_n, statistical_n
from slt_theory.experiments.bound_record import BoundNumbers, proved_fields
from slt_theory.experiments.question import Question
from slt_theory.experiments.sufficient import necessary_of
from slt_theory.experiments.threshold import threshold
from slt_theory.lattice import positive_fraction
from slt_theory.statistics import DELTA, probability
from slt_theory.theorems import Bound

__all__ = ["law_numbers", "own_numbers"]

_MEASURABLE = Fraction(1, 10**6)


def own_numbers(
    bound: Bound,
    *,
    eps: Any,
    delta: float = DELTA,
    lo: Any = None,
    hi: Any = None,
    trials: int = 2000,
    seed: int = 0,
) -> BoundNumbers:
    """The numbers of the question that a bound asks; `stated` is the bound's own n.

    Parameters
    ----------
    bound : Bound
    eps, delta : number
    lo, hi : number, optional
        Window of targets, default the bound's.
    trials, seed
        Behind the measured number; 0 trials: none.

    Examples
    --------
    >>> mine = Bound("mine", n=lambda eps, delta: 20, law="laplace(0.3)")
    >>> found = own_numbers(mine, eps="0.1", delta=0.1, trials=0)
    >>> found.certified, found.counting, found.stated
    (104, 4, 20.0)
    """
    low = bound.window[0] if lo is None else lo
    high = bound.window[1] if hi is None else hi
    question = Question.of(
        bound.law_, bound.guaranteed(eps), bound.targets, low, high, **Question.demands(bound.asks)
    )
    stated = bound.required_n(float(positive_fraction("eps", eps)), probability("delta", delta))
    return law_numbers(question, delta, name=bound.name, stated=stated, trials=trials, seed=seed)


def law_numbers(
    question: Question,
    delta: float,
    *,
    name: str,
    stated: int | None = None,
    trials: int = 2000,
    seed: int = 0,
) -> BoundNumbers:
    """The numbers of one question about one law; arguments as in `own_numbers`."""
    delta = probability("delta", delta)
    law, sides = question.law, (question.lo, question.hi)
    plain = question.size is None and question.dim == 1 and not question.is_frozen
    asked: dict[str, Any] = {"lo": sides[0], "hi": sides[1], "law": law}
    certified = certified_n(question.eps, delta, **asked) if plain else None
    likely = statistical_n(question.eps, delta, **asked) if plain else None
    needed = None if question.random else necessary_of(question, delta, fixed=sides[0] == sides[1])
    measured = None
    if trials and delta * trials >= 10 and question.eps >= _MEASURABLE:
        measured = threshold(
            law=law, eps=question.eps, delta=delta, targets=question.targets, lo=sides[0],
            hi=sides[1], size=question.size, lock=question.lock, prune=question.prune,
            dim=question.dim, trials=trials, seed=seed, max_items=400,
        )  # fmt: skip
    notes = [law.note, measured.never if measured else ""]
    if plain and certified is None:
        notes.append(f"no certified n: {law.name} has no proved density floor around 0")
    return BoundNumbers(
        id=name,
        eps=float(question.eps),
        network_eps=None,
        delta=delta,
        counting=counting_n(question.eps, delta=delta, **asked).n if plain else None,
        measured=None if measured is None else measured.n,
        measured_interval=None if measured is None else (measured.n_low, measured.n_high),
        fitted=None,
        stated=None if stated is None else float(stated),
        window=(float(question.lo), float(question.hi)),
        unit=f"random numbers with law {law.name} for {question.targets} targets",
        assumptions=(),
        parameters={},
        trials=trials if measured else 0,
        measured_targets=question.targets if measured else None,
        notes=tuple(note for note in notes if note),
        **proved_fields(certified, likely, needed),
    )
