"""Ranges of everything that the relaxation of a ticket and its target speaks of, by intervals.

Copy c of a value z is ``z + d + s_c`` in the ticket, exactly: d is one number a target value, s_c
one a copy. A value of one copy has no spread, so that what reaches the output, or a layer that
tells no copies apart, is d alone. Every step keeps this:

* a weighted layer: ``sum_jk w_jk (z_j + d_j + s_jk)`` with ``w_jk`` its wiring, s one by one;
* an activation or a maximum f: ``f(z + d + s_c) - f(z) = [f(z + d) - f(z)] + [f(z + d + s_c) -
  f(z + d)]``, the first the same for all copies;
* a mean, a flattening: linear, copy by copy;
* a residual sum: copy c takes copy ``c mod have`` of the skip, so ``d + d'`` and
  ``s_c + s'_(c mod have)``; where the sum has one copy and the skip has several, that is no
  mean of anything but copy 0 of the skip, and ``d + d' + s'_0`` is the new d.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from slt_theory.networks import Network
from slt_theory.networks.steps import Add, Step, Weigh, with_copies
from slt_theory.tickets.checking.backward import target_ranges
from slt_theory.tickets.checking.error_bound import (
    Gap,
    carried,
    changed,
    copied,
    loose,
    moved,
)
from slt_theory.tickets.checking.mean_and_spread import PairLayer
from slt_theory.tickets.checking.outward import Range, dot, plus
from slt_theory.tickets.domain import Inputs

__all__ = ["PairRanges", "pair_ranges", "sizes"]

Floats = NDArray[np.float64]


@dataclass
class PairRanges:
    """Outward ranges a value of the network.

    Attributes
    ----------
    target : list of (lower, upper)
        Of the target's values.
    mean : list of (lower, upper) or None
        Of the error that copies share; None where both networks are equal.
    spread : list of (lower, upper) or None
        Of what a copy adds; None where there is one copy.
    copies : list of int
    """

    target: list[Range]
    mean: list[Range | None]
    spread: list[Range | None]
    copies: list[int]

    @property
    def total(self) -> float:
        """Sum of the largest absolute values of everything; infinite or NaN if any of them is."""
        every = (values for part in (self.target, self.mean, self.spread) for values in part)
        return sum(float(sizes(values, values[0]).sum()) for values in every if values is not None)


def sizes(values: Range | None, like: Floats) -> Floats:
    """Largest absolute values; zeros where there is no range."""
    if values is None:
        return np.zeros_like(like)
    return np.asarray(np.maximum(np.abs(values[0]), np.abs(values[1])))


def pair_ranges(
    target: Network,
    domain: Inputs,
    layers: Sequence[PairLayer],
    values: list[Range] | None = None,
) -> PairRanges:
    """Intervals forwards of errors and spreads, on the target's values; for one layer exact.

    `values` are those of `slt_theory.tickets.checking.backward.target_ranges`, if they are known.
    """
    known = PairRanges(values or target_ranges(target, domain), [None], [None], [1])
    for step in target.steps:
        if isinstance(step, Weigh):
            mean, spread, copies = _weighed(target, domain, layers[step.layer], step, known)
            known.mean.append(mean)
            known.spread.append(spread)
            known.copies.append(copies)
            continue
        shared, own = _moved(target, step, known)
        if shared is not None and own is not None and known.copies[step.of] == 1:
            shared, own = plus(shared, own), None
        known.mean.append(shared)
        known.spread.append(own)
        known.copies.append(known.copies[step.of])
    return known


def _weighed(
    target: Network, domain: Inputs, layer: PairLayer, step: Weigh, known: PairRanges
) -> tuple[Range, Range | None, int]:
    values, delta, each = known.target[step.of], known.mean[step.of], known.spread[step.of]
    signs = target.non_negative(domain.non_negative)[step.of]
    wobble = loose(layer.mean, *values)
    if delta is not None:
        wobble = plus(wobble, loose(layer.mean, *delta))

    def through(gap: Gap) -> Range:
        reach = changed(target, domain, gap, step, values)
        if delta is not None:
            reach = plus(
                reach, carried(replace(gap, wiring=gap.positive), delta, non_negative=signs)
            )
        return reach if each is None else plus(reach, dot(gap.wiring, *each))

    mean = through(layer.mean)
    if delta is not None:
        mean = plus(mean, dot(layer.weight, *delta))
    if layer.spread is None:
        return plus(mean, wobble), None, 1
    return mean, plus(through(layer.spread), wobble), layer.spread.copies


def _moved(target: Network, step: Step, known: PairRanges) -> tuple[Range | None, Range | None]:
    """Shared errors and spreads through a step that has no weights.

    A shared error sits on the target's value z, a spread on the z + d of its neuron.
    """
    shape, count = target.shapes_of_values[step.of], known.copies[step.of]
    z, d, s = known.target[step.of], known.mean[step.of], known.spread[step.of]
    if isinstance(step, Add):
        sites = int(np.prod(target.shapes_of_values[step.skip][1:]))
        have = known.copies[step.skip]
        return (
            _added(d, known.mean[step.skip], sites, 1, 1),
            _added(s, known.spread[step.skip], sites, have, count),
        )
    assert not isinstance(step, Weigh)
    shared = None if d is None else moved(step, d, z, shape, 1)
    if s is None:
        return shared, None
    sits = copied(z if d is None else plus(z, d), shape, count)
    return shared, moved(step, s, sits, shape, count)


def _added(
    ours: Range | None, theirs: Range | None, sites: int, have: int, copies: int
) -> Range | None:
    if theirs is None:
        return ours
    low, high = (with_copies(end, sites, have, copies) for end in theirs)
    return (low, high) if ours is None else plus(ours, (low, high))
