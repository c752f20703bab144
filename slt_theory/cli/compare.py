"""slt compare."""

from __future__ import annotations

import typer

from slt_theory.cli.common import Eps, Json, Seed, emit, require, table
from slt_theory.cli.ticket import Target, dense_target
from slt_theory.cli.verify import steps


def register(app: typer.Typer) -> None:
    app.command("compare")(compare)


def compare(
    target: Target,
    eps: Eps = None,
    seed: Seed = 0,
    json: Json = False,
) -> None:
    """All constructions on one target: size, density and certified error."""
    exact = require("eps", eps)
    network = dense_target(target)
    from slt_theory.tickets.compare import compare as run

    with steps(json) as step:
        rows = run(network, eps=exact, seed=seed, step=step)
    columns = ["theorem", "depth", "width", "source_weights", "kept", "mask_bits"]
    columns += ["sup_error_bound", "sup_error_found", "complete", "seconds"]
    records = [row.to_dict() for row in rows]
    shown = [[f"{r[c]:.4g}" if isinstance(r[c], float) else r[c] for c in columns] for r in records]
    notes = [f"{r['theorem']}: {r['failure']}" for r in records if r["failure"]]
    emit({"rows": records}, "\n".join([table(columns, shown), *notes]), as_json=json)
