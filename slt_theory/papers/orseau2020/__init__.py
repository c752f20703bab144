"""Orseau, Hutter, Rivasplata 2020: the golden-ratio decomposition and the hyperbolic law."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from math import comb
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from slt_theory.papers.orseau2020.golden import golden_floor
from slt_theory.statistics import Verdict
from slt_theory.theorems.checks import Check, Outcome, all_of
from slt_theory.theorems.common import POSITIVE, all_sums, integers, parameter, relation
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
from slt_theory.tickets.building.construction import OfNetworks
from slt_theory.tickets.building.options import flag

if TYPE_CHECKING:
    from slt_theory.tickets.building.request import Request
    from slt_theory.tickets.ticket import Ticket


PAPER = Paper(
    key="orseau2020",
    authors="Laurent Orseau, Marcus Hutter, Omar Rivasplata",
    title="Logarithmic pruning is all you need",
    venue="NeurIPS 2020",
    year=2020,
    arxiv="2006.12156",
)

_BITS = 40


def _weights(seed: int, case: int, k: int, first: int = 1) -> list[int]:
    """Arbitrary w_i in [gamma**(i+1), gamma**i], i = first..first+k-1; first cases at the ends."""
    ends = [
        (golden_floor(i + 1, _BITS) + 1, golden_floor(i, _BITS)) for i in range(first, first + k)
    ]
    pick = case % 4
    if pick == 0:
        return [low for low, _ in ends]
    if pick == 1:
        return [high for _, high in ends]
    share = integers(seed, case, k, 0, 1 << 20)
    return [low + ((high - low) * int(t) >> 20) for (low, high), t in zip(ends, share, strict=True)]


def best_subset(seed: int) -> Outcome:
    """All targets of [0, 1] are within gamma**k of a sum: widest gap of all 2^k sums."""
    failures, cases = [], 0
    for k in (2, 5, 8, 11):
        for case in range(24):
            cases += 1
            sums = np.unique(all_sums(_weights(seed, case, k)))
            one = min(1 << _BITS, int(sums[-1]))
            inside = sums[: np.searchsorted(sums, one) + 1]
            gap = int(np.diff(inside).max(initial=0))
            if gap > 2 * golden_floor(k, _BITS) or (1 << _BITS) - int(sums[-1]) > golden_floor(
                k, _BITS
            ):
                failures.append(f"k = {k}, case {case}")
    return all_of(failures, cases, "every target within gamma^k of the best subset")


def greedy(seed: int, first: int = 1) -> Outcome:
    """The greedy choice leaves at most gamma^k; with items from `first` = 0 on it does not.

    If the rest before item i is at most gamma^(i-1), then it is at most gamma^i after it: either
    rest < w_i <= gamma^i, or rest - w_i <= gamma^(i-1) - gamma^(i+1) = gamma^i.
    """
    failures, cases, worst = [], 0, Fraction(0)
    for k in (5, 8, 11):
        for case in range(24):
            weights = _weights(seed, case, k, first)
            one = 1 << _BITS if first else min(1 << _BITS, sum(weights))
            for target in integers(seed, 1000 + case, 16, 0, 1 << 20):
                rest = one * int(target) >> 20
                for weight in weights:
                    rest -= weight if weight <= rest else 0
                cases += 1
                worst = max(worst, Fraction(rest, golden_floor(k, _BITS)))
                if rest > golden_floor(k, _BITS):
                    failures.append(f"k = {k}, case {case}")
    outcome = all_of(failures, cases, "greedy residual at most gamma^k")
    text = f"{outcome.evidence}; largest residual {float(worst):.3f} gamma^k"
    return Outcome(outcome.verdict, text, outcome.numbers | {"worst": float(worst)})


def smaller_ratio(seed: int) -> Outcome:
    """At ratio r = 11/20 < gamma: w_1 = r, all others at r^(i+1), leaves a gap that stays open."""
    ratios = []
    for k in (6, 10, 14):
        scale = 20 ** (k + 1)
        weights = [11 * scale // 20]
        weights += [11 ** (i + 1) * scale // 20 ** (i + 1) for i in range(2, k + 1)]
        sums = sorted(s for s in _python_sums(weights) if s <= scale)
        gap = max(b - a for a, b in pairwise(sums))
        ratios.append(Fraction(gap, 2 * (11**k * scale // 20**k)))
    verdict = Verdict.CONSISTENT if ratios[-1] > 10 * ratios[0] else Verdict.VIOLATED
    text = "half the widest gap over r^k at r = 11/20, k = 6, 10, 14: " + ", ".join(
        f"{float(r):.3g}" for r in ratios
    )
    return Outcome(verdict, text, {"ratios": [float(r) for r in ratios]})


def _python_sums(weights: list[int]) -> list[int]:
    sums = [0]
    for weight in weights:
        sums += [s + weight for s in sums]
    return sums


def equal_masses(seed: int) -> Outcome:
    """P(log-uniform draw in category i) is the same for all i: the law is scale-free."""
    import sympy as sp

    low, high, ratio, z = sp.symbols("a b g z", positive=True)
    density = 1 / (2 * z * sp.log(high / low))
    failures = []
    for i in range(4):
        mass = sp.integrate(density, (z, high * ratio ** (i + 1), high * ratio**i))
        expected = sp.log(1 / ratio) / (2 * sp.log(high / low))
        if sp.expand_log(mass - expected, force=True).equals(0) is not True:
            failures.append(f"i = {i}")
    return all_of(failures, 4, "mass of [b g^(i+1), b g^i] = log(1/g) / (2 log(b/a))")


def all_categories_filled(seed: int) -> Outcome:
    """ceil(k log(k/delta)) draws fill k equally likely categories: inclusion-exclusion, exact."""
    failures, cases = [], 0
    for k in (4, 8, 16):
        for delta in (Fraction(1, 10), Fraction(1, 1000)):
            cases += 1
            draws = math.ceil(k * math.log(k / delta))
            miss = sum(
                (-1) ** (j + 1) * comb(k, j) * Fraction(k - j, k) ** draws for j in range(1, k + 1)
            )
            if miss > delta:
                failures.append(f"k = {k}, delta = {delta}")
    return all_of(failures, cases, "k log(k/delta) draws fill k equal categories")


def batch(seed: int) -> Outcome:
    """k P(Bin(M, 1/k) < N) <= delta at M = 2k (N + log(k/delta)): a union bound, exact."""
    failures, cases = [], 0
    for k in (3, 8, 20):
        for copies in (1, 5, 20):
            for delta in (Fraction(1, 10), Fraction(1, 10**6)):
                cases += 1
                draws = math.ceil(2 * k * (copies + math.log(k / delta)))
                tail = sum(comb(draws, m) * (k - 1) ** (draws - m) for m in range(copies))
                if Fraction(k * tail, k**draws) > delta:
                    failures.append(f"k = {k}, N = {copies}, delta = {delta}")
    return all_of(failures, cases, "M = 2k (N + log(k/delta)) draws fill k categories N times each")


_RATIO = parameter(
    "w_i lies in [gamma^(i+1), gamma^i] for i = 1..k", "ratio", lambda v: v >= 0.6180339887
)

ENTRIES = (
    Theorem(
        id="orseau2020-golden-ratio",
        title="Numbers that fall at most by the golden ratio reach every target",
        kind="lemma",
        source=Source(PAPER, "the golden-ratio decomposition", "arXiv", "recalled-mid"),
        statement=Statement(
            "gamma = (sqrt(5) - 1)/2, numbers w_1..w_k, arbitrary inside their intervals",
            (_RATIO,),
            "Every w in [0, 1] has b in {0,1}^k with |w - sum b_i w_i| <= gamma^k, and the "
            "greedy choice finds one; so k = ceil(log(1/eps)/log(1/gamma)) numbers suffice.",
        ),
        quantifiers=Quantifiers("all", None, "eps = gamma^k", "[0, 1]"),
        assumptions=(POSITIVE,),
        constants=(
            Constant(
                "gamma", "(sqrt(5) - 1)/2", "stated", "smaller ratios leave gaps; tried at 11/20"
            ),
        ),
        bound=Formula(
            "log(1/eps)/log(2/(sqrt(5) - 1))",
            lambda eps: math.log(1 / eps) / math.log(2 / (math.sqrt(5) - 1)),
        ),
        proof="golden-ratio",
        known_issues=(
            KnownIssue(
                "the paper's convention for the index is recalled; with i = 0..k-1 the same greedy "
                "choice leaves up to gamma^(k-1)"
            ),
        ),
        not_claimed=("ratios below gamma",),
        checks=(
            Check("best subset", "all targets, all 2^k sums, exact integers", best_subset),
            Check("greedy", "the greedy choice leaves at most gamma^k", greedy),
            Check(
                "smaller ratio",
                "a ratio of 11/20 leaves a gap that stays open, so gamma cannot be lowered to it",
                smaller_ratio,
            ),
        ),
    ),
    Theorem(
        id="orseau2020-hyperbolic",
        title="Logarithmically many neurons a weight, for weights with the hyperbolic law",
        kind="theorem",
        source=Source(PAPER, "main theorem; abstract read", "arXiv", "recalled-mid"),
        statement=Statement(
            "Target: depth l, weights in [-w_max, w_max], inputs in a bounded set, no norm "
            "condition; in a random network of depth 2l the weight products have the "
            "density 1/(2|w| log(b/a)) on a <= |w| <= b",
            (relation("0 < a < b", ("a", "b"), lambda a, b: 0 < a < b),),
            "A factor of order log(l n w_max/(eps delta)), logarithmic in all variables "
            "but depth, of neurons a target weight suffices for error eps with probability "
            "at least 1 - delta.",
        ),
        quantifiers=Quantifiers("fixed", "fixed", "eps", "weights in [-w_max, w_max]"),
        assumptions=(POSITIVE,),
        constants=(Constant("C", None, "unnamed"),),
        bound=Formula(
            "C*l*log(l*d*w_max/(eps*delta))",
            lambda eps, delta, l, d, w_max, C: C * l * math.log(l * d * w_max / (eps * delta)),  # noqa: E741
        ),
        unit="neurons for one target weight, up to lower-order factors",
        not_claimed=(
            "the law U[-1,1]: with it the paper needs log^2, by a route not recorded here",
        ),
        uses=("orseau2020-golden-ratio", "orseau2020-batch-sampling"),
        checks=(
            Check("equal masses", "all golden-ratio categories are equally likely", equal_masses),
            Check(
                "categories filled",
                "k log(k/delta) draws fill all categories with probability 1 - delta",
                all_categories_filled,
            ),
        ),
    ),
    Theorem(
        id="orseau2020-batch-sampling",
        title="Batch sampling: one pool of draws fills every category",
        kind="lemma",
        source=Source(PAPER, "the batch-sampling lemma", "arXiv", "recalled-low"),
        statement="M >= 2k (N + log(k/delta)) draws from k equally likely categories put at least "
        "N into each, with probability at least 1 - delta.",
        quantifiers=Quantifiers(None, None, "none", "none"),
        assumptions=(POSITIVE,),
        constants=(Constant("2", "2", "stated", "recalled; the check would refute it if false"),),
        bound=Formula(
            "2*k*(N + log(k/delta))", lambda delta, k, N: 2 * k * (N + math.log(k / delta))
        ),
        unit="draws in the pool",
        checks=(Check("exact tails", "the union bound over exact binomial tails", batch),),
    ),
)


@dataclass(frozen=True)
class GoldenPools(OfNetworks):
    """One number of every golden-ratio category, and the best subset of them.

    Numbers w_c in [gamma^(c+1), gamma^c], c < k, gamma = (sqrt(5) - 1)/2, have a subset sum within
    gamma^k of every target of [0, 1]; hyperbolic weights fall into all categories equally often, so
    O(log(d / eps)) neurons an input hold one of each for every weight.
    """

    theorem: ClassVar[str] = "orseau2020-hyperbolic"
    typical: ClassVar[tuple[dict[str, Any], ...]] = ({}, {"shared": True})

    shared: bool = flag("Hidden neurons serve all outputs at once instead of one weight each.")

    def plan(self, request: Request) -> int:
        """Return the size of an input's pool with no category ever empty, at most 1 % in all."""
        from slt_theory.papers.orseau2020.construction import pool_size

        return pool_size(request, shared=self.shared)

    def build(self, request: Request) -> Ticket:
        """Take a number of every category, then the best subset, output by output."""
        from slt_theory.papers.orseau2020.construction import build

        return build(request, self.theorem, shared=self.shared)


CONSTRUCTIONS = (GoldenPools,)
