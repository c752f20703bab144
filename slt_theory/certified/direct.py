"""Processes on a law itself, with no loss to a uniform component: the least n of each.

Ordered sums are computed; base intervals and tilted densities are read from stored certificates.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from typing import Any

from slt_theory.bisection import smallest_number
from slt_theory.certified.base_certificate import stored_failure
from slt_theory.certified.binomial import mix
from slt_theory.certified.components import read_law
from slt_theory.certified.density import DENSITIES
from slt_theory.certified.exact import ONE
from slt_theory.certified.fourier_certificate import tilted_failure
from slt_theory.certified.ordered import ordered_failure

__all__ = ["DIRECT", "Sufficient", "smallest"]

_LONGEST = 1 << 15
# Ordered sums need much mass near 0; below these errors they cannot win.
_FINEST_ORDERED = Fraction(1, 200)
_FINEST_PLAIN = Fraction(1, 40)
_COARSEST_ORDERED = Fraction(1, 10)


@dataclass(frozen=True, slots=True)
class Sufficient:
    """A number of items, the method that gave it, and what it rests on."""

    n: int
    method: str
    steps: tuple[str, ...]
    rests_on: tuple[str, ...]


def smallest(profile: Sequence[int], delta: int, weight: Fraction) -> int | None:
    """Smallest n whose mixed failure bound is at most `delta`; None if the profile is too short."""
    rows = list(profile)
    if rows[-1] > delta:
        return None
    if rows[0] <= delta:
        return 0
    if weight == 1:
        return next(n for n, failure in enumerate(rows) if failure <= delta)
    return smallest_number(lambda n: mix(rows, n, weight) <= delta, least=1, most=_LONGEST)


def _try_ordered(
    law: Any, eps: Fraction, delta: Fraction, lo: Fraction, hi: Fraction
) -> Sufficient | None:
    """Kakeya's condition on the law itself, with no loss to a mixture."""
    if callable(getattr(law, "density_floor", None)):
        return None
    base, scale, keep = read_law(law)
    if base not in DENSITIES:
        return None
    error, low, high = eps / scale, min(lo, Fraction(0)) / scale, max(hi, Fraction(0)) / scale
    finest = _FINEST_ORDERED if "*" in base else _FINEST_PLAIN
    if error < finest or max(high, -low) > 3:
        return None
    limit = math.floor(delta * ONE)
    # A smaller error is a stronger statement, and its finer cells may give fewer items.
    errors = sorted({error, min(error, _COARSEST_ORDERED)})
    for longest in (96, 240):
        profiles = (ordered_failure(base, keep, e, low, high, longest) for e in errors)
        found = (smallest(rows, limit, Fraction(1)) for rows in profiles)
        hits = [n for n in found if n is not None]
        if hits:
            steps = (f"ordered sums of the law {base} itself; gaps at most {float(2 * error):.6g}",)
            return Sufficient(min(hits), "ordered-sums", steps, ("uniform-components",))
    return None


def _read_even(law: Any) -> tuple[str, Fraction, Fraction] | None:
    """The even law of an item that is not 0, its scale, and the probability of such an item."""
    if callable(getattr(law, "density_floor", None)):
        return None
    base, scale, keep = read_law(law)
    if base == "relu(uniform)*uniform":  # 0 with probability 1/2, else the product
        base, keep = "uniform*uniform", keep / 2
    return base, scale, keep


def _try_stored(
    method: str, law: Any, eps: Fraction, delta: Fraction, lo: Fraction, hi: Fraction
) -> Sufficient | None:
    """A stored certificate for the law, which may be masked or scaled."""
    read = _read_even(law)
    if read is None:
        return None
    base, scale, keep = read
    error, half = eps / scale, max(hi, -lo) / scale
    if error >= half:
        return None
    rows = _STORED[method](base, error, half)
    n = smallest(rows, math.floor(delta * ONE), keep) if rows else None
    if n is None:
        return None
    steps = [_WORDS[method].format(base)]
    rests = []
    if keep < 1:
        steps.append(f"mixture: each item is of that law with probability {keep}, else 0")
        rests.append("mixture-rule")
    if scale != 1:
        steps.append(f"scaling by {scale}")
        rests.append("scaling-rule")
    return Sufficient(n, method, tuple(steps), tuple(rests))


_STORED: dict[str, Callable[[str, Fraction, Fraction], tuple[int, ...]]] = {
    "base-interval": stored_failure,
    "tilted-density": tilted_failure,
}
_WORDS = {
    "base-interval": "a base interval of small items of the law {}, extended by the others",
    "tilted-density": "smoothed densities of tilted sums of the law {}, a tilt for each mean",
}

DIRECT: dict[str, Callable[[Any, Fraction, Fraction, Fraction, Fraction], Sufficient | None]] = {
    "ordered-sums": _try_ordered,
    **{method: partial(_try_stored, method) for method in _STORED},
}
"""Methods on the law itself: law, eps, delta, lo and hi to the least n or None."""
