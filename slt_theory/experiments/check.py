"""Monte Carlo verdicts on bounds: published ones, ours, and the user's own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from slt_theory.errors import BadInput, NotFoundWithinLimits, Stopped
from slt_theory.experiments.claims import Case, case_of, claim_of
from slt_theory.experiments.frozen import frozen_answers
from slt_theory.experiments.pictures import verdict_picture
from slt_theory.experiments.question import Question
from slt_theory.experiments.sequential import Settled, settle, settle_at_the_end
from slt_theory.experiments.trials import BLOCK_TRIALS, MAX_ITEMS, hitting_times
from slt_theory.lattice import positive_fraction
from slt_theory.progress import Progress, shown
from slt_theory.records import Record
from slt_theory.statistics import DELTA, Verdict, binomial_alarm, probability, trials_needed
from slt_theory.theorems import Bound, Theorem

__all__ = ["CheckPlan", "CheckReport", "answers_at", "check", "plan", "successes_at"]


@dataclass(frozen=True)
class CheckReport(Record):
    """A verdict with its evidence.

    Attributes
    ----------
    verdict : Verdict
    n : int
        Numbers available; ``n_from`` says whose n it is.
    successes, trials : int
        Of the trials that the verdict rests on, at most `most_trials`.
    ci : (float, float)
        Two-sided bounds of the success probability at level alpha: exact for a fixed sample, and
        valid whenever the check stopped for a sequential one.
    claimed : float
        The success probability that the statement promises, 1 - delta.
    power : float
        Probability of VIOLATED if the true failure probability were twice delta; at least this
        for a sequential check.
    fixed : bool
        All trials ran and the verdict was taken once.
    trust : str or None
        How a catalogue entry is known, see `slt_theory.theorems.entry.Source`; None for one's own
        bound.
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
    most_trials: int
    fixed: bool
    notes: tuple[str, ...] = field(default=())
    trust: str | None = None

    def plot(self, axis: Any = None) -> Any:
        """Draw the interval beside what is claimed on a matplotlib axis, new without one."""
        return verdict_picture(self, axis)

    def summary(self) -> str:
        """One line."""
        lo, hi = self.ci
        why = "stopped" if self.verdict is Verdict.INCONCLUSIVE else "settled"
        early = f" ({why}, {self.most_trials} allowed)" if self.trials < self.most_trials else ""
        return (
            f"{self.claim}: {self.verdict} at n = {self.n} ({self.n_from}): {self.successes} of "
            f"{self.trials} trials{early}, success in [{lo:.4f}, {hi:.4f}], "
            f"claimed {self.claimed:g}" + (f" [trust: {self.trust}]" if self.trust else "")
        )


@dataclass(frozen=True)
class CheckPlan(Record):
    """Plan of a check before its first trial, with the trials that a required power needs."""

    claim: str
    n: int
    n_from: str
    trials: int
    power: float
    alternative: float


def answers_at(
    question: Question,
    n: int,
    *,
    trials: int,
    seed: int,
    start: int = 0,
    threads: int | None = None,
) -> NDArray[np.bool_]:
    """Success of each of the trials ``start .. start + trials - 1`` with n numbers."""
    if question.is_frozen:
        return frozen_answers(question, n, trials=trials, seed=seed, start=start, threads=threads)
    if n > MAX_ITEMS:
        # Cut short, a trial would count as a failure that it is not.
        raise NotFoundWithinLimits(
            f"n = {n} is beyond the {MAX_ITEMS} numbers that a trial draws: not decided; "
            "check at a larger eps, delta or density"
        )
    times = hitting_times(
        question, trials=trials, seed=seed, start=start, max_items=max(1, n), threads=threads
    )
    return (times >= 0) & (times <= n)


def successes_at(
    question: Question,
    n: int,
    *,
    trials: int,
    seed: int,
    start: int = 0,
    threads: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> int:
    """Trials that answer the question with n numbers."""
    found = 0
    for first in range(start, start + trials, BLOCK_TRIALS):
        block = min(BLOCK_TRIALS, start + trials - first)
        answers = answers_at(question, n, trials=block, seed=seed, start=first, threads=threads)
        found += int(np.count_nonzero(answers))
        if progress is not None:
            progress(block)
    return found


def check(
    claim: Theorem | Bound | str,
    *,
    eps: Any,
    delta: float = DELTA,
    n: int | None = None,
    lo: Any = None,
    hi: Any = None,
    law: Any = None,
    trials: int = 2000,
    alpha: float = 1e-3,
    seed: int = 0,
    fixed: bool = False,
    threads: int | None = None,
    progress: Progress = None,
) -> CheckReport:
    """Test a bound by independent trials, as few as settle the verdict.

    Parameters
    ----------
    claim : Theorem, Bound or str
        A catalogue entry, its id, the user's own bound, or ``FILE.py:NAME`` for one in a file.
    eps : number
        Error guaranteed (the statement's eps).
    delta : float
        Failure probability.
    n : int, optional
        Numbers available; default the statement's own n, or our certified n where the statement
        names no constant.
    lo, hi : number, optional
        Window of targets; default the statement's own.
    law : optional
        Try the statement with another law, see `slt_theory.laws.read_law`.
    trials, alpha, seed
        Evidence: most independent trials, two-sided level of the verdict, 64-bit seed.
    fixed : bool
        Run all trials and decide once, which gives the narrowest interval. Otherwise the check
        stops at the first trial that settles it, at the same level whenever it stops
        (`slt_theory.experiments.sequential`).
    progress : callable or True
        Called with the number of finished trials; True writes a line on stderr.

    Returns
    -------
    CheckReport
        VIOLATED if the upper bound of the success probability lies below 1 - delta. A lower
        bound ("at least n are necessary") is violated if fewer succeed too often. The same for
        any number of threads.

    Raises
    ------
    Stopped
        At Ctrl-C, with the report of the finished trials as `partial`.

    Examples
    --------
    >>> report = check("slt-rss-explicit", eps=0.1, delta=0.1, trials=2000, seed=1)
    >>> str(report.verdict), report.trials
    ('CONSISTENT', 100)
    """
    delta = probability("delta", delta)
    alpha = probability("alpha", alpha)
    if trials < 1:
        raise BadInput("trials", trials, "must be >= 1")
    claim = claim_of(claim, law)
    case = case_of(claim, n, eps, delta, lo, hi)
    claimed = Fraction(delta) if case.necessary else 1 - Fraction(delta)
    if case.necessary:
        case = _one_below(case)

    settings: dict[str, Any] = {"most_trials": trials, "alpha": alpha, "fixed": fixed}
    settings |= {"eps": float(positive_fraction("eps", eps)), "delta": float(delta)}
    settings |= {"seed": int(seed), "trust": _trust(claim)}
    report = partial(_report, case, claimed, settings)
    decide = settle_at_the_end if fixed else settle
    try:
        with shown(progress, "trials", trials) as advance:
            answers = _answers(case, seed, threads, advance)
            return report(decide(answers, claimed=claimed, trials=trials, alpha=alpha))
    except Stopped as stop:
        raise Stopped(stop, None if stop.partial is None else report(stop.partial)) from None


def _report(case: Case, claimed: Fraction, settings: dict[str, Any], found: Settled) -> CheckReport:
    """The verdict of a case at these settings, with its evidence and the power of the check."""
    twice = 1 - 2 * Fraction(settings["delta"])
    worse = claimed / 2 if case.necessary else max(twice, claimed / 2)
    trials, alpha, fixed = settings["most_trials"], settings["alpha"], settings["fixed"]
    return CheckReport(
        claim=case.name,
        verdict=case.verdict or found.verdict,
        n=case.n,
        n_from=case.n_from,
        successes=found.successes,
        trials=found.trials,
        ci=found.ci,
        claimed=float(claimed),
        question=case.question.to_dict(),
        power=_power(float(claimed), float(worse), trials, alpha, fixed),
        notes=case.notes,
        **settings,
    )


def _one_below(case: Case) -> Case:
    """The case of a lower bound: with n - 1 numbers failures must reach delta."""
    return replace(
        case,
        n=max(case.n - 1, 0),
        n_from="one below the bound",
        notes=(*case.notes, "successes counts trials that fail, as the bound demands"),
    )


def _answers(
    case: Case, seed: int, threads: int | None, progress: Callable[[int], None] | None
) -> Callable[[int, int], NDArray[np.bool_]]:
    """Trials ``start .. stop - 1`` as bools: success, or failure for a lower bound."""

    def answers(start: int, stop: int) -> NDArray[np.bool_]:
        found = answers_at(
            case.question, case.n, trials=stop - start, seed=seed, start=start, threads=threads
        )
        if progress is not None:
            progress(stop - start)
        return ~found if case.necessary else found

    return answers


def _trust(claim: Theorem | Bound) -> str | None:
    """Source of the statement's words; nothing of a user's own bound."""
    return None if isinstance(claim, Bound) else claim.source.trust


def _power(claimed: float, worse: float, trials: int, alpha: float, fixed: bool) -> float:
    """Probability of VIOLATED if the truth is `worse`; a bound from below unless fixed."""
    if fixed:
        return binomial_alarm(claimed, worse, trials, alpha=alpha / 2).power
    # Half of the level is left for the last trial, which is reached, or VIOLATED is, unless the
    # sequence of intervals has missed the truth.
    return max(0.0, binomial_alarm(claimed, worse, trials, alpha=alpha / 4).power - alpha / 2)


def plan(
    claim: Theorem | Bound | str,
    *,
    eps: Any,
    delta: float = DELTA,
    n: int | None = None,
    lo: Any = None,
    hi: Any = None,
    alpha: float = 1e-3,
    power: float = 0.9,
) -> CheckPlan:
    """Trials that a check needs to find, with the required power, a failure rate of twice delta."""
    delta = probability("delta", delta)
    case = case_of(claim_of(claim), n, eps, delta, lo, hi)
    alternative = max(1 - 2 * delta, (1 - delta) / 2)
    trials = trials_needed(1 - delta, alternative, alpha=alpha, power=power)
    return CheckPlan(case.name, case.n, case.n_from, trials, power, alternative)
