"""Random items of which some are locked in the sum and some are pruned."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

from slt_theory.bisection import smallest_number
from slt_theory.certified.exact import Real, inward, rational
from slt_theory.certified.result import Certified
from slt_theory.certified.search import certified_n
from slt_theory.errors import BadInput
from slt_theory.lattice import to_fraction

__all__ = ["frozen_n"]


def frozen_n(eps: Real, delta: Real, *, free: Real, locked: Real) -> Certified | None:
    """Items of U[-1,1] of which a fraction is locked in the sum and a fraction is pruned.

    Targets [-1, 1]; with probability at least ``1 - delta`` each has a set of free items whose
    sum, with all locked items, is within `eps`.

    Raises
    ------
    BadInput
        If free is not in (0, 1] or free + locked exceeds 1.
    """
    f, q = rational(free, "free")[0], rational(locked, "locked")[1]
    if not 0 < f <= 1 or q < 0 or rational(locked, "locked")[0] + f > 1:
        raise BadInput("free", free, "needs 0 < free, free + locked <= 1", "fractions of the items")
    error, failure = inward(eps, "eps"), inward(delta, "delta")
    if q == 0:
        law = "uniform" if f == 1 else f"bernoulli({f})*uniform"
        plain = certified_n(error, failure, law=law)
        if plain is None:
            return None
        return replace(plain, error=float(to_fraction("eps", eps)))
    core = certified_n(error, failure / 2)
    if core is None:
        return None
    n = smallest_number(lambda n: _frozen_enough(n, core.n, f, q, failure), least=1)
    assert n is not None  # enough for every large n
    steps = (
        f"half of the free items cancels the locked sum, half reaches [-1, 1] ({core.n} items)",
    )
    return Certified(
        n,
        "frozen-lemma",
        float(to_fraction("eps", eps)),
        (-1.0, 1.0),
        "frozen",
        steps,
        (core.proof, *core.rests_on, "tail-bounds"),
    )


def _frozen_enough(n: int, core: int, f: Fraction, q: Fraction, delta: Fraction) -> bool:
    """The hypotheses of the frozen lemma at n, decided by balls."""
    from flint import arb

    def ball(x: Fraction) -> Any:
        return arb(x.numerator) / x.denominator

    level = ball(16 / delta).log()
    half = f * n / 4 - 1
    if half < core:
        return False
    count = (ball(q * n) + level) / arb(2).log()
    drift = (2 * count * level / 3).sqrt()
    tests = (
        ball(f * n) >= 8 * level,
        ball(half) >= 64 * level / 3,
        ball(half) >= 8 * drift,
    )
    return all(bool(t) for t in tests)
