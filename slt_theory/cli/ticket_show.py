"""slt ticket show."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from slt_theory.cli.common import Json, Memory, byte_count, emit, table
from slt_theory.plural import counted

if TYPE_CHECKING:
    from slt_theory.tickets import Ticket


def show(
    file: Annotated[Path, typer.Argument(help="Ticket file.")],
    memory: Memory = None,
    json: Json = False,
) -> None:
    """Print the words of a ticket file; nothing is checked (slt ticket verify does)."""
    from slt_theory.tickets import read_ticket

    ticket = read_ticket(file, max_memory=byte_count(memory))
    record = _record(ticket)
    emit(record, "\n".join(_lines(ticket, record)), as_json=json)


def _record(ticket: Ticket) -> dict[str, Any]:
    """The words of a ticket, as plain data."""
    return {
        "theorem": ticket.theorem,
        "seed": ticket.seed,
        "target_sha256": ticket.target_sha256,
        "domain": ticket.domain,
        "network_eps": ticket.network_eps,
        "complete": ticket.complete,
        "unreached": len(ticket.unreached),
        "source_weights": ticket.source_weights,
        "kept": ticket.kept,
        "density": ticket.density,
        "blocks": [
            {
                "kind": str(block.kind),
                "outputs": block.outputs,
                "inputs": block.inputs,
                "taps": block.taps,
                "n": block.n,
                "eps": block.eps,
                "layers": [
                    {"rows": layer.rows, "columns": layer.columns, "law": layer.law}
                    for layer in block.layers
                ],
            }
            for block in ticket.blocks
        ],
        "claims": dict(ticket.certificate),
        "reading": ticket.reading,
    }


def _lines(ticket: Ticket, record: dict[str, Any]) -> list[str]:
    """The same as text, a row a block."""
    rows = [
        [k, b["kind"], f"{b['inputs']} -> {b['outputs']}", b["n"], b["eps"], _sources(b["layers"])]
        for k, b in enumerate(record["blocks"])
    ]
    return [
        f"{ticket.theorem}, seed {ticket.seed}, for inputs in {ticket.domain}",
        f"{ticket.kept:,} of {ticket.source_weights:,} random weights kept; "
        + (
            "complete"
            if ticket.complete
            else f"{counted(len(ticket.unreached), 'sum')} not reached"
        ),
        f"target {ticket.target_sha256[:16]}...",
        table(["layer", "kind", "target", "n", "eps", "random layers"], rows),
        "claimed in the file, not checked here:",
        *(f"  {name} = {value}" for name, value in _claims(ticket.certificate)),
    ]


def _claims(certificate: dict[str, Any]) -> list[tuple[str, Any]]:
    """Claims by name; those of the parts of a transformer one by one."""
    claims, parts = dict(certificate), certificate.get("parts")
    if isinstance(parts, list):
        del claims["parts"]
        claims |= {f"parts[{number}]": part for number, part in enumerate(parts)}
    return sorted(claims.items())


def _sources(layers: list[dict[str, Any]]) -> str:
    return ", ".join(f"{x['rows']} x {x['columns']} {x['law']}" for x in layers)
