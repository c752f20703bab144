"""Border and interior of convolutions: where a kernel meets the padding, and where not.

A bias carried through a padded kernel is right in the interior and wrong at the border, with every
weight within eps. So the error of every convolution's own values is bounded and searched for on
both kinds of sites.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from slt_theory.networks import Network
from slt_theory.tickets.checking.error_search import worst_input
from slt_theory.tickets.checking.outward import Range, largest
from slt_theory.tickets.checking.unrolled import SourceMap, layer_values
from slt_theory.tickets.domain import Domain

__all__ = ["Edges", "edge_errors", "edge_inputs"]

Floats = NDArray[np.float64]
_STARTS, _NUMBERS = 64, 8
_WORK = 2e8


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
    target: Network, deviations: list[Range | None], whole: Network, shown: list[Floats]
) -> Edges | None:
    """Errors on both kinds of sites; None for a network without convolutions.

    Parameters
    ----------
    target, deviations
        Of `slt_theory.tickets.checking.error_bound.deviation_ranges`.
    whole, shown
        Of `slt_theory.tickets.checking.error_search.errors_shown`: the same network, maybe on a
        larger image.
    """
    if not _convolutions(target):
        return None
    bounds, found = {True: 0.0, False: 0.0}, {True: 0.0, False: 0.0}
    for place, kind, numbers in _sites(target, _sizes(deviations)):
        low, high = deviations[place] or (np.zeros(0), np.zeros(0))
        bounds[kind] = max(bounds[kind], largest((low[numbers], high[numbers])))
    for place, kind, numbers in _sites(whole, [values.size for values in shown]):
        found[kind] = max(found[kind], float(shown[place][numbers].max()))
    return Edges(bounds[True], found[True], bounds[False], found[False])


def edge_inputs(
    target: Network,
    domain: Domain,
    maps: list[SourceMap],
    deviations: list[Range | None],
    *,
    seed: int,
) -> list[Floats]:
    """Inputs (numbers in,) with a large error on either kind of site, where its bound is largest.

    Parameters
    ----------
    target, domain, maps, seed
        As in `slt_theory.tickets.checking.error_search.worst_input`.
    deviations
        Of `slt_theory.tickets.checking.error_bound.deviation_ranges`.
    """
    most: dict[bool, tuple[float, int, NDArray[np.int64]]] = {}
    for place, kind, numbers in _sites(target, _sizes(deviations)):
        low, high = deviations[place] or (np.zeros(0), np.zeros(0))
        size = np.maximum(np.abs(low[numbers]), np.abs(high[numbers]))
        if kind not in most or size.max() > most[kind][0]:
            worst = np.sort(numbers[np.argsort(-size, kind="stable")[:_NUMBERS]])
            most[kind] = float(size.max()), place, worst
    return [
        worst_input(
            target,
            domain,
            maps,
            seed=seed,
            place=place,
            numbers=numbers,
            starts=_STARTS,
            work=_WORK,
        )
        for _, place, numbers in most.values()
    ]


def _convolutions(target: Network) -> list[int]:
    return [layer for layer, weight in enumerate(target.weights) if weight.ndim == 4]


def _sizes(deviations: list[Range | None]) -> list[int]:
    return [0 if deviation is None else deviation[0].size for deviation in deviations]


def _sites(target: Network, sizes: list[int]) -> Iterator[tuple[int, bool, NDArray[np.int64]]]:
    """Value, whether it is the border, and numbers there, of every convolution.

    `sizes` are the numbers of every value of the source, 0 for one that is to be left out.
    """
    for layer in _convolutions(target):
        place, border = layer_values(target)[layer], target.unrolling(layer).border
        at_border = np.tile(border, sizes[place] // border.size)
        for kind in (True, False):
            numbers = np.flatnonzero(at_border == kind)
            if numbers.size:
                yield place, kind, numbers
