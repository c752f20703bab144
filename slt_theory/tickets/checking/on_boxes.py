"""Certificates of single regions and of pieces, by the bounds that a pair of networks has.

Chains of weights and ReLUs take many boxes at once (`batch_bounds`), all others one at a time: by
intervals and a relaxation (`error_bound`, `relaxation`) on the target's ranges there (`backward`).
Pieces take no descent: around two inputs of ACAS Xu (radius 0.05, 5 s) bounds of 0.71 and 0.74 with
it became 0.063 and 0.034 without.

The coordinate to cut of pieces that come one at a time: with |W| in the place of every weight
matrix, and of an activation on [l, u] its mean slope ``(f(u) - f(l)) / (u - l)``, the width of one
coordinate alone spreads an output by some amount; the coordinate of the largest is cut. On ACAS Xu
(whole box, the same 12 s) this leaves 9,700, where the widest coordinate leaves 12,100 and
gradients at the middle 17,400.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from slt_theory.networks import Network
from slt_theory.networks.steps import Activate, Add, Pool, Weigh
from slt_theory.subset_sum.parallel import map_blocks, row_blocks
from slt_theory.tickets.checking.affine_forms import bounds_by_forms
from slt_theory.tickets.checking.at_points import errors_at
from slt_theory.tickets.checking.backward import largest_forms, target_ranges
from slt_theory.tickets.checking.batch_bounds import bounds_on_boxes
from slt_theory.tickets.checking.batch_forms import FormEngine
from slt_theory.tickets.checking.claims import round_down, round_up
from slt_theory.tickets.checking.error_bound import deviation_ranges
from slt_theory.tickets.checking.error_search import error_nearby
from slt_theory.tickets.checking.network_pair import NetworkPair
from slt_theory.tickets.checking.outward import Range, largest
from slt_theory.tickets.checking.paired_layers import PairedLayer, paired_layers, work_of
from slt_theory.tickets.checking.relaxation import relaxed_bound
from slt_theory.tickets.checking.splitting import (
    Certify,
    Cut,
    Division,
    Facts,
    OnRegion,
    cuttable,
    split,
)
from slt_theory.tickets.domain import Inputs, Region

__all__ = ["divided", "on_region", "widest_axis"]

Floats = NDArray[np.float64]
_WORK = 2e10
"""Multiplications for the descent of one region; a whole domain takes ten times as many."""
_AT_ONCE, _MOST_AT_ONCE = 16, 64
"""Pieces that are cut in one step where many boxes go together; fewer of large networks.

More once there are many: their order then matters less, and a step of numpy costs the same.
"""
_BLOCK = 64
"""Boxes bounded on one processor."""
_STEP = 1e9
"""Multiplications of one step: between two the time is looked at."""
_FAR = 1e6
"""Intervals that say so many times what forms say leave nothing to the relaxation: it says a 400th
of them on a ResNet-20, after 30 s."""
_COMPILED_FROM = 2e9
"""Multiplications that are left to numpy: about as long as the compiled kernel takes to load."""
_AXES = 32
"""Coordinates of which the spread is looked at: the widest."""


@np.errstate(over="ignore", invalid="ignore")
def divided(
    pair: NetworkPair,
    region: Region,
    goes_on: Callable[[], bool],
    *,
    within: float | None = None,
    start: list[Cut] | None = None,
    report: Callable[[int], None] = lambda _: None,
) -> Division:
    """A region in pieces, cut while ``goes_on()``, with the rules of `splitting.split`.

    The region itself has the better of all bounds; where `within` is asked for, the others only
    if many boxes at once say nothing of this pair.
    """
    layers = paired_layers(*pair)
    certify = _one_by_one(pair, report) if layers is None else _Together(pair, layers, report)
    lo, hi = region.lo, region.hi
    whole = None
    if within is None or layers is None:
        values = target_ranges(pair.target, region)
        whole = _as_facts(on_region(pair, region, values), widest_axis(pair.target, region, values))
        if layers is not None:
            whole = _better(whole, certify(lo[None], hi[None]))
        else:
            report(1)
    return split(
        lo,
        hi,
        certify,
        goes_on,
        whole=whole,
        within=within,
        start=start,
        at_once=(1, 1) if layers is None else _at_once(work_of(layers)),
    )


def _better(a: Facts, b: Facts) -> Facts:
    """Both at once; the coordinate of the second."""
    return Facts(
        np.minimum(a.error, b.error),
        np.maximum(a.found, b.found),
        np.maximum(a.lead, b.lead),
        a.kept | b.kept,
        b.axis,
    )


def _as_facts(region: OnRegion, axis: int | None) -> Facts:
    margin = 0.0 if region.margin is None else region.margin
    values = region.error_bound, region.error_found, margin, bool(region.class_kept)
    return Facts(*(np.array([value]) for value in (*values, -1 if axis is None else axis)))


def _one_by_one(pair: NetworkPair, report: Callable[[int], None]) -> Certify:
    def certify(lo: Floats, hi: Floats) -> Facts:
        found = []
        for low, high in zip(lo, hi, strict=True):
            region = Region(low, high)
            values = target_ranges(pair.target, region)
            axis = widest_axis(pair.target, region, values)
            found.append(_as_facts(on_region(pair, region, values, 0.0), axis))
            report(1)
        return Facts(*(np.concatenate(parts) for parts in zip(*found, strict=True)))

    return certify


def _at_once(work: float) -> tuple[int, int]:
    """Pieces of one step, and how many there may be later on."""
    most = int(np.clip(_STEP / work, 1, _MOST_AT_ONCE))
    return min(_AT_ONCE, most), most


class _Together:
    """Facts about many boxes at once: numpy for the first ones, then the compiled kernel.

    Blocks have one size, so the floats are the same for any number of threads.
    """

    def __init__(
        self, pair: NetworkPair, layers: list[PairedLayer], report: Callable[[int], None]
    ) -> None:
        self._pair, self._layers, self._report = pair, layers, report
        self._left = _COMPILED_FROM / work_of(layers)
        self._compared = False

    def __call__(self, lo: Floats, hi: Floats) -> Facts:
        """Facts about boxes (boxes, inputs)."""
        blocks = row_blocks(len(lo), _BLOCK)
        hows = {block.start: self._next(len(block)) for block in blocks}

        def bounded(block: range) -> Facts:
            rows = slice(block.start, block.stop)
            return self._bounded(lo[rows], hi[rows], hows[block.start])

        parts = map_blocks(bounded, blocks)
        self._report(len(lo))
        return Facts(*(np.concatenate(each) for each in zip(*parts, strict=True)))

    def _next(self, count: int) -> FormEngine:
        """Choose how the next boxes are bounded; the kernel is compared with numpy once."""
        self._left -= count
        if self._left > 0:
            return FormEngine.NUMPY
        how = FormEngine.COMPILED if self._compared else FormEngine.BOTH
        self._compared = True
        return how

    def _bounded(self, lo: Floats, hi: Floats, how: FormEngine) -> Facts:
        middle = np.clip(lo / 2 + hi / 2, lo, hi)
        best = np.argmax(self._pair.target.run(middle)[-1], axis=1)
        bounds = bounds_on_boxes(self._layers, lo, hi, best, how)
        found = np.maximum(*(errors_at(self._pair, x) for x in (middle, bounds.worst)))
        shares = np.where(np.isfinite(bounds.shares), bounds.shares, 0.0) + (hi - lo) * 2.0**-200
        can = cuttable(lo, hi)
        axis = np.where(can.any(axis=1), np.argmax(np.where(can, shares, -1.0), axis=1), -1)
        return Facts(bounds.error, found, bounds.lead, bounds.kept, axis)


@np.errstate(over="ignore", invalid="ignore")
def on_region(
    pair: NetworkPair, region: Inputs, values: list[Range], work: float = _WORK
) -> OnRegion:
    """Facts about a region, given the target's ranges there and work for the descent.

    Without work it is one of many pieces, and takes no affine forms either.
    """
    target, maps, gaps = pair
    found, middle = error_nearby(target, region, maps)
    best = int(np.argmax(middle))
    last = deviation_ranges(target, region, gaps, values)[-1]
    forms = bounds_by_forms(pair, region, best) if work and isinstance(region, Region) else None
    plain = bound = largest(last)
    if forms is not None and last is not None:
        # What has overflowed may be NaN.
        last = np.fmax(last[0], forms.last[0]), np.fmin(last[1], forms.last[1])
        bound = largest(last)
    if target.depth > 1 and plain <= _FAR * bound:
        bound = min(bound, relaxed_bound(target, region, gaps, values, work=work))
    if middle.size < 2:
        return OnRegion(round_up(bound), round_down(found), None, None)
    others = np.delete(np.arange(middle.size), best)
    rows = np.zeros((others.size, middle.size))
    rows[np.arange(others.size), others], rows[:, best] = 1.0, -1.0
    leads = -largest_forms(target, region, values, rows, len(target.steps))
    if forms is not None:
        leads = np.maximum(leads, forms.leads)
    kept = _class_kept(leads, bound, last, best)
    return OnRegion(round_up(bound), round_down(found), kept, float(leads.min()))


def _class_kept(leads: Floats, bound: float, last: Range | None, best: int) -> bool:
    """Decide whether an output's leads over the others outlast the ticket's loss, and are leads.

    Parameters
    ----------
    leads : array (outputs - 1,)
        At least these, in the order of the other outputs.
    bound : float
        No output of the ticket is further than this from the target's.
    last : (lower, upper) or None
        Of the ticket's outputs less the target's; None where both are equal.
    """
    loss = np.full(leads.size, np.nextafter(2 * bound, np.inf))
    if last is not None:
        apart = np.nextafter(np.delete(last[1], best) - last[0][best], np.inf)
        loss = np.minimum(loss, np.where(np.isnan(apart), np.inf, apart))
    return bool((leads > np.maximum(loss, 0)).all())


def widest_axis(target: Network, region: Region, ranges: list[Range]) -> int | None:
    """The coordinate whose own width spreads the outputs most; None if none can be cut.

    Parameters
    ----------
    ranges : list of (lower, upper)
        Of all values over the region (`slt_theory.tickets.checking.backward.target_ranges`).
    """
    width = region.hi / 2 - region.lo / 2
    axes = np.flatnonzero(cuttable(region.lo, region.hi))
    if not axes.size:
        return None
    axes = axes[np.argsort(-width[axes], kind="stable")][:_AXES]
    spread = np.zeros((axes.size, width.size))
    spread[np.arange(axes.size), axes] = width[axes]
    sizes = _spread(target, ranges, spread).max(axis=1)
    # Where ranges have overflowed the widest is cut.
    return int(axes[np.argmax(np.where(np.isfinite(sizes), sizes, 0.0))])


def _spread(target: Network, ranges: list[Range], spread: Floats) -> Floats:
    """Spreads of the outputs, to first order and without signs; a row an input spread."""
    values = [spread]
    with np.errstate(over="ignore", invalid="ignore"):
        for number, step in enumerate(target.steps):
            x, shape = values[step.of], target.shapes_of_values[step.of]
            if isinstance(step, Weigh):
                values.append(target.operator(step.layer).map(np.abs).apply(x))
            elif isinstance(step, Activate):
                (low, high), (least, most) = ranges[step.of], ranges[number + 1]
                slope = (most - least) / np.where(high > low, high - low, 1.0)
                values.append(x * np.where(high > low, slope, 0.0))
            elif isinstance(step, Pool):
                values.append(step(x, shape))
            elif isinstance(step, Add):
                values.append(x + values[step.skip])
            else:
                values.append(step.move(x, shape, 1))
    return values[-1]
