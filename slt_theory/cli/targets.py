"""Targets on the command line: options, what was read on stderr, and slt target show."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, NamedTuple

import typer

from slt_theory.cli.common import Json, emit

__all__ = ["Arch", "Check", "Seen", "Strict", "Target", "any_target", "read"]

Target = Annotated[
    Path,
    typer.Option(help=".onnx, .nnet; or weights: .npz, .safetensors, .pt with NAME.weight keys."),
]
Arch = Annotated[
    Path | None,
    typer.Option(help='TOML: input = [c, h, w]; forward = "..."; stride, padding, ... of layers.'),
]
Check = Annotated[
    Path | None,
    typer.Option("--check", help=".npz with x, y: outputs that the network must have."),
]
Strict = Annotated[
    bool, typer.Option("--strict", help="Refuse a file that leaves something to assume.")
]


def register(app: typer.Typer) -> None:
    """Add ``target show`` to the command line."""
    group = typer.Typer(help="Target networks as they are read.", no_args_is_help=True)
    group.command("show")(show)
    app.add_typer(group, name="target")


def read(path: Path, arch: Path | None = None, check: Path | None = None, *, strict: bool) -> Any:
    """The network of a file with what was assumed, or the attention layer of one."""
    from slt_theory.networks import load_attention, read_target

    attention = None if arch is not None else load_attention(path)
    if attention is not None:
        return attention
    return read_target(path, arch=arch, check=check, strict=strict)


class Seen(NamedTuple):
    """A target as a command sees it: what was assumed, its layers in words, remarks to keep."""

    network: Any
    assumed: list[str]
    lines: list[str]
    remarks: dict[str, Any] | None = None


def any_target(
    path: Path,
    arch: Path | None = None,
    check: Path | None = None,
    *,
    strict: bool = False,
) -> Seen:
    """Read the network of a file, and say on stderr what was assumed."""
    reading = read(path, arch, check, strict=strict)
    if not hasattr(reading, "assumed"):
        return Seen(reading, [], [f"read: {reading!r}"])
    for text in reading.assumed:
        typer.echo(f"slt: assumed: {text}", err=True)
    lines = [f"read: {line}" for line in reading.to_dict()["layers"]]
    return Seen(reading.network, list(reading.assumed), lines, reading.remarks())


def show(
    file: Annotated[Path, typer.Argument(help="Target file.")],
    arch: Arch = None,
    check: Check = None,
    strict: Strict = False,
    json: Json = False,
) -> None:
    """Show a target network as it is read, layer by layer, and what is assumed."""
    reading = read(file, arch, check, strict=strict)
    if not hasattr(reading, "assumed"):
        record = {"layers": [repr(reading)], "assumed": [], "parameters": reading.parameters}
        emit(record, repr(reading), as_json=json)
        return
    record = reading.to_dict()
    shape = "x".join(map(str, record["input"]))
    lines = [f"input {shape}, {record['parameters']:,} parameters", *record["layers"]]
    lines += [f"assumed: {text}" for text in record["assumed"]]
    if reading.agreement is not None:
        found = reading.agreement
        lines.append(
            f"compared at {found.inputs} inputs: outputs differ by at most {found.difference:.3g}; "
            f"rounding explains {found.bound:.3g}"
        )
    emit(record, "\n".join(lines), as_json=json)
