"""One too few, one too many, eps for 2 eps."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from math import comb

from slt_theory.testing.golden import GOLDEN
from slt_theory.testing.lemma import Lemma
from slt_theory.testing.lemmas import counting, golden_ratio, mask_search, sums, tails
from slt_theory.testing.margins import (
    equality,
    farthest_target,
    least_error,
    subset_sums,
    sums_of_size,
)
from slt_theory.testing.spaces import LOCKED, samples, targets

__all__ = ["LEMMAS"]

LEMMAS: tuple[Lemma, ...] = (
    replace(
        golden_ratio.greedy,
        id="false-greedy-golden-ratio",
        statement="the greedy subset of golden-ratio items is within g^k",
        margin=lambda shares, at: (
            GOLDEN ** len(shares)
            - golden_ratio.greedy_residual(
                golden_ratio.in_octaves(shares, GOLDEN),
                golden_ratio.target_share(golden_ratio.in_octaves(shares, GOLDEN), at),
            )
        ),
        proof=None,
        theorem=None,
    ),
    replace(
        counting.counting_bound,
        id="false-counting-one-more",
        statement="some target of [-R, R] is at least R / 2^(n - 1) from every sum of n >= 2 items",
        variables={**counting.counting_bound.variables, "sample": samples(min_size=2, max_size=4)},
        margin=lambda sample, radius: (
            farthest_target(subset_sums(sample), -radius, radius) - 2 * radius / 2 ** len(sample)
        ),
        proof=None,
        theorem=None,
    ),
    replace(
        counting.fixed_size,
        id="false-at-most-k",
        statement="R / C(n, k) is also a lower bound for subsets of at most k items",
        margin=lambda sample, size, radius: (
            farthest_target(
                [s for k in range(size + 1) for s in sums_of_size(sample, k)], -radius, radius
            )
            - radius / comb(len(sample), size)
        ),
    ),
    replace(
        counting.entropy,
        id="false-entropy-without-factor",
        statement="C(n, k) >= 2^(n H(k/n)) / 2",
        margin=lambda n, k: 2 * comb(n, k) / Fraction(n**n, k**k * (n - k) ** (n - k)) - 1,
    ),
    replace(
        counting.packing_bound,
        id="false-packing-separation",
        statement="one network is strictly within eps of at most one of a set of targets eps apart",
        given=lambda targets, eps: all(
            abs(a - b) >= eps for k, a in enumerate(targets) for b in targets[:k]
        ),
        proof=None,
        theorem=None,
    ),
    replace(
        sums.partition,
        id="false-partition-shift",
        variables={**sums.partition.variables, "sample": samples(min_size=1, max_size=4)},
        statement="a signed sum misses L - t by twice what a subset sum misses t by",
        margin=lambda sample, t: equality(
            sums.signed_errors(sample, sum(sample) - t), 2 * least_error(sample, t)
        ),
        proof=None,
        theorem=None,
    ),
    replace(
        sums.partition,
        id="false-partition-error",
        variables={**sums.partition.variables, "sample": samples(min_size=1, max_size=4)},
        statement="a signed sum misses L - 2 t by what a subset sum misses t by",
        margin=lambda sample, t: equality(
            sums.signed_errors(sample, sum(sample) - 2 * t), least_error(sample, t)
        ),
        proof=None,
        theorem=None,
    ),
    replace(
        sums.kakeya,
        id="false-kakeya-next",
        statement="if each magnitude is at most w plus the sum of those before and of itself, no "
        "gap is wider than w",
        given=lambda sample, w: all(
            a <= w + sum(sorted(map(abs, sample))[: k + 1])
            for k, a in enumerate(sorted(map(abs, sample)))
        ),
        proof=None,
        theorem=None,
    ),
    replace(
        sums.kakeya,
        id="false-kakeya-two-eps",
        statement="if each magnitude is at most 2 w plus the sum of those before, no gap is wider "
        "than w",
        given=lambda sample, w: all(
            a <= 2 * w + sum(sorted(map(abs, sample))[:k])
            for k, a in enumerate(sorted(map(abs, sample)))
        ),
        proof=None,
        theorem=None,
    ),
    replace(
        sums.scaling_blocks,
        id="false-blocks",
        variables={
            "left": samples(min_size=1, max_size=3),
            "right": samples(min_size=1, max_size=3),
            "z": targets(),
        },
        statement="two blocks that serve z serve 2 z with the larger of their errors",
        margin=lambda left, right, z: (
            max(least_error(left, z), least_error(right, z)) - least_error((*left, *right), 2 * z)
        ),
        proof=None,
        theorem=None,
    ),
    replace(
        sums.frozen_shift,
        id="false-frozen-sign",
        statement="with locked items of sum L, the best error for z is that of the free ones for "
        "z + L",
        margin=lambda sample, z, pattern: equality(
            sums.frozen_error(sample, pattern, z),
            least_error(
                [x for x, p in zip(sample, pattern, strict=True) if p == 0],
                z + sum(x for x, p in zip(sample, pattern, strict=True) if p == LOCKED),
            ),
        ),
        proof=None,
        theorem=None,
    ),
    replace(
        mask_search.edge_popup,
        id="false-threshold-count",
        statement="keeping |scores| at or above the k-th largest keeps exactly k of them",
        margin=lambda scores, density: equality(
            sum(
                abs(s) >= sorted(map(abs, scores), reverse=True)[max(1, _kept(scores, density)) - 1]
                for s in scores
            ),
            max(1, _kept(scores, density)),
        ),
    ),
    replace(
        tails.sparse_copies,
        id="false-sparse-copies",
        statement="(1 - p)^c <= delta is enough for m edges, without the factor m",
        given=lambda copies, p, delta: (1 - p) ** copies <= delta,
    ),
)


def _kept(scores: tuple[Fraction, ...], density: Fraction) -> int:
    return len(scores) - int((1 - density) * len(scores))
