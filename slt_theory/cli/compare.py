"""slt compare."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from slt_theory.cli.common import Eps, Json, Seed, Threads, emit, require, table
from slt_theory.cli.samples import Data, held_out
from slt_theory.cli.targets import Arch, Check, Strict, any_target
from slt_theory.cli.verify import steps

_SHIPPED = "digits_mlp"
_COLUMNS = {
    "theorem": "theorem",
    "options": "options",
    "depth": "depth",
    "width": "width",
    "source_weights": "weights",
    "kept": "kept",
    "density": "density",
    "mask_bits": "mask bits",
    "stored_bits": "stored bits",
    "sup_error_bound": "certified",
    "sup_error_found": "found",
    "ratio": "ratio",
    "accuracy": "accuracy",
    "agree": "agree",
    "seconds": "seconds",
}


def register(app: typer.Typer) -> None:
    """Add ``compare`` to the command line."""
    app.command("compare")(compare)


def _cell(value: Any) -> Any:
    if isinstance(value, dict):
        return ", ".join(f"{k}={v}" for k, v in value.items())
    if value is None:
        return "-"
    return f"{value:.4g}" if isinstance(value, float) else value


def compare(
    target: Annotated[
        Path | None,
        typer.Option(help="As for slt ticket build; default: the shipped digits network."),
    ] = None,
    arch: Arch = None,
    check: Check = None,
    strict: Strict = False,
    domain: Annotated[str, typer.Option(help="box:lo,hi or ball:radius.")] = "box:0,1",
    eps: Eps = None,
    seed: Seed = 0,
    theorem: Annotated[
        list[str] | None, typer.Option(help="Only this construction; may be repeated.")
    ] = None,
    data: Data = None,
    out: Annotated[Path | None, typer.Option(help="Folder for the figure and its table.")] = None,
    style: Annotated[str, typer.Option(help="plain, neurips, icml, iclr or talk.")] = "plain",
    threads: Threads = None,
    json: Json = False,
) -> None:
    """Constructions side by side on one target: size, certified error, accuracy."""
    exact = require("eps", eps)
    from slt_theory.data import shipped_target
    from slt_theory.tickets.building.construction import find
    from slt_theory.tickets.compare import compare as run
    from slt_theory.tickets.compare import typical

    if target is None:
        network, assumed, layers = shipped_target(_SHIPPED), list[str](), list[str]()
    else:
        network, assumed, layers, _ = any_target(target, arch, check, strict=strict)
    sample = held_out("digits" if target is None and data is None else data)
    named = {find(name).theorem for name in theorem or ()}
    which = [each for each in typical() if not named or each[0] in named]
    with steps(json) as step:
        rows = run(
            network, eps=exact, seed=seed, which=which, sample=sample, threads=threads, step=step,
            domain=domain,
        )  # fmt: skip
    records = [row.to_dict() for row in rows]
    record: dict[str, Any] = {
        "target": _SHIPPED if target is None else target.stem,
        "parameters": network.parameters,
        "assumed": assumed,
        "domain": domain,
        "eps": float(exact),
        "seed": seed,
        "rows": records,
    }
    shown = [[_cell(r[name]) for name in _COLUMNS] for r in records if not r["failure"]]
    lines = [*layers, table(list(_COLUMNS.values()), shown)] if shown else layers
    lines += [
        f"{r['theorem']} {_cell(r['options'])}: {r['failure']}" for r in records if r["failure"]
    ]
    if sample is not None and shown:
        accuracy = next(r["target_accuracy"] for r in records if not r["failure"])
        lines.append(f"accuracy of the target on {len(sample)} inputs: {accuracy:.4g}")
    if out is not None:
        record["files"] = _drawn(record, out, style)
        lines.append(f"figure: {', '.join(record['files'])}")
    emit(record, "\n".join(lines), as_json=json)


def _drawn(record: dict[str, Any], out: Path, style: str) -> list[str]:
    """The figure of one comparison, with its table beside it."""
    from importlib import import_module

    import matplotlib

    from slt_theory.plotting import save_figure
    from slt_theory.plotting import style as rc

    part = {"eps": record["eps"], "rows": record["rows"]}
    names = ("target", "parameters", "seed")
    data = {**{name: record[name] for name in names}, "parts": [part]}
    with matplotlib.rc_context(rc(style)):
        figure = import_module("slt_theory.figures.compare").draw(data)
        return [str(path) for path in save_figure(figure, "compare", out, table=data)]
