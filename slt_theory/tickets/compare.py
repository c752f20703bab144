"""All constructions on one target: what each theorem's ticket costs and how well it does."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from slt_theory.errors import SltError
from slt_theory.networks import Network
from slt_theory.plural import counted
from slt_theory.records import Record
from slt_theory.tickets.agreement import Sample, agreement
from slt_theory.tickets.checking.check import Verification
from slt_theory.tickets.checking.effective import source_block
from slt_theory.tickets.size import ticket_size
from slt_theory.tickets.ticket import Ticket

__all__ = ["ComparisonRow", "compare", "typical"]


@dataclass(frozen=True)
class ComparisonRow(Record):
    """One construction on one target; numbers are None where there is no ticket.

    Attributes
    ----------
    theorem : str
    options : dict
        Arguments beyond eps and seed.
    depth, width : int
        Layers of weights of the source network, and its widest layer of neurons; None for direct
        sums, which are no network.
    source_weights, kept : int
    density : float
        Share of the source's weights that is kept.
    mask_bits, stored_bits : int
        Free bits of the masks; those with the seed and everything else that the ticket stores.
    compression : float
        Bits of the target in float32 a stored bit.
    max_weight_error : float
    sup_error_bound, sup_error_found, ratio : float
        Certified network error, the largest error that a search found, and their ratio.
    interval_bound : float
        The certified error by intervals alone.
    complete : bool
    seconds, check_seconds : float
        To build with certificate, and to verify.
    accuracy, target_accuracy, agree : float
        Shares of the sample, if one is given.
    failure : str
        Which assumption of the theorem the target does not meet, or why there is no ticket.
    """

    theorem: str
    options: dict[str, Any]
    depth: int | None = None
    width: int | None = None
    source_weights: int | None = None
    kept: int | None = None
    density: float | None = None
    mask_bits: int | None = None
    stored_bits: int | None = None
    compression: float | None = None
    max_weight_error: float | None = None
    sup_error_bound: float | None = None
    sup_error_found: float | None = None
    ratio: float | None = None
    interval_bound: float | None = None
    complete: bool | None = None
    seconds: float | None = None
    check_seconds: float | None = None
    accuracy: float | None = None
    target_accuracy: float | None = None
    agree: float | None = None
    failure: str | None = None

    def to_dict(self) -> dict[str, Any]:
        record = super().to_dict()
        record["options"] = {name: _plain(value) for name, value in self.options.items()}
        return record


def _plain(value: Any) -> Any:
    return value if isinstance(value, str | bool | int | float | None) else str(value)


def typical() -> list[tuple[str, dict[str, Any]]]:
    """Every construction with the options that show what its theorem is about."""
    from slt_theory.tickets.building.construction import constructions

    return [(c.theorem, dict(options)) for c in constructions().values() for options in c.typical]


def compare(
    target: Network,
    *,
    eps: Any,
    seed: int = 0,
    which: Sequence[tuple[str, dict[str, Any]]] | None = None,
    sample: Sample | None = None,
    threads: int | None = None,
    domain: str = "box:0,1",
    step: Callable[[str], None] = lambda _: None,
) -> list[ComparisonRow]:
    """Build, certify and verify one ticket a construction.

    Parameters
    ----------
    target : Network
    eps : number
        Error allowed per weight.
    seed : int
    which : sequence of (theorem, options), optional
        Options as of `slt_theory.tickets.build_ticket`; default: `typical`.
    sample : optional
        Labelled inputs on which ticket and target run.
    threads : int, optional
    domain : str
        Inputs for which the errors are certified.
    step : callable
        Called with what begins.

    Returns
    -------
    list of ComparisonRow
        A construction that does not cover the target says which assumption fails.
    """
    rows = []
    for theorem, options in typical() if which is None else which:
        step(f"{theorem} {options or ''}".strip())
        try:
            rows.append(_row(target, theorem, options, eps, seed, sample, threads, domain))
        except SltError as error:
            rows.append(ComparisonRow(theorem, options, failure=str(error)))
    return rows


def _row(
    target: Network,
    theorem: str,
    options: dict[str, Any],
    eps: Any,
    seed: int,
    sample: Sample | None,
    threads: int | None,
    domain: str,
) -> ComparisonRow:
    from slt_theory.tickets import build_ticket, verify

    started = time.perf_counter()
    # A construction's own choice of a domain goes first.
    given = {"domain": domain, **options}
    ticket = build_ticket(target, theorem=theorem, eps=eps, seed=seed, threads=threads, **given)
    built = time.perf_counter()
    check = verify(ticket, target)
    checked = time.perf_counter()
    measured = _measured(ticket, target, check, sample) if check.ok else {}
    size = ticket_size(ticket, target)
    depth, width = _shape(ticket)
    return ComparisonRow(
        theorem,
        options,
        depth=depth,
        width=width,
        source_weights=ticket.source_weights,
        kept=ticket.kept,
        density=ticket.density,
        mask_bits=size.mask_bits,
        stored_bits=size.stored_bits,
        compression=size.compression,
        complete=ticket.complete,
        seconds=built - started,
        check_seconds=checked - built,
        failure=None if check.ok else _failure(ticket, check.failures),
        **measured,
    )


def _measured(
    ticket: Ticket, target: Network, check: Verification, sample: Sample | None
) -> dict[str, Any]:
    """Errors of a ticket that verifies, and its accuracy on a sample if one is given."""
    measured: dict[str, Any] = {
        "max_weight_error": check.max_weight_error,
        "sup_error_bound": check.sup_error_bound,
        "sup_error_found": check.sup_error_found,
        "interval_bound": check.bounds["interval"],
    }
    if check.sup_error_found > 0:
        measured["ratio"] = check.sup_error_bound / check.sup_error_found
    if sample is not None:
        on_data = agreement(ticket, target, sample)
        measured |= {
            "accuracy": on_data.accuracy,
            "target_accuracy": on_data.target_correct / on_data.inputs,
            "agree": on_data.agree / on_data.inputs,
        }
    return measured


def _failure(ticket: Ticket, failures: tuple[str, ...]) -> str:
    """Why there is no ticket; one that lacks sums says so first."""
    if ticket.complete:
        return failures[0]
    missed = counted(len(ticket.unreached), "sum")
    return f"{missed} without a subset within eps at n = {ticket.blocks[0].n}"


def _shape(ticket: Ticket) -> tuple[int | None, int | None]:
    """Depth and width of the source network; direct sums have none."""
    if not all(source_block(ticket, k).network for k in range(len(ticket.blocks))):
        return None, None
    layers = [layer for block in ticket.blocks for layer in block.layers]
    return len(layers), max(layer.rows for layer in layers)
