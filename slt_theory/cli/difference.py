"""slt difference."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from slt_theory.cli.common import Json, check_place, emit
from slt_theory.cli.patience import MaxTime, keeps_what_is_done, progress_bar
from slt_theory.cli.regions import Cuts, keep_cuts
from slt_theory.cli.targets import Arch, any_target
from slt_theory.errors import BadInput, Stopped, exactly_one

__all__ = ["difference"]

_NNET = ".nnet"


def register(app: typer.Typer) -> None:
    """Add ``difference`` to the command line."""
    app.command("difference")(difference)


First = Annotated[Path, typer.Argument(help="Network, in any format of a target.")]
Second = Annotated[
    Path | None, typer.Argument(help="Network of the same shapes, or a ticket of A (.slt).")
]
Region = Annotated[Path | None, typer.Option(help="Box: .toml, .json or .npz with low and high.")]
Within = Annotated[str | None, typer.Option(help="Decide if the difference is at most this.")]
Round = Annotated[
    str | None, typer.Option(help="In the place of B: A rounded to float16 or float32.")
]
Split = Annotated[float, typer.Option(min=0, help="Cut the box, the worst piece first: seconds.")]


def difference(
    a: First,
    b: Second = None,
    region: Region = None,
    within: Within = None,
    round: Round = None,
    split: Split = 0.0,
    cuts: Cuts = None,
    arch: Arch = None,
    max_time: MaxTime = None,
    json: Json = False,
) -> None:
    """Certify the largest difference of two networks of one architecture on a box.

    Exit codes: 0 the difference is at most --within, or it was not asked; 1 it is larger; 3 open.
    Of .nnet files the region is in the units of the header, outputs are normalised.
    """
    exactly_one(B=b, round=round)
    if region is None:
        raise BadInput("region", "missing", "is needed", "give --region FILE")
    from slt_theory.tickets.cuts_file import read_cuts
    from slt_theory.tickets.difference import difference as bounded

    start = [] if cuts is None else read_cuts(cuts)
    if cuts is not None:
        check_place(cuts)
    with keeps_what_is_done(json, max_time):
        ours, other, box = _read(a, b, round, region, arch)
        try:
            with progress_bar("pieces", None) as progress:
                found = bounded(
                    ours,
                    other,
                    box,
                    within=within,
                    seconds=split,
                    start=start,
                    progress=progress,
                )
        except Stopped as stop:
            keep_cuts(cuts, stop.partial.cuts)
            raise
        keep_cuts(cuts, found.cuts)
    emit(found.to_dict(), found.summary(), as_json=json)
    if found.verdict in ("no", "undecided"):
        raise typer.Exit(1 if found.verdict == "no" else 3)


def _read(
    a: Path, b: Path | None, round_to: str | None, region: Path, arch: Path | None
) -> tuple[Any, Any, Any]:
    """Both networks (or a ticket), and the box in their units."""
    from slt_theory.networks import Network
    from slt_theory.networks.low_precision import rounded
    from slt_theory.networks.nnet import read_normalised
    from slt_theory.tickets import read_ticket
    from slt_theory.tickets.region_file import read_region

    box = read_region(region)
    of_ticket = b is not None and b.suffix == ".slt"
    if a.suffix.lower() == _NNET and not of_ticket:
        ours, means, ranges = read_normalised(a)
        where = box.region(means[:-1], ranges[:-1])
        if b is None:
            return ours, rounded(ours, str(round_to)), where
        if b.suffix.lower() != _NNET:
            return ours, any_target(b, arch).network, where
        theirs = read_normalised(b)
        if (theirs.means != means).any() or (theirs.ranges != ranges).any():
            raise BadInput("B", str(b), "must have the means and ranges of A in its header")
        return ours, theirs.network, where
    ours = any_target(a, arch).network
    if not isinstance(ours, Network):
        raise BadInput("A", str(a), "attention has no regions", "name a network of layers")
    if b is None:
        return ours, rounded(ours, str(round_to)), box.region()
    other = read_ticket(b, target=ours) if of_ticket else any_target(b, arch).network
    return ours, other, box.region()
