"""The difference of two networks of one architecture on a box, certified.

Weights are the rationals that their floats are, networks the exact real functions; every rounding
of the certificate is charged. See `slt_theory.tickets.checking.batch_bounds` and `.splitting`.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from slt_theory.errors import BadInput, Stopped
from slt_theory.networks import Network
from slt_theory.plural import counted
from slt_theory.rationals import exact_numbers, positive_fraction
from slt_theory.tickets.checking.network_pair import pair_of_networks, pair_of_ticket
from slt_theory.tickets.checking.on_boxes import divided
from slt_theory.tickets.checking.splitting import Cut, Division, OnRegion
from slt_theory.tickets.domain import Region, parse_domain
from slt_theory.tickets.region_file import ExactBox
from slt_theory.tickets.ticket import Ticket

__all__ = ["Difference", "difference"]

Ends = Sequence[float | Fraction | str] | NDArray[Any]


@dataclass(frozen=True, eq=False)
class Difference:
    """Certified facts about the difference of two networks A and B on a box.

    Attributes
    ----------
    region : Region
    facts : OnRegion
        ``error_found <= sup |A(x) - B(x)| <= error_bound``, the sup over the box and the outputs.
    within : Fraction or None
        The bound that was asked for.
    cuts : tuple of (piece, coordinate)
        `difference` goes on with them.
    seconds : float
    """

    region: Region
    facts: OnRegion
    within: Fraction | None
    cuts: tuple[Cut, ...]
    seconds: float

    @property
    def verdict(self) -> str | None:
        """Answer to `within`: "yes", "no" or "undecided"; None where it is not asked."""
        if self.within is None:
            return None
        if math.isfinite(self.facts.error_bound) and self.facts.error_bound <= self.within:
            return "yes"
        return "no" if self.facts.error_found > self.within else "undecided"

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "verdict": self.verdict,
            "within": None if self.within is None else float(self.within),
            "sup_error_bound": self.facts.error_bound,
            "sup_error_found": self.facts.error_found,
            "class_kept": self.facts.class_kept,
            "margin": self.facts.margin,
            "pieces": self.facts.pieces,
            "low": self.region.lo.tolist(),
            "high": self.region.hi.tolist(),
            "seconds": self.seconds,
        }

    def summary(self) -> str:
        """The same for people."""
        facts = self.facts
        lines = [
            f"difference on the region: at most {facts.error_bound:.6g} (certified, "
            f"{counted(facts.pieces, 'piece')}), at least {facts.error_found:.6g} (found)"
        ]
        if self.within is not None:
            lines.insert(0, f"within {float(self.within):g}: {self.verdict}")
        if facts.class_kept:
            lines.append(
                f"the same class, provably, for every input; A leads by {facts.margin:.6g} or more"
            )
        return "\n".join(lines)


def difference(
    a: Network,
    b: Network | Ticket,
    region: Region | tuple[Ends, Ends],
    *,
    within: Fraction | float | str | None = None,
    seconds: float = 0.0,
    start: Sequence[Cut] = (),
    progress: Callable[[int], None] | None = None,
) -> Difference:
    """Bound ``|A(x) - B(x)|`` over a box and all outputs, from above and below.

    Parameters
    ----------
    a : Network
    b : Network of the same steps and shapes, or a ticket of `a`
    region : Region, or (lower ends, upper ends)
        Numbers, fractions or text, taken exactly; where floats do not hold them, ends are rounded
        outwards.
    within : number, optional
        Ends as soon as it is clear if the difference is at most this.
    seconds : float
        Cut the box in pieces for so long; 0 for not at all.
    start : sequence of cuts, optional
        Of an earlier call, to go on with; bounds are computed again.
    progress : callable, optional
        Called with the number of finished pieces.

    Raises
    ------
    BadInput
        If the networks differ in more than weights, or the box has another number of coordinates
        or does not lie in the ticket's domain.
    Stopped
        On Ctrl-C or a limit of time, with the difference as far as it was bounded.

    Examples
    --------
    >>> from slt_theory.networks import Dense
    >>> a, b = Dense([[[1.0, 2.0]], [[1.0]]]), Dense([[[1.0, 1.75]], [[1.0]]])
    >>> difference(a, b, ([0, 0], [1, 1]), within="1/3").verdict
    'yes'
    """
    started = time.monotonic()
    if not seconds >= 0:
        raise BadInput("seconds", seconds, "must be 0 or more seconds", "e.g. 60")
    asked = None if within is None else positive_fraction("within", within)
    box = _box(region, a.size_in)
    if isinstance(b, Ticket):
        low, high = parse_domain(b.domain).ends(a.size_in)
        if (box.lo < low).any() or (box.hi > high).any():
            raise BadInput("region", b.domain, "must lie in the ticket's domain")
    pair = pair_of_ticket(b, a) if isinstance(b, Ticket) else pair_of_networks(a, b)
    made = divided(
        pair,
        box,
        lambda: bool(seconds) and time.monotonic() - started < seconds,
        within=None if asked is None else _float_below(asked),
        start=list(start),
        report=progress or (lambda _: None),
    )
    found = _answer(made, box, asked, a, time.monotonic() - started)
    if made.stopped is not None:
        raise Stopped(made.stopped, found)
    return found


def _answer(
    made: Division, box: Region, within: Fraction | None, a: Network, seconds: float
) -> Difference:
    facts = made.facts(classes=int(np.prod(a.shapes_of_values[-1])) > 1)
    return Difference(box, facts, within, tuple(made.cuts), seconds)


def _float_below(value: Fraction) -> float:
    """The largest float64 that is not above a number."""
    nearest = float(value)
    return nearest if Fraction(nearest) <= value else math.nextafter(nearest, -math.inf)


def _box(region: Region | tuple[Ends, Ends], size: int) -> Region:
    if not isinstance(region, Region):
        low, high = (tuple(exact_numbers("region", _flat(end))) for end in region)
        if len(low) != len(high):
            raise BadInput("region", f"{len(low)} and {len(high)} ends", "must be as many")
        region = ExactBox(low, high).region()
    if not all(np.isfinite(end).all() for end in region.ends(size)):
        raise BadInput("region", "an end", "must be finite")
    return region


def _flat(end: Ends) -> list[Any]:
    # As objects: one float in a list would make floats of the integers and fractions beside it.
    values = np.asarray(end) if hasattr(end, "dtype") else np.asarray(end, dtype=object)
    return list(values.ravel().tolist())
