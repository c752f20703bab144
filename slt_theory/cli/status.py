"""slt status: the verdict of the last check of each entry, kept in the user's own folder."""

from __future__ import annotations

import json as json_module
import os
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import typer

from slt_theory.cli.common import Json, emit, table

__all__ = ["last_runs", "register", "remember"]


def register(app: typer.Typer) -> None:
    """Add ``status`` to the command line."""
    app.command("status")(status)


def _place() -> Path:
    """The file of last verdicts; the environment variable SLT_STATE names another folder."""
    import platformdirs

    folder = os.environ.get("SLT_STATE") or platformdirs.user_state_dir("slt_theory")
    return Path(folder) / "last-checks.json"


def last_runs() -> dict[str, dict[str, Any]]:
    """Verdict, seed, version and time of the last check of each entry; empty if there was none."""
    try:
        record = json_module.loads(_place().read_text(encoding="utf-8"))
        return {str(name): dict(run) for name, run in record.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def remember(reports: Iterable[Any], seed: int) -> None:
    """Keep the verdicts of entries' own checks; a folder that cannot be written keeps nothing."""
    from slt_theory.provenance import provenance

    now = datetime.now(UTC).isoformat(timespec="seconds")
    made = {"seed": seed, "version": provenance()["slt-theory"], "when": now}
    runs = last_runs() | {
        report.claim: {"verdict": str(report.verdict), "surprises": len(report.surprises), **made}
        for report in reports
    }
    with suppress(OSError):
        place = _place()
        place.parent.mkdir(parents=True, exist_ok=True)
        temporary = place.with_suffix(f".{os.getpid()}.tmp")
        temporary.write_text(json_module.dumps(runs, indent=1, sort_keys=True), encoding="utf-8")
        temporary.replace(place)


def status(json: Json = False) -> None:
    """Each entry with its status and the verdict of its last check on this machine."""
    from slt_theory.theorems import all_entries
    from slt_theory.theorems.status import status_of

    runs, records = last_runs(), []
    for entry in all_entries():
        run = runs.get(entry.id, {})
        records.append(
            {
                "id": entry.id,
                "kind": entry.kind,
                "status": status_of(entry).status,
                "last": run.get("verdict"),
                "surprises": run.get("surprises"),
                "when": run.get("when"),
                "version": run.get("version"),
                "seed": run.get("seed"),
            }
        )
    rows = [
        [r["id"], r["kind"], r["status"], r["last"] or "not run", (r["when"] or "")[:16]]
        for r in records
    ]
    tried = sum(r["last"] is not None for r in records)
    text = table(["id", "kind", "status", "last check", "when (UTC)"], rows)
    hint = "slt check --all and slt check --all --kind claim run them"
    summary = f"{text}\n\n{tried} of {len(records)} were checked on this machine; {hint}"
    emit({"entries": records, "checked": tried}, summary, as_json=json)
