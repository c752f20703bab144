"""slt figure."""

from __future__ import annotations

import json as json_module
import shlex
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Annotated, Any

import typer

from slt_theory.cli.common import Json, emit
from slt_theory.cli.patience import MaxTime, keeps_what_is_done, progress_bar
from slt_theory.errors import BadInput, Stopped


def register(app: typer.Typer) -> None:
    """Add ``figure`` to the command line."""
    app.command("figure")(figure)


Name = Annotated[str | None, typer.Argument(metavar="[NAME]")]
Folder = Annotated[Path, typer.Option(help="Folder for the files.")]
Every = Annotated[bool, typer.Option("--all", help="All figures.")]
Style = Annotated[str, typer.Option(help="plain, neurips, icml, iclr or talk.")]
UseTex = Annotated[bool, typer.Option("--usetex", help="Set text with LaTeX.")]
Table = Annotated[
    Path | None,
    typer.Option(help="Draw this table: a NAME.json, or a sweep's export or any tidy table."),
]
Where = Annotated[
    list[str] | None, typer.Option("--where", help="COLUMN=VALUE: these rows of --data.")
]
Law = Annotated[
    str | None, typer.Option(help="Make the table for this law: slt laws, FILE.py:NAME.")
]
Recompute = Annotated[
    bool, typer.Option("--recompute", help="Make the table again, do not draw the shipped one.")
]
Quick = Annotated[bool, typer.Option("--quick", help="Recompute with fewer trials.")]
OwnSeed = Annotated[int | None, typer.Option(help="Recompute with this seed.")]


def figure(
    name: Name = None,
    out: Folder = Path("figures-out"),
    every: Every = False,
    style: Style = "plain",
    usetex: UseTex = False,
    data: Table = None,
    where: Where = None,
    law: Law = None,
    recompute: Recompute = False,
    quick: Quick = False,
    seed: OwnSeed = None,
    max_time: MaxTime = None,
    json: Json = False,
) -> None:
    """Draw figures, from the tables shipped with the package or made again."""
    scripts = import_module("slt_theory.figures")
    if (name is None) != every:
        known = f"known: {', '.join(scripts.FIGURES)}"
        raise BadInput("figure", name, "name one, or give --all", known)
    again = recompute or quick or seed is not None or law is not None
    _check_table(data, where, new=every or again)
    import matplotlib

    from slt_theory.plotting import style as rc

    def drawn(one: str) -> tuple[Any, dict[str, Any]]:
        if data is not None:
            return _drawn(scripts.load(one), data, where or [])
        stored = None if again else scripts.stored(one)
        table = stored or scripts.made(one, quick=quick, seed=seed or 0, law=law)
        return scripts.load(one).draw(table), table

    done, names = _Figures([]), list(scripts.FIGURES) if every else [str(name)]
    own = bool(data or law)
    with (
        matplotlib.rc_context(rc(style, usetex=usetex)),
        keeps_what_is_done(json, max_time),
        progress_bar("figures", len(names)) as progress,
    ):
        for one in names:
            try:
                picture = drawn(one)
            except KeyboardInterrupt as cause:
                inside = getattr(cause, "partial", None)
                raise Stopped(cause, _Figures(done.records, one, inside)) from None
            words, command = scripts.words(one, own=own), _command(one, data, where or [], style)
            done.records.append(_saved(one, picture, out, words, command))
            progress(1)
    emit(done.to_dict(), done.summary(), as_json=json)


def _check_table(data: Path | None, where: list[str] | None, *, new: bool) -> None:
    """Refuse a table beside a new computation, and a choice of rows without a table."""
    if data is not None and new:
        raise BadInput("data", str(data), "goes with one NAME, and with no new computation")
    if where and data is None:
        raise BadInput("where", where, "chooses rows of a table", "give --data TABLE")


def _command(name: str, data: Path | None, where: list[str], style: str) -> str:
    """The command that draws the figure again, for its caption."""
    arguments = ["slt", "figure", name, *(["--data", str(data)] if data else [])]
    arguments += [word for condition in where for word in ("--where", condition)]
    return shlex.join([*arguments, "--style", style])


def _saved(
    name: str, drawn: tuple[Any, dict[str, Any]], out: Path, words: Any, command: str
) -> dict[str, Any]:
    """The files of a figure: drawings, caption and table."""
    from slt_theory.plotting import caption, save_figure

    picture, table = drawn
    words = caption(words, table, command)
    *files, text, beside = map(str, save_figure(picture, name, out, table=table, caption=words))
    return {"name": name, "files": files, "caption": text, "data": beside}


@dataclass(frozen=True)
class _Figures:
    """Figures that were drawn, the one that was stopped, and the measurement it was stopped in."""

    records: list[dict[str, Any]]
    stopped_in: str | None = None
    inside: Any = None

    def to_dict(self) -> dict[str, Any]:
        more = {} if self.stopped_in is None else {"stopped_in": self.stopped_in}
        if hasattr(self.inside, "to_dict"):
            more["measured"] = self.inside.to_dict()
        return {"figures": self.records, **more}

    def summary(self) -> str:
        lines = [f"{r['name']}: {', '.join([*r['files'], r['caption']])}" for r in self.records]
        if self.stopped_in is not None:
            lines.append(f"{self.stopped_in}: not drawn")
        if hasattr(self.inside, "summary"):
            lines.append(f"its measurement so far: {self.inside.summary()}")
        return "\n".join(lines)


def _drawn(script: ModuleType, path: Path, where: list[str]) -> tuple[Any, dict[str, Any]]:
    """The figure of the user's own table, or of the user's rows."""
    kind = script.__name__.rpartition(".")[2]
    if where or path.suffix != ".json":
        from slt_theory.plotting import read_rows
        from slt_theory.plotting import where as meeting

        from_rows = import_module("slt_theory.figures.tidy").from_rows
        table = from_rows(kind, meeting(read_rows(path), where))
        return script.draw(table), table
    try:
        table = json_module.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadInput("data", str(path), f"cannot be read as JSON ({error})") from error
    try:
        return script.draw(table), table
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
        raise BadInput(
            "data",
            str(path),
            f"is no table of {kind} ({type(error).__name__}: {error})",
            f"slt figure {kind} writes {kind}.json, an example",
        ) from error
