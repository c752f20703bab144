"""Nobody can do with fewer items: counting and the sign floor."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from slt_theory.certified.exact import Real, rational
from slt_theory.certified.result import Certified
from slt_theory.errors import BadInput
from slt_theory.lattice import to_fraction
from slt_theory.laws import Law, is_as_named

__all__ = ["counting_n"]


def counting_n(
    eps: Real, *, lo: Real = -1, hi: Real = 1, delta: Real | None = None, law: Any = "uniform"
) -> Certified:
    """Smallest n that counting does not exclude: fewer items can never reach all of [lo, hi].

    The ``2**n`` sums are points; each covers targets of an interval of length ``2 eps``, so
    ``2**n * 2 eps >= hi - lo`` is necessary. With `delta`, targets beyond eps on both sides of 0
    also need an item of either sign, and a symmetric law has none of one sign with probability
    ``2 * 2**-n``; that floor is used for laws symmetric about 0.

    Raises
    ------
    BadInput
        If eps is not positive or the window is empty.
    """
    error = rational(eps, "eps")[1]
    if error <= 0:
        raise BadInput("eps", eps, "must be positive", "pass a number such as 0.01")
    low, high = rational(lo, "lo")[1], rational(hi, "hi")[0]
    if low > high:
        raise BadInput("lo", lo, f"must not exceed hi = {hi!r}", "swap the ends of the window")
    n = 0
    while 2 * error * 2**n < high - low:
        n += 1
    steps, proof = [f"2^n * 2 eps >= {float(high - low):g}"], "counting-bound"
    if delta is not None and low < -error and high > error and _is_symmetric(law):
        failure = rational(delta, "delta")[1]
        if failure <= 0:
            raise BadInput("delta", delta, "must be positive", "pass a number such as 0.01")
        floor = 1
        while Fraction(2, 2**floor) > failure:
            floor += 1
        if floor > n:
            n, proof = floor, "sign-floor"
            steps.append("all items of one sign: 2 * 2^-n <= delta")
    shown = float(to_fraction("eps", eps))
    return Certified(n, proof, shown, (float(low), float(high)), "counting", tuple(steps))


def _is_symmetric(law: Any) -> bool:
    return str(law) in _SYMMETRIC and (not isinstance(law, Law) or is_as_named(law))


_SYMMETRIC = {"uniform", "normal", "uniform*uniform", "normal*normal", "normal*uniform"}
