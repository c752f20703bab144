"""The reach floor of frozen sums: some items are always in the sum, some never.

The largest sum is the sum of all locked items and the positive free ones: n independent terms, an
item itself with chance `lock`, its positive part with chance ``1 - lock - prune``, else 0. Where
that stays below ``hi - eps``, hi is missed; likewise lo. The larger of the two chances is the
floor: the ends are not combined, since the locked items tie them together.

Sums are rounded up to a lattice and convolved exactly in integers; sums that fall far below are
moved up as well, which lowers the bound. Under locked items success does not grow with n, so every
n is tried on its own.

Source: own; proved in ``proofs/reach_floor.py``.
"""

from __future__ import annotations

from fractions import Fraction

from slt_theory.certified.exact import ONE, PROBABILITY_BITS
from slt_theory.certified.reach_sides import Sides
from slt_theory.certified.reach_sizes import cell_masses
from slt_theory.errors import BadInput

__all__ = ["frozen_floor"]

_CELLS = 512
_DEEP = 4  # sums are distinguished down to minus this many times the level
_MOST = 4096


def frozen_floor(
    side: Sides, lock: Fraction, prune: Fraction, right: Fraction, left: Fraction, limit: Fraction
) -> tuple[int, ...]:
    """Lower bounds of P(fail) for n = 0, 1, ... items while they are above `limit` (in units).

    Raises
    ------
    BadInput
        If they still are after 4096 items.
    """
    # An even law and an even window have one end only.
    ends = dict.fromkeys(((side, right), (side.mirrored(), left)))
    rows = [_OneEnd(s, lock, prune, level) for s, level in ends if level > 0]
    floors: list[int] = []
    while rows and len(floors) < _MOST:
        value = max(row.missed() for row in rows)
        if value <= limit:
            return tuple(floors)
        floors.append(value)
        for row in rows:
            row.add()
    if rows:
        raise BadInput("lock, prune", (str(lock), str(prune)), f"leave too few after {_MOST} items")
    return ()


class _OneEnd:
    """P(locked and positive free items stay below a level), item by item."""

    def __init__(self, side: Sides, lock: Fraction, prune: Fraction, level: Fraction) -> None:
        from flint import fmpz_poly

        step = level / _CELLS
        depth = _DEEP * _CELLS
        free = 1 - lock - prune
        above = cell_masses(side.above, step, _CELLS)
        under = cell_masses(side.under, step, depth)
        masses = [0] * (depth + _CELLS)
        for j, mass in enumerate(above, 1):
            if j < _CELLS:
                masses[depth + j] = _part(mass, (lock + free) * side.up)
        # A negative item in ((j - 1) step, j step] is rounded up to minus (j - 1) steps.
        for j, mass in enumerate(under):
            masses[depth - j] += _part(mass, lock * side.down)
        rest = prune + (1 - prune) * (1 - side.up - side.down) + free * side.down
        masses[depth] += _part(ONE, rest)
        self._depth, self._size = depth, depth + _CELLS
        self._kernel = fmpz_poly(masses)
        self._row = fmpz_poly([0] * depth + [ONE])

    def missed(self) -> int:
        return min(ONE, sum(int(c) for c in self._row.coeffs()))

    def add(self) -> None:
        """One more item: index `depth` stands for 0 in both factors."""
        from flint import fmpz_poly

        product = self._row.mul_low(self._kernel, self._depth + self._size)
        values = [int(c) >> PROBABILITY_BITS for c in product.coeffs()]
        values += [0] * (self._depth + 1 - len(values))
        # Index 0 stands for everything at or below minus `depth` steps: moved up.
        values[self._depth] = sum(values[: self._depth + 1])
        self._row = fmpz_poly(values[self._depth :])


def _part(mass: int, share: Fraction) -> int:
    return int(mass * share.numerator // share.denominator)
