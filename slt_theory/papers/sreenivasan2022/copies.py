"""A target layer in binary, and how many copies of every neuron random signs need."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from slt_theory.bisection import smallest_number
from slt_theory.tickets.building.gadget import half_signs
from slt_theory.tickets.building.gains import steps
from slt_theory.tickets.building.pairs import halves_needed
from slt_theory.tickets.building.request import Request

__all__ = ["MOST_COPIES", "LayerCodes", "sufficient_n"]

MOST_COPIES = 256
_FAILURE = 0.01

Int64Array = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class LayerCodes:
    """Binary codes of one target layer.

    Attributes
    ----------
    codes : int64 array (rows, groups)
        Target weights in gains; a group is an input and a half.
    bits : int
        Of the longest code.
    """

    codes: Int64Array
    bits: int
    halves: int

    @classmethod
    def of(cls, request: Request, index: int) -> LayerCodes:
        """Codes of layer `index` of a request, each repeated for its halves."""
        layer = request.layers[index]
        halves = halves_needed(request, index)
        codes = np.repeat(steps(layer), halves, axis=1)
        return cls(codes, max(1, int(np.abs(codes).max()).bit_length()), halves)

    def added(self, bit: int) -> Bools:
        """(2 rows, groups): which carriers each accumulator takes; the positive one comes first."""
        signed = np.sign(self.codes) * half_signs(np.arange(self.codes.shape[1]), self.halves)
        here = np.abs(self.codes) >> bit & 1 == 1
        # Carriers of inputs <= 0 hold |x|: there a positive weight subtracts.
        return np.stack([here & (signed > 0), here & (signed < 0)], axis=1).reshape(
            -1, self.codes.shape[1]
        )


def sufficient_n(request: Request) -> int:
    """First-layer copies of every input and half; half as many of every neuron that follows.

    Say that every carrier of the first layer has at least m_1 used copies, every neuron of the next
    ones m_2 and every final accumulator m_3. Given that, a link is missing with probability
    ``2**-m``, one of two with ``(m + 1) 2**-m``, and copies fail independently; the chances of
    fewer copies are added up over all neurons and layers, for the best m_1, m_2, m_3.
    """
    plans = [LayerCodes.of(request, k) for k in range(len(request.layers))]
    enough = smallest_number(lambda n: _failure(plans, n) <= _FAILURE, least=2, most=MOST_COPIES)
    return MOST_COPIES if enough is None else enough


def _failure(plans: list[LayerCodes], n: int) -> float:
    """Upper bound of the chance that anything is lost with n first-layer copies."""
    copies = math.ceil(n / 2)
    return sum(min(_lost(plan, n, copies, m) for m in range(1, copies + 1)) for plan in plans)


def _lost(plan: LayerCodes, n: int, copies: int, middle: int) -> float:
    """The same for one chain, with at least `middle` copies of every neuron in between."""
    from scipy.special import bdtr

    groups = plan.codes.shape[1]
    links = [plan.added(bit).sum(axis=1) + 1.0 for bit in range(plan.bits)]
    carriers: list[int] = [groups] * (plan.bits - 1) + [0]

    def fewer(missing: NDArray[np.float64], needed: int) -> float:
        """Neurons of which fewer than `needed` copies have all links, given each one's chance."""
        return float(bdtr(needed - 1, copies, 1 - np.minimum(missing, 1)).sum())

    def layer(bit: int, below: int, needed: int) -> float:
        doubled = fewer(np.array([(below + 1) * 2.0**-below]), needed)
        return fewer(links[bit] * 2.0**-below, needed) + carriers[bit] * doubled

    start: dict[int, float] = {m: groups * bdtr(m - 1, n, 0.5) for m in range(1, n + 1)}
    stop: dict[int, float] = {m: 2 * len(plan.codes) * 2.0**-m for m in range(1, copies + 1)}
    if plan.bits == 1:
        return float(min(start[a] + layer(0, a, b) + stop[b] for a in start for b in stop))
    total: float = sum(layer(bit, middle, middle) for bit in range(1, plan.bits - 1))
    total += min(start[m] + layer(0, m, middle) for m in start)
    return float(total + min(layer(plan.bits - 1, middle, m) + stop[m] for m in stop))
