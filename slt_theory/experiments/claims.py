"""A claim at given parameters: the question it answers, its n, and where that n is from."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from slt_theory.errors import BadInput
from slt_theory.experiments.question import Question
from slt_theory.experiments.sufficient import certified_for, necessary_of
from slt_theory.experiments.trials import never
from slt_theory.lattice import positive_fraction
from slt_theory.laws import read_law
from slt_theory.statistics import Verdict
from slt_theory.theorems import Bound, Theorem, get
from slt_theory.user_files import is_reference, load_object

__all__ = ["Case", "case_of", "claim_of"]


@dataclass(frozen=True)
class Case:
    """A claim at given parameters: which question, which n, whose n.

    Attributes
    ----------
    necessary : bool
        "At least n numbers are needed": tried with one number fewer, failures count.
    verdict : Verdict or None
        Known before any trial, because an assumption fails.
    excluded : str
        What a proof says against this n, before any trial; also among the notes.
    """

    name: str
    question: Question
    n: int
    n_from: str
    necessary: bool = False
    verdict: Verdict | None = None
    notes: tuple[str, ...] = ()
    excluded: str = ""


def claim_of(claim: Theorem | Bound | str, law: Any = None) -> Theorem | Bound:
    """A statement from its id, from ``FILE.py:NAME`` or as it is; about another law if given one.

    Raises
    ------
    BadInput
        If there is no such statement, or it is about no law.
    """
    if is_reference(claim):
        reference, claim = claim, load_object(str(claim), (Bound, Theorem))
        if not isinstance(claim, Bound | Theorem):
            raise BadInput("claim", reference, "must name a slt_theory.Bound")
    elif isinstance(claim, str):
        claim = get(claim)
    if law is None:
        return claim
    made = read_law(law)
    if claim.law is None:
        name = claim.id if isinstance(claim, Theorem) else claim.name
        raise BadInput("law", made.name, f"{name} is not about sums of random numbers")
    return replace(claim, law=made)


def case_of(
    claim: Theorem | Bound | str, n: int | None, eps: Any, delta: float, lo: Any, hi: Any
) -> Case:
    """Specialise a claim to these parameters.

    Raises
    ------
    BadInput
        If it says nothing that independent trials of sums could test.
    """
    claim = claim_of(claim)
    if n is not None and n < 0:
        raise BadInput("n", n, "must be >= 0")
    case = _against_the_floor(_case(claim, n, eps, delta, lo, hi), claim, delta)
    words = (case.question.law.note, never(case.question))
    return replace(case, notes=(*case.notes, *(text for text in words if text)))


def _against_the_floor(case: Case, claim: Theorem | Bound, delta: float) -> Case:
    """The case, with what the proved necessary number says about its n.

    A claim about one random target is not tried against the ends of the window.
    """
    fixed = isinstance(claim, Theorem) and claim.quantifiers.targets == "fixed"
    if case.necessary or (case.question.random and not fixed):
        return case
    needed = necessary_of(case.question, delta, fixed=fixed)
    if needed is None or case.n >= needed.n:
        return case
    which = "a fixed target at the end" if fixed else "all targets"
    text = (
        f"n = {case.n} is too small: at least {needed.n} numbers are necessary for {which} of "
        f"[{float(case.question.lo):g}, {float(case.question.hi):g}] and the law "
        f"{case.question.law.name} ({needed.method}, proof {needed.proof})"
    )
    return replace(case, notes=(*case.notes, text), excluded=text)


def _case(claim: Theorem | Bound, n: int | None, eps: Any, delta: float, lo: Any, hi: Any) -> Case:
    if isinstance(claim, Bound):
        window = claim.window if lo is None and hi is None else (lo, hi)
        question = Question.of(
            claim.law_,
            claim.guaranteed(eps),
            claim.targets,
            *window,
            **Question.demands(claim.asks),
        )
        own = claim.required_n(float(positive_fraction("eps", eps)), delta)
        return Case(claim.name, question, own if n is None else n, "bound" if n is None else "user")
    return _of_theorem(claim, n, eps, delta, lo, hi)


def _of_theorem(theorem: Theorem, n: int | None, eps: Any, delta: float, lo: Any, hi: Any) -> Case:
    if theorem.law is None:
        raise BadInput(
            "theorem", theorem.id, "has no Monte Carlo check on sums", "build its ticket instead"
        )
    low = theorem.window[0] if lo is None else lo
    high = theorem.window[1] if hi is None else hi
    exact = positive_fraction("eps", eps)
    targets = "random" if theorem.quantifiers.targets == "fixed" else "all"
    asks = Question.demands(theorem.asks)
    if asks.get("dim", 1) > 1:
        targets = "random"
    question = Question.of(theorem.law, exact, targets, low, high, **asks)
    parameters = {"eps": float(exact), "delta": delta, "lo": float(low), "hi": float(high)}
    broken = theorem.broken_assumptions(parameters)
    notes = tuple(f"assumption fails: {text}" for text in broken)
    state = Verdict.NOT_APPLICABLE if broken else None
    if n is not None:
        return Case(theorem.id, question, n, "user", verdict=state, notes=notes)
    if theorem.named_n is not None:
        named = theorem.named_n(float(exact), delta, float(low), float(high))
        necessary = theorem.claims == "necessary"
        return Case(theorem.id, question, named, "statement", necessary, state, notes)
    certified = certified_for(theorem, exact, delta, low, high)
    if certified is None:
        raise BadInput("n", None, f"{theorem.id} names no n and none is certified", "give n=")
    notes = (*notes, "the statement names no constant: checked at our certified n")
    return Case(theorem.id, question, certified.n, "certified", verdict=state, notes=notes)
