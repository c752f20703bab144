"""Published steps that are false as stated, or false as they are often recalled.

Each is stated as its source states it, with no hint at where it fails. Constants that a paper does
not name are parameters of a function, so that every value can be tried.
"""

from __future__ import annotations

from fractions import Fraction
from math import ceil, log, log1p
from typing import Any

from slt_theory.laws import Masked, Uniform
from slt_theory.testing.chance import ChanceLemma
from slt_theory.testing.lemma import Lemma
from slt_theory.testing.lemmas.random_sums import covered, draws
from slt_theory.testing.margins import ball, equality
from slt_theory.testing.spaces import counts, one_of, reals

__all__ = ["LEMMAS", "locked_items", "random_sparse"]

UNIFORM = Uniform(bits=24)

quantised_products = Lemma(
    "quantised-product-set",
    "with weights in {-1, ..., -q, 0, q, ..., 1}, q = 1/K, products of two contain a uniform law "
    "on all multiples of q^2 in [-1, 1], so each multiple j q^2 is a product",
    {"k": counts(1, 12), "j": counts(-144, 144)},
    given=lambda k, j: abs(j) <= k * k,
    witnesses=lambda k: [(a, b) for a in range(-k, k + 1) for b in range(-k, k + 1)],
    margin=lambda j, witness: equality(witness[0] * witness[1], j),
    source="Kumar and Natale 2025 (rejection step of the exact theorem)",
)

DIGITS = one_of((1, 2, 4, 8, 16, 32, 64, 1 << 10, 1 << 16, 1 << 30))


def random_sparse(constant: float, name: str = "") -> ChanceLemma:
    """The subset-sum lemma for a random sparse source with a named universal constant C."""

    def items(p: Fraction, eps: Fraction, delta: Fraction) -> int:
        # log(1 / (1 - p)) with 1 - p = 2^-digits, without rounding 1 - p to 0.
        gap = 1 - p
        size = log(gap.denominator) - log(gap.numerator) if gap < Fraction(1, 2) else -log1p(-p)
        return max(1, ceil(constant / size * log(1 / min(eps, delta))))

    def successes(
        seed: int, start: int, trials: int, digits: int, eps: Fraction, delta: Fraction, z: Fraction
    ) -> int:
        p = 1 - Fraction(1, 1 << digits)
        # A mask bit is drawn at 32 bits; beyond that every item is present.
        law = Masked(UNIFORM, p) if digits < 32 else UNIFORM
        rows = draws(law, items(p, eps, delta), seed=seed, start=start, trials=trials)
        return covered(rows, UNIFORM.unit, z, z, eps)

    return ChanceLemma(
        name or f"random-sparse-{constant:g}",
        "items U[-1, 1], each present with probability p: n >= C / log(1/(1 - p)) "
        f"log(1/min(delta, eps)) of them are within eps of z with probability 1 - delta; C = "
        f"{constant:g}",
        {
            "digits": DIGITS,  # p = 1 - 2^-digits
            "eps": one_of([Fraction(1, 100), Fraction(1, 10), Fraction(1, 1000)]),
            "delta": one_of([Fraction(1, 10), Fraction(1, 100)]),
            "z": one_of([Fraction(1, 2), Fraction(-1, 3), Fraction(1), Fraction(0)]),
        },
        at_least=lambda delta: 1 - delta,
        given=lambda digits, eps, delta: items(1 - Fraction(1, 1 << digits), eps, delta) <= 2_000,
        count=successes,
        source="Gadhikar, Mukherjee, Burkholz 2023 (recalled)",
    )


def locked_items(k1: float, k2: float = 1.0, name: str = "") -> ChanceLemma:
    """The subset-sum lemma with locked items, n1 = ceil(K1 log(K2 / min(delta, eps)))."""

    def free(eps: Fraction, delta: Fraction) -> int:
        return max(1, ceil(k1 * log(k2 / min(eps, delta))))

    def successes(
        seed: int, start: int, trials: int, share: Fraction, eps: Fraction, delta: Fraction,
        z: Fraction,
    ) -> int:  # fmt: skip
        n1 = free(eps, delta)
        n2 = int(share * n1 * n1)
        rows = draws(UNIFORM, n1 + n2, seed=seed, start=start, trials=trials)
        shifts = rows[:, n1:].sum(axis=1)
        return covered(rows[:, :n1].copy(), UNIFORM.unit, z, z, eps, shifts)

    return ChanceLemma(
        name or f"locked-items-{k1:g}",
        f"n1 >= {k1:g} log({k2:g} / min(delta, eps)) free and n2 <= n1^2 locked items U[-1, 1]: z "
        "is within eps of the locked sum plus a subset sum with probability 1 - delta",
        {
            "share": one_of([Fraction(0), Fraction(1), Fraction(1, 4), Fraction(1, 16)]),
            "eps": one_of([Fraction(1, 10), Fraction(1, 100)]),
            "delta": one_of([Fraction(1, 10), Fraction(1, 4)]),
            "z": one_of([Fraction(0), Fraction(1, 2), Fraction(1)]),
        },
        at_least=lambda delta: 1 - delta,
        count=successes,
        source="Otsuka et al. 2024 (recalled: n2 <= n1^2 alone)",
    )


def frozen_fraction(constant: float = 8.0) -> ChanceLemma:
    """Locking counted like pruning: n depends on freezing only through the free fraction f."""

    def successes(
        seed: int, start: int, trials: int, free: Fraction, eps: Fraction, delta: Fraction
    ) -> int:
        n = ceil(constant * log(1 / min(eps, delta)) / free)
        rows = draws(UNIFORM, n, seed=seed, start=start, trials=trials)
        first = max(1, int(free * n))
        return covered(rows[:, :first].copy(), UNIFORM.unit, 0, 0, eps, rows[:, first:].sum(axis=1))

    return ChanceLemma(
        "frozen-free-fraction-only",
        "a fraction f of n items is free and the rest locked: n >= 8 log(1/min(delta, eps)) / f is "
        "enough for the target 0",
        {
            "free": one_of([Fraction(1), Fraction(1, 2), Fraction(1, 10), Fraction(1, 100)]),
            "eps": one_of([Fraction(1, 10), Fraction(1, 100)]),
            "delta": one_of([Fraction(1, 10), Fraction(1, 4)]),
        },
        at_least=lambda delta: 1 - delta,
        count=successes,
        source="a reading of Otsuka et al. 2024 that drops the locked sum",
    )


fixed_size_blocks = Lemma(
    "fixed-size-blocks",
    "for k <= n / 2 the amplified statement picks its k items inside one of r = 4 ln(k / eps) "
    "blocks of n / r items, so k <= n / r",
    {
        "n": counts(1, 64),
        "k": counts(1, 32),
        "eps": one_of([Fraction(1, 4), Fraction(1, 10), Fraction(1, 100)]),
    },
    given=lambda n, k: 2 * k <= n,
    margin=lambda n, k, eps: ball(n) - k * 4 * ball(k / eps).log(),
    source="Natale et al. 2024 (proof of the amplified fixed-size statement, c_thm = 1)",
)


def _linear_chain(alpha: Any, depth: int, eps: Any) -> Any:
    """Output error of W = 1 against 1 + eps / (2 L) in every layer, at the input alpha."""
    return alpha * ((1 + eps / (2 * depth)) ** depth - 1)


attention_restatement = Lemma(
    "exponent-with-radius",
    "layers within eps / (2 L) and inputs of norm alpha give an error of at most "
    "exp(alpha eps / 2) - 1",
    {
        "alpha": reals(0, 2, bits=2, open_ends="("),
        "depth": counts(1, 12),
        "eps": reals(0, 1, bits=2, open_ends="("),
    },
    margin=lambda alpha, depth, eps: (
        ball(alpha * eps / 2).exp() - 1 - ball(_linear_chain(alpha, depth, eps))
    ),
    source="Otsuka et al. 2026 (restatement of the two-layer theorem)",
)

LEMMAS = (
    quantised_products,
    random_sparse(10.0, "random-sparse-near-one"),
    locked_items(3.0, 10.0, "locked-items-square"),
    frozen_fraction(),
    fixed_size_blocks,
    attention_restatement,
)
