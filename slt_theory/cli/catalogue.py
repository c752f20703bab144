"""slt list, slt show."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer

from slt_theory.cli.common import Json, emit, table
from slt_theory.cli.status import last_runs
from slt_theory.errors import BadInput


def register(app: typer.Typer) -> None:
    """Add ``list`` and ``show`` to the command line."""
    app.command("list")(list_theorems)
    app.command("show")(show)


Checks = Annotated[
    Path | None, typer.Option("--checks", help="Outcomes written by slt check --all --json.")
]


def _outcomes(checks: Path | None) -> dict[str, str] | None:
    from slt_theory.theorems.status import read_outcomes

    return None if checks is None else read_outcomes(checks)


PaperName = Annotated[str | None, typer.Option(help="Part of a paper's key, title or authors.")]
StatusName = Annotated[
    str | None,
    typer.Option(help="certified, repaired, recalled-fails, stated, recalled, conjecture."),
]
Kind = Annotated[
    str | None, typer.Option(help="theorem, lemma, lower-bound, identity, conjecture, claim.")
]
Trust = Annotated[
    str | None, typer.Option(help="read, code, abstract, review, recalled (all three), derived.")
]
About = Annotated[
    str | None, typer.Option(help="Words that title, statement, source or issues hold.")
]
AllReferences = Annotated[bool, typer.Option("--bibtex", help="All references as BibTeX.")]
Markdown = Annotated[bool, typer.Option("--markdown", help="All theorems as a page.")]


def list_theorems(
    paper: PaperName = None,
    status: StatusName = None,
    kind: Kind = None,
    trust: Trust = None,
    about: About = None,
    checks: Checks = None,
    bibtex: AllReferences = False,
    markdown: Markdown = False,
    json: Json = False,
) -> None:
    """The catalogue of theorems and claims."""
    from slt_theory.theorems import all_entries
    from slt_theory.theorems.status import STATUSES, status_of

    if bibtex:
        from slt_theory.theorems.references import bibliography

        # A part of them would look like the whole file.
        _alone("bibtex", paper, status, kind, trust, about, markdown)
        every = bibliography()
        emit({"bibtex": every}, every.removesuffix("\n"), as_json=json)
        return
    outcomes = _outcomes(checks)
    if markdown:
        _alone("markdown", paper, status, trust, about)
        page = _page(kind, outcomes)
        emit({"markdown": page}, page.removesuffix("\n"), as_json=json)
        return
    if status is not None and status not in STATUSES:
        raise BadInput("status", status, "is no status", f"known: {', '.join(STATUSES)}")
    if outcomes is None:
        outcomes = {name: run["verdict"] for name, run in last_runs().items()}
    rows: list[dict[str, Any]] = []
    for entry in all_entries(kind):
        derived = status_of(entry, outcomes)
        paper_words = (entry.source.paper.key, entry.source.paper.title, entry.source.paper.authors)
        if paper and paper.lower() not in " ".join(paper_words).lower():
            continue
        if status and status != derived.status:
            continue
        if _known_as(entry.source.trust, trust) and _is_about(entry, about):
            rows.append(_row(entry, derived))
    columns = ["id", "kind", "status", "proof_level", "numeric", "trust", "title"]
    text = table(columns, [[row[c] for c in columns] for row in rows])
    emit({"theorems": rows}, text, as_json=json)


def _row(entry: Any, derived: Any) -> dict[str, Any]:
    """One entry of the list, as plain data."""
    return {
        "id": entry.id,
        "title": entry.title,
        "paper": entry.source.paper.key,
        "kind": entry.kind,
        "status": derived.status,
        "proof_level": derived.proof_level,
        "complete": derived.complete,
        "numeric": derived.numeric,
        "sound": derived.sound,
        "locator": entry.source.locator,
        "trust": entry.source.trust,
        "checks": len(entry.checks),
        "known_issues": len(entry.known_issues),
    }


def _alone(name: str, *others: Any) -> None:
    """Refuse options that choose entries beside one that lists all."""
    if any(others):
        raise BadInput(name, "beside a choice of entries", "lists all", f"give --{name} alone")


def _known_as(trust: str, asked: str | None) -> bool:
    """Decide whether an entry is known as asked; "recalled" stands for all three degrees."""
    from slt_theory.theorems.entry import TRUST

    if asked is None:
        return True
    if asked != "recalled" and asked not in TRUST:
        raise BadInput(
            "trust", asked, "is no degree of trust", f"known: recalled, {', '.join(TRUST)}"
        )
    return trust == asked or trust.startswith(f"{asked}-")


def _is_about(entry: Any, words: str | None) -> bool:
    """Decide whether an entry holds every word, as the start of a word; hyphens count as spaces."""
    if words is None:
        return True
    texts: tuple[str, ...] = (
        entry.id,
        entry.title,
        str(entry.statement),
        entry.source.locator,
        entry.source.paper.title,
        entry.source.paper.authors,
        *entry.not_claimed,
        *(issue.text for issue in entry.known_issues),
    )
    held = _words(" ".join(texts))
    return all(any(one.startswith(word) for one in held) for word in _words(words))


def _words(text: str) -> set[str]:
    return set("".join(c if c.isalnum() else " " for c in text.casefold()).split())


def _page(kind: str | None, outcomes: dict[str, str] | None) -> str:
    if kind == "claim":
        from slt_theory.theorems.claims_page import claims_markdown

        record = import_module("slt_theory.figures").stored("claims")
        return claims_markdown(record or {"seeds": [], "claims": []})
    from slt_theory.theorems.page import catalogue_markdown

    return catalogue_markdown(outcomes)


def show(
    theorem_id: Annotated[str, typer.Argument(metavar="ID")],
    checks: Checks = None,
    bibtex: Annotated[bool, typer.Option("--bibtex", help="Its reference as BibTeX.")] = False,
    json: Json = False,
) -> None:
    """Everything the catalogue knows about one theorem or claim."""
    from slt_theory.theorems import Claim
    from slt_theory.theorems import entry as find
    from slt_theory.theorems.status import kernel_statements, status_of

    entry = find(theorem_id)
    if bibtex:
        from slt_theory.theorems.references import bibtex as reference

        cited = reference(entry.source.paper)
        emit({"id": entry.id, "bibtex": cited}, cited, as_json=json)
        return
    derived = status_of(entry, _outcomes(checks))
    record = {
        **entry.to_dict(),
        **derived._asdict(),
        "status_why": derived.why,
        "kernel": [
            {"id": one.id, "covers": one.covers, "not_covered": one.not_covered}
            for one in kernel_statements(entry)
        ],
    }
    lines = _claim_lines if isinstance(entry, Claim) else _theorem_lines
    text = [*_head(entry), *lines(entry, derived), *_checks(entry)]
    emit(record, "\n".join(text), as_json=json)


def _build(entry: Any) -> str | None:
    """The command that builds the theorem's ticket, where there is a construction."""
    from slt_theory.tickets.building.construction import constructions

    if entry.id not in constructions():
        return None
    return f"slt ticket build --theorem {entry.id} --target FILE --eps E --out FILE"


def _head(entry: Any) -> list[str]:
    source = entry.source
    paper = source.paper
    return [
        f"{entry.id}: {entry.title}",
        "",
        entry.statement,
        "",
        f"source       {paper.authors}: {paper.title}. {paper.venue} ({paper.year})"
        + (f", {paper.identifier}" if paper.identifier else ""),
        f"locator      {source.locator} ({source.version}); trust: {source.trust}",
    ]


_ISSUE = {
    "gap-read": "known issue  ",
    "recalled-fails": "form fails   ",
    "not-claimed": "loose        ",
    "remark": "remark       ",
}


def _checks(entry: Any) -> list[str]:
    shown = {
        i.shown_by: f" [{entry.label(i)}; shown by check: {i.shown_by}]" for i in entry.known_issues
    }
    return [
        *(f"not claimed  {text}" for text in entry.not_claimed),
        *(
            f"{_ISSUE[entry.label(i)]}{i.text}{shown[i.shown_by] if i.shown_by else ''}"
            f"{f' [stands in: {i.place}]' if i.place else ''}"
            for i in entry.known_issues
        ),
        *(
            f"{check.role.replace('statement', 'check'):12s} "
            f"{check.name.removeprefix(f'{check.role}: ')}: "
            f"{check.what}{f' [{check.label}]' if check.issue else ''}"
            f"{f' [{check.power}]' if getattr(check, 'power', None) else ''}"
            for check in entry.checks
        ),
        *(f"uses         {other}" for other in entry.uses),
    ]


def _claim_lines(entry: Any, derived: Any) -> list[str]:
    return [
        f"family       {entry.family}",
        f"paper scope  {entry.paper_scope}",
        f"test scope   {entry.test_scope}",
        f"decided      {'exactly' if entry.exact else 'by paired replicates, level 1e-3 a side'}",
        f"status       {derived.status}: {derived.why}; checks: {derived.numeric}",
    ]


def _theorem_lines(entry: Any, derived: Any) -> list[str]:
    return [
        f"quantifiers  targets: {entry.quantifiers.targets}; networks: "
        f"{entry.quantifiers.networks};"
        f" error {entry.quantifiers.error}; window {entry.quantifiers.window}",
        f"bound        {entry.bound} ({entry.claims}; {entry.unit}; log is natural)",
        *(
            f"constant     {c.symbol} = {c.value} ({c.provenance}"
            f"{', a computation could refute it' if c.refutable else ''}) {c.note}"
            for c in entry.constants
        ),
        *(f"assumes      {a.text}" for a in entry.conditions),
        *(f"anchor       {a.text}" for a in entry.anchors),
        *([f"build it     {build}"] if (build := _build(entry)) else []),
        *(f"proof uses   {other}" for other in entry.proof_uses),
        f"status       {derived.status}: {derived.why}; checks: {derived.numeric}; "
        f"{'sound with all it uses' if derived.sound else 'not sound by proofs here alone'}",
        f"proof        {entry.proof} ({derived.proof_level})",
        *_kernel_lines(entry),
    ]


def _kernel_lines(entry: Any) -> list[str]:
    """The statements that a proof kernel has checked behind the entry, and what they leave out."""
    from slt_theory.theorems.status import kernel_statements

    return [
        line
        for one in kernel_statements(entry)
        for line in (
            f"kernel       {one.id}: {one.covers}",
            f"             does not cover {one.not_covered}",
        )
    ]
