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

Only the largest bound of all outputs is asked for. An output whose bound, by intervals or by a pass
with any slopes, is no larger than one that another output ends with cannot change it, and is left:
skipped before its first pass, or dropped in the middle of a descent.
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

__all__ = ["EARLIER_WORK", "relaxed_bound"]

Floats = NDArray[np.float64]
_WORK = 5e10
EARLIER_WORK = 1.6e12
"""What earlier versions allowed, in today's count of images: their descents went on for longer."""
_MOST_STEPS = 150
_PATIENCE, _GAIN = 20, 0.999
"""A descent ends when so many steps have not gained a thousandth."""
_ROWS = 128
_ALONE = 1e6
"""Where a pass takes so many multiplications a row, the row with the largest bound goes first."""


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
    last = pair.ranges.mean[-1]
    if last is None:
        return 0.0
    # By intervals, for both signs of every output; the largest first.
    known = np.concatenate([last[1], -last[0]])
    order, worst = np.argsort(-known, kind="stable"), 0.0
    for start in range(0, order.size, _ROWS):
        which = order[start : start + _ROWS]
        which = which[known[which] > worst]
        if which.size:
            bounds = _largest(pair, _signed_units(which, last[0].size), work, worst)
            worst = max(worst, float(np.minimum(bounds, known[which]).max()))
    return worst


def _signed_units(which: NDArray[np.int64], outputs: int) -> Floats:
    """Rows ``e_k`` for k below the number of outputs, and ``-e_k`` beyond it."""
    rows = np.zeros((which.size, outputs))
    rows[np.arange(which.size), which % outputs] = np.where(which < outputs, 1.0, -1.0)
    return rows


def _largest(pair: Pair, rows: Floats, work: float, floor: float) -> Floats:
    """Upper bounds of linear forms of the output's error, a row each.

    They are good where they are above `floor`; a bound below it is not made smaller.
    """
    starts = [pair.back(rows, None, together=each) for each in pair.modes]
    best = np.minimum.reduce([start.bound for start in starts])
    together = pair.modes[int(np.argmin([start.bound.max() for start in starts]))]
    order = np.argsort(-best, kind="stable")
    first = 1 if _work(pair) > _ALONE else order.size
    for part in (order[:first], order[first:]):
        part = part[best[part] > floor]
        steps = _steps(pair, part.size, work)
        if not part.size or not steps:
            continue
        choice = _descended(pair, rows[part], steps, floor, together=together)
        again = pair.back(rows[part], choice, together=together)
        best[part] = np.minimum(best[part], again.bound)
        floor = max(floor, float(best[part].max()))
    return np.asarray(best)


def _work(pair: Pair) -> float:
    """Multiplications that a step of the descent takes for one row."""
    weights = [pair.layers[s.layer].weight for s in pair.target.steps if isinstance(s, Weigh)]
    return 8.0 * sum(weight.work for weight in weights)


def _steps(pair: Pair, rows: int, allowed: float) -> int:
    """As many as fit the work allowed."""
    return int(min(_MOST_STEPS, allowed / max(_work(pair) * rows, 1.0)))


def _descended(pair: Pair, rows: Floats, steps: int, floor: float, *, together: bool) -> Choice:
    """Slopes with smaller bounds, row by row; a row that is at `floor` goes no further."""
    descent = Descent(steps)
    now = first = pair.back(rows, None, together=together)
    best, active = first.bound.copy(), np.arange(len(rows))
    kept = {number: (a.copy(), b.copy()) for number, (a, b) in first.choice.items()}
    reached = [float(best.max())]
    for _ in range(steps):
        if len(reached) > _PATIENCE and reached[-1] > _GAIN * reached[-1 - _PATIENCE]:
            break
        going = best[active] > floor
        # Fewer rows take their constants anew: only where many can be dropped.
        if 2 * np.count_nonzero(going) <= going.size:
            if not going.any():
                break
            active = active[going]
            descent.keep(going)
            choice = {number: (a[active], b[active]) for number, (a, b) in kept.items()}
            first = now = pair.back(rows[active], choice, together=together)
        choice = _next_slopes(pair, descent, now)
        now = pair.back(rows[active], choice, together=together, known=first)
        better = now.bound < best[active]
        best[active[better]] = now.bound[better]
        reached.append(float(best.max()))
        for number, (a, b) in choice.items():
            kept[number][0][active[better]] = a[better]
            kept[number][1][active[better]] = b[better]
    return kept


def _next_slopes(pair: Pair, descent: Descent, now: Passed) -> Choice:
    """A step against the subgradient of the bound."""
    descent.begin()
    values, choice = maximisers(pair, now), {}
    for number, (a, b) in now.choice.items():
        z, d = values[number]
        scale_a, scale_b = now.scales[number]
        point = now.points[number]
        choice[number] = (
            a + descent.move(2 * number, d - point.d, scale_a),
            b + descent.move(2 * number + 1, z - point.z, scale_b),
        )
    return choice
