"""False statements with a probability."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from math import ceil, exp, log2

from slt_theory.laws import Uniform
from slt_theory.testing.chance import ChanceLemma
from slt_theory.testing.lemmas.random_sums import (
    DELTAS,
    EPSILONS,
    covered,
    draws,
    lemma_r,
    mean_growth,
)
from slt_theory.testing.spaces import counts

__all__ = ["LEMMAS"]

UNIFORM = Uniform()

counting_suffices = replace(
    lemma_r,
    id="false-counting-suffices",
    statement="the counting bound ceil(log2(1 / eps)) is also enough, with probability 1 - delta",
    count=lambda seed, start, trials, eps: covered(
        draws(UNIFORM, ceil(log2(1 / eps)), seed=seed, start=start, trials=trials),
        UNIFORM.unit,
        Fraction(-1, 2),
        Fraction(1, 2),
        2 * eps,
    ),
    points=(),
    proof=None,
    theorem=None,
)

failure_rate = ChanceLemma(
    "false-failure-rate",
    "all of [-1, 1] is within 1/2 of a sum of n items U[-1, 1] with probability at least "
    "1 - exp(-n)",
    {"n": counts(1, 8)},
    at_least=lambda n: 1 - exp(-n),
    count=lambda seed, start, trials, n: covered(
        draws(UNIFORM, n, seed=seed, start=start, trials=trials),
        UNIFORM.unit,
        -1,
        1,
        Fraction(1, 2),
    ),
)


def _served(seed: int, start: int, trials: int, eps: Fraction, *, everything: bool) -> int:
    """Trials in which 10 items reach the target 1/4, or all of [-1/2, 1/2]."""
    rows = draws(UNIFORM, 10, seed=seed, start=start, trials=trials)
    half, quarter = Fraction(1, 2), Fraction(1, 4)
    ends = (-half, half) if everything else (quarter, quarter)
    return covered(rows, UNIFORM.unit, *ends, eps)


fixed_for_all = ChanceLemma(
    "false-fixed-for-all",
    "10 items serve one target within 1/50 in 96 of 100 samples; so they serve all targets in 96 "
    "of 100",
    {"eps": EPSILONS},
    given=lambda eps: eps >= Fraction(1, 50),
    at_least=lambda: Fraction(96, 100),
    count=lambda seed, start, trials, eps: _served(seed, start, trials, eps, everything=True),
)

half_chance = replace(
    mean_growth,
    id="false-half-chance-growth",
    statement="one item grows v by the factor 1 + (1 - v) / 4 with probability at least 2/3",
    at_least=lambda: Fraction(2, 3),
)

window_doubled = replace(
    lemma_r,
    id="false-window",
    statement="16 items serve the window [-3, 3] within 2 eps with probability 1 - delta",
    variables={"eps": EPSILONS, "delta": DELTAS},
    count=lambda seed, start, trials, eps: covered(
        draws(UNIFORM, 16, seed=seed, start=start, trials=trials),
        UNIFORM.unit,
        -3,
        3,
        2 * eps,
    ),
    points=(),
    proof=None,
    theorem=None,
)

LEMMAS = (counting_suffices, failure_rate, fixed_for_all, half_chance, window_doubled)
