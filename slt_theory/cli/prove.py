"""slt prove."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer

from slt_theory.cli.common import Json, emit, table
from slt_theory.cli.patience import MaxTime, keeps_what_is_done, progress_bar
from slt_theory.errors import BadInput, Stopped


def register(app: typer.Typer) -> None:
    """Add ``prove`` to the command line."""
    app.command("prove")(prove)


def prove(
    proof_id: Annotated[str | None, typer.Argument(metavar="[ID]")] = None,
    text: Annotated[bool, typer.Option("--text", help="Print the proof step by step.")] = False,
    kernel: Annotated[
        bool,
        typer.Option("--kernel", help="Have the proof kernel (coqc) check its theorems instead."),
    ] = False,
    out: Annotated[
        Path | None, typer.Option("--out", help="With --kernel: folder of the compiled files.")
    ] = None,
    statistics: Annotated[
        bool,
        typer.Option(
            "--statistics",
            help="Run the trials behind the numbers certified by statistics again; ID is a row.",
        ),
    ] = False,
    max_time: MaxTime = None,
    json: Json = False,
) -> None:
    """Run the machine-checked proofs."""
    if kernel:
        _kernel(proof_id, out, json)
        return
    if out is not None:
        raise BadInput("out", str(out), "is for the kernel's files", "add --kernel")
    if statistics:
        _statistics(proof_id, json)
        return
    proofs = import_module("slt_theory.proofs")
    if text:
        chosen = proofs.all_proofs() if proof_id is None else [proofs.get(proof_id)]
        typer.echo("\n".join(proof.to_text() for proof in chosen))
        return
    ids = None if proof_id is None else [proof_id]
    count = len(proofs.IDS) if ids is None else 1
    with keeps_what_is_done(json, max_time), progress_bar("proofs", count) as progress:
        try:
            done = _Proved(proofs.run(ids, progress=progress))
        except Stopped as stop:
            raise Stopped(stop, stop.partial and _Proved(stop.partial)) from None
    emit(done.to_dict(), done.summary(), as_json=json)
    if any(result.failed for result in done.results):
        raise typer.Exit(1)


@dataclass(frozen=True)
class _Proved:
    """Results of the proofs that were run."""

    results: list[Any]

    def to_dict(self) -> dict[str, Any]:
        return {"proofs": [result.to_dict() for result in self.results]}

    def summary(self) -> str:
        rows = [
            [r["id"], r["level"], len(r["steps"]), "failed" if r["failed"] else "ok"]
            for r in self.to_dict()["proofs"]
        ]
        return table(["id", "level", "steps", ""], rows)


def _kernel(proof_id: str | None, out: Path | None, json: bool) -> None:
    """Compile everything; print each theorem as the kernel has it, with what it assumes."""
    kernel = import_module("slt_theory.proofs.kernel")
    known = [one.id for one in kernel.STATEMENTS]
    if proof_id is not None and proof_id not in known:
        raise BadInput("id", proof_id, "is no kernel statement", f"one of {', '.join(known)}")
    with progress_bar("kernel", None) as progress:
        results = kernel.check(out, progress=progress)
    records = [r.to_dict() for r in results if proof_id in (None, r.statement.id)]
    lines = [line for record in records for line in _kernel_lines(record)]
    rows = [
        [r["id"], r["level"], len(r["theorems"]), "failed" if r["failed"] else "ok"]
        for r in records
    ]
    lines.append(table(["id", "level", "theorems", ""], rows))
    emit({"proofs": records}, "\n".join(lines), as_json=json)
    if any(record["failed"] for record in records):
        raise typer.Exit(1)


def _kernel_lines(record: dict[str, Any]) -> list[str]:
    if record["failed"]:
        return [f"{record['id']}: {text}" for text in record["failed"]]
    return [
        *(
            f"{t['name']}\n  : {t['type']}\n  Closed under the global context\n"
            for t in record["theorems"]
        ),
        f"{record['id']}: {record['title']}",
        f"  does not cover {record['not_covered']}",
        "",
    ]


def _statistics(row: str | None, json: bool) -> None:
    """Run stored rows again; exit 1 unless every count and bound comes out as stored."""
    from slt_theory.certified.statistical_table import WORDS, profiles
    from slt_theory.experiments.statistical import run_again

    stored = {profile.plan.key: profile for profile in profiles()}
    if row is not None and row not in stored:
        raise BadInput("ID", row, "is no row", f"one of {', '.join(stored)}")
    chosen = list(stored.values()) if row is None else [stored[row]]
    records = []
    with progress_bar("trials", sum(profile.plan.trials for profile in chosen)) as progress:
        for profile in chosen:
            same = run_again(profile, progress=progress)
            plan = profile.plan
            records.append({"row": plan.key, "trials": plan.trials, "seed": plan.seed, "ok": same})
    rows = [[r["row"], f"{r['trials']:,}", "as stored" if r["ok"] else "differs"] for r in records]
    record = {"statistics": records, "confidence": WORDS}
    emit(record, f"{table(['row', 'trials', ''], rows)}\n{WORDS}", as_json=json)
    if not all(r["ok"] for r in records):
        raise typer.Exit(1)
