"""Sums modulo 2 of uniform numbers, decided exactly."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from slt_theory.laws import Uniform
from slt_theory.streams import Purpose, stream_id
from slt_theory.theorems.checks import Outcome, share

__all__ = ["circle_at_certified_n", "circle_reached"]


def circle_reached(items: NDArray[np.int64], bits: int, eps: Fraction) -> bool:
    """True if every residue modulo 2 is within eps of a subset sum; items in units of 2^-bits.

    Between two neighbouring sums at most ``2 eps`` apart every residue is within eps, and the
    middle of a wider gap is not. Cost: ``n 2^n``.
    """
    circle = 2 << bits
    sums = np.zeros(1, np.int64)
    for item in items.tolist():
        sums = np.concatenate([sums, (sums + item) % circle])
    sums.sort()
    gaps = np.diff(sums, append=sums[0] + circle)
    return int(gaps.max()) <= math.floor(2 * eps * (1 << bits))


def circle_at_certified_n(seed: int) -> Outcome:
    """The certified number of uniform numbers modulo 2 at eps = delta = 1/10."""
    from slt_theory.certified.circle import circle_n

    eps, trials, law = Fraction(1, 10), 1000, Uniform()
    found = circle_n(eps, eps)
    assert found is not None
    error = eps + found.n * law.coupling
    rows = law.sample(seed, stream_id(Purpose.TESTS, 22), 0, trials * found.n)
    hits = sum(circle_reached(r, law.bits, error) for r in rows.reshape(trials, found.n))
    return share(hits, trials, 0.9, f"n = {found.n}, every residue modulo 2 within {eps}")
