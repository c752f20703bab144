"""Run the checks that a catalogue entry carries, and say what came out beside what was recorded."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from fractions import Fraction
from typing import Any

from slt_theory.errors import BadInput
from slt_theory.experiments.check import successes_at
from slt_theory.experiments.question import Question
from slt_theory.statistics import Verdict
from slt_theory.theorems import Theorem, get
from slt_theory.theorems.checks import Check, Outcome, SumsCheck, share

__all__ = ["CheckOutcome", "EntryReport", "run_check", "run_entry"]


@dataclass(frozen=True)
class CheckOutcome:
    """One check of one entry.

    Attributes
    ----------
    verdict, expected : Verdict
        Found, and recorded: CONSISTENT, or VIOLATED where the check shows a known issue.
    evidence : str
    """

    name: str
    what: str
    verdict: Verdict
    expected: Verdict
    evidence: str
    numbers: dict[str, Any]
    seconds: float

    @property
    def shows_issue(self) -> bool:
        return self.expected is Verdict.VIOLATED

    @property
    def surprise(self) -> bool:
        """Whether something settled came out other than recorded."""
        return self.verdict not in (self.expected, Verdict.INCONCLUSIVE)

    def summary(self) -> str:
        """One line."""
        role = "known issue" if self.shows_issue else "check"
        return f"{role} {self.name}: {self.verdict}: {self.evidence} ({self.seconds:.1f} s)"


@dataclass(frozen=True)
class EntryReport:
    """All checks of one entry.

    ``verdict`` is about the statement: checks that show known issues are listed and do not enter.
    """

    claim: str
    verdict: Verdict
    checks: tuple[CheckOutcome, ...]
    seed: int

    @property
    def surprises(self) -> list[CheckOutcome]:
        return [c for c in self.checks if c.surprise]

    def summary(self) -> str:
        """One line, then one for each check."""
        return "\n  ".join([f"{self.claim}: {self.verdict}", *(c.summary() for c in self.checks)])

    def to_dict(self) -> dict[str, Any]:
        record = asdict(self)
        record["verdict"] = str(self.verdict)
        for entry in record["checks"]:
            entry["verdict"], entry["expected"] = str(entry["verdict"]), str(entry["expected"])
        sums = next((c.numbers for c in self.checks if "successes" in c.numbers), {})
        return record | {key: sums.get(key) for key in ("n", "successes", "trials", "ci", "alpha")}


def run_check(
    entry: Theorem, check: Check | SumsCheck, *, seed: int = 0, threads: int | None = None
) -> CheckOutcome:
    """Run one check."""
    started = time.perf_counter()
    if isinstance(check, SumsCheck):
        outcome = _sums(check, seed, threads)
    else:
        outcome = _function(check)(seed)
    return CheckOutcome(
        name=check.name,
        what=check.what,
        verdict=outcome.verdict,
        expected=Verdict.VIOLATED if check.issue else Verdict.CONSISTENT,
        evidence=outcome.evidence,
        numbers=outcome.numbers,
        seconds=time.perf_counter() - started,
    )


def run_entry(
    entry: Theorem | str,
    *,
    names: tuple[str, ...] = (),
    seed: int = 0,
    threads: int | None = None,
) -> EntryReport:
    """Run the checks of an entry.

    Parameters
    ----------
    entry : Theorem or str
    names : tuple of str
        Only these checks; default all.
    seed : int
        Of the random parts.

    Examples
    --------
    >>> str(run_entry("kumar2025-partition").verdict)
    'CONSISTENT'
    """
    entry = get(entry) if isinstance(entry, str) else entry
    chosen = [entry.check(name) for name in names] if names else list(entry.checks)
    outcomes = tuple(run_check(entry, check, seed=seed, threads=threads) for check in chosen)
    return EntryReport(entry.id, _overall(outcomes), outcomes, int(seed))


def _overall(outcomes: tuple[CheckOutcome, ...]) -> Verdict:
    about = [c.verdict for c in outcomes if not c.shows_issue]
    for worst in (Verdict.VIOLATED, Verdict.INCONCLUSIVE, Verdict.CONSISTENT):
        if worst in about:
            return worst
    return Verdict.VACUOUS


def _function(check: Check) -> Any:
    if not isinstance(check.run, str):
        return check.run
    from slt_theory.experiments import evidence

    found = getattr(evidence, check.run, None)
    if found is None:
        raise BadInput("check", check.run, "names no function of slt_theory.experiments.evidence")
    return found


def _sums(check: SumsCheck, seed: int, threads: int | None) -> Outcome:
    asks = Question.demands(check.asks)
    question = Question.of(
        check.law,
        Fraction(check.eps),
        check.targets,
        Fraction(check.lo),
        Fraction(check.hi),
        **asks,
    )
    n, whose = check.n, "stated"
    if n is None:
        from slt_theory.certified import certified_n

        found = certified_n(
            question.eps, check.delta, lo=question.lo, hi=question.hi, law=check.law
        )
        if found is None:
            return Outcome(Verdict.INCONCLUSIVE, f"no certified n for the law {check.law}")
        n, whose = found.n, "certified"
    successes = successes_at(question, n, trials=check.trials, seed=seed, threads=threads)
    claimed = float(1 - Fraction(check.delta))
    window = question.targets if question.targets != "all" else f"all of [{check.lo}, {check.hi}]"
    demands = "".join(f", {k} = {v}" for k, v in check.asks.items())
    text = f"n = {n} ({whose}), {check.law}, eps = {check.eps}, {window}{demands}"
    outcome = share(successes, check.trials, claimed, text)
    return Outcome(outcome.verdict, outcome.evidence, {**outcome.numbers, "n": n, "alpha": 1e-3})
