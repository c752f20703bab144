"""Monte Carlo verdicts on bounds: published ones, ours, and the user's own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np

from slt_theory.errors import BadInput, NotFoundWithinLimits
from slt_theory.experiments.frozen import frozen_successes
from slt_theory.experiments.question import Question, read_law
from slt_theory.experiments.sufficient import certified_for
from slt_theory.experiments.trials import MAX_ITEMS, hitting_times
from slt_theory.lattice import positive_fraction
from slt_theory.statistics import (
    Verdict,
    binomial_alarm,
    clopper_pearson,
    probability,
    trials_needed,
    verdict,
)
from slt_theory.theorems import Bound, Theorem, get

__all__ = ["CheckReport", "Plan", "check", "plan", "successes_at"]


@dataclass(frozen=True)
class CheckReport:
    """A verdict with its evidence.

    Attributes
    ----------
    verdict : Verdict
    n : int
        Numbers available; ``n_from`` says whose n it is.
    successes, trials : int
    ci : (float, float)
        Exact two-sided bounds of the success probability at level alpha.
    claimed : float
        The success probability that the statement promises, 1 - delta.
    power : float
        Probability of VIOLATED if the true failure probability were twice delta.
    """

    claim: str
    verdict: Verdict
    n: int
    n_from: str
    successes: int
    trials: int
    ci: tuple[float, float]
    claimed: float
    alpha: float
    seed: int
    eps: float
    delta: float
    question: dict[str, Any]
    power: float
    notes: tuple[str, ...] = field(default=())

    def summary(self) -> str:
        """One line."""
        lo, hi = self.ci
        return (
            f"{self.claim}: {self.verdict} at n = {self.n} ({self.n_from}): {self.successes} of "
            f"{self.trials} trials, success in [{lo:.4f}, {hi:.4f}], claimed {self.claimed:g}"
        )

    def to_dict(self) -> dict[str, Any]:
        record = asdict(self)
        record["verdict"] = str(self.verdict)
        return record


@dataclass(frozen=True)
class Plan:
    """What a check would do, and the trials that a wanted power needs."""

    claim: str
    n: int
    n_from: str
    trials: int
    power: float
    alternative: float

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class _Case:
    """A claim at given parameters: which question, which n, whose n."""

    name: str
    question: Question
    n: int
    n_from: str
    necessary: bool = False
    verdict: Verdict | None = None
    notes: tuple[str, ...] = ()


def _case(
    claim: Theorem | Bound | str, n: int | None, eps: Any, delta: float, lo: Any, hi: Any
) -> _Case:
    if isinstance(claim, str):
        claim = get(claim)
    if n is not None and n < 0:
        raise BadInput("n", n, "must be >= 0")
    if isinstance(claim, Bound):
        window = claim.window if lo is None and hi is None else (lo, hi)
        question = Question.of(
            claim.law_,
            claim.guaranteed(eps),
            claim.targets,
            *window,
            **Question.demands(claim.asks),
        )
        own = claim.required_n(float(eps), delta)
        return _Case(
            claim.name, question, own if n is None else n, "bound" if n is None else "user"
        )
    return _theorem_case(claim, n, eps, delta, lo, hi)


def _theorem_case(
    theorem: Theorem, n: int | None, eps: Any, delta: float, lo: Any, hi: Any
) -> _Case:
    if theorem.law is None:
        raise BadInput(
            "theorem", theorem.id, "has no Monte Carlo check on sums", "build its ticket instead"
        )
    low = theorem.window[0] if lo is None else lo
    high = theorem.window[1] if hi is None else hi
    exact = positive_fraction("eps", eps)
    targets = "random" if theorem.quantifiers.targets == "fixed" else "all"
    law = read_law(theorem.law) if isinstance(theorem.law, str) else theorem.law
    asks = Question.demands(theorem.asks)
    if asks.get("dim", 1) > 1:
        targets = "random"
    question = Question.of(law, exact, targets, low, high, **asks)
    parameters = {"eps": float(exact), "delta": delta, "lo": float(low), "hi": float(high)}
    broken = theorem.broken_assumptions(parameters)
    notes = tuple(f"assumption fails: {text}" for text in broken)
    state = Verdict.NOT_APPLICABLE if broken else None
    if n is not None:
        return _Case(theorem.id, question, n, "user", verdict=state, notes=notes)
    if theorem.named_n is not None:
        named = theorem.named_n(float(exact), delta, float(low), float(high))
        necessary = theorem.claims == "necessary"
        return _Case(theorem.id, question, named, "statement", necessary, state, notes)
    certified = certified_for(theorem, exact, delta, low, high)
    if certified is None:
        raise BadInput("n", None, f"{theorem.id} names no n and none is certified", "give n=")
    notes = (*notes, "the statement names no constant: checked at our certified n")
    return _Case(theorem.id, question, certified.n, "certified", verdict=state, notes=notes)


def successes_at(
    question: Question,
    n: int,
    *,
    trials: int,
    seed: int,
    threads: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> int:
    """Trials that answer the question with n numbers."""
    if question.is_frozen:
        found = frozen_successes(question, n, trials=trials, seed=seed, threads=threads)
        if progress is not None:
            progress(trials)
        return found
    if n > MAX_ITEMS:
        # Cut short, a trial would count as a failure that it is not.
        raise NotFoundWithinLimits(
            f"n = {n} is beyond the {MAX_ITEMS} numbers that a trial draws: not decided; "
            "check at a larger eps, delta or density"
        )
    times = hitting_times(
        question,
        trials=trials,
        seed=seed,
        max_items=max(1, n),
        threads=threads,
        progress=progress,
    )
    return int(np.count_nonzero((times >= 0) & (times <= n)))


def check(
    claim: Theorem | Bound | str,
    *,
    eps: Any,
    delta: float,
    n: int | None = None,
    lo: Any = None,
    hi: Any = None,
    trials: int = 2000,
    alpha: float = 1e-3,
    seed: int = 0,
    threads: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> CheckReport:
    """Test a bound by independent trials.

    Parameters
    ----------
    claim : Theorem, Bound or str
        A catalogue entry, its id, or the user's own bound.
    eps : number
        Error guaranteed (the statement's eps).
    delta : float
        Failure probability.
    n : int, optional
        Numbers available; default the statement's own n, or our certified n where the statement
        names no constant.
    lo, hi : number, optional
        Window of targets; default the statement's own.
    trials, alpha, seed
        Evidence: independent trials, two-sided level of the verdict, 64-bit seed.

    Returns
    -------
    CheckReport
        VIOLATED if the exact upper bound of the success probability lies below 1 - delta. A
        lower bound ("at least n are necessary") is violated if fewer succeed too often.

    Examples
    --------
    >>> str(check("slt-rss-explicit", eps=0.1, delta=0.1, trials=200, seed=1).verdict)
    'CONSISTENT'
    """
    probability("delta", delta)
    probability("alpha", alpha)
    case = _case(claim, n, eps, delta, lo, hi)
    if case.necessary:
        return _check_necessary(case, eps, delta, trials, alpha, seed, threads, progress)
    successes = successes_at(
        case.question, case.n, trials=trials, seed=seed, threads=threads, progress=progress
    )
    claimed = 1 - Fraction(delta)
    return _report(case, successes, trials, float(claimed), eps, delta, alpha, seed)


def _check_necessary(
    case: _Case,
    eps: Any,
    delta: float,
    trials: int,
    alpha: float,
    seed: int,
    threads: int | None,
    progress: Callable[[int], None] | None,
) -> CheckReport:
    """ "At least n numbers are needed": with n - 1, failures must reach delta."""
    fewer = max(case.n - 1, 0)
    failures = trials - successes_at(
        case.question, fewer, trials=trials, seed=seed, threads=threads, progress=progress
    )
    case = _Case(
        case.name,
        case.question,
        fewer,
        "one below the bound",
        True,
        case.verdict,
        (*case.notes, "successes counts trials that fail, as the bound demands"),
    )
    return _report(case, failures, trials, float(delta), eps, delta, alpha, seed)


def _report(
    case: _Case,
    successes: int,
    trials: int,
    claimed: float,
    eps: Any,
    delta: float,
    alpha: float,
    seed: int,
) -> CheckReport:
    worse = max(1 - 2 * delta, claimed / 2) if not case.necessary else claimed / 2
    bounds = clopper_pearson(successes, trials, alpha)
    return CheckReport(
        claim=case.name,
        verdict=case.verdict or verdict(successes, trials, claimed, alpha),
        n=case.n,
        n_from=case.n_from,
        successes=successes,
        trials=trials,
        ci=(bounds.lo, bounds.hi),
        claimed=claimed,
        alpha=alpha,
        seed=int(seed),
        eps=float(eps),
        delta=float(delta),
        question=case.question.to_dict(),
        power=binomial_alarm(claimed, worse, trials, alpha=alpha / 2).power,
        notes=case.notes,
    )


def plan(
    claim: Theorem | Bound | str,
    *,
    eps: Any,
    delta: float,
    n: int | None = None,
    lo: Any = None,
    hi: Any = None,
    alpha: float = 1e-3,
    power: float = 0.9,
) -> Plan:
    """Trials that a check needs to find, with the wanted power, a failure rate of twice delta."""
    probability("delta", delta)
    case = _case(claim, n, eps, delta, lo, hi)
    alternative = max(1 - 2 * delta, (1 - delta) / 2)
    trials = trials_needed(1 - delta, alternative, alpha=alpha, power=power)
    return Plan(case.name, case.n, case.n_from, trials, power, alternative)
