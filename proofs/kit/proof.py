"""Proofs, steps, levels and their readable form."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from slt_theory.errors import BadInput

from .rules import RULES

__all__ = [
    "LEVELS",
    "METHODS",
    "Proof",
    "ProofResult",
    "ProofStep",
    "StepResult",
    "cited",
    "combined",
    "step",
]

METHODS: dict[str, str] = {
    "identity": "exact identity: equal normal forms, and equal values at random rational points",
    "polynomial": "polynomial inequality: exact isolation of roots, or a sum of squares",
    "monotone": "monotone by the sign of a derivative",
    "enclosure": "enclosure by balls or integers rounded outwards",
    "integral": "integral: exact, or rigorous quadrature with balls",
    "induction": "induction: base and step checked exactly, with symbols",
    "finite": "finite check over integers or rationals, complete",
    "rule": "named inference rules of the kit; their hypotheses are checked exactly",
    "spot": "exact evaluation at instances: guards a program or an argument, proves nothing",
    "argued": "argued in words; instances are checked, but the argument itself is for the reader",
    "cited": "cited, not proved here",
}

LEVELS = ("none", "argued", "cited", "symbolic", "enclosure", "kernel")
"""none: a step failed. argued: an essential step is in words only. cited: sound up to the named
results. symbolic: every step exact. enclosure: as symbolic, with numbers enclosed rigorously.
kernel: a proof assistant has checked the statement itself (`slt_theory.proofs.kernel`); no proof by
steps reaches it. A proof is no stronger than what it rests on."""

_NUMERIC = frozenset({"enclosure", "integral"})


def combined(levels: Iterable[str]) -> str:
    """Level of a whole whose parts have these levels: the weakest caps it.

    `symbolic` and `enclosure` are both fully checked; a whole with an enclosed part is enclosed.
    """
    ranks = [LEVELS.index(level) for level in levels]
    weakest = min(ranks)
    return LEVELS[weakest if weakest < LEVELS.index("symbolic") else max(ranks)]


@dataclass(frozen=True, slots=True)
class ProofStep:
    """One claim, the method that settles it, and why (in words, with LaTeX)."""

    claim: str
    method: str
    check: Callable[[], bool] | None
    why: str = ""
    source: str = ""
    rules: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StepResult:
    """Outcome of a step: ``ok`` and, if not, how it failed."""

    claim: str
    method: str
    ok: bool
    note: str = ""


@dataclass(frozen=True, slots=True)
class ProofResult:
    """Outcome of a run.

    Attributes
    ----------
    id : str
    level : str
        One of `LEVELS`.
    steps : tuple of StepResult
    failed : tuple of str
        Claims of the failed steps.
    rests_on : tuple of str
        Ids of other proofs and the names of cited results.
    seconds : float
    """

    id: str
    title: str
    level: str
    steps: tuple[StepResult, ...]
    failed: tuple[str, ...]
    rests_on: tuple[str, ...]
    seconds: float

    @property
    def ok(self) -> bool:
        """True if every step holds."""
        return not self.failed

    def summary(self) -> str:
        """One line."""
        state = "proved" if self.ok else f"FAILED at: {self.failed[0]}"
        return f"{self.id}: {state} (level {self.level}, {len(self.steps)} steps)"

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "id": self.id,
            "title": self.title,
            "level": self.level,
            "steps": [
                {"claim": s.claim, "method": s.method, "ok": s.ok, "note": s.note}
                for s in self.steps
            ],
            "failed": list(self.failed),
            "rests_on": list(self.rests_on),
            "seconds": round(self.seconds, 3),
        }


def step(
    claim: str,
    method: str,
    check: Callable[[], bool],
    why: str = "",
    *,
    rules: tuple[str, ...] = (),
) -> ProofStep:
    """A step with a check, and the inference rules (keys of `RULES`) that it applies.

    Raises
    ------
    BadInput
        If the method is not in the closed list or is "cited", if a rule is unknown, or if a step
        by rule names none.
    """
    if method not in METHODS or method == "cited":
        known = ", ".join(m for m in METHODS if m != "cited")
        raise BadInput("method", method, "is not a method of the kit", f"one of {known}")
    if not set(rules) <= set(RULES) or (method == "rule" and not rules):
        raise BadInput("rules", rules, "names no rule of the kit", f"some of {', '.join(RULES)}")
    return ProofStep(claim, method, check, why, "", rules)


def cited(claim: str, source: str, why: str = "") -> ProofStep:
    """A named result that is used and not proved here; caps the level."""
    if not source.strip():
        raise BadInput("source", source, "a cited step must name its source", "name the paper")
    return ProofStep(claim, "cited", None, why, source)


def _run(one: ProofStep) -> StepResult:
    if one.check is None:
        return StepResult(one.claim, one.method, True, f"cited: {one.source}")
    try:
        verdict = one.check()
    except (ArithmeticError, ValueError, TypeError, AssertionError, IndexError) as error:
        return StepResult(one.claim, one.method, False, f"{type(error).__name__}: {error}")
    # Anything but True itself (an unevaluated sympy relation, an array) is a failure.
    return StepResult(one.claim, one.method, verdict is True, "" if verdict is True else "false")


@dataclass(frozen=True, slots=True)
class Proof:
    """A theorem with its steps.

    Parameters
    ----------
    id : str
        Lower case words joined by hyphens.
    title : str
    theorem : str
        Full statement, with LaTeX between dollar signs.
    steps : tuple of ProofStep
    rests_on : tuple of str
        Ids of other proofs.
    gap : str
        For a published argument that fails: what is wrong and what holds instead.
    """

    id: str
    title: str
    theorem: str
    steps: tuple[ProofStep, ...]
    rests_on: tuple[str, ...] = ()
    gap: str = ""

    def run(self, below: Iterable[str] = ()) -> ProofResult:
        """Check every step.

        Parameters
        ----------
        below : iterable of str
            Levels of the proofs that this one rests on; `slt_theory.proofs.run` supplies them.
        """
        began = time.perf_counter()
        results = tuple(_run(one) for one in self.steps)
        failed = tuple(r.claim for r in results if not r.ok)
        rests = (*self.rests_on, *(s.source for s in self.steps if s.source))
        level = "none" if failed else combined([self.own_level, *below])
        seconds = time.perf_counter() - began
        return ProofResult(self.id, self.title, level, results, failed, rests, seconds)

    @property
    def own_level(self) -> str:
        """Level that the methods of the steps allow, if all of them hold."""
        methods = {s.method for s in self.steps}
        if methods <= {"spot"}:
            return "none"
        for cap in ("argued", "cited"):
            if cap in methods:
                return cap
        return "enclosure" if methods & _NUMERIC else "symbolic"

    def to_markdown(self, result: ProofResult | None = None) -> str:
        """The proof to read, with LaTeX; with the outcome of each step if a result is given."""
        lines = [f"### {self.title}", "", f"`{self.id}`", "", f"**Theorem.** {self.theorem}", ""]
        if self.gap:
            lines += [f"**Gap.** {self.gap}", ""]
        for number, one in enumerate(self.steps, 1):
            mark = "" if result is None else (" ✓" if result.steps[number - 1].ok else " ✗")
            lines.append(f"{number}. {one.claim}  ")
            reason = f"   *{one.method}*{mark}"
            reason += f": {', '.join(one.rules)}" if one.rules else ""
            reason += f": {one.source}" if one.source else ""
            reason += f". {one.why}" if one.why else ""
            lines.append(reason)
        if self.rests_on:
            lines += ["", "Rests on: " + ", ".join(f"`{r}`" for r in self.rests_on) + "."]
        if result is not None:
            lines += ["", f"Level: **{result.level}**."]
        return "\n".join(lines) + "\n"

    def to_text(self, result: ProofResult | None = None) -> str:
        """As `to_markdown`, without its marks."""
        text = self.to_markdown(result)
        for mark in ("### ", "**", "`", "*"):
            text = text.replace(mark, "")
        return text


def texts(proofs: Iterable[Proof]) -> str:
    """All proofs as one markdown page."""
    return "\n".join(p.to_markdown() for p in proofs)
