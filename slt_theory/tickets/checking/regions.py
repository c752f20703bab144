"""Certificates of a ticket on regions of its domain: how far it errs there, and its answers.

At single inputs both networks are evaluated in float64 as balls, a centre and a proven radius of
its rounding: bound and error found differ by the rounding alone. Over a box the error is bounded
as over a domain (`error_bound`, `relaxation`), on the target's ranges there (`backward`).

The class of an input is its largest output. Let c be the target's class at the middle of a region,
m_j a lower bound of ``z_c - z_j`` over the region, and r_j an upper bound of the ticket's loss
``(z_c - z_j) - (z'_c - z'_j)``. If m_j > max(r_j, 0) for all j, both networks answer c there.

With a limit of seconds a region is cut in pieces (`splitting`). Pieces take no descent: around two
inputs of ACAS Xu (radius 0.05, 5 s) bounds of 0.71 and 0.74 with it became 0.063 and 0.034 without.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from slt_theory.errors import BadInput
from slt_theory.networks import Network
from slt_theory.tickets.around import Around
from slt_theory.tickets.checking.backward import largest_forms, target_ranges
from slt_theory.tickets.checking.certificate import gap_of
from slt_theory.tickets.checking.claims import round_down, round_up
from slt_theory.tickets.checking.comparison import compare_all
from slt_theory.tickets.checking.effective import MalformedTicket
from slt_theory.tickets.checking.error_bound import Gap, deviation_ranges
from slt_theory.tickets.checking.error_search import error_nearby, start_inputs
from slt_theory.tickets.checking.outward import Range, largest
from slt_theory.tickets.checking.relaxation import relaxed_bound
from slt_theory.tickets.checking.rounding import rounding_bound
from slt_theory.tickets.checking.rules import header_failures
from slt_theory.tickets.checking.splitting import OnRegion, Piece, joined, split, widest_axis
from slt_theory.tickets.checking.unrolled import SourceMap, run_source, target_maps, unroll
from slt_theory.tickets.domain import Ball, Box, Domain, Inputs, Region, parse_domain
from slt_theory.tickets.ticket import Ticket

__all__ = ["OnRegion", "RegionCertificates", "certify_regions", "output_spread"]

Floats = NDArray[np.float64]
_WORK = 2e10
"""Multiplications for the descent of one region; a whole domain takes ten times as many."""
_AT_ONCE = 1 << 22
_SPREAD_INPUTS = 64


@dataclass(frozen=True)
class RegionCertificates:
    """Certificates of the regions of a domain.

    Attributes
    ----------
    domain : str
        The regions, as they were asked for.
    points : tuple of OnRegion
        One an input, or one for a box or ball.
    """

    domain: str
    points: tuple[OnRegion, ...]

    @property
    def sup_error_bound(self) -> float:
        """Largest over the regions."""
        return max(point.error_bound for point in self.points)

    @property
    def sup_error_found(self) -> float:
        """Largest over the regions."""
        return max(point.error_found for point in self.points)

    @property
    def agreement(self) -> float | None:
        """Share of the regions on which the class provably does not change."""
        kept = [point.class_kept for point in self.points]
        return None if None in kept else sum(map(bool, kept)) / len(kept)

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "domain": self.domain,
            "sup_error_bound": self.sup_error_bound,
            "sup_error_found": self.sup_error_found,
            "points": [asdict(point) for point in self.points],
        }


def certify_regions(
    ticket: Ticket,
    target: Network,
    asked: Domain | Around,
    *,
    seconds: float = 0.0,
    progress: Callable[[int], None] | None = None,
) -> RegionCertificates:
    """Certify a ticket on regions of its domain; what sticks out of the domain is cut off.

    Parameters
    ----------
    asked : Box, Ball or Around
        Of `slt_theory.tickets.around.parse_asked`.
    seconds : float
        Cut every box in pieces for so long, that of the largest bound first: how many there are
        depends on the machine, and every one holds. For few inputs, as cuts halve one coordinate.
    progress : callable, optional
        Called with the number of finished regions, or of pieces where boxes are cut.

    Raises
    ------
    BadInput
        If the ticket is not one of this target, a region lies outside its domain, images have other
        sides than the target's input, or a ball is to be cut.
    """
    if not seconds >= 0:
        raise BadInput("split", seconds, "must be 0 or more seconds", "e.g. 60")
    if isinstance(asked, Around):
        asked.check_sides(target.shape_in)
    failures = header_failures(ticket, target)
    if failures:
        raise BadInput("ticket", failures[0], "it is not of this target", "verify it")
    try:
        layers = compare_all(ticket, target)
    except MalformedTicket as error:
        raise BadInput("ticket", str(error), "it is malformed", "verify it") from error
    parts = list(zip(ticket.blocks, layers, strict=True))
    maps = [unroll(target, block, k, layer.effective) for k, (block, layer) in enumerate(parts)]
    gaps = [gap_of(*part, source) for part, source in zip(parts, maps, strict=True)]
    domain = parse_domain(ticket.domain)
    if isinstance(asked, Around) and asked.radius == 0:
        regions = asked.regions(domain, target.size_in)
        points = _at_points(target, maps, np.array([region.lo for region in regions]))
        if progress is not None:
            progress(len(points))
    else:
        report = progress or (lambda _: None)
        points = []
        for region in _regions(asked, domain, target.size_in):
            if seconds:
                points.append(_in_pieces(target, maps, gaps, region, seconds, report))
                continue
            values = target_ranges(target, region)
            points.append(_on_region(target, maps, gaps, region, values, _WORK))
            report(1)
    return RegionCertificates(str(asked), tuple(points))


def _regions(asked: Domain | Around, domain: Domain, size: int) -> list[Inputs]:
    """Regions asked for, cut to the ticket's domain; of a ball that sticks out its box is cut."""
    if isinstance(asked, Around):
        return list(asked.regions(domain, size))
    (lo, hi), (low, high) = asked.ends(size), domain.ends(size)
    if isinstance(asked, Ball) and (low <= lo).all() and (hi <= high).all():
        return [asked]
    lo, hi = np.maximum(lo, low), np.minimum(hi, high)
    if (lo > hi).any():
        raise BadInput("domain", str(asked), f"has no point in {domain}", "name another")
    whole = (lo == low).all() and (hi == high).all()
    return [domain if whole and isinstance(domain, Ball) else Region(lo, hi)]


def _at_points(target: Network, maps: list[SourceMap], x: Floats) -> list[OnRegion]:
    """Errors and classes at single inputs (batch, numbers), all roundings included."""
    widest = max(int(np.prod(shape)) for shape in target.shapes_of_values)
    step, found = max(1, _AT_ONCE // widest), []
    for start in range(0, len(x), step):
        ours, theirs = (
            _balls(target, networks, x[start : start + step])
            for networks in (maps, target_maps(target))
        )
        most = np.maximum(ours[1] - theirs[0], theirs[1] - ours[0])
        least = np.maximum(ours[0] - theirs[1], theirs[0] - ours[1])
        bounds = np.nextafter(most, np.inf).max(axis=1)
        shown = np.nextafter(least, -np.inf).max(axis=1)
        for k, (bound, low) in enumerate(zip(bounds.tolist(), shown.tolist(), strict=True)):
            kept, margin = None, None
            if theirs[0].shape[1] > 1:
                (other, lead), (best, margin) = (
                    _lead(ends[0][k], ends[1][k]) for ends in (ours, theirs)
                )
                kept = best == other and min(lead, margin) > 0
            found.append(OnRegion(round_up(bound), round_down(max(low, 0.0)), kept, margin))
    return found


def _balls(target: Network, networks: list[SourceMap], x: Floats) -> tuple[Floats, Floats]:
    """Ends of the outputs at single inputs."""
    values = run_source(target, networks, x)
    slip = rounding_bound(target, networks, values)[-1]
    low, high = np.nextafter(values[-1] - slip, -np.inf), np.nextafter(values[-1] + slip, np.inf)
    # What has overflowed may be anything.
    known = np.isfinite(low) & np.isfinite(high)
    return np.where(known, low, -np.inf), np.where(known, high, np.inf)


def _lead(low: Floats, high: Floats) -> tuple[int, float]:
    """The class of outputs within [low, high], and by how much it leads at least."""
    best = int(np.argmax(low))
    return best, float(np.nextafter(low[best] - np.delete(high, best).max(), -np.inf))


def _in_pieces(
    target: Network,
    maps: list[SourceMap],
    gaps: list[Gap],
    region: Inputs,
    seconds: float,
    report: Callable[[int], None],
) -> OnRegion:
    """Facts about a box that is cut for so many seconds."""
    if isinstance(region, Ball):
        raise BadInput("split", seconds, "cuts boxes, no ball", "name a box, or leave it out")
    until, whole = time.monotonic() + seconds, Region(*region.ends(target.size_in))

    def certify(piece: Region) -> Piece:
        values = target_ranges(target, piece)
        facts = _on_region(target, maps, gaps, piece, values, _WORK if piece is whole else 0.0)
        report(1)
        return Piece(piece, facts, widest_axis(target, piece, values))

    return joined(*split(certify(whole), certify, lambda: time.monotonic() < until))


def _on_region(
    target: Network,
    maps: list[SourceMap],
    gaps: list[Gap],
    region: Inputs,
    values: list[Range],
    work: float,
) -> OnRegion:
    """Facts about a region, given the target's ranges there and work for the descent."""
    last = deviation_ranges(target, region, gaps, values)[-1]
    bound = largest(last)
    if target.depth > 1:
        bound = min(bound, relaxed_bound(target, region, gaps, values, work=work))
    found, middle = error_nearby(target, region, maps)
    if middle.size < 2:
        return OnRegion(round_up(bound), round_down(found), None, None)
    best = int(np.argmax(middle))
    others = np.delete(np.arange(middle.size), best)
    rows = np.zeros((others.size, middle.size))
    rows[np.arange(others.size), others], rows[:, best] = 1.0, -1.0
    leads = -largest_forms(target, region, values, rows, len(target.steps))
    kept = _class_kept(leads, bound, last, best)
    return OnRegion(round_up(bound), round_down(found), kept, float(leads.min()))


def _class_kept(leads: Floats, bound: float, last: Range | None, best: int) -> bool:
    """Decide whether an output's leads over the others outlast the ticket's loss, and are leads.

    Parameters
    ----------
    leads : array (outputs - 1,)
        At least these, in the order of the other outputs.
    bound : float
        No output of the ticket is further than this from the target's.
    last : (lower, upper) or None
        Of the ticket's outputs less the target's; None where both are equal.
    """
    loss = np.full(leads.size, np.nextafter(2 * bound, np.inf))
    if last is not None:
        apart = np.nextafter(np.delete(last[1], best) - last[0][best], np.inf)
        loss = np.minimum(loss, np.where(np.isnan(apart), np.inf, apart))
    return bool((leads > np.maximum(loss, 0)).all())


def output_spread(target: Network, domain: Box | Ball, seed: int) -> float:
    """Largest distance of two values of one output, at seeded inputs of the domain.

    A bound of the error that is larger says nothing of the ticket.
    """
    outputs = target.run(start_inputs(domain, _SPREAD_INPUTS, target.size_in, seed))[-1]
    return float(np.ptp(outputs, axis=0).max())
