"""The report: a few pages that need no network, no script and nothing beside their folder."""

from __future__ import annotations

import json
from importlib import import_module
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from slt_theory.errors import MissingExtra
from slt_theory.report.formulas import prose
from slt_theory.report.job import MainJob
from slt_theory.report.pages import write_page
from slt_theory.report.tables import labelled
from slt_theory.theorems import Theorem, all_theorems, entry
from slt_theory.theorems.graph import catalogue_graph, to_svg
from slt_theory.theorems.notebook import formula_mathml
from slt_theory.theorems.status import status_of

__all__ = ["PAGES", "require_report", "write_site"]

PAGES = (
    ("index.html", "Summary"),
    ("catalogue.html", "Catalogue"),
    ("graph.html", "Graph"),
    ("claims.html", "Claims"),
    ("tickets.html", "Tickets"),
    ("proofs.html", "Proofs"),
    ("figures.html", "Figures"),
)


def write_site(job: MainJob, out: Path) -> Path:
    """Write the pages and ``results.json`` into `out`; return the path of the first page.

    Raises
    ------
    MissingExtra
        Without jinja2 and latex2mathml.
    BadInput
        If the folder cannot be written.
    """
    environment = _environment()
    outcomes = job.outcomes
    verdicts: dict[str, list[dict[str, Any]]] = {}
    for row in sorted(job.verdicts, key=lambda row: row["verdict"]):
        verdicts.setdefault(row["verdict"], []).append(row)
    shared = {
        "job": job,
        "pages": PAGES,
        "good": not job.surprises,
        "verdicts": verdicts,
        "entries": [_entry(e, outcomes, job.verdicts) for e in all_theorems()],
        "proof_ids": {row["id"] for row in job.proofs},
        "graph": to_svg(catalogue_graph(outcomes), link=lambda name: f"catalogue.html#{name}"),
        "claims": _claims(),
    }
    for file, _ in PAGES:
        page = environment.get_template(file).render(shared, here=file)
        write_page(out / file, labelled(page))
    write_page(out / "results.json", json.dumps(job.to_dict(), indent=1) + "\n")
    return out / "index.html"


def require_report() -> None:
    """Raise MissingExtra without what pages are written with: jinja2 and latex2mathml."""
    if not all(find_spec(module) for module in ("jinja2", "latex2mathml")):
        raise MissingExtra("report", "the report")


def _environment() -> Any:
    require_report()
    from jinja2 import Environment, FunctionLoader, StrictUndefined
    from markupsafe import Markup

    folder = files("slt_theory").joinpath("report/templates")
    environment = Environment(
        loader=FunctionLoader(lambda name: folder.joinpath(name).read_text(encoding="utf-8")),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
    )
    environment.filters["num"] = _number
    environment.filters["prose"] = lambda text: Markup(prose(text))
    return environment


def _number(value: Any, digits: int = 3) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:.{digits}g}" if isinstance(value, float) else str(value)


def _entry(
    theorem: Theorem, outcomes: dict[str, str], verdicts: list[dict[str, Any]]
) -> dict[str, Any]:
    """Section of the catalogue page about one theorem."""
    paper, state = theorem.source.paper, status_of(theorem, outcomes)
    found = f", {paper.identifier}" if paper.identifier else ""
    return {
        **theorem.to_dict(),
        "paper": f"{paper.authors} ({paper.year})",
        "work": f"{paper.title}. {paper.venue}{found}.",
        "locator": theorem.source.locator,
        "version": theorem.source.version,
        "trust": theorem.source.trust,
        "formula": None if theorem.bound is None else formula_mathml(theorem.bound),
        "status": state.status,
        "why": state.why,
        "proof_level": state.proof_level,
        "uses": (*theorem.uses, *theorem.proof_uses),
        "rows": [row for row in verdicts if row["claim"] == theorem.id],
    }


def _claims() -> dict[str, Any]:
    """The stored record of the claims, grouped by family, beside their entries."""
    record = import_module("slt_theory.figures").stored("claims")
    families: dict[str, list[dict[str, Any]]] = {}
    for row in record["claims"]:
        claim = entry(row["claim"])
        paper, source = claim.source.paper, claim.source
        found = f", {paper.identifier}" if paper.identifier else ""
        families.setdefault(row["family"], []).append(
            {
                **claim.to_dict(),
                **row,
                "source": f"{paper.authors}: {paper.title}. {paper.venue} {paper.year}{found}; "
                f"{source.locator}; trust: {source.trust}",
            }
        )
    return {"families": families, "seeds": record["seeds"], "made": record["made"]}
