"""Kumar, Natale 2025: quantised weights, represented exactly."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from slt_theory.statistics import Verdict
from slt_theory.theorems.checks import Check, Outcome, Power, SumsCheck, all_of, mutant, share
from slt_theory.theorems.common import all_sums, integers, parameter, relation
from slt_theory.theorems.conditions import Assumption, Statement
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
from slt_theory.tickets.building.construction import OfNetworks
from slt_theory.tickets.building.options import Number, positive

if TYPE_CHECKING:
    from slt_theory.tickets.building.request import Request
    from slt_theory.tickets.ticket import Ticket


PAPER = Paper(
    key="kumar2025",
    authors="Aakash Kumar, Emanuele Natale",
    title="Quantization vs pruning: insights from the strong lottery ticket hypothesis",
    venue="arXiv",
    year=2025,
    arxiv="2508.11020",
)

_QUANTISED = parameter("weights are multiples of the resolution", "quantised", bool)

_RATE = Assumption(
    "log2(M)/n < 1",
    lambda p: bool(not {"M", "n"} <= set(p) or p["M"] < 2.0 ** p["n"]),
    ("M", "n"),
)


def partition(seed: int) -> Outcome:
    """Sums equal to t are in bijection with signs whose signed sum is total - 2 t."""
    failures, cases = [], 0
    for case in range(12):
        items = integers(seed, case, 9, -12, 12)
        sums = all_sums(items)
        total = int(items.sum())
        signs = 1 - 2 * ((np.arange(1 << 9)[:, None] >> np.arange(9)) & 1)
        signed = signs @ items
        for t in range(-20, 21):
            cases += 1
            if np.count_nonzero(sums == t) != np.count_nonzero(signed == total - 2 * t):
                failures.append(f"case {case}, t = {t}")
    return all_of(failures, cases, "subset sums t <=> signed sums total - 2 t, counted")


def product_set(seed: int) -> Outcome:
    """Share of the integers 1..K^2 that are products of two integers up to K."""
    shares = []
    for largest in (8, 16, 32, 64):
        side = np.arange(1, largest + 1)
        shares.append(Fraction(np.unique(np.outer(side, side)).size, largest**2))
    text = "share of 1..K^2 that are products, K = 8, 16, 32, 64: " + ", ".join(
        f"{float(s):.2f}" for s in shares
    )
    full = all(s == 1 for s in shares)
    numbers = {"shares": [float(s) for s in shares]}
    return Outcome(Verdict.CONSISTENT if full else Verdict.VIOLATED, text, numbers)


def draws(seed: int, stream: int, n: int, largest: int) -> NDArray[np.int64]:
    """n integers uniform on -M..M without 0."""
    drawn = integers(seed, stream, n, 0, 2 * largest - 1)
    return np.where(drawn < largest, drawn - largest, drawn - largest + 1)


def _reaches(items: NDArray[np.int64], low: int, high: int) -> bool:
    """Decide whether every integer of low .. high is a subset sum."""
    bits, start = reached(items.tolist())
    window = (1 << (high - low + 1)) - 1
    return start <= low and bits >> (low - start) & window == window


def one_target(seed: int, n: int = 20, largest: int = 64) -> Outcome:
    """t = M/2 as a subset sum of n integers without 0: log2(M)/n = 0.3, well below 1."""
    trials = 300
    hits = sum(
        _reaches(draws(seed, t, n, largest), largest // 2, largest // 2) for t in range(trials)
    )
    text = f"t = M/2, M = {largest}, n = {n}, log2(M)/n = {math.log2(largest) / n:.2f}"
    return share(hits, trials, 0.9, text)


def shallow_layer(seed: int, n: int = 24, largest: int = 32) -> Outcome:
    """One weight of a layer of depth l + 1: n single draws, no products, reach all of -M..M."""
    trials = 300
    hits = sum(_reaches(draws(seed, 700 + t, n, largest), -largest, largest) for t in range(trials))
    return share(hits, trials, 0.9, f"every integer of -{largest}..{largest}, n = {n} draws")


def never_below_lattice_counting(seed: int) -> Outcome:
    """Every trial that hits all integers of [-M, M] has 2^n >= 2M + 1."""
    from slt_theory.experiments.question import Question
    from slt_theory.experiments.trials import hitting_times

    largest, trials = 64, 1000
    question = Question.of(f"integers[{largest}]", Fraction(1, 2), "all", -largest, largest)
    times = hitting_times(question, trials=trials, seed=seed)
    below = [f"n = {t}" for t in times.tolist() if 2**t < 2 * largest + 1]
    return all_of(below, trials, f"2^n >= 2M + 1, smallest n = {int(times.min())} at M = {largest}")


ENTRIES = (
    Theorem(
        id="kumar2025-partition",
        title="Subset sum and number partitioning are the same problem",
        kind="identity",
        source=Source(PAPER, "Lemma 2", "arXiv", "read"),
        statement="A subset of X_1..X_n sums to t if and only if signs give the signed sum "
        "X_1 + ... + X_n - 2t, one to one.",
        quantifiers=Quantifiers("all", None, "0: exact", "integers"),
        assumptions=(parameter("integer numbers and targets", "quantised", bool),),
        constants=(),
        bound=None,
        proof="partition-subset-sum",
        checks=(Check("counting", "both sides counted over all targets", partition),),
    ),
    Theorem(
        id="kumar2025-quantised",
        title="Quantised targets are represented exactly",
        kind="theorem",
        source=Source(PAPER, "Theorem 1; Lemma 5, step 2; probability recalled", "arXiv", "read"),
        statement=Statement(
            "Weights uniform on S = {-1, ..., -r, r, ..., 1}, without 0, r = 1/M",
            (_QUANTISED, parameter("M >= 1", "M", lambda v: v >= 1)),
            "A source of depth 2l and width C d log2(1/r) represents exactly, with "
            "probability at least 1 - N O(1/polylog(1/r)), a target with N weights on the "
            "lattice of r^2 or coarser (activations re-quantised in every layer).",
        ),
        quantifiers=Quantifiers(
            "all", "fixed", "0: exact", "multiples of the resolution in [-1,1]"
        ),
        assumptions=(),
        constants=(Constant("C", None, "unnamed"),),
        bound=Formula("C*log(M)/log(2)", lambda M, C: C * math.log2(M)),
        unit="numbers offered to one target; M = 1/r",
        known_issues=(
            KnownIssue(
                "a gap in the proof: it samples products ab and resamples to the uniform law on an "
                "integer interval, but {ab : a, b in S} misses most multiples of r^2, so it cannot "
                "contain that law; measured thresholds still agree with the conclusion",
                shown_by="product set",
                place="proof of Lemma 5, step 2: more than 2 log2(1/r) of C log2(1/r) samples are "
                "uniform 'by a standard rejection sampling argument'",
                proof="gap-quantised-products",
            ),
            KnownIssue("the failure probability is only inverse-polynomial in log(1/r)"),
            KnownIssue(
                "the paper's form of depth l + 1 (its Theorem 2) samples products in its first two "
                "layers only, so only these have the gap"
            ),
            KnownIssue(
                "the checks draw from -M..M with 0: a draw of 0 serves nothing, so success is no "
                "more frequent than without it"
            ),
        ),
        uses=("borgs2001-partition", "kumar2025-partition"),
        checks=(
            SumsCheck(
                "uniform integers",
                "every integer of [-32, 32] exactly from 24 integers of -32..32",
                "1/2",
                0.1,
                n=24,
                law="integers[32]",
                lo="-32",
                hi="32",
            ),
            SumsCheck(
                "products",
                "every integer of [-64, 64] exactly from 30 products of integers of -8..8",
                "1/2",
                0.1,
                n=30,
                law="integers[8]*integers[8]",
                lo="-64",
                hi="64",
            ),
            Check(
                "product set",
                "products of two lattice numbers contain a uniform law on an integer interval",
                product_set,
                label="gap-read",
            ),
        ),
    ),
    Theorem(
        id="kumar2025-lower-bound",
        title="Quantised targets need d^2 log(1/r) parameters",
        kind="lower-bound",
        source=Source(PAPER, "Theorem 3", "arXiv", "read"),
        statement=Statement(
            "A network contains every W in S^(d x d) with probability at least p",
            (_QUANTISED, parameter("0 < p <= 1", "p", lambda v: 0 < v <= 1)),
            "It has at least d^2 log2(2M + 1) + log2 p parameters, M = 1/r.",
        ),
        quantifiers=Quantifiers("fixed", "fixed", "0: exact", "all matrices over S"),
        assumptions=(),
        constants=(Constant("1", "1", "stated", "counting"),),
        bound=Formula(
            "d**2*log(2*M + 1)/log(2) + log(p)/log(2)",
            lambda d, M, p: d**2 * math.log2(2 * M + 1) + math.log2(p),
        ),
        claims="necessary",
        unit="parameters of the source",
        proof="counting-bound",
        checks=(
            Check(
                "d = 1",
                "no sample hits all integers of [-M, M] with fewer than log2(2M + 1) numbers",
                never_below_lattice_counting,
            ),
        ),
    ),
    Theorem(
        id="kumar2025-subset-sum",
        title="Quantised random subset sum: solvable when log2(M)/n stays below 1",
        kind="lemma",
        source=Source(PAPER, "Lemmas 3 and 4; displayed probabilities lost", "arXiv", "read"),
        statement=Statement(
            "X_1..X_n uniform on {-M..-1, 1..M}, a target t = O(M)",
            (parameter("M >= 1", "M", lambda v: v >= 1), _RATE),
            "With a failure probability inverse-polynomial in n some subset sums to t, where "
            "log2(M)/n has a limit below 1; below 1 the number of solutions has the moments of "
            "borgs2001-partition at the target |sum X_i - 2t|, and |sum X_i| < sqrt(2/7) M "
            "sqrt(n log n) with high probability.",
        ),
        quantifiers=Quantifiers("fixed", None, "0: exact", "t = O(M)"),
        assumptions=(_QUANTISED,),
        constants=(Constant("1", "1", "stated", "the limit of log2(M)/n"),),
        bound=Formula("log(M)/log(2)", lambda M: math.log2(M)),
        unit="numbers, to first order",
        uses=("borgs2001-partition", "kumar2025-partition"),
        checks=(
            Check("t = M/2", "exact sums of 20 integers without 0 at M = 64", one_target),
            mutant(
                "rate above 1",
                "the same at log2(M)/n = 10/8",
                partial(one_target, n=8, largest=1 << 10),
                power=Power(100, 100),
            ),
        ),
    ),
    Theorem(
        id="kumar2025-shallow",
        title="Quantised targets at depth l + 1, with one more factor log(1/r)",
        kind="theorem",
        source=Source(
            PAPER, "Theorem 2; displayed sizes lost, order from the introduction", "arXiv", "read"
        ),
        statement=Statement(
            "A source of l + 1 layers that re-quantises after every layer but the first, weights "
            "uniform on {-1, ..., -r, r, ..., 1}, r = 1/M",
            (
                _QUANTISED,
                parameter("M >= 1", "M", lambda v: v >= 1),
                relation(
                    "the source is at least as fine as the target",
                    ("M", "M_target"),
                    lambda M, M_target: M_target <= M,
                ),
            ),
            "At width of order d log2(1/r)^2 it represents exactly, with high probability, every "
            "target of depth l, width d and weights of the target's lattice. A layer is "
            "represented in as many copies as the next one takes; from the third layer on no "
            "product and no rejection sampling occurs.",
        ),
        quantifiers=Quantifiers(
            "all", "fixed", "0: exact", "multiples of the resolution in [-1,1]"
        ),
        assumptions=(),
        constants=(Constant("C", None, "unnamed"),),
        bound=Formula("C*d*(log(M)/log(2))**2", lambda d, M, C: C * d * math.log2(M) ** 2),
        unit="width of a layer; M = 1/r",
        known_issues=(
            KnownIssue(
                "its first two layers sample products and have the gap of kumar2025-quantised"
            ),
        ),
        uses=("kumar2025-subset-sum", "kumar2025-quantised", "burkholz2022-depth"),
        checks=(
            Check("one weight", "all integers of -32..32 from 24 single draws", shallow_layer),
            mutant(
                "fewer copies", "from 8 draws", partial(shallow_layer, n=8), power=Power(100, 100)
            ),
        ),
    ),
)


@dataclass(frozen=True)
class QuantisedTarget(OfNetworks):
    """A source of finite precision represents a quantised target exactly.

    Theorem 1: weights on a lattice of spacing 1/M make every target on the lattice of spacing
    1/M^2, without error, with O(log M) numbers a weight. Other targets are rounded first.
    """

    theorem: ClassVar[str] = "kumar2025-quantised"

    resolution: Number | None = positive(
        "Power of two to whose multiples the target's weights are rounded; default: the largest up "
        "to 2 eps."
    )

    def plan(self, request: Request) -> int:
        """Return the smallest n with an estimated chance of any inexact sum of at most 1 %."""
        from slt_theory.papers.kumar2025.construction import sufficient_n

        return sufficient_n(request, self.resolution)

    def build(self, request: Request) -> Ticket:
        """Solve every half-sum of the rounded target exactly."""
        from slt_theory.papers.kumar2025.construction import build

        return build(request, self.theorem, self.resolution)


@dataclass(frozen=True)
class ShallowQuantised(OfNetworks):
    """Depth l + 1: behind the first pair every weight is an exact sum of single quantised draws.

    Theorem 2: no product and no rejection sampling from the third layer on, at one more factor
    log2 M in the width. Targets that are no multiples of the resolution are rounded first.
    """

    theorem: ClassVar[str] = "kumar2025-shallow"
    typical: ClassVar[tuple[dict[str, Any], ...]] = ({"signs": "needed"},)

    resolution: Number | None = positive(
        "Power of two to whose multiples the target's weights are rounded; default: the largest up "
        "to 2 eps."
    )

    def plan(self, request: Request) -> int:
        """Return the copies of a neuron with an estimated chance of any failure of at most 1 %."""
        from slt_theory.papers.kumar2025.construction import sufficient_copies

        return sufficient_copies(request, self.resolution)

    def build(self, request: Request) -> Ticket:
        """Solve the first pair and the single layers of the rounded target exactly."""
        from slt_theory.papers.kumar2025.construction import build_shallow

        return build_shallow(request, self.theorem, self.resolution)


CONSTRUCTIONS = (QuantisedTarget, ShallowQuantised)
