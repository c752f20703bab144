"""Certificates of a ticket on regions of its domain: how far it errs there, and its answers.

At single inputs both networks are evaluated as balls, in float64 or in fixed point (`at_points`).
Over a box the error is bounded as over a domain, on the target's ranges there (`on_boxes`).

The class of an input is its largest output. Let c be the target's class at the middle of a region,
m_j a lower bound of ``z_c - z_j`` over the region, and r_j an upper bound of the ticket's loss
``(z_c - z_j) - (z'_c - z'_j)``. If m_j > max(r_j, 0) for all j, both networks answer c there.

With a limit of seconds a region is cut in pieces (`splitting`).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from slt_theory.errors import BadInput, Stopped
from slt_theory.networks import Network
from slt_theory.tickets.around import Around
from slt_theory.tickets.checking.at_points import at_points
from slt_theory.tickets.checking.backward import target_ranges
from slt_theory.tickets.checking.error_search import start_inputs
from slt_theory.tickets.checking.network_pair import NetworkPair, pair_of_ticket
from slt_theory.tickets.checking.on_boxes import divided, on_region
from slt_theory.tickets.checking.output_ends import inputs_at_once
from slt_theory.tickets.checking.splitting import Cut, Division, OnRegion
from slt_theory.tickets.domain import Ball, Box, Domain, Inputs, Region, parse_domain
from slt_theory.tickets.ticket import Ticket

__all__ = ["OnRegion", "RegionCertificates", "certify_regions", "output_spread"]

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
    cuts : tuple of (piece, coordinate)
        Of the last region: `certify_regions` goes on with them.
    """

    domain: str
    points: tuple[OnRegion, ...]
    cuts: tuple[Cut, ...] = ()

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
    start: list[Cut] | None = None,
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
    start : list of cuts, optional
        Of an earlier run on the same region, the only one. Bounds are computed again.
    progress : callable, optional
        Called with the number of finished regions, or of pieces where boxes are cut.

    Raises
    ------
    BadInput
        If the ticket is not one of this target, a region lies outside its domain, images have other
        sides than the target's input, a ball is to be cut, or cuts are not of the region.
    Stopped
        On Ctrl-C or a limit of time, with the certificates of the regions finished and of the one
        that was being cut.
    """
    if not seconds >= 0:
        raise BadInput("seconds", seconds, "must be 0 or more seconds", "e.g. 60")
    if isinstance(asked, Around):
        asked.check_sides(target.shape_in)
    pair, domain = pair_of_ticket(ticket, target), parse_domain(ticket.domain)
    report = progress or (lambda _: None)
    made = _Finished(pair, seconds, report)
    boxes = _regions(asked, domain, target.size_in)
    single = isinstance(asked, Around) and asked.radius == 0
    if start and len(boxes) > 1:
        raise BadInput("cuts", f"{len(boxes)} regions", "are of one region", "name one")
    try:
        if single:
            made.add_inputs(np.array([region.ends(target.size_in)[0] for region in boxes]))
        for region in () if single else boxes:
            made.add(region, start)
    except KeyboardInterrupt as stop:
        if not made.points:
            raise
        count = f" (the first {len(made.points)} of {len(boxes)} regions)"
        part = str(asked) + (count if len(made.points) < len(boxes) else "")
        found = RegionCertificates(part, tuple(made.points), tuple(made.cuts))
        raise Stopped(stop, found) from None
    return RegionCertificates(str(asked), tuple(made.points), tuple(made.cuts))


class _Finished:
    """Certificates of the regions so far, and the cuts of the last one."""

    def __init__(self, pair: NetworkPair, seconds: float, report: Callable[[int], None]) -> None:
        self._pair, self._seconds, self._report = pair, seconds, report
        self.points = list[OnRegion]()
        self.cuts = list[Cut]()

    def add_inputs(self, x: NDArray[np.float64]) -> None:
        """Certify single inputs (batch, numbers)."""
        step = inputs_at_once(self._pair.target, self._pair.maps)
        for first in range(0, len(x), step):
            found = at_points(self._pair, x[first : first + step])
            self.points += found
            self._report(len(found))

    def add(self, region: Inputs, start: list[Cut] | None) -> None:
        """Certify one more region; raises what stopped its cutting after it is added."""
        target = self._pair.target
        if isinstance(region, Ball):
            if self._seconds:
                way_out = "name a box, or leave it out"
                raise BadInput("seconds", self._seconds, "cuts boxes, no ball", way_out)
            self.points.append(on_region(self._pair, region, target_ranges(target, region)))
            self._report(1)
            return
        division = _in_pieces(self._pair, region, self._seconds, start, self._report)
        outputs = int(np.prod(target.shapes_of_values[-1]))
        self.points.append(division.facts(classes=outputs > 1))
        self.cuts = division.cuts
        if division.stopped is not None:
            raise division.stopped


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


def _in_pieces(
    pair: NetworkPair,
    region: Inputs,
    seconds: float,
    start: list[Cut] | None,
    report: Callable[[int], None],
) -> Division:
    """A box that is cut for so many seconds, 0 for none."""
    until, whole = time.monotonic() + seconds, Region(*region.ends(pair.target.size_in))
    return divided(
        pair,
        whole,
        lambda: bool(seconds) and time.monotonic() < until,
        start=start,
        report=report,
    )


def output_spread(target: Network, domain: Box | Ball, seed: int) -> float:
    """Largest distance of two values of one output, at seeded inputs of the domain.

    A bound of the error that is larger says nothing of the ticket.
    """
    outputs = target.run(start_inputs(domain, _SPREAD_INPUTS, target.size_in, seed))[-1]
    return float(np.ptp(outputs, axis=0).max())
