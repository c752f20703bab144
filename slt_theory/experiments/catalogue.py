"""Run the checks that a catalogue entry carries, and say what came out beside what was recorded."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from slt_theory.errors import MissingExtra
from slt_theory.experiments.check import successes_at
from slt_theory.experiments.question import Question
from slt_theory.records import Record
from slt_theory.statistics import Verdict
from slt_theory.theorems import Claim, Entry
from slt_theory.theorems import entry as find
from slt_theory.theorems.checks import FINDING, Check, Label, Outcome, SumsCheck, finding, share

__all__ = ["CheckOutcome", "EntryReport", "run_check", "run_entry"]

_ROLE = {"gap-read": "issue", "recalled-fails": "remark", "not-claimed": "remark"}


@dataclass(frozen=True)
class CheckOutcome(Record):
    """One check of one entry.

    Attributes
    ----------
    verdict, expected : Verdict
        Found, and recorded: see `slt_theory.theorems.checks.Check`.
    finding, expected_finding : str
        Both in words, which are what lists, files and JSON hold; see
        `slt_theory.theorems.checks.finding`.
    role : str
        "statement", "issue" (a gap read in the source), "remark" (another sentence that fails),
        "control" or "mutant"; only a statement's verdict is the entry's.
    label : str
        What fails, if it does: see `slt_theory.theorems.checks.Check`.
    trust : str or None
        How the entry's statement is known: see `slt_theory.theorems.entry.Source`.
    evidence : str
    seconds : float
        That passed.
    processor_seconds : float
        That this process computed, all threads together: no busier for a busy machine.
    """

    name: str
    what: str
    role: str
    verdict: Verdict
    expected: Verdict
    finding: str
    expected_finding: str
    evidence: str
    numbers: dict[str, Any]
    seconds: float
    processor_seconds: float
    label: Label = "holds"
    trust: str | None = None

    @property
    def shows_issue(self) -> bool:
        """True for a check that records a failing form of the statement."""
        return self.role == "issue"

    @property
    def surprise(self) -> bool:
        """True if a settled check came out other than recorded, or a mutant was not caught.

        A statement recorded as undecided may be decided by other seeds.
        """
        if self.role in ("control", "mutant"):
            return self.verdict is not self.expected
        return Verdict.INCONCLUSIVE not in (self.verdict, self.expected) and (
            self.verdict is not self.expected
        )

    def summary(self) -> str:
        """One line."""
        role = {"statement": "check", "issue": "known issue"}.get(self.role, self.role)
        name = self.name if self.name.startswith(role) else f"{role} {self.name}"
        return f"{name}: {self.finding}: {self.evidence} ({self.seconds:.1f} s)"

    def to_dict(self) -> dict[str, Any]:
        record = super().to_dict()
        record["verdict"] = record.pop("finding")
        record["expected"] = record.pop("expected_finding")
        return record


@dataclass(frozen=True)
class EntryReport(Record):
    """All checks of one entry.

    ``verdict`` is about the statement: issues, remarks, controls and mutants are listed and do not
    enter. A claim's verdict is about its test scope; where all that was tested fails there and the
    paper does not claim that scope, it is NOT_APPLICABLE.
    """

    claim: str
    verdict: Verdict
    checks: tuple[CheckOutcome, ...]
    seed: int
    test_scope: str | None = None
    paper_scope: str | None = None
    trust: str | None = None

    @property
    def surprises(self) -> list[CheckOutcome]:
        """Checks that came out other than recorded."""
        return [c for c in self.checks if c.surprise]

    def summary(self) -> str:
        """One line, then one for each check."""
        lines = [f"{self.claim}: {self.verdict}", *(c.summary() for c in self.checks)]
        if self.trust is not None:
            lines[0] += f" [trust: {self.trust}]"
        if self.test_scope is not None:
            lines[0] += f" in {self.test_scope}"
            if any(c.finding == FINDING["not-claimed"] for c in self.checks):
                lines[0] += "; a sentence fails in this scope, which the paper does not claim"
            lines.append(f"the paper's scope: {self.paper_scope}")
        return "\n  ".join(lines)

    def to_dict(self) -> dict[str, Any]:
        record = super().to_dict()
        record["verdict"] = str(self.verdict)
        record["checks"] = [c.to_dict() for c in self.checks]
        sums = next((c.numbers for c in self.checks if "successes" in c.numbers), {})
        return record | {key: sums.get(key) for key in ("n", "successes", "trials", "ci", "alpha")}


def run_check(
    check: Check | SumsCheck,
    *,
    seed: int = 0,
    threads: int | None = None,
    size: Any = None,
    trust: str | None = None,
) -> CheckOutcome:
    """Run one check; of a claim at a `Scale` of `slt_theory.papers`, by default its own."""
    started, worked = time.perf_counter(), time.process_time()
    if isinstance(check, SumsCheck):
        outcome = _sums(check, seed, threads)
    else:
        outcome = _outcome(check, seed, size)
    return CheckOutcome(
        name=check.name,
        what=check.what,
        role=_ROLE.get(check.label, check.role),
        verdict=outcome.verdict,
        expected=check.expected,
        finding=finding(check, outcome.verdict),
        expected_finding=finding(check, check.expected),
        evidence=outcome.evidence,
        numbers=outcome.numbers,
        seconds=time.perf_counter() - started,
        processor_seconds=time.process_time() - worked,
        label=check.label,
        trust=trust,
    )


def run_entry(
    entry: Entry | str,
    *,
    names: tuple[str, ...] = (),
    seed: int = 0,
    threads: int | None = None,
    size: Any = None,
) -> EntryReport:
    """Run the checks of an entry.

    Parameters
    ----------
    entry : Theorem, Claim or str
    names : tuple of str
        Only these checks; default all.
    seed : int
        Of the random parts.

    Examples
    --------
    >>> str(run_entry("kumar2025-partition").verdict)
    'CONSISTENT'
    """
    entry = find(entry) if isinstance(entry, str) else entry
    chosen = [entry.check(name) for name in names] if names else list(entry.checks)
    trust = entry.source.trust
    outcomes = tuple(
        run_check(check, seed=seed, threads=threads, size=size, trust=trust) for check in chosen
    )
    tested, stated = None, None
    if isinstance(entry, Claim):
        tested, stated = entry.test_scope, entry.paper_scope
        outcomes = outcomes if entry.exact else tuple(map(_of_small_scope, outcomes))
    return EntryReport(entry.id, _overall(outcomes), outcomes, int(seed), tested, stated, trust)


def _of_small_scope(outcome: CheckOutcome) -> CheckOutcome:
    """The outcome of a training claim's check: no paper states what fails for networks as small."""
    if outcome.role != "statement" or outcome.verdict is not Verdict.VIOLATED:
        return outcome
    return replace(outcome, role="remark", label="not-claimed", finding=FINDING["not-claimed"])


def _overall(outcomes: tuple[CheckOutcome, ...]) -> Verdict:
    about = [c.verdict for c in outcomes if c.role == "statement"]
    order = (
        Verdict.VIOLATED,
        Verdict.INCONCLUSIVE,
        Verdict.CONSISTENT,
        Verdict.NOT_APPLICABLE,
        Verdict.VACUOUS,
    )
    if not about and any(c.label == "not-claimed" for c in outcomes):
        return Verdict.NOT_APPLICABLE
    return next((worst for worst in order if worst in about), Verdict.VACUOUS)


def _outcome(check: Check, seed: int, size: Any) -> Outcome:
    try:
        outcome: Outcome = check.run(seed) if size is None else check.run(seed, size)
        return outcome
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("torch"):
            raise MissingExtra("torch", f"the check {check.name}") from None
        raise


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
