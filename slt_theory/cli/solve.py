"""slt solve."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from slt_theory.cli.common import Eps, Json, emit, number
from slt_theory.errors import UnreadableFile


def register(app: typer.Typer) -> None:
    app.command("solve")(solve)


def read_numbers(path: Path) -> list[Any]:
    """Numbers of a .npy file, or of a text file separated by white space or commas."""
    if not path.is_file():
        what = "is a folder" if path.is_dir() else "does not exist"
        raise UnreadableFile("sample", str(path), what)
    try:
        if path.suffix == ".npy":
            import numpy as np

            # tolist keeps long doubles and text, which are then taken exactly or refused.
            return list(np.load(path, allow_pickle=False).ravel().tolist())
        words = path.read_text().replace(",", " ").split()
    except (OSError, ValueError, EOFError) as error:
        raise UnreadableFile("sample", str(path), f"cannot be read ({error})") from error
    return [number(f"sample[{i}]", word) for i, word in enumerate(words)]


def solve(
    sample: Annotated[Path, typer.Option(help=".npy, or text with one number a word.")],
    target: Annotated[str, typer.Option(help="The number to approximate.")],
    eps: Eps = None,
    size: Annotated[int | None, typer.Option(help="Subsets of exactly this many items.")] = None,
    lock: Annotated[
        Path | None, typer.Option(help="File: indices of locked items, or a mask.")
    ] = None,
    method: Annotated[str, typer.Option(help="auto, or a method of the solver.")] = "auto",
    json: Json = False,
) -> None:
    """One instance: the optimum, or whether a subset lies within eps."""
    from slt_theory.instance import solve as solve_instance

    answer = solve_instance(
        read_numbers(sample),
        number("target", target),
        eps=None if eps is None else number("eps", eps),
        size=size,
        locked=() if lock is None else read_numbers(lock),
        method=method,
    )
    emit(answer.to_dict(), answer.summary(), as_json=json)
    if not answer.found:
        raise typer.Exit(3)
