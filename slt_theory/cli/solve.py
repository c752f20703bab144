"""slt solve."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from slt_theory.cli.common import Eps, Json, emit, number, number_if_given, require
from slt_theory.errors import BadInput, UnreadableFile


def register(app: typer.Typer) -> None:
    """Add ``solve`` to the command line."""
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


def _certify(sample: Path, window: str, eps: str | None, bits: int | None, json: bool) -> None:
    """Decide if the sums of the sample reach every target of a window."""
    from slt_theory.subset_sum.window import MOST_BITS, certify_window

    ends = window.split(",")
    if len(ends) != 2:
        raise BadInput(
            "certify-window", window, "must be two numbers", "write --certify-window -1,1"
        )
    lo, hi = (number("certify-window", end) for end in ends)
    error = require("eps", eps)
    answer = certify_window(
        read_numbers(sample), lo, hi, eps=error, bits=MOST_BITS if bits is None else bits
    )
    emit(answer.to_dict(), answer.summary(), as_json=json)
    if answer.verdict != "covered":
        raise typer.Exit(1 if answer.verdict == "missed" else 3)


def solve(
    sample: Annotated[Path, typer.Option(help=".npy, or text with one number a word.")],
    target: Annotated[str | None, typer.Option(help="The number to approximate.")] = None,
    eps: Eps = None,
    window: Annotated[
        str | None,
        typer.Option(
            "--certify-window",
            metavar="A,B",
            help="Instead of one target: is every one of [A, B] within eps? 0 yes, 1 no, 3 open.",
        ),
    ] = None,
    bits: Annotated[
        int | None, typer.Option(help="With --certify-window: length of the bitset of sums.")
    ] = None,
    size: Annotated[int | None, typer.Option(help="Subsets of exactly this many items.")] = None,
    lock: Annotated[
        Path | None, typer.Option(help="File: indices of locked items, or a mask.")
    ] = None,
    method: Annotated[str, typer.Option(help="auto, or a method of the solver.")] = "auto",
    json: Json = False,
) -> None:
    """One instance: the optimum, whether a subset lies within eps, or a whole window."""
    from slt_theory.instance import solve as solve_instance

    if window is not None:
        if target is not None:
            raise BadInput(
                "target", target, "is not used with --certify-window", "drop one of them"
            )
        _certify(sample, window, eps, bits, json)
        return
    answer = solve_instance(
        read_numbers(sample),
        require("target", target),
        eps=number_if_given("eps", eps),
        size=size,
        locked=() if lock is None else read_numbers(lock),
        method=method,
    )
    emit(answer.to_dict(), answer.summary(), as_json=json)
    if not answer.found:
        raise typer.Exit(3)
