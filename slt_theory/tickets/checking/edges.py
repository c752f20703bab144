"""Border and interior of convolutions: where a kernel meets the padding, and where not.

A bias carried through a padded kernel is right in the interior and wrong at the border, with every
weight within eps. So the error of every convolution's own values is bounded and searched for on
both kinds of sites.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from slt_theory.networks import Network
from slt_theory.tickets.checking.error_search import largest_error_found
from slt_theory.tickets.checking.outward import largest
from slt_theory.tickets.checking.unrolled import SourceMap, layer_values
from slt_theory.tickets.domain import Domain

__all__ = ["Edges", "edge_errors"]

_STARTS, _NUMBERS = 64, 8
_WORK = 1e9


@dataclass(frozen=True)
class Edges:
    """Largest errors over all convolutions, before their activation.

    Attributes
    ----------
    border_error_bound, interior_error_bound : float
        No input has a larger error at a site of this kind; 0 where there is none.
    border_error_found, interior_error_found : float
        Some input has at least this error at such a site.
    """

    border_error_bound: float
    border_error_found: float
    interior_error_bound: float
    interior_error_found: float


def edge_errors(
    target: Network,
    domain: Domain,
    maps: list[SourceMap],
    deviations: list[tuple[NDArray[np.float64], NDArray[np.float64]] | None],
    *,
    seed: int,
) -> Edges | None:
    """Errors on both kinds of sites; None for a network without convolutions.

    Parameters
    ----------
    target, domain, maps, seed
        As in `slt_theory.tickets.checking.error_search.largest_error_found`.
    deviations
        Of `slt_theory.tickets.checking.error_bound.deviation_ranges`.
    """
    bounds, found = {True: 0.0, False: 0.0}, {True: 0.0, False: 0.0}
    convolutions = [layer for layer, weight in enumerate(target.weights) if weight.ndim == 4]
    if not convolutions:
        return None
    for layer in convolutions:
        place = layer_values(target)[layer]
        deviation = deviations[place]
        if deviation is None:
            continue
        border = target.unrolling(layer).border
        size = np.maximum(np.abs(deviation[0]), np.abs(deviation[1]))
        at_border = np.tile(border, size.size // border.size)
        for kind in (True, False):
            numbers = np.flatnonzero(at_border == kind)
            if not numbers.size:
                continue
            of_kind = (deviation[0][numbers], deviation[1][numbers])
            bounds[kind] = max(bounds[kind], largest(of_kind))
            # Where the bound is largest the search has most to find.
            worst = numbers[np.argsort(-size[numbers], kind="stable")[:_NUMBERS]]
            error = largest_error_found(
                target,
                domain,
                maps,
                seed=seed,
                place=place,
                numbers=np.sort(worst),
                starts=_STARTS,
                work=_WORK,
            )
            found[kind] = max(found[kind], error)
    return Edges(bounds[True], found[True], bounds[False], found[False])
