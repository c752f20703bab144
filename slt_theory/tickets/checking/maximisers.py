"""Where the maxima of a pass sit, carried forwards: the subgradient of its bound."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from slt_theory.networks.steps import Activate, Add, Move, Pool, Step, Weigh, with_copies
from slt_theory.tickets.checking.linear_form import Passed
from slt_theory.tickets.checking.linear_pass import Pair

__all__ = ["maximisers"]

Floats = NDArray[np.float64]
Values = tuple[Floats, Floats | None, Floats | None]
"""Of the target, of the error that copies share, of what every copy adds."""


def maximisers(pair: Pair, passed: Passed) -> dict[int, tuple[Floats, Floats]]:
    """Target values and shared errors at every activation, for the maximisers of a pass."""
    assert passed.x is not None
    last = max(pair.neurons, default=-1)
    values: list[Values] = [(passed.x, None, None)]
    found = {}
    for number, step in enumerate(pair.target.steps[: last + 1]):
        before = values[step.of]
        if isinstance(step, Weigh):
            # Spreads matter only where another activation follows.
            values.append(_weighed(pair, step, before, spread=last > number + 1))
        elif isinstance(step, Activate):
            z, d, s = before
            found[number] = z, np.zeros_like(z) if d is None else d
            values.append(_activated(pair, passed, number, s))
        elif isinstance(step, Pool) and step.kind == "max" and number in passed.pooled:
            values.append(passed.pooled[number])
        else:
            values.append(_moved(pair, step, before, values))
    return found


def _weighed(pair: Pair, step: Weigh, before: Values, *, spread: bool) -> Values:
    layer = pair.layers[step.layer]
    h, delta, each = before
    whole = h if delta is None else h + delta
    result: list[Floats | None] = []
    for gap in (layer.mean, layer.spread if spread else None):
        if gap is None:
            result.append(None)
            continue
        if gap.negative is gap.positive or pair.signs[step.of]:
            error = gap.positive.apply(whole)
        else:
            error = gap.positive.apply(np.maximum(whole, 0))
            error = error + gap.negative.apply(np.minimum(whole, 0))
        error = error + pair.target.spread(step.layer, gap.constant)
        result.append(error if each is None else error + gap.wiring.apply(each))
    mean = result[0]
    assert mean is not None
    if delta is not None:
        mean = mean + layer.weight.apply(delta)
    return layer.weight.apply(h) + layer.bias, mean, result[1]


def _activated(pair: Pair, passed: Passed, number: int, s: Floats | None) -> Values:
    point = passed.points.get(number)
    if point is None:
        # Nothing that the form sees passes here.
        zero = np.zeros((len(passed.bound), pair.ranges.target[number + 1][0].size))
        return zero, zero, None
    copies = passed.copies.get(number)
    if s is None or copies is None:
        return point.h, point.delta, None
    return point.h, point.delta, copies[0] * s + copies[1]


def _moved(pair: Pair, step: Step, before: Values, values: Sequence[Values]) -> Values:
    shape, copies = pair.shapes[step.of], pair.ranges.copies
    z, d, s = before
    if isinstance(step, Pool):
        d, s = (None if v is None else step(v, shape) for v in (d, s))
        return step(z, shape), d, s
    if isinstance(step, Move):
        d = None if d is None else step.move(d, shape, 1)
        s = None if s is None else step.move(s, shape, copies[step.of])
        return step.move(z, shape, 1), d, s
    assert isinstance(step, Add)
    z2, d2, s2 = values[step.skip]
    if s2 is not None:
        sites = int(np.prod(pair.shapes[step.skip][1:]))
        s2 = with_copies(s2, sites, copies[step.skip], copies[step.of])
        if copies[step.of] == 1:
            d2, s2 = _sum(d2, s2), None
    return z + z2, _sum(d, d2), _sum(s, s2)


def _sum(a: Floats | None, b: Floats | None) -> Floats | None:
    return b if a is None else a if b is None else a + b
