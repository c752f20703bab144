"""slt compare."""

from __future__ import annotations

from typing import Any

import typer

from slt_theory.cli.common import Eps, Json, Seed, emit, require, table
from slt_theory.cli.ticket import Target, dense_target
from slt_theory.cli.verify import steps


def register(app: typer.Typer) -> None:
    app.command("compare")(compare)


def _cell(value: Any) -> Any:
    if isinstance(value, dict):
        return ", ".join(f"{k} = {v}" for k, v in value.items())
    return f"{value:.4g}" if isinstance(value, float) else value


def compare(
    target: Target,
    eps: Eps = None,
    seed: Seed = 0,
    json: Json = False,
) -> None:
    """Constructions side by side on one target: size, density and certified error."""
    exact = require("eps", eps)
    network = dense_target(target)
    from slt_theory.tickets.compare import compare as run

    with steps(json) as step:
        rows = run(network, eps=exact, seed=seed, step=step)
    columns = ["theorem", "options", "depth", "width", "source_weights", "kept", "mask_bits"]
    columns += ["sup_error_bound", "sup_error_found", "complete", "seconds"]
    records = [row.to_dict() for row in rows]
    shown = [[_cell(record[column]) for column in columns] for record in records]
    notes = [f"{r['theorem']}: {r['failure']}" for r in records if r["failure"]]
    emit({"rows": records}, "\n".join([table(columns, shown), *notes]), as_json=json)
