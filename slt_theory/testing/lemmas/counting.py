"""Counting: what no sample, and no network, can beat."""

from __future__ import annotations

from fractions import Fraction
from math import comb

from slt_theory.testing.lemma import Lemma
from slt_theory.testing.margins import distance_to, farthest_target, subset_sums, sums_of_size
from slt_theory.testing.scalars import numbers
from slt_theory.testing.space import lists
from slt_theory.testing.spaces import counts, one_of, reals, samples

__all__ = [
    "LEMMAS",
    "counting_bound",
    "entropy",
    "fixed_size",
    "packing_bound",
    "sign_floor",
]

RADII = one_of([Fraction(1), Fraction(1, 2), Fraction(1, 4), Fraction(2)])

counting_bound = Lemma(
    "counting-bound",
    "some target of [-R, R] is at least R / 2^n from every sum of n items",
    {"sample": samples(max_size=5), "radius": RADII},
    margin=lambda sample, radius: (
        farthest_target(subset_sums(sample), -radius, radius) - radius / 2 ** len(sample)
    ),
    proof="counting-bound",
    theorem="slt-rss-counting",
)

sign_floor = Lemma(
    "sign-floor",
    "if all items have one sign, R or -R is at least R from every sum",
    {"sample": samples(max_size=5), "radius": RADII},
    given=lambda sample: all(x >= 0 for x in sample) or all(x <= 0 for x in sample),
    margin=lambda sample, radius: (
        max(distance_to(subset_sums(sample), z) for z in (-radius, radius)) - radius
    ),
    proof="sign-floor",
)

fixed_size = Lemma(
    "fixed-size-counting",
    "some target of [-R, R] is at least R / C(n, k) from every sum of exactly k of n items",
    {"sample": samples(min_size=1, max_size=5), "size": counts(1, 5), "radius": RADII},
    given=lambda sample, size: size <= len(sample),
    margin=lambda sample, size, radius: (
        farthest_target(sums_of_size(sample, size), -radius, radius)
        - radius / comb(len(sample), size)
    ),
    source="Natale et al. 2024 (fixed-size subset sums)",
)

entropy = Lemma(
    "entropy-counting",
    "2^(n H(k/n)) / (n + 1) <= C(n, k) <= 2^(n H(k/n))",
    {"n": counts(1, 60), "k": counts(0, 60)},
    given=lambda n, k: k <= n,
    # 2^(n H) = n^n / (k^k (n - k)^(n - k)), a rational number; 0^0 = 1.
    margin=lambda n, k: min(
        Fraction(n**n, k**k * (n - k) ** (n - k)) / comb(n, k) - 1,
        (n + 1) * comb(n, k) / Fraction(n**n, k**k * (n - k) ** (n - k)) - 1,
    ),
    source="Natale et al. 2024 (density against width)",
)

packing_bound = Lemma(
    "packing-bound",
    "one network is strictly within eps of at most one of a set of targets 2 eps apart",
    {
        "targets": lists(numbers(-1, 1, bits=3), 2, 4),
        "network": reals(-1, 1, bits=6),
        "eps": one_of([Fraction(1, 4), Fraction(1, 2), Fraction(1, 8), Fraction(1, 16)]),
    },
    given=lambda targets, eps: all(
        abs(a - b) >= 2 * eps for k, a in enumerate(targets) for b in targets[:k]
    ),
    margin=lambda targets, network, eps: 1 - sum(abs(w - network) < eps for w in targets),
    proof="packing-bound",
    theorem="pensia2020-lower-bound",
)

LEMMAS = (counting_bound, sign_floor, fixed_size, entropy, packing_bound)
