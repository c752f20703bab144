"""One random source for many targets: a submission to ICLR 2025, as its reviews quote it."""

from __future__ import annotations

import math
from functools import partial

import numpy as np

from slt_theory.theorems.checks import Check, Outcome, Power, all_of, mutant, share
from slt_theory.theorems.common import POSITIVE, all_sums, integers, parameter, sizes
from slt_theory.theorems.conditions import Statement
from slt_theory.theorems.entry import (
    Constant,
    Formula,
    KnownIssue,
    Paper,
    Quantifiers,
    Source,
    Theorem,
)
from slt_theory.theorems.partitions import reached

PAPER = Paper(
    key="sharing2025",
    authors="anonymous (ICLR 2025 submission 1032, withdrawn)",
    title="Memory savings by sharing one source: insights into subsetsum approximation",
    venue="OpenReview",
    year=2024,
    link="openreview:spwklWgmWJ",
)

_UNIT, _N, _REACH = 64, 12, 64


def _covers(seed: int, stream: int) -> bool:
    """Decide whether 12 integers of -64..64 reach every target -64..64 within 2."""
    bits, low = reached(integers(seed, stream, _N, -_UNIT, _UNIT).tolist())
    near, start = bits | bits << 1 | bits << 2 | bits << 3 | bits << 4, low - 2
    window = (1 << (2 * _REACH + 1)) - 1
    return start <= -_REACH and near >> (-_REACH - start) & window == window


def one_source(seed: int, shared: bool = True, models: int = 8) -> Outcome:
    """A source that covers all targets covers any number of models; separate ones must all cover.

    A single source covers in more than 3/4 of samples; `shared` False asks eight of them at once.
    """
    trials, hits = 200, 0
    for trial in range(trials):
        needed = 1 if shared else models
        hits += all(_covers(seed, models * trial + k) for k in range(needed))
    word = "one source" if shared else f"{models} separate sources"
    return share(hits, trials, 0.75, f"{word} for {models} models, n = {_N}")


def _smallest(items: np.ndarray, target: int, extra: np.ndarray) -> int:
    """The mask of fewest new numbers (`extra` counts them) that reaches the target within 2."""
    near = np.flatnonzero(np.abs(all_sums(items) - target) <= 2)
    return int(near[np.argmin(extra[near])]) if near.size else 0


def one_by_one(seed: int, equal: bool = False) -> Outcome:
    """Two masks chosen one by one: their union is no smaller than the smallest possible union.

    12 integers, two targets, all pairs of masks; exact. `equal` claims that it is as small.
    """
    failures, cases, n = [], 0, 12
    count = sizes(n)
    for case in range(40):
        items = integers(seed, case, n, -_UNIT, _UNIT)
        first, second = integers(seed, 900 + case, 2, -_UNIT, _UNIT).tolist()
        sums = all_sums(items)
        a = np.flatnonzero(np.abs(sums - first) <= 2)
        b = np.flatnonzero(np.abs(sums - second) <= 2)
        if not a.size or not b.size:
            continue
        cases += 1
        best = int(count[a[:, None] | b[None, :]].min())
        chosen = _smallest(items, first, count) | _smallest(items, second, count)
        greedy = int(count[chosen])
        if greedy < best or (equal and greedy != best):
            failures.append(f"case {case}: {greedy} against {best}")
    return all_of(failures, cases, "union of masks chosen one by one, against the best union")


ENTRIES = (
    Theorem(
        id="sharing2025-shared-source",
        title="One shared source of width d log(1/delta) for many targets",
        kind="theorem",
        source=Source(PAPER, "Theorem 3.3, as reviews quote it", "OpenReview", "review"),
        statement=Statement(
            "m target networks, random sources",
            (parameter("m >= 1", "m", lambda v: v >= 1),),
            "One source of width C d log(1/delta) has a mask for each of the m targets with "
            "probability at least 1 - delta; m separate sources take C d log(m/delta) each for "
            "the same probability. One seed and m masks are stored.",
        ),
        quantifiers=Quantifiers("all", "all", "eps", "[-1, 1]"),
        assumptions=(POSITIVE,),
        constants=(Constant("C", None, "unnamed"),),
        bound=Formula("C*d*log(1/delta)", lambda delta, d, C: C * d * math.log(1 / delta)),
        unit="width of the shared source",
        known_issues=(
            KnownIssue("immediate where one sample serves all targets at once, as lueker1998-rss"),
        ),
        uses=("lueker1998-rss",),
        checks=(
            Check("eight models", "one source that covers all targets", one_source),
            mutant(
                "no sharing",
                "eight separate sources do as often",
                partial(one_source, shared=False),
                power=Power(100, 100),
            ),
        ),
    ),
    Theorem(
        id="sharing2025-one-by-one",
        title="Masks minimised one by one only bound their union",
        kind="theorem",
        source=Source(PAPER, "Theorem 3.5, as reviews quote it", "OpenReview", "review"),
        statement=Statement(
            "Several targets with masks over one source",
            (parameter("m >= 1", "m", lambda v: v >= 1),),
            "Choosing for each target the smallest mask bounds the number of source weights that "
            "any mask uses from above; the smallest union may be smaller.",
        ),
        quantifiers=Quantifiers("all", "all", "eps", "[-1, 1]"),
        assumptions=(POSITIVE,),
        constants=(Constant("m + 1", "m + 1", "stated", "planes of storage, by the reviews"),),
        bound=Formula("m + 1", lambda m: m + 1),
        unit="bit planes stored for m models",
        uses=("sharing2025-shared-source",),
        checks=(
            Check("unions", "all pairs of masks of 12 numbers, exact", one_by_one),
            mutant(
                "equality",
                "one by one gives the smallest union",
                partial(one_by_one, equal=True),
                power=Power(100, 100),
            ),
        ),
    ),
)
