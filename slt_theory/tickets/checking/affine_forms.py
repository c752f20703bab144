r"""Affine forms of two networks over a small box, in the same symbols.

From the middle c of the box on every value of the target changes by

    f(x) = F_0 + sum_j F_j e_j + s,    e_j in [-1, 1],  |s| <= slack,

and in the other network by the same with columns F' and the same symbols e. The values at c are
known in fixed point (`slt_theory.tickets.checking.fixed_point_run`). Intervals add the sizes of all
paths from an input to a neuron; columns add the paths, which nearly cancel in deep networks, and of
the difference of both networks F' - F is left, where nearly equal weights cancel, too.

A ReLU that keeps its sign on the box, in both networks, multiplies a column by 0 or 1. Another one,
f -> psi(p + f) - psi(p) at the value p at c, becomes ``lambda f + mu + nu e`` with a symbol of its
own: with ``psi(z) - lambda z`` in [0, kappa] on the range of z,

    mu = kappa / 2 - (psi(p) - lambda p),  nu = kappa / 2.

In the other network lambda, kappa and e are the same. Its ``psi(z') - lambda z'`` is another one by
at most 1 times the difference of both networks there: a multiple `second` of the column of e, with
a symbol e' of its own.

Roundings go into the slack, which grows from layer to layer as intervals do: in a trained ResNet-20
by 1e14, from 1e-14 of a radius on. Cost: a product of both networks with as many vectors as there
are inputs and neurons that may change their sign.

Source: zonotopes with one symbol a neuron are those of G. Singh, T. Gehr, M. Mirman, M. Pueschel,
M. Vechev, Fast and effective robustness certification, NeurIPS 2018; the pair is made here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from slt_theory.errors import gibibytes
from slt_theory.networks import Network
from slt_theory.networks.steps import Activate, Add, Move, Pool, Shape, Step, Weigh
from slt_theory.progress import announce
from slt_theory.tickets.checking.change_form import ChangeForm
from slt_theory.tickets.checking.crossings import Crossings, crossings
from slt_theory.tickets.checking.fixed_point_run import taken_after, values_in_fixed_point
from slt_theory.tickets.checking.network_pair import NetworkPair
from slt_theory.tickets.checking.outward import Range, plus, up
from slt_theory.tickets.checking.pooled_forms import between, windows_of
from slt_theory.tickets.checking.unrolled import SourceMap, target_maps
from slt_theory.tickets.domain import Region

__all__ = ["FormBounds", "bounds_by_forms"]

Floats = NDArray[np.float64]
Both = tuple[ChangeForm, ChangeForm]
"""Of the target and of the other network."""
_MOST_NUMBERS = 64_000_000
"""Of one value in one network; six such arrays are held, of 8 bytes a number."""
_WORTH_A_WORD = 6_000_000
_CENTRE = 2.0**-56
"""Radius of the centres' outputs, beside the largest of them."""


class FormBounds(NamedTuple):
    """Bounds that affine forms give on a box.

    Attributes
    ----------
    last : (lower, upper)
        Of the other network's outputs less the target's.
    leads : array (outputs - 1,)
        The target's output `best` leads the others at least by so much.
    """

    last: Range
    leads: Floats


def bounds_by_forms(pair: NetworkPair, region: Region, best: int) -> FormBounds | None:
    """Bounds of the difference of two networks over a box, and of the leads of an output.

    None where a step is neither weights, a (leaky) ReLU, a pool, a sum nor a move, where channels
    have copies, or where the columns would take more than 64 million numbers.
    """
    target, maps, _ = pair
    lo, hi = region.ends(target.size_in)
    numbers = (1 + lo.size) * max(int(np.prod(shape)) for shape in target.shapes_of_values)
    if not _covered(target, maps, region) or numbers > _MOST_NUMBERS:
        return None
    if numbers >= _WORTH_A_WORD:
        announce("the bound around an input", f"takes {gibibytes(6 * 8 * numbers)} or more")
    middle = np.clip(lo / 2 + hi / 2, lo, hi)
    reach = np.nextafter(np.maximum(hi - middle, middle - lo), np.inf)
    with np.errstate(over="ignore", invalid="ignore"):
        run = _PairedForms.start(pair, middle, reach)
        found = None if run is None else run.bounds(best)
    finite = found is not None and all(np.isfinite(end).all() for end in (*found.last, found.leads))
    return found if finite else None


def _covered(target: Network, maps: list[SourceMap], region: Region) -> bool:
    known = target.non_negative(region.non_negative)
    for step in target.steps:
        if isinstance(step, Activate) and not step.activation.homogeneous:
            return False
        if isinstance(step, Weigh):
            source = maps[step.layer]
            signs = known[step.of] or _is_input(target, step.of) or not source.two_sided
            if source.loose or source.copies_out != 1 or not signs:
                return False
    return True


def _is_input(target: Network, place: int) -> bool:
    """True if a value is the input, moved at most."""
    while place and isinstance(target.steps[place - 1], Move):
        place = target.steps[place - 1].of
    return place == 0


class _PairedForms:
    """The forms of both networks, step by step."""

    def __init__(self, pair: NetworkPair, centres: list[dict[int, Range]], reach: Floats) -> None:
        self.target, self.centres = pair.target, centres
        self.networks = target_maps(pair.target), pair.maps
        first = np.vstack([np.zeros(reach.size), np.diag(reach)])
        form = ChangeForm(first, np.zeros(reach.size), np.zeros(reach.size))
        self.values: dict[int, Both] = {0: (form, form)}

    @classmethod
    def start(cls, pair: NetworkPair, middle: Floats, reach: Floats) -> _PairedForms | None:
        """At the input; None where the centres have no fixed point."""
        steps = pair.target.steps
        bent = (
            s.of for s in steps if isinstance(s, Activate | Pool) or _is_input(pair.target, s.of)
        )
        places = tuple({len(steps), *bent})
        networks, x = (target_maps(pair.target), pair.maps), middle[None, :]
        size = float(np.abs(pair.target.run(x)[-1]).max())
        found = values_in_fixed_point(pair.target, networks, x, size * _CENTRE, places)
        if found is None:
            return None
        ends = [[(low[0], high[0]) for low, high in each] for each in found]
        return cls(pair, [dict(zip(places, each, strict=True)) for each in ends], reach)

    def bounds(self, best: int) -> FormBounds | None:
        """Go through all steps; None where symbols become too many."""
        steps = self.target.steps
        for number, step in enumerate(steps):
            after = self._after(step)
            if after is None:
                return None
            self.values[number + 1] = after
            kept = {p for p in self.values if p > number or taken_after(steps, p, number)}
            self.values = {place: self.values[place] for place in kept}
        last = self._apart(len(steps), np.arange(self.values[len(steps)][0].slack.size))
        return FormBounds(last, self._leads(best))

    def _after(self, step: Step) -> Both | None:
        ours, theirs = self.values[step.of]
        shape = self.target.shapes_of_values[step.of]
        if isinstance(step, Weigh):
            return self._weighed(step)
        if isinstance(step, Activate):
            slopes = {"identity": 1.0, "leaky_relu": step.activation.slope}
            return self._bent(step.of, slopes.get(step.activation.kind, 0.0))
        if isinstance(step, Add):
            skipped = self.values[step.skip]
            return ours.plus(skipped[0]), theirs.plus(skipped[1])
        if isinstance(step, Pool) and step.kind == "max":
            return self._largest(step, shape)
        if isinstance(step, Pool):
            return ours.averaged(step, shape), theirs.averaged(step, shape)
        assert isinstance(step, Move)
        return ours.moved(step, shape), theirs.moved(step, shape)

    def _weighed(self, step: Weigh) -> Both | None:
        """Linear maps; a negative input meets slopes of its own."""
        source, other = (network[step.layer] for network in self.networks)
        ours, theirs = self.values[step.of]
        if not other.two_sided or not _is_input(self.target, step.of):
            return ours.through(source.positive), theirs.through(other.positive)
        halves = self._bent(step.of, 0.0)
        if halves is None:
            return None
        # Both networks have the same input x = max(x, 0) + min(x, 0).
        above, whole = halves[0], ours.with_symbols(halves[0].second)
        slack = up(above.slack + whole.slack + whole.size * 2.0**-52, 4)
        below = ChangeForm(whole.columns - above.columns, above.second, slack)
        made = above.through(other.positive).plus(below.through(other.negative))
        return whole.through(source.positive), made

    def _largest(self, step: Pool, shape: Shape) -> Both | None:
        """Largest numbers of windows; None where columns become too many."""
        forms, centres = self.values[step.of], [each[step.of] for each in self.centres]
        windows = windows_of(step, shape, forms, centres)
        rows, hidden = windows.in_doubt(forms[0].reach)
        if (len(forms[0].columns) + rows.size) * hidden.size > _MOST_NUMBERS:
            return None
        places = [*windows.members[rows].T, windows.winner[rows]]
        found = between(windows, rows, centres, [self._apart(step.of, each) for each in places])
        picked = [form.picked(windows.winner, hidden) for form in forms]
        return self._with_crossings(picked, np.ones(hidden.size), rows, found)

    def _with_crossings(
        self, forms: Sequence[ChangeForm], slopes: Floats, rows: NDArray[np.int64], found: Crossings
    ) -> Both:
        """Forms times slopes, with the shifts and new symbols of some rows."""
        ours, theirs = forms
        nothing = np.zeros(rows.size)
        return (
            ours.bent(
                slopes, rows, found.shift, found.size, np.concatenate([ours.second, nothing])
            ),
            theirs.bent(
                slopes,
                rows,
                found.shift_of_other,
                found.size,
                np.concatenate([theirs.second, found.second]),
            ),
        )

    def _bent(self, place: int, slope: float) -> Both | None:
        """A leaky ReLU, of slope 0 for a ReLU; None where columns become too many."""
        if slope == 1:
            return self.values[place]
        ours, theirs = self.values[place]
        low, high = self._hull(place)
        rows = np.flatnonzero(~((low >= 0) | (high <= 0)))
        if (len(ours.columns) + rows.size) * low.size > _MOST_NUMBERS:
            return None
        some = [(c[place][0][rows], c[place][1][rows]) for c in self.centres]
        found = crossings((low[rows], high[rows]), some, self._apart(place, rows), slope)
        slopes = np.where(low >= 0, 1.0, slope)
        slopes[rows] = found.slope
        return self._with_crossings((ours, theirs), slopes, rows, found)

    def _hull(self, place: int) -> Range:
        """Range of the numbers of a value in either network."""
        lows, highs = [], []
        for form, centres in zip(self.values[place], self.centres, strict=True):
            reach, drift = form.reach, form.columns[0]
            low, high = plus(centres[place], plus((drift, drift), (-reach, reach)))
            lows.append(low)
            highs.append(high)
        return np.minimum(*lows), np.maximum(*highs)

    def _apart(self, place: int, rows: NDArray[np.int64]) -> Range:
        """Range of the other network's numbers less the target's, at some rows of a value."""
        (low, high), (other_low, other_high) = (
            (ends[place][0][rows], ends[place][1][rows]) for ends in self.centres
        )
        centre = np.nextafter(other_low - high, -np.inf), np.nextafter(other_high - low, np.inf)
        ours, theirs = self.values[place]
        a, b = ours.columns[:, rows], theirs.columns[:, rows]
        # A difference is rounded by a share of itself.
        gap = np.abs(b[1:] - a[1:]).sum(axis=0) + theirs.second @ np.abs(b[1:])
        reach = up(gap + ours.slack[rows] + theirs.slack[rows], len(a) + 8)
        drift = b[0] - a[0]
        drifts = np.nextafter(drift, -np.inf), np.nextafter(drift, np.inf)
        return plus(centre, plus(drifts, (-reach, reach)))

    def _leads(self, best: int) -> Floats:
        """Lower bounds of the target's output `best` less the others."""
        place = len(self.target.steps)
        (low, high), ours = self.centres[0][place], self.values[place][0]
        others = np.delete(np.arange(low.size), best)
        columns, slack = ours.columns[:, [best]] - ours.columns[:, others], ours.slack
        reach = np.abs(columns[1:]).sum(axis=0) + slack[best] + slack[others]
        size = np.abs(columns[0]) + np.abs(low[best]) + np.abs(high[others])
        lost = up(reach, len(columns) + 8) + size * 2.0**-50
        return np.asarray(low[best] - high[others] + columns[0] - lost)
