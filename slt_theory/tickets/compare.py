"""All constructions on one target: what each theorem's ticket costs and how well it does."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from slt_theory.errors import SltError
from slt_theory.networks import Dense

__all__ = ["Row", "compare"]

DEFAULTS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("pensia2020-two-layer", {}),
    ("pensia2020-two-layer", {"signs": "needed"}),
    ("pensia2020-direct", {}),
    ("fischer2021-biases", {"law": "normal"}),
    ("burkholz2022-depth", {"signs": "needed"}),
    ("natale2024-network", {"size": 8, "signs": "needed"}),
)
"""Constructions that a comparison builds by itself; the others take parameters of their own."""


@dataclass(frozen=True)
class Row:
    """One construction on one target; numbers are None where it could not be built.

    Attributes
    ----------
    depth, width : int
        Layers of weights of the source network, and its widest layer of neurons.
    mask_bits : int
        Free bits of all masks: what a stored ticket needs besides its seed.
    """

    theorem: str
    options: dict[str, Any]
    depth: int | None = None
    width: int | None = None
    source_weights: int | None = None
    kept: int | None = None
    density: float | None = None
    mask_bits: int | None = None
    max_weight_error: float | None = None
    sup_error_bound: float | None = None
    sup_error_found: float | None = None
    complete: bool | None = None
    seconds: float | None = None
    failure: str | None = None

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def compare(
    target: Dense,
    *,
    eps: Any,
    seed: int = 0,
    which: Sequence[tuple[str, dict[str, Any]]] = DEFAULTS,
    step: Callable[[str], None] = lambda _: None,
) -> list[Row]:
    """Build and certify one ticket a construction.

    Parameters
    ----------
    target : Dense
    eps : number
        Error allowed per weight.
    seed : int
    which : sequence of (theorem, options)
        Options as of `slt_theory.tickets.build_ticket`.
    step : callable
        Told what begins.
    """
    from slt_theory.tickets import build_ticket

    rows = []
    for theorem, options in which:
        step(f"{theorem} {options or ''}".strip())
        started = time.perf_counter()
        try:
            ticket = build_ticket(target, theorem=theorem, eps=eps, seed=seed, **options)
        except SltError as error:
            rows.append(Row(theorem, options, failure=str(error)))
            continue
        layers = [layer for block in ticket.blocks for layer in block.layers]
        network = ticket.blocks[0].kind != "direct-sums"
        rows.append(
            Row(
                theorem,
                options,
                depth=len(layers) if network else None,
                width=max(layer.rows for layer in layers) if network else None,
                source_weights=ticket.source_weights,
                kept=ticket.kept,
                density=ticket.density,
                mask_bits=ticket.mask_bits,
                max_weight_error=ticket.certificate["max_weight_error"],
                sup_error_bound=ticket.certificate["sup_error_bound"],
                sup_error_found=ticket.certificate["sup_error_found"],
                complete=ticket.complete,
                seconds=time.perf_counter() - started,
            )
        )
    return rows
