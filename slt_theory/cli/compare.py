"""slt compare."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from slt_theory.cli.common import Eps, Json, Seed, Threads, emit, require, table
from slt_theory.cli.samples import Data, held_out
from slt_theory.cli.targets import Arch, Check, Seen, Strict, any_target
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


OptionalTarget = Annotated[
    Path | None,
    typer.Option(help="As for slt ticket build; default: the shipped digits network."),
]
Domain = Annotated[str, typer.Option(help="box:lo,hi or ball:radius.")]
Theorems = Annotated[
    list[str] | None, typer.Option(help="Only this construction; may be repeated.")
]
Folder = Annotated[Path | None, typer.Option(help="Folder for the figure and its table.")]
Style = Annotated[str, typer.Option(help="plain, neurips, icml, iclr or talk.")]


def compare(
    target: OptionalTarget = None,
    arch: Arch = None,
    check: Check = None,
    strict: Strict = False,
    domain: Domain = "box:0,1",
    eps: Eps = None,
    seed: Seed = 0,
    theorem: Theorems = None,
    data: Data = None,
    out: Folder = None,
    style: Style = "plain",
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
        seen = Seen(shipped_target(_SHIPPED), [], [])
    else:
        seen = any_target(target, arch, check, strict=strict)
    sample = held_out("digits" if target is None and data is None else data)
    named = {find(name).theorem for name in theorem or ()}
    which = [each for each in typical() if not named or each[0] in named]
    with steps(json) as step:
        rows = run(
            seen.network, eps=exact, seed=seed, which=which, sample=sample, threads=threads,
            step=step, domain=domain,
        )  # fmt: skip
    records = [row.to_dict() for row in rows]
    record: dict[str, Any] = {
        "target": _SHIPPED if target is None else target.stem,
        "parameters": seen.network.parameters,
        "assumed": seen.assumed,
        "domain": domain,
        "eps": float(exact),
        "seed": seed,
        "rows": records,
    }
    lines = [*seen.lines, *_lines(records, sample)]
    if out is not None:
        record["files"] = _drawn(record, out, style)
        lines.append(f"figure: {', '.join(record['files'])}")
    emit(record, "\n".join(lines), as_json=json)


def _lines(records: list[dict[str, Any]], sample: Any) -> list[str]:
    """The table of the tickets that were built, and why others were not."""
    built = [r for r in records if not r["failure"]]
    shown = [[_cell(r[name]) for name in _COLUMNS] for r in built]
    lines = [table(list(_COLUMNS.values()), shown)] if built else []
    lines += [
        f"{r['theorem']} {_cell(r['options'])}: {r['failure']}" for r in records if r["failure"]
    ]
    if sample is not None and built:
        accuracy = built[0]["target_accuracy"]
        lines.append(f"accuracy of the target on {len(sample)} inputs: {accuracy:.4g}")
    return lines


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
