"""Random subset sums: statements with a probability, tested on independent samples."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import ceil, log
from typing import Any

import numpy as np

from slt_theory.arrays import Ints
from slt_theory.lattice import cover_range
from slt_theory.laws import Law, Masked, Uniform, parse_law, read_law
from slt_theory.streams import Purpose, stream_id
from slt_theory.testing.chance import ChanceLemma
from slt_theory.testing.spaces import counts, one_of

__all__ = ["DELTAS", "EPSILONS", "LEMMAS", "covered", "draws", "lemma_r", "lemma_r_items",
           "sign_floor"]  # fmt: skip


EPSILONS = one_of([Fraction(1, k) for k in (4, 8, 10, 20, 100)])
DELTAS = one_of([Fraction(1, 2), Fraction(1, 4), Fraction(1, 10), Fraction(1, 100)])


def draws(law: Law | str, n: int, *, seed: int, start: int, trials: int) -> Ints:
    """Independent samples, one a row; trial t has a stream of its own."""
    first = stream_id(Purpose.TESTS, start)
    return read_law(law).sample_rows(seed, np.arange(first, first + trials, dtype=np.uint64), n)


def covered(
    rows: Ints, unit: Fraction, lo: Any, hi: Any, eps: Any, shifts: Sequence[int] | Ints = ()
) -> int:
    """In how many rows every target of [lo, hi] is within eps of a sum (plus the row's shift)."""
    from slt_theory.subset_sum import hitting_times

    width, left, right = cover_range(Fraction(lo), Fraction(hi), Fraction(eps), unit)
    moved = np.asarray(shifts if len(shifts) else 0, dtype=np.int64)
    lefts = np.broadcast_to(left - moved, (len(rows),))
    rights = np.broadcast_to(right - moved, (len(rows),))
    times = hitting_times(rows, width, lefts, rights, threads=1)
    return int(np.count_nonzero(times >= 0))


def lemma_r_items(eps: Any, delta: Any) -> int:
    """Items that Lemma R asks for (its eps is half of the error)."""
    e, d = float(eps), float(delta)
    return ceil(log(1 / (2 * e * d)) / log(8 / 7)) + ceil(log(1 / (e * d)) / log(4 / 3))


lemma_r = ChanceLemma(
    "lemma-r",
    "with ceil(ln(1/(2 e d)) / ln(8/7)) + ceil(ln(1/(e d)) / ln(4/3)) items of U[-1, 1], every z "
    "in [-1/2, 1/2] is within 2 e of a sum, with probability at least 1 - d",
    {"eps": EPSILONS, "delta": DELTAS},
    at_least=lambda delta: 1 - delta,
    count=lambda seed, start, trials, eps, delta: covered(
        draws(Uniform(), lemma_r_items(eps, delta), seed=seed, start=start, trials=trials),
        Uniform().unit,
        Fraction(-1, 2),
        Fraction(1, 2),
        2 * eps,
    ),
    points=(
        {"eps": Fraction(1, 4), "delta": Fraction(1, 2)},
        {"eps": Fraction(1, 10), "delta": Fraction(1, 10)},
        {"eps": Fraction(1, 100), "delta": Fraction(1, 100)},
    ),
    proof="lemma-r",
    theorem="slt-rss-explicit",
)

#: (eps, delta, n) of the robust dynamic program: error 2 eps on [-1/2, 1/2].
PROGRAM = (
    (Fraction(1, 10), Fraction(1, 10), 17),
    (Fraction(1, 10), Fraction(1, 100), 25),
    (Fraction(1, 100), Fraction(1, 10), 28),
    (Fraction(1, 100), Fraction(1, 100), 37),
)

dynamic_program = ChanceLemma(
    "dynamic-program",
    "the items of the robust dynamic program are enough: 37 for eps = delta = 1/100",
    {"row": one_of(PROGRAM)},
    at_least=lambda row: 1 - row[1],
    count=lambda seed, start, trials, row: covered(
        draws(Uniform(), row[2], seed=seed, start=start, trials=trials),
        Uniform().unit,
        Fraction(-1, 2),
        Fraction(1, 2),
        2 * row[0],
    ),
    proof="dynamic-program",
)

sign_floor = ChanceLemma(
    "sign-floor-chance",
    "all of [-1, 1] within 1/4 fails with probability at least 2^(1 - n), for U[-1, 1]",
    {"n": counts(1, 6)},
    at_least=lambda n: Fraction(2, 2**n),
    count=lambda seed, start, trials, n: (
        trials
        - covered(
            draws(Uniform(), n, seed=seed, start=start, trials=trials),
            Uniform().unit,
            -1,
            1,
            Fraction(1, 4),
        )
    ),
    proof="sign-floor",
)

mixture = ChanceLemma(
    "mixture-rule",
    "if the law is a U[-1, 1] + (1 - a) Q, the items of Lemma R at delta / 2 over a/2, and at "
    "least (8 / a) ln(2 / delta), are enough: here Q is an atom at 0",
    {"kept": one_of([Fraction(1, 2), Fraction(1, 4)]), "eps": EPSILONS, "delta": DELTAS},
    at_least=lambda delta: 1 - delta,
    count=lambda seed, start, trials, kept, eps, delta: covered(
        draws(
            Masked(Uniform(bits=24), kept),
            ceil(max(8 / kept * log(2 / delta), 2 / kept * lemma_r_items(eps, delta / 2))),
            seed=seed,
            start=start,
            trials=trials,
        ),
        Uniform(bits=24).unit,
        Fraction(-1, 2),
        Fraction(1, 2),
        2 * eps,
    ),
    points=({"kept": Fraction(1, 2), "eps": Fraction(1, 10), "delta": Fraction(1, 10)},),
    proof="mixture-rule",
)


def _certified(eps: Fraction, delta: Fraction, law: str) -> int:
    from slt_theory.certified import certified_n

    answer = certified_n(eps, delta, law=law)
    assert answer is not None
    return answer.n


certified_items = ChanceLemma(
    "certified-items",
    "the certified number of items serves all of [-1, 1] within eps with probability at least "
    "1 - delta",
    {
        "law": one_of(["uniform", "normal", "uniform*uniform", "relu(uniform)*uniform"]),
        "eps": one_of([Fraction(1, 10), Fraction(1, 100)]),
        "delta": one_of([Fraction(1, 10), Fraction(1, 100)]),
    },
    at_least=lambda delta: 1 - delta,
    count=lambda seed, start, trials, law, eps, delta: covered(
        draws(law, _certified(eps, delta, law), seed=seed, start=start, trials=trials),
        parse_law(law).unit,
        -1,
        1,
        eps,
    ),
    proof="kakeya-sweep",
)


def _frozen_successes(
    seed: int, start: int, trials: int, eps: Fraction, delta: Fraction, ratios: tuple[Any, Any]
) -> int:
    from slt_theory.certified.networks import frozen_n

    free, locked = ratios
    answer = frozen_n(eps, delta, free=free, locked=locked)
    assert answer is not None
    law = Uniform(bits=24)
    items = draws(law, answer.n, seed=seed, start=start, trials=trials)
    coin = Uniform(0, 1, bits=24)
    fate = draws(coin, answer.n, seed=seed, start=start + (1 << 50), trials=trials)
    first, second = int(free * (1 << 24)), int((free + locked) * (1 << 24))
    shifts = np.where((fate > first) & (fate <= second), items, 0).sum(axis=1)
    return covered(np.where(fate <= first, items, 0), law.unit, -1, 1, eps, shifts)


frozen = ChanceLemma(
    "frozen-lemma",
    "with each item free with probability f and locked with probability q, the certified n serves "
    "all of [-1, 1] with probability at least 1 - delta",
    {
        "eps": one_of([Fraction(1, 10)]),
        "delta": one_of([Fraction(1, 10), Fraction(1, 2)]),
        "ratios": one_of([(Fraction(3, 4), Fraction(1, 8)), (Fraction(7, 8), Fraction(1, 16))]),
    },
    at_least=lambda delta: 1 - delta,
    count=_frozen_successes,
    proof="frozen-lemma",
)

mean_growth = ChanceLemma(
    "constant-chance-growth",
    "one item grows the measure v of a covered interval at 0 by the factor 1 + (1 - v) / 4 with "
    "probability at least 1/7",
    {"v": one_of([Fraction(1, 8), Fraction(1, 64), Fraction(1, 2), Fraction(3, 4)])},
    at_least=lambda: Fraction(1, 7),
    trial=lambda rng, v: _grown_enough(rng, v),
    source="da Cunha et al. 2023",
)


def _grown_enough(rng: Any, v: Fraction) -> bool:
    from slt_theory.intervals import grown, measure

    half = Fraction(1, 2)
    x = Fraction(int(rng.integers(-(1 << 30), (1 << 30) + 1)), 1 << 30)
    after = measure(grown([(-v / 2, v / 2)], x, (-half, half)))
    return after >= v * (1 + (1 - v) / 4)


LEMMAS = (
    lemma_r,
    dynamic_program,
    certified_items,
    sign_floor,
    mixture,
    frozen,
    mean_growth,
)
