"""Subset sums of any sample: rules that hold for every sample, likely or not."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise, product
from typing import Any

from slt_theory.lattice import cover_range, target_range
from slt_theory.testing.lemma import Lemma
from slt_theory.testing.margins import (
    distance_to,
    equality,
    every,
    farthest_target,
    least_error,
    subset_sums,
)
from slt_theory.testing.scalars import numbers
from slt_theory.testing.space import lists
from slt_theory.testing.spaces import (
    LOCKED,
    PRUNED,
    counts,
    errors,
    frozen_patterns,
    reals,
    samples,
    targets,
)

__all__ = [
    "LEMMAS",
    "extension_rule",
    "frozen_error",
    "frozen_shift",
    "kakeya",
    "lattice_transfer",
    "partition",
    "perturbation_reach",
    "scaling_blocks",
    "scaling_rule",
    "signed_errors",
    "widest_gap",
]

Items = Sequence[Any]


def widest_gap(sample: Items) -> Any:
    """The widest gap between neighbouring subset sums."""
    ordered = sorted(set(subset_sums(sample)))
    return max((b - a for a, b in pairwise(ordered)), default=Fraction(0))


def signed_errors(sample: Items, target: Any) -> Any:
    """The least distance of a signed sum of all items from a target."""
    signs = product((1, -1), repeat=len(sample))
    return min(
        abs(sum((s * x for s, x in zip(row, sample, strict=True)), Fraction(0)) - target)
        for row in signs
    )


def frozen_error(sample: Items, pattern: Sequence[int], target: Any) -> Any:
    """The least error over subsets with every locked item and no pruned one, by trying all."""
    sums = [
        sum((x for x, b in zip(sample, bits, strict=True) if b), Fraction(0))
        for bits in product((0, 1), repeat=len(sample))
        if all(
            not (p == LOCKED and not b) and not (p == PRUNED and b)
            for p, b in zip(pattern, bits, strict=True)
        )
    ]
    return distance_to(sums, target)


scaling_rule = Lemma(
    "scaling-rule",
    "c times the sample has the best error |c| e at the target c z",
    {"sample": samples(max_size=4), "z": targets(), "c": reals(-2, 2, bits=2)},
    margin=lambda sample, z, c: equality(
        least_error([c * x for x in sample], c * z), abs(c) * least_error(sample, z)
    ),
    proof="scaling-rule",
)

scaling_blocks = Lemma(
    "scaling-rule-blocks",
    "two blocks that serve z with errors e and f serve 2 z with error e + f",
    {"left": samples(max_size=3), "right": samples(max_size=3), "z": targets()},
    margin=lambda left, right, z: (
        least_error(left, z) + least_error(right, z) - least_error((*left, *right), 2 * z)
    ),
    proof="scaling-rule",
)

more_items = Lemma(
    "more-items-do-no-harm",
    "an item more never makes the best error larger",
    {"sample": samples(min_size=1, max_size=5), "z": targets()},
    margin=lambda sample, z: least_error(sample[1:], z) - least_error(sample, z),
    proof="mixture-rule",
)

extension_rule = Lemma(
    "extension-rule",
    "if sums serve [-1/2, -1/2 + length] within e, an item x in [0, length] lets them serve x more "
    "on the right",
    {
        "sample": samples(max_size=4),
        "length": reals(Fraction(1, 2), 2, bits=2),
        "x": reals(0, 2, bits=3),
    },
    given=lambda x, length: x <= length,
    margin=lambda sample, length, x: (
        farthest_target(subset_sums(sample), Fraction(-1, 2), length - Fraction(1, 2))
        - farthest_target(subset_sums((*sample, x)), Fraction(-1, 2), length - Fraction(1, 2) + x)
    ),
    proof="extension-rule",
)

kakeya = Lemma(
    "kakeya-sweep",
    "if each magnitude, in increasing order, is at most w plus the sum of those before, no gap "
    "between neighbouring sums is wider than w",
    {"sample": samples(max_size=5), "w": reals(0, 1, bits=3)},
    given=lambda sample, w: all(
        a <= w + sum(sorted(map(abs, sample))[:k]) for k, a in enumerate(sorted(map(abs, sample)))
    ),
    margin=lambda sample, w: w - widest_gap(sample),
    proof="kakeya-sweep",
)

lattice_transfer = Lemma(
    "lattice-transfer",
    "moving each of n items by at most h moves every best error by at most n h",
    {
        "sample": samples(max_size=4),
        "z": targets(),
        "h": reals(0, Fraction(1, 2), bits=4),
        "moves": lambda sample: lists(numbers(-1, 1, bits=2), len(sample), len(sample)),
    },
    margin=lambda sample, z, h, moves: (
        len(sample) * h
        - abs(
            least_error([x + h * y for x, y in zip(sample, moves, strict=True)], z)
            - least_error(sample, z)
        )
    ),
    source="transfer from a lattice to the continuous law",
)

integer_target = Lemma(
    "integer-target",
    "|z - k u| <= eps if and only if lo <= k <= hi, for the integers of target_range",
    {
        "z": targets(-2, 2),
        "eps": errors(),
        "bits": counts(0, 6),
        "k": counts(-64, 64),
    },
    margin=lambda z, eps, bits, k: equality(
        int(abs(z - Fraction(k, 1 << bits)) <= eps),
        int(_inside(k, target_range(z, eps, Fraction(1, 1 << bits)))),
    ),
)


def _inside(k: int, ends: tuple[int, int]) -> bool:
    return ends[0] <= k <= ends[1]


def _covers(sums: Sequence[int], width: int, left: int, right: int) -> bool:
    """Are there sums from at most `left` to at least `right` in steps of at most `width`?"""
    reached = [s for s in sums if s <= left]
    if not reached:
        return False
    at = max(reached)
    for s in sorted(sums):
        if s > at:
            if at >= right or s - at > width:
                break
            at = s
    return at >= right


integer_cover = Lemma(
    "integer-cover",
    "every target of [a, b] is within eps of a sum exactly if the integers of cover_range say so",
    {
        "sample": samples(max_size=4, bits=3, fine=0),
        "a": reals(-1, 1, bits=4),
        "b": reals(-1, 1, bits=4),
        "eps": errors(),
    },
    given=lambda a, b: a <= b,
    margin=lambda sample, a, b, eps: equality(
        int(farthest_target(subset_sums(sample), a, b) <= eps),
        int(
            _covers(
                [int(8 * s) for s in subset_sums(sample)], *cover_range(a, b, eps, Fraction(1, 8))
            )
        ),
    ),
)

partition = Lemma(
    "partition-subset-sum",
    "a signed sum of all items misses L - 2 t (L their sum) by twice what a subset sum misses t by",
    {"sample": samples(max_size=5), "t": targets()},
    margin=lambda sample, t: equality(
        signed_errors(sample, sum(sample) - 2 * t), 2 * least_error(sample, t)
    ),
    proof="partition-subset-sum",
)

frozen_shift = Lemma(
    "frozen-shift",
    "with locked items of sum L, the best error for z is that of the free items for z - L",
    {
        "sample": samples(max_size=4),
        "z": targets(),
        "pattern": lambda sample: frozen_patterns(len(sample)),
    },
    margin=lambda sample, z, pattern: equality(
        frozen_error(sample, pattern, z),
        least_error(
            [x for x, p in zip(sample, pattern, strict=True) if p == 0],
            z - sum(x for x, p in zip(sample, pattern, strict=True) if p == LOCKED),
        ),
    ),
    proof="frozen-lemma",
)


perturbation_reach = Lemma(
    "perturbation-reach",
    "items that may each move by at most h reach z within the least of max(|z - sum| - |S| h, 0) "
    "over subsets S",
    {
        "sample": samples(max_size=4),
        "z": targets(),
        "h": reals(0, Fraction(1, 2), bits=4),
        "moves": lambda sample: lists(numbers(-1, 1, bits=2), len(sample), len(sample)),
    },
    margin=lambda sample, z, h, moves: every(
        abs(
            z
            - sum(
                ((x + h * y) for (x, y), b in zip(_both(sample, moves), bits, strict=True) if b),
                Fraction(0),
            )
        )
        - max(
            abs(z - sum((x for x, b in zip(sample, bits, strict=True) if b), Fraction(0)))
            - sum(bits) * h,
            Fraction(0),
        )
        for bits in product((0, 1), repeat=len(sample))
    ),
    source="Xiong, Liao, Kyrillidis 2023 (own form)",
)


def _both(sample: Items, moves: Items) -> list[tuple[Any, Any]]:
    return list(zip(sample, moves, strict=True))


LEMMAS = (
    scaling_rule,
    scaling_blocks,
    more_items,
    extension_rule,
    kakeya,
    lattice_transfer,
    integer_target,
    integer_cover,
    partition,
    frozen_shift,
    perturbation_reach,
)
