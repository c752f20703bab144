"""slt figure."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Annotated

import typer

from slt_theory.cli.common import Json, emit
from slt_theory.errors import BadInput


def register(app: typer.Typer) -> None:
    app.command("figure")(figure)


def figure(
    name: Annotated[str | None, typer.Argument(metavar="[NAME]")] = None,
    out: Annotated[Path, typer.Option(help="Folder for the files.")] = Path("figures-out"),
    every: Annotated[bool, typer.Option("--all", help="All figures.")] = False,
    style: Annotated[str, typer.Option(help="plain, neurips, icml or iclr.")] = "plain",
    quick: Annotated[bool, typer.Option("--quick", help="Fewer trials.")] = False,
    seed: Annotated[int, typer.Option()] = 0,
    json: Json = False,
) -> None:
    """Draw figures from computed tables."""
    scripts = import_module("slt_theory.figures")
    if (name is None) != every:
        raise BadInput(
            "figure", name, "name one, or give --all", f"known: {', '.join(scripts.FIGURES)}"
        )
    import matplotlib

    from slt_theory.plotting import save_figure
    from slt_theory.plotting import style as rc

    records = []
    with matplotlib.rc_context(rc(style)):
        names: list[str] = list(scripts.FIGURES) if every else [str(name)]
        for one in names:
            script = scripts.load(one)
            data = script.table(quick=quick, seed=seed)
            *files, table = save_figure(script.draw(data), one, out, table=data)
            records.append({"name": one, "files": [str(f) for f in files], "data": str(table)})
    text = "\n".join(f"{r['name']}: {', '.join(r['files'])}" for r in records)
    emit({"figures": records}, text, as_json=json)
