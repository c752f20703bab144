"""Errors and classes at single inputs: bound and error found differ by the roundings alone."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from slt_theory.tickets.checking.claims import round_down, round_up
from slt_theory.tickets.checking.network_pair import NetworkPair
from slt_theory.tickets.checking.output_ends import both_ends, least_errors
from slt_theory.tickets.checking.splitting import OnRegion

__all__ = ["at_points", "errors_at"]

Floats = NDArray[np.float64]


def at_points(pair: NetworkPair, x: Floats) -> list[OnRegion]:
    """Errors and classes at single inputs (batch, numbers), all roundings included; few at a time,
    `slt_theory.tickets.checking.output_ends.inputs_at_once`.
    """
    ours, theirs = both_ends(pair.target, pair.maps, x)
    most = np.maximum(ours[1] - theirs[0], theirs[1] - ours[0])
    bounds = np.nextafter(most, np.inf).max(axis=1)
    shown, found = least_errors(ours, theirs).max(axis=1), []
    for k, (bound, low) in enumerate(zip(bounds.tolist(), shown.tolist(), strict=True)):
        kept, margin = None, None
        if theirs[0].shape[1] > 1:
            (other, lead), (best, margin) = (
                _lead(ends[0][k], ends[1][k]) for ends in (ours, theirs)
            )
            kept = best == other and min(lead, margin) > 0
        found.append(OnRegion(round_up(bound), round_down(low), kept, margin))
    return found


def errors_at(pair: NetworkPair, x: Floats) -> Floats:
    """Lower bounds (batch,) of the errors at inputs (batch, numbers); few at a time."""
    return np.asarray(least_errors(*both_ends(pair.target, pair.maps, x)).max(axis=1))


def _lead(low: Floats, high: Floats) -> tuple[int, float]:
    """The class of outputs within [low, high], and by how much it leads at least."""
    best = int(np.argmax(low))
    return best, float(np.nextafter(low[best] - np.delete(high, best).max(), -np.inf))
