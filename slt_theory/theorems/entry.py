"""What a catalogue entry is: a statement with its quantifiers, its constants and where they stand.

An entry states what a paper claims and says how far that record can be trusted. Its numbers come
from elsewhere: certified and counting ones from `slt_theory.certified`, measured ones from
`slt_theory.experiments`, and so do the runs of its checks.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from typing import Any, Literal, get_args

from slt_theory.errors import BadInput
from slt_theory.laws import Law
from slt_theory.theorems.checks import Check, SumsCheck
from slt_theory.theorems.conditions import Assumption, Statement
from slt_theory.theorems.networks import Layout

__all__ = [
    "TRUST",
    "Anchor",
    "Claim",
    "Constant",
    "Entry",
    "Formula",
    "KnownIssue",
    "Paper",
    "Quantifiers",
    "Source",
    "Theorem",
]

Trust = Literal[
    "read",
    "code",
    "abstract",
    "review",
    "recalled-high",
    "recalled-mid",
    "recalled-low",
    "derived",
]
TRUST: tuple[str, ...] = get_args(Trust)
Provenance = Literal["stated", "unnamed", "derived", "fitted"]
Kind = Literal["theorem", "lemma", "lower-bound", "identity", "conjecture"]


@dataclass(frozen=True)
class Paper:
    """A publication; ``key`` is the first half of the ids of its entries.

    ``link`` is a DOI or an OpenReview id, where there is no arXiv number.
    """

    key: str
    authors: str
    title: str
    venue: str
    year: int
    arxiv: str | None = None
    link: str | None = None

    @property
    def identifier(self) -> str | None:
        """Identifier: ``arXiv:...``, ``doi:...`` or ``openreview:...``."""
        return f"arXiv:{self.arxiv}" if self.arxiv else self.link


@dataclass(frozen=True)
class Source:
    """Place and version of a statement, and how it is known to us.

    ``trust`` says whether the statement was read in the paper ("read"), in the authors' code
    ("code"), only in its abstract ("abstract") or in a review of it ("review"), recalled with a
    stated confidence (about 90, 70 or 50 % sure of the constants), or derived for this project
    ("derived").
    """

    paper: Paper
    locator: str
    version: str
    trust: Trust


@dataclass(frozen=True)
class Quantifiers:
    """The order and range of "for all" and "there is", spelled out.

    Attributes
    ----------
    targets : "all", "fixed" or None
        One sample for all targets at once, or each fixed target has its own probability;
        None where the statement has no targets.
    networks : "all", "fixed" or None
        The same for target networks.
    error : str
        The error that the statement guarantees, in terms of its own eps.
    window : str
        The range of targets.
    """

    targets: Literal["all", "fixed"] | None
    networks: Literal["all", "fixed"] | None
    error: str
    window: str


@dataclass(frozen=True)
class Constant:
    """A constant of a statement; ``value`` is None where the paper does not name it."""

    symbol: str
    value: str | None
    provenance: Provenance
    note: str = ""

    @property
    def refutable(self) -> bool:
        """True if a computation could refute it: nothing can refute an unnamed constant."""
        return self.value is not None and self.provenance in ("stated", "derived")


@dataclass(frozen=True)
class Formula:
    """A bound twice: as a sympy expression and as the function that is evaluated.

    ``log`` is natural; a base 2 is written ``log(x)/log(2)``. Symbols are those of
    `slt_theory.theorems.symbols`.
    """

    text: str
    function: Callable[..., float] = field(repr=False, compare=False)

    def __str__(self) -> str:
        return self.text

    @property
    def symbols(self) -> tuple[str, ...]:
        """Names that the function takes, in its order."""
        code = self.function.__code__
        return code.co_varnames[: code.co_argcount]

    def __call__(self, **values: float) -> float:
        return float(self.function(**values))


@dataclass(frozen=True)
class KnownIssue:
    """Something in a statement or proof, as published or as recorded, that is to be known.

    ``shown_by`` names the check of the entry that shows it, if a computation can; the label of
    that check says whether a source that was read is at fault, and then ``place`` says in which
    step or sentence of the source it stands. ``proof`` names the
    machine-checked account of a gap, with a repaired version where there is one. ``refutes`` says
    that the statement as recorded here fails, not merely a step of its proof.
    """

    text: str
    shown_by: str | None = None
    place: str | None = None
    proof: str | None = None
    refutes: bool = False


@dataclass(frozen=True)
class Anchor:
    """A printed number and the function that reproduces it exactly (``computed() == value``)."""

    text: str
    value: Any
    computed: Callable[[], Any] = field(repr=False, compare=False)


@dataclass(frozen=True, kw_only=True)
class Entry:
    """Common base of theorems and claims.

    Attributes
    ----------
    id : str
        ``paper-subject``, never a theorem number.
    statement : str
        What is claimed, in the project's notation.
    checks : tuple of Check or SumsCheck
        Small computations that could refute the entry, or that show a known issue.
    """

    id: str
    title: str
    source: Source
    statement: str
    checks: tuple[Check | SumsCheck, ...] = ()
    not_claimed: tuple[str, ...] = ()
    known_issues: tuple[KnownIssue, ...] = ()
    uses: tuple[str, ...] = ()

    def check(self, name: str) -> Check | SumsCheck:
        """One of the entry's checks, by name.

        Raises
        ------
        BadInput
            If there is none of that name.
        """
        for check in self.checks:
            if check.name == name:
                return check
        known = ", ".join(check.name for check in self.checks)
        raise BadInput("check", name, f"is no check of {self.id}", f"its checks: {known}")

    def label(self, issue: KnownIssue) -> str:
        """The label of the check that shows an issue; "remark" where none does."""
        return self.check(issue.shown_by).label if issue.shown_by else "remark"

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.id}: {self.title})"

    def _repr_html_(self) -> str:
        """A table for notebooks with the formula as MathML."""
        from slt_theory.theorems.notebook import entry_html

        return entry_html(self)

    def to_dict(self) -> dict[str, Any]:
        """Plain data; callables are left out."""
        record = {f.name: _plain(getattr(self, f.name)) for f in fields(self)}
        for issue, plain in zip(self.known_issues, record["known_issues"], strict=True):
            plain["label"] = self.label(issue)
        return record


@dataclass(frozen=True, kw_only=True, repr=False)
class Theorem(Entry):
    """One published statement about random networks or sums, with its size.

    Attributes
    ----------
    bound : Formula or None
        The sufficient (or necessary) size, with every constant a symbol.
    unit : str
        What the bound counts.
    named_n : callable or None
        ``named_n(eps, delta, lo, hi) -> n`` where every constant has a value; None otherwise.
    assumptions : tuple of Assumption
        What is asked beyond the conditions of a `Statement`; `conditions` has all.
    law : str, Law or None
        The law of one random number, where the statement is about one; a `Law` only where a user
        tries the statement with another one.
    asks : dict
        What the statement asks of subsets beyond the plain question: ``size``, ``lock``,
        ``prune``, ``dim`` as in `slt_theory.experiments.trials.Question`.
    claims : str
        "sufficient" (n at least this suffices) or "necessary".
    construction : Layout or None
        How the random network of the statement is laid out over a target architecture.
    uses, proof_uses : tuple of str
        Ids that the statement, or our proof, rests on.
    """

    kind: Kind
    quantifiers: Quantifiers
    assumptions: tuple[Assumption, ...]
    constants: tuple[Constant, ...]
    bound: Formula | None
    unit: str = "random numbers offered to one target"
    law: Law | str | None = None
    asks: dict[str, Any] = field(default_factory=dict)
    claims: Literal["sufficient", "necessary"] = "sufficient"
    named_n: Callable[[float, float, float, float], int] | None = None
    window: tuple[float, float] = (-1.0, 1.0)
    proof: str | None = None
    proof_uses: tuple[str, ...] = ()
    anchors: tuple[Anchor, ...] = ()
    construction: Layout | None = None

    @property
    def is_about_sums(self) -> bool:
        """True if the plain Monte Carlo check on random subset sums applies."""
        return self.law is not None and not self.asks

    @property
    def parameters(self) -> tuple[str, ...]:
        """Demands of a question beyond its eps, delta and window."""
        formula = () if self.bound is None else self.bound.symbols
        names = {*formula, *(name for a in self.conditions for name in a.reads)}
        return tuple(sorted(names - {"eps", "delta", "lo", "hi"}))

    @property
    def conditions(self) -> tuple[Assumption, ...]:
        """All that the statement asks: what stands in its sentence, then `assumptions`."""
        stated = self.statement.conditions if isinstance(self.statement, Statement) else ()
        return (*stated, *self.assumptions)

    def broken_assumptions(self, parameters: dict[str, Any]) -> list[str]:
        """The conditions that fail at these parameters, in words."""
        return [a.text for a in self.conditions if not a.holds(parameters)]

    def to_dict(self) -> dict[str, Any]:
        record = super().to_dict()
        record.pop("named_n")
        record["statement"] = str(self.statement)
        record["assumptions"] = [a.text for a in self.conditions]
        record["constants_named"] = self.named_n is not None
        for constant, entry in zip(self.constants, record["constants"], strict=True):
            entry["refutable"] = constant.refutable
        return record


@dataclass(frozen=True, kw_only=True, repr=False)
class Claim(Entry):
    """Claim of a paper about training or pruning, tried where a laptop can try it.

    Attributes
    ----------
    family : str
        The group of systems it is shown with.
    paper_scope, test_scope : str
        Networks, data and budget of the paper, and of the checks here. A verdict is about the
        latter; it is never a refutation of the paper.
    exact : bool
        Decided by exact or enclosed arithmetic, not by replicates.
    """

    family: str
    paper_scope: str
    test_scope: str
    exact: bool = False
    kind: Literal["claim"] = "claim"


def _plain(value: Any) -> Any:
    """Plain data for JSON; callables are left out."""
    if isinstance(value, Formula):
        return value.text
    if isinstance(value, Check):
        record = {f.name: _plain(getattr(value, f.name)) for f in fields(value)}
        if value.power is not None:
            record["power"]["at_least"] = value.power.at_least
        return record | {"run": value.by, "issue": value.issue}
    if isinstance(value, SumsCheck):
        return {f.name: _plain(getattr(value, f.name)) for f in fields(value)} | {
            "issue": value.issue
        }
    if hasattr(value, "__dataclass_fields__"):
        pairs = ((f.name, getattr(value, f.name)) for f in fields(value))
        return {name: _plain(v) for name, v in pairs if not callable(v)}
    if isinstance(value, dict):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(v) for v in value]
    if value is None or isinstance(value, str | int | float):
        return value
    return str(value)
