"""Checks of catalogue entries: small computations whose outcome is a verdict.

A `SumsCheck` says what to ask of random subset sums; `slt_theory.experiments` draws and decides. A
`Check` is a function of the paper's module that decides by exact integers or rationals, or by
trials; where it needs the solvers, it imports them when it runs. Checks of a claim are pairs of
arms of its experiment, see `slt_theory.papers.trained`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Literal

from slt_theory.statistics import Verdict, clopper_pearson, verdict

__all__ = [
    "CAUGHT",
    "EXACT",
    "FINDING",
    "FINDINGS",
    "FIRST_SEED",
    "MISSED",
    "Check",
    "Label",
    "Outcome",
    "Power",
    "SumsCheck",
    "all_of",
    "control",
    "finding",
    "mutant",
    "share",
]

Role = Literal["statement", "control", "mutant"]

Label = Literal["holds", "gap-read", "recalled-fails", "not-claimed"]
"""What a check says about its source: see `Check`."""

FINDING = {"recalled-fails": "RECALLED FORM FAILS", "not-claimed": "NOT CLAIMED"}
"""What a list says instead of VIOLATED where the failing sentence was not read in the source."""

CAUGHT, MISSED = "MUTANT CAUGHT", "MUTANT MISSED"
"""What a list says of a planted error: its check came out as recorded, or otherwise."""

FINDINGS = (*map(str, Verdict), *FINDING.values(), CAUGHT, MISSED)
"""All that `finding` can say."""


def finding(check: Check | SumsCheck, found: Verdict) -> str:
    """The verdict of a check in words; VIOLATED only where what fails was read, or is one's own.

    Examples
    --------
    >>> planted = mutant("one too few", "nine numbers do", lambda seed: all_of(["0"], 1, "sums"))
    >>> finding(planted, Verdict.VIOLATED), finding(planted, Verdict.CONSISTENT)
    ('MUTANT CAUGHT', 'MUTANT MISSED')
    """
    if check.role == "mutant":
        return CAUGHT if found is check.expected else MISSED
    return FINDING.get(check.label, str(found)) if found is Verdict.VIOLATED else str(found)


@dataclass(frozen=True)
class Outcome:
    """Outcome of one check.

    Attributes
    ----------
    verdict : Verdict
    evidence : str
        One line with the numbers behind it.
    numbers : dict
        The same numbers for machines.
    """

    verdict: Verdict
    evidence: str
    numbers: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Power:
    """Power of a check against one planted error: the probability over seeds that it is found.

    Attributes
    ----------
    caught, seeds : int
        Runs with seeds `FIRST_SEED` and on that found it, of so many; 0 of 0 where no draw enters,
        so that one run says it for all.

    Examples
    --------
    >>> print(EXACT, Power(99, 100), sep="; ")
    power 1, no draw enters; caught with 99 of 100 seeds, power at least 0.935 (99 %)
    """

    caught: int = 0
    seeds: int = 0

    @property
    def at_least(self) -> float:
        """Exact lower bound at level 99 %, rounded down to three digits."""
        if not self.seeds:
            return 1.0
        # One-sided: half of what a two-sided interval leaves out.
        return math.floor(1000 * clopper_pearson(self.caught, self.seeds, 0.02).lo) / 1000

    def __str__(self) -> str:
        if not self.seeds:
            return "power 1, no draw enters"
        found = f"caught with {self.caught} of {self.seeds} seeds"
        return f"{found}, power at least {self.at_least:g} (99 %)"


FIRST_SEED = 1000
EXACT = Power()
"""Power of a check that no draw enters."""


@dataclass(frozen=True)
class Check:
    """A check by computation.

    Attributes
    ----------
    name : str
        Unique within the entry.
    what : str
        The claim that is put to the test, in one sentence.
    run : callable
        ``run(seed) -> Outcome``; of a claim, ``run(seed, size)`` with an optional size.
    label : str
        "holds" for a sentence of the source, and for controls and mutants. Otherwise VIOLATED is
        the recorded verdict and the label says of what: "gap-read", a gap in a proof or statement
        that was read in the source; "recalled-fails", a recalled form, the source not read;
        "not-claimed", a sentence that the paper does not state: a converse, so that its bound is
        loose, or its own sentence in a test scope that is not the paper's.
    role : str
        "statement" tests the claim. "control" compares an arm with itself and must come out
        INCONCLUSIVE; "mutant" is the system with one planted error, which must change the verdict.
    recorded : Verdict or None
        What came out when the entry was made; by default CONSISTENT, for an issue VIOLATED, for a
        control INCONCLUSIVE.
    power : Power or None
        Of a mutant: how surely the check finds this planted error.
    """

    name: str
    what: str
    run: Callable[..., Outcome]
    label: Label = "holds"
    role: Role = "statement"
    recorded: Verdict | None = None
    power: Power | None = None

    @property
    def issue(self) -> bool:
        """True if the sentence tested is expected to fail."""
        return self.label != "holds"

    @property
    def by(self) -> str:
        """Decision in words: two arms, or the name of a function and its planted error."""
        if isinstance(self.run, partial):
            changed = ", ".join(
                f"{name}={getattr(value, '__name__', value)}"
                for name, value in self.run.keywords.items()
            )
            return f"{self.run.func.__name__}({changed})"
        return str(getattr(self.run, "__name__", self.run))

    @property
    def expected(self) -> Verdict:
        """Recorded verdict, else the one that role and label demand."""
        if self.recorded is not None:
            return self.recorded
        if self.role == "control":
            return Verdict.INCONCLUSIVE
        return Verdict.VIOLATED if self.issue or self.role == "mutant" else Verdict.CONSISTENT


def control(what: str, run: Callable[..., Outcome]) -> Check:
    """A check of an arm against itself, which must come out INCONCLUSIVE."""
    return Check("control", what, run, role="control")


def mutant(
    name: str,
    what: str,
    run: Callable[..., Outcome],
    recorded: Verdict = Verdict.VIOLATED,
    power: Power | None = None,
) -> Check:
    """A check of the statement or system with one planted error, which must change the verdict."""
    return Check(f"mutant: {name}", what, run, role="mutant", recorded=recorded, power=power)


@dataclass(frozen=True)
class SumsCheck:
    """A check of "n random numbers suffice" by independent trials.

    Attributes
    ----------
    name, what, label
        As in `Check`.
    eps, delta : str, float
        The error for one target and the failure probability that the claim allows.
    n : int or None
        Numbers available; None for the certified n of the law.
    law : str
    targets : "all", "fixed:Z" or "random"
    lo, hi : str
        Window of targets.
    asks : dict
        ``size``, ``lock``, ``prune``, ``dim``, as in `Question`.
    trials : int
    """

    name: str
    what: str
    eps: str
    delta: float
    n: int | None = None
    law: str = "uniform"
    targets: str = "all"
    lo: str = "-1"
    hi: str = "1"
    asks: dict[str, Any] = field(default_factory=dict)
    trials: int = 1000
    label: Label = "holds"
    role: Literal["statement"] = "statement"

    @property
    def issue(self) -> bool:
        """As in `Check`."""
        return self.label != "holds"

    @property
    def expected(self) -> Verdict:
        """VIOLATED for an issue, else CONSISTENT."""
        return Verdict.VIOLATED if self.issue else Verdict.CONSISTENT


def share(
    successes: int, trials: int, claimed: float, evidence: str, *, alpha: float = 1e-3
) -> Outcome:
    """The exact binomial verdict on "success probability >= claimed"."""
    lo, hi = clopper_pearson(successes, trials, alpha)
    return Outcome(
        verdict(successes, trials, claimed, alpha),
        f"{evidence}: {successes} of {trials}, success in [{lo:.4f}, {hi:.4f}], claimed "
        f"{claimed:g}",
        {"successes": successes, "trials": trials, "ci": [lo, hi], "claimed": claimed},
    )


def all_of(failures: list[str], cases: int, evidence: str) -> Outcome:
    """The verdict on "every case holds", decided exactly; names the first case that does not."""
    if failures:
        text = f"{evidence}: fails in {len(failures)} of {cases} cases, first {failures[0]}"
        return Outcome(Verdict.VIOLATED, text, {"cases": cases, "failures": len(failures)})
    return Outcome(
        Verdict.CONSISTENT,
        f"{evidence}: holds in all {cases} cases",
        {"cases": cases, "failures": 0},
    )
