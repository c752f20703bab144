"""A tighter certified error: a linear relaxation of ticket minus target over all inputs.

With z the target's value before an activation f and z + d the ticket's, the error goes on as
``delta = f(z + d) - f(z)`` and the target as ``h = f(z)``. Backwards from an output, a neuron's
share ``a delta + e h`` is replaced by ``A d + B z + G``,

    G = max (a delta + e h - A d - B z)   over the neuron's ranges of z and d,

for any A and B (`neuron_bounds`). What reaches the input is linear in x: there errors of opposite
sign cancel, as they do in the network. A and B are chosen by descent on the bound itself, the dual
of the linear program over all hulls; whatever they are, the bound holds.

Copies of one neuron have a mean error d and spreads s_c (`mean_and_spread`):
``f(z + d + s_c) - f(z) = delta + (f(z + d + s_c) - f(z + d))``. The mean goes on with the sum of
its copies' weights, in which signs cancel; only the small second part sees every copy alone.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from slt_theory.networks import Network
from slt_theory.networks.steps import Weigh
from slt_theory.tickets.checking.descent import Descent
from slt_theory.tickets.checking.error_bound import Gap
from slt_theory.tickets.checking.linear_form import Choice, Passed
from slt_theory.tickets.checking.linear_pass import Pair
from slt_theory.tickets.checking.maximisers import maximisers
from slt_theory.tickets.checking.mean_and_spread import split_layers
from slt_theory.tickets.checking.outward import Range
from slt_theory.tickets.domain import Inputs

__all__ = ["relaxed_bound"]

Floats = NDArray[np.float64]
_WORK = 2e11
_MOST_STEPS = 150
_PATIENCE, _GAIN = 20, 0.999
"""A descent ends when so many steps have not gained a thousandth."""
_ROWS = 64


def relaxed_bound(
    target: Network,
    domain: Inputs,
    gaps: Sequence[Gap],
    values: list[Range] | None = None,
    *,
    work: float = _WORK,
) -> float:
    """Upper bound of the sup-norm error of a ticket over its domain.

    Parameters
    ----------
    target : Network
    domain : Inputs
    gaps : sequence of Gap
        One a weighted layer.
    values : list of (lower, upper), optional
        Ranges of the target's values (`slt_theory.tickets.checking.backward.target_ranges`).
    work : float
        Multiplications that the descent of some rows may take.

    Returns
    -------
    float
        Rounded up; infinite where there is no bound. Deterministic up to the rounding of float
        products, which the descent may magnify to about a thousandth of the bound.

    Notes
    -----
    Cost: a few hundred passes through the target for every output, and one product with the
    copies of every layer.
    """
    layers = split_layers(target, gaps)
    if layers is None:
        return float("inf")
    pair = Pair(target, domain, layers, values)
    if not np.isfinite(pair.ranges.total):
        return float("inf")
    outputs = int(np.prod(target.shapes_of_values[-1]))
    worst = 0.0
    for start in range(0, outputs, _ROWS):
        which = np.arange(start, min(start + _ROWS, outputs))
        rows = np.zeros((2 * which.size, outputs))
        rows[np.arange(which.size), which] = 1.0
        rows[which.size + np.arange(which.size), which] = -1.0
        worst = max(worst, float(_largest(pair, rows, work).max()))
    return worst


def _largest(pair: Pair, rows: Floats, work: float) -> Floats:
    """Upper bounds of linear forms of the output's error, a row each."""
    starts = [pair.back(rows, None, together=each) for each in pair.modes]
    best = np.minimum.reduce([start.bound for start in starts])
    chosen = int(np.argmin([start.bound.max() for start in starts]))
    steps = _steps(pair, len(rows), work)
    if not steps:
        return np.asarray(best)
    choice = _descended(pair, rows, starts[chosen], steps, together=pair.modes[chosen])
    again = pair.back(rows, choice, together=pair.modes[chosen])
    return np.minimum(best, again.bound)


def _steps(pair: Pair, rows: int, allowed: float) -> int:
    """As many as fit the work allowed."""
    work = 0.0
    for step in pair.target.steps:
        if isinstance(step, Weigh):
            weight = pair.layers[step.layer].weight
            work += 8.0 * weight.coefficients.size * weight.unrolling.sites_out * rows
    return int(min(_MOST_STEPS, allowed / max(work, 1.0)))


def _descended(pair: Pair, rows: Floats, first: Passed, steps: int, *, together: bool) -> Choice:
    """Slopes with a smaller bound, row by row."""
    descent = Descent(steps)
    now, best = first, first.bound.copy()
    kept = {number: (a.copy(), b.copy()) for number, (a, b) in first.choice.items()}
    reached = [float(best.max())]
    for _ in range(steps):
        if len(reached) > _PATIENCE and reached[-1] > _GAIN * reached[-1 - _PATIENCE]:
            break
        descent.begin()
        values = maximisers(pair, now)
        choice = {}
        for number, (a, b) in now.choice.items():
            z, d = values[number]
            scale_a, scale_b = now.scales[number]
            point = now.points[number]
            choice[number] = (
                a + descent.move(2 * number, d - point.d, scale_a),
                b + descent.move(2 * number + 1, z - point.z, scale_b),
            )
        now = pair.back(rows, choice, together=together, known=first)
        better = now.bound < best
        reached.append(float(np.minimum(now.bound, best).max()))
        best[better] = now.bound[better]
        for number, (a, b) in choice.items():
            kept[number][0][better], kept[number][1][better] = a[better], b[better]
    return kept
