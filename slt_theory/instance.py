"""One instance of subset sum with real numbers: exact in, exact out.

Numbers are taken exactly (a float is the dyadic rational it stores, the text "0.1" is 1/10)
and brought to integers by their common denominator. Where that would leave the int64 range they are
rounded to the finest lattice that fits; every answer is then re-checked in rational numbers, and
absence is proved with the rounding added to eps.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from slt_theory.errors import BadInput, NotFoundWithinLimits
from slt_theory.lattice import (
    HEADROOM_BITS,
    exact_numbers,
    positive_fraction,
    target_range,
    to_fraction,
    whole_number,
)
from slt_theory.records import Record

if TYPE_CHECKING:
    from slt_theory.subset_sum import Subset

__all__ = ["Solution", "solve"]

_SPARE_BITS = 3  # the solvers keep three bits for sentinels


@dataclass(frozen=True)
class Solution(Record):
    """The answer for one target.

    Attributes
    ----------
    found : bool
        Whether a subset within eps exists (always True without eps).
    subset : tuple of int
        Indices of the chosen items, locked ones included.
    total, error : Fraction or None
        Exact sum and exact distance to the target.
    optimal : bool
        No other subset is nearer.
    proof_of_absence : bool
        No subset lies within eps: the search was exhaustive.
    """

    found: bool
    subset: tuple[int, ...]
    total: Fraction | None
    error: Fraction | None
    optimal: bool
    proof_of_absence: bool
    method: str

    def summary(self) -> str:
        """One line."""
        if not self.found:
            return "no subset lies within eps (proved)"
        assert self.error is not None
        kind = "optimal" if self.optimal else "not proved optimal"
        listed = ", ".join(map(str, self.subset))
        return f"items {listed or 'none'}: error {float(self.error):.6g} ({kind}, {self.method})"

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON; sum and error as floats, and exactly as text."""
        return {
            "found": self.found,
            "subset": list(self.subset),
            "sum": None if self.total is None else float(self.total),
            "error": None if self.error is None else float(self.error),
            "sum_exact": None if self.total is None else str(self.total),
            "error_exact": None if self.error is None else str(self.error),
            "optimal": self.optimal,
            "proof_of_absence": self.proof_of_absence,
            "method": self.method,
        }


def _locked(locked: Iterable[Any], n: int) -> NDArray[np.bool_]:
    """Indices, or a mask, as a mask."""
    given = list(locked)
    if any(isinstance(place, bool | np.bool_) for place in given):
        if len(given) != n or not all(isinstance(place, bool | np.bool_) for place in given):
            way_out = "give indices, or one truth value for each item"
            raise BadInput("locked", given, f"is no mask over {n} items", way_out)
        return np.array(given, dtype=bool)
    fixed = np.zeros(n, dtype=bool)
    for place in given:
        if isinstance(place, float | np.floating):
            raise BadInput("locked", place, "must be an index", "pass integers")
        index = whole_number("locked", place)
        if not 0 <= index < n:
            raise BadInput("locked", index, f"must lie in 0..{n - 1}")
        fixed[index] = True
    return fixed


def _grid(values: Sequence[Fraction], target: Fraction) -> tuple[Fraction, bool]:
    """The unit of the integers, and whether every value is a multiple of it."""
    reach = sum(map(abs, values), abs(target)) or Fraction(1)
    common = math.lcm(*(v.denominator for v in values))
    if reach * common < 1 << (HEADROOM_BITS - _SPARE_BITS):
        return Fraction(1, common), True
    bits = HEADROOM_BITS - _SPARE_BITS - 1 - max(0, math.ceil(reach).bit_length())
    if bits < 1:
        digits = len(str(math.ceil(reach)))
        raise BadInput("sample", f"absolute sum of {digits} digits", "is too large", "rescale")
    return Fraction(1, 1 << bits), False


def solve(
    sample: Iterable[Any],
    target: Any,
    *,
    eps: Any = None,
    size: int | None = None,
    locked: Iterable[Any] = (),
    method: str = "auto",
) -> Solution:
    """Find the best subset for one target, or decide whether one lies within eps.

    Parameters
    ----------
    sample : iterable of numbers
        The items.
    target : number
    eps : number, optional
        Without it the exact optimum is found.
    size : int, optional
        Only subsets of exactly this many items, locked ones included.
    locked : iterable of int, or of bool
        Indices of items that are in every subset, or one truth value an item.
    method : str
        See `slt_theory.subset_sum`.

    Raises
    ------
    BadInput
        Empty sample, what is no finite number, eps <= 0, indices out of range.
    NotFoundWithinLimits
        Only for numbers beyond the lattice: the answer hangs on digits that do not fit.

    Examples
    --------
    >>> solve([0.5, -0.25, 0.125], 0.3).subset
    (0, 1)
    >>> solve([0.5, 0.25], 0.4, eps=0.01).proof_of_absence
    True
    """
    values = exact_numbers("sample", sample)
    z = to_fraction("target", target)
    fixed = _locked(locked, len(values))
    size = None if size is None else whole_number("size", size)
    unit, exact = _grid(values, z)
    items: NDArray[np.int64] = np.array([round(v / unit) for v in values], dtype=np.int64)
    locks = {"locked": fixed} if fixed.any() else {}
    options = {"size": size, "method": method, **locks}
    instance = _Instance(values, z, items, unit, exact, options)
    return instance.nearest() if eps is None else instance.within(positive_fraction("eps", eps))


@dataclass(frozen=True)
class _Instance:
    """Real numbers with the integers that stand for them, in units of a lattice.

    `exact` says whether they are these integers; `options` are those of the solvers.
    """

    values: Sequence[Fraction]
    target: Fraction
    items: NDArray[np.int64]
    unit: Fraction
    exact: bool
    options: dict[str, Any]

    def nearest(self) -> Solution:
        """The optimum."""
        from slt_theory.subset_sum import best, decide

        place = self.target / self.unit
        near = round(place)
        found = best(self.items, near, **self.options)
        # Two sums may be equally near to the rounded target; the real one lies on one side of it.
        side = (place > near) - (place < near)
        if self.exact and side and found.error:
            end = near + side * found.error
            found = decide(self.items, end, end, **self.options) or found
        return self._solution(found.chosen, self.exact, found.method)

    def within(self, eps: Fraction) -> Solution:
        """A subset within eps of the target, or the proof that there is none."""
        slack = Fraction(0) if self.exact else self.unit * len(self.values) / 2
        wide = self._decide(eps + slack)
        if wide is None:
            return Solution(False, (), None, None, False, True, "exhaustive")
        answer = self._solution(wide.chosen, False, wide.method)
        if answer.error is not None and answer.error <= eps:
            return answer
        narrow = self._decide(eps - slack)
        if narrow is None:
            raise NotFoundWithinLimits(
                f"whether a subset lies within eps = {float(eps):g} hangs on digits below "
                f"{float(self.unit):.3g}; a subset at {float(answer.error or 0):.17g} exists"
            )
        return self._solution(narrow.chosen, False, narrow.method)

    def _decide(self, eps: Fraction) -> Subset | None:
        from slt_theory.subset_sum import decide

        return decide(self.items, *target_range(self.target, eps, self.unit), **self.options)

    def _solution(self, chosen: NDArray[np.bool_], optimal: bool, method: str) -> Solution:
        subset = tuple(int(i) for i in np.flatnonzero(chosen))
        total = sum((self.values[i] for i in subset), Fraction(0))
        return Solution(True, subset, total, abs(total - self.target), optimal, False, method)
