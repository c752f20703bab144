"""Regions of a ticket's domain: --domain and --certify, and how they are printed."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import typer

from slt_theory.cli.patience import progress_bar
from slt_theory.errors import BadInput, Stopped
from slt_theory.plural import counted

__all__ = [
    "REGIONS",
    "Asked",
    "Certify",
    "Cuts",
    "RegionLines",
    "Split",
    "asked_of",
    "certified",
    "keep_cuts",
    "says_nothing",
]

REGIONS = "box:lo,hi, ball:radius, or around:FILE.npz,RADIUS[,lo,hi]: a certificate for each input."
Asked = Annotated[str | None, typer.Option("--domain", help=f"Certify a part: {REGIONS}")]
Certify = Annotated[
    str | None,
    typer.Option("--certify", help="agreement: share of inputs whose class provably is the same."),
]
Split = Annotated[
    float,
    typer.Option("--split", min=0, help="Cut regions, the worst piece first: seconds for each."),
]

Cuts = Annotated[
    Path | None,
    typer.Option("--cuts", help=".npz that keeps where a region was cut, to go on with it."),
]


def asked_of(domain: str | None, certify: str | None, cut: float) -> tuple[Any, str | None]:
    """The regions that are asked for, and the domain of a ticket that is built for them."""
    if certify not in (None, "agreement"):
        raise BadInput("certify", certify, "is not known", "the one thing there is: agreement")
    from slt_theory.tickets.around import Around, parse_asked

    asked = None if domain is None else parse_asked(domain)
    if certify is not None and asked is None:
        raise BadInput("certify", certify, "needs regions", "name them with --domain")
    if cut and asked is None:
        raise BadInput("split", cut, "needs regions", "name them with --domain")
    return asked, str(asked.hull) if isinstance(asked, Around) else domain


class RegionLines(NamedTuple):
    """Lines about regions, and the exit code of what stopped their cutting; 0 for nothing."""

    lines: list[str]
    exit_code: int = 0


def keep_cuts(path: Path | None, cuts: Iterable[tuple[int, int]]) -> None:
    """Write cuts for a later run, if anywhere; where that fails, the answer is still given."""
    from slt_theory.tickets.cuts_file import write_cuts

    if path is None:
        return
    try:
        write_cuts(path, list(cuts))
    except OSError as error:
        typer.echo(f"slt: {path} cannot be written ({error.strerror}): no cuts are kept", err=True)


def certified(
    record: dict[str, Any],
    target: Any,
    ticket: Any,
    asked: Any,
    certify: str | None,
    cut: float,
    keep: Path | None = None,
) -> RegionLines:
    """Add what is certain of the regions to a record, and say it; nothing where none are asked for.

    The numbers of the whole domain then stand under ``whole_domain``. `keep` is a file of cuts.
    """
    from slt_theory.networks import Network
    from slt_theory.tickets.around import Around
    from slt_theory.tickets.checking.regions import certify_regions
    from slt_theory.tickets.cuts_file import read_cuts

    # A build certifies its whole domain as it is.
    plain = certify is None and keep is None and not cut
    if asked is None or (plain and str(asked) == ticket.domain):
        return RegionLines([])
    if not isinstance(target, Network):
        raise BadInput("domain", str(asked), "attention has no regions", "leave --domain out")
    count = len(asked.inputs) if isinstance(asked, Around) else 1
    start, code = [] if keep is None else read_cuts(keep), 0
    try:
        with progress_bar(*(("pieces", None) if cut else ("regions", count))) as progress:
            found = certify_regions(
                ticket, target, asked, seconds=cut, start=start, progress=progress
            )
    except Stopped as stop:
        found, code, record["stopped"] = stop.partial, stop.exit_code, str(stop)
    keep_cuts(keep, found.cuts)
    names = ("sup_error_bound", "sup_error_found")
    record["whole_domain"] = {"domain": ticket.domain, **{name: record[name] for name in names}}
    record |= found.to_dict()
    how = _how(found) if getattr(asked, "radius", 1) == 0 else "certified"
    cuts = f" in {counted(sum(p.pieces for p in found.points), 'piece')}" if cut else ""
    lines = [f"{record['stopped']}; this is what was done so far"] if code else []
    lines.append(
        f"over {found.domain} ({counted(len(found.points), 'region')}{cuts}): at most "
        f"{found.sup_error_bound:.6g} ({how}), at least {found.sup_error_found:.6g} (found)"
    )
    lines += _too_large(found, asked, record.get("output_spread", 0.0))
    if certify is not None:
        record["agreement"] = found.agreement
        lines.append(_agreement(found))
    return RegionLines(lines, code)


def _how(found: Any) -> str:
    """How single inputs were bounded, and at how many the roundings hide the error."""
    hidden = sum(point.error_bound > 2 * point.error_found for point in found.points)
    if not hidden:
        return "by exact evaluation"
    return f"by evaluation; at {counted(hidden, 'input')} its roundings may be all there is"


def _too_large(found: Any, asked: Any, spread: float) -> list[str]:
    """Count the regions whose bound is above what outputs vary by, and name the ways out."""
    count = sum(point.error_bound > spread for point in found.points)
    if not spread or not count or getattr(asked, "radius", 1) == 0:
        return []
    return [
        f"on {count} of {counted(len(found.points), 'region')} the bound says nothing: the outputs "
        f"of the target were seen to vary by {spread:.6g} only; a smaller radius says more, radius "
        "0 (both networks are evaluated) most, and a ticket of a smaller eps errs less"
    ]


def _agreement(found: Any) -> str:
    if found.agreement is None:
        return "agreement: a network of one output names no class"
    kept = [point.margin for point in found.points if point.class_kept]
    least = f"; there the target leads by {min(kept):.6g} or more" if kept else ""
    return (
        f"the same class, provably, on {len(kept)} of {counted(len(found.points), 'region')}{least}"
    )


def says_nothing(record: dict[str, Any], target: Any, ticket: Any) -> list[str]:
    """Say of a bound that it says nothing, where the outputs vary less, and what says more."""
    from slt_theory.networks import Network
    from slt_theory.tickets.checking.regions import output_spread
    from slt_theory.tickets.domain import parse_domain

    if not isinstance(target, Network):
        return []
    spread = output_spread(target, parse_domain(ticket.domain), ticket.seed)
    record["output_spread"] = spread
    # Where the outputs did not vary (a pruned network) the bound itself is the answer.
    if spread == 0 or not record["sup_error_bound"] > spread:
        return []
    return [
        f"the bound over {ticket.domain} says nothing: the target's outputs were seen to vary by "
        f"{spread:.6g} only; --domain around:FILE.npz,RADIUS certifies regions around inputs, "
        "radius 0 single inputs; a ticket of a smaller eps errs less"
    ]
