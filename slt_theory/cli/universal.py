"""slt universal."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated, Any

import typer

from slt_theory.cli.common import (
    Eps,
    Json,
    Memory,
    Seed,
    byte_count,
    check_place,
    emit,
    number,
    require,
    table,
)
from slt_theory.errors import BadInput
from slt_theory.user_files import load_object


def register(app: typer.Typer) -> None:
    """Add ``universal`` to the command line."""
    app.command("universal")(universal)


def _family(text: str) -> Any:
    from slt_theory.universal import Family, Monomials, parse_family

    if ".py:" not in text:
        return parse_family(text)
    family = load_object(text)
    if not isinstance(family, Family | Monomials):
        raise BadInput("family", text, "is no slt_theory.universal.Family or Monomials")
    return family


FamilyName = Annotated[
    str | None,
    typer.Option(
        help="powers:1-4, sin:K, fourier:K, monomials:DIM,DEGREE, sparse:2-0-1,0-1-3 or "
        "FILE.py:NAME."
    ),
]
TicketOut = Annotated[Path | None, typer.Option(help="Ticket file to write.")]
Width = Annotated[int | None, typer.Option(help="In-neurons for an input.")]
Knots = Annotated[int | None, typer.Option(help="Groups of 24 hidden neurons.")]
Size = Annotated[int, typer.Option(help="Products in the sum of a slope or a bias.")]
Prune = Annotated[str, typer.Option(help="Share of weights frozen to 0.")]
Lock = Annotated[str, typer.Option(help="Share of weights frozen to their value.")]
Verify = Annotated[
    Path | None, typer.Option(help="Check this ticket file instead; needs no other option.")
]
Tasks = Annotated[
    bool, typer.Option("--tasks", help="Train readouts of the ticket for four real tasks.")
]
Tradeoff = Annotated[
    bool, typer.Option("--tradeoff", help="The table of kept weights against the error.")
]


def universal(
    family: FamilyName = None,
    eps: Eps = None,
    seed: Seed = 0,
    out: TicketOut = None,
    n: Width = None,
    knots: Knots = None,
    size: Size = 1,
    prune: Prune = "0",
    lock: Lock = "0",
    verify: Verify = None,
    tasks: Tasks = False,
    tradeoff: Tradeoff = False,
    memory: Memory = None,
    json: Json = False,
) -> None:
    """One ticket for a family of functions: build it, or check one; eps is each sup error."""
    if tradeoff:
        _tradeoff(seed, json)
        return
    if verify is not None:
        _verify(verify, family, tasks, byte_count(memory), json)
        return
    started = time.perf_counter()
    if family is None or out is None:
        missing = "family" if family is None else "out"
        raise BadInput(missing, "missing", "is needed", f"give --{missing}, or --verify FILE")
    asked: dict[str, Any] = {"eps": require("eps", eps), "prune": number("prune", prune)}
    asked["lock"] = number("lock", lock)
    check_place(out)
    chosen = _family(family)
    from slt_theory.tickets import write_ticket
    from slt_theory.universal import build_universal

    ticket = build_universal(chosen, seed=seed, n=n, knots=knots, size=size, **asked)
    write_ticket(ticket, out)
    record, lines = _described(ticket, chosen, out)
    record |= {"seed": seed, "seconds": time.perf_counter() - started}
    if tasks:
        readouts, text = _readouts(ticket, chosen)
        record |= readouts
        lines.append(text)
    emit(record, "\n".join(lines), as_json=json)


def _described(ticket: Any, chosen: Any, out: Path) -> tuple[dict[str, Any], list[str]]:
    """A new ticket as plain data, and as lines."""
    functions = ticket.certificate["functions"]
    record = {
        "family": chosen.name,
        "file": str(out),
        "eps": ticket.network_eps,
        "kept": ticket.kept,
        "source_weights": ticket.source_weights,
        "density": ticket.density,
        "kinks": sum(f["kinks"] for f in functions),
        "functions": functions,
    }
    return record, [
        f"{ticket.kept:,} of {ticket.source_weights:,} weights kept for {len(functions)} functions "
        f"over {ticket.domain}",
        _shown(functions),
        f"written to {out}",
    ]


def _shown(functions: list[dict[str, Any]]) -> str:
    rows = [
        [
            f["name"],
            f"{f['sup_error_bound']:.4g}",
            "" if f["sup_error_found"] is None else f"{f['sup_error_found']:.4g}",
            f["kinks"],
        ]
        for f in functions
    ]
    return table(["function", "error at most (certified)", "at least (found)", "kinks"], rows)


def _verify(file: Path, family: str | None, tasks: bool, limit: int | None, json: bool) -> None:
    from slt_theory.tickets import read_ticket
    from slt_theory.universal import family_of
    from slt_theory.universal import verify as check

    ticket = read_ticket(file, max_memory=limit)
    chosen = family_of(ticket) if family is None else _family(family)
    report = check(ticket, chosen, max_memory=limit)
    record = {"family": chosen.name, "kept": ticket.kept, **report.to_dict()}
    lines = [
        "ok" if report.ok else "NOT OK",
        _shown(record["functions"]),
        *(f"failure: {text}" for text in report.failures),
    ]
    if tasks and report.ok:
        readouts, text = _readouts(ticket, chosen)
        record |= readouts
        lines.append(text)
    emit(record, "\n".join(lines), as_json=json)
    if not report.ok:
        raise typer.Exit(1)


def _readouts(ticket: Any, family: Any) -> tuple[dict[str, Any], str]:
    from slt_theory.universal.tasks import TASKS, run_task
    from slt_theory.universal.transfer import transfer_rows

    records = [run_task(name, ticket, family).to_dict() for name in TASKS]
    moved = transfer_rows(ticket, family)
    columns = list(records[0]["scores"])
    rows = [
        [r["task"], r["score"], *(f"{r['scores'][column]:.4f}" for column in columns)]
        for r in records
    ]
    other = [[f"{v:.2g}" if isinstance(v, float) else v for v in row.values()] for row in moved]
    text = table(["task", "score", *columns], rows) + "\n" + table(list(moved[0]), other)
    return {"tasks": records, "transfer": moved}, text


def _tradeoff(seed: int, json: bool) -> None:
    from slt_theory.universal.tradeoff import COLUMNS, tradeoff_rows

    rows = tradeoff_rows(seed=seed)
    shown = [[_cell(row[column]) for column in COLUMNS] for row in rows]
    emit({"rows": rows}, table(list(COLUMNS), shown), as_json=json)


def _cell(value: float | str | None) -> str:
    if isinstance(value, float):
        return f"{value:.3g}"
    return "" if value is None else f"{value:,}" if isinstance(value, int) else value
