"""Observed orders, as conjectures with their evidence: measured and fitted, not proved."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from slt_theory.papers.otsuka2024 import frozen_threshold
from slt_theory.statistics import Verdict
from slt_theory.theorems.checks import Check, Outcome
from slt_theory.theorems.common import OWN, POSITIVE, parameter
from slt_theory.theorems.conditions import Statement
from slt_theory.theorems.entry import (
    Constant,
    Formula,
    KnownIssue,
    Quantifiers,
    Source,
    Theorem,
)

if TYPE_CHECKING:
    from slt_theory.experiments.fits import FitPoint

HEURISTIC_ORDER = math.log(2) / 2 * math.sqrt(math.pi / 6) * math.exp(0.45494 / 2)
"""c of the order c n^1.5 2^-n, see ``slt-observed-order``; 0.45494 is the median of m^2."""

SPARSE_P = ("0.2", "0.3", "0.5", "0.7", "0.9", "0.99", "0.9999")
FROZEN_GRID = (
    ("0", "0"),
    ("0", "1/4"),
    ("0", "1/2"),
    ("1/8", "0"),
    ("1/8", "1/4"),
    ("1/4", "0"),
    ("1/4", "1/4"),
    ("1/2", "0"),
)
"""(locked, pruned) shares."""


def observed_order(seed: int) -> Outcome:
    """Median of the exact best eps for all of [-1/2,1/2], over samples of n = 8 .. 15."""
    from slt_theory.laws import Uniform
    from slt_theory.streams import Purpose, stream_id
    from slt_theory.subset_sum import widest_gaps

    trials, most = 301, 15
    law = Uniform(bits=40)
    streams = np.uint64(stream_id(Purpose.TRIALS, 0)) + np.arange(trials, dtype=np.uint64)
    items = law.sample_rows(seed, streams, most)
    half, width = 1 << 39, 2
    gaps = widest_gaps(items, width, -half + width // 2, half - width // 2, ends="moving")
    places = list(range(8, most + 1))
    medians = [float(np.sort(gaps[:, n])[trials // 2]) / 2 / 2**40 for n in places]
    constants = [m / (n**1.5 * 2.0**-n) for m, n in zip(medians, places, strict=True)]
    design = np.array([[1.0, math.log2(n)] for n in places])
    slope = np.linalg.lstsq(design, np.log2(medians) + np.array(places, dtype=float), rcond=None)[0]
    text = (
        f"c = {min(constants):.3f} .. {max(constants):.3f} over n = 8..{most}, by the heuristic "
        f"{HEURISTIC_ORDER:.3f}; fitted power of n {slope[1]:.2f}"
    )
    good = min(constants) >= 0.2 and max(constants) <= 0.5
    return Outcome(
        Verdict.CONSISTENT if good else Verdict.VIOLATED,
        text,
        {
            "n": places,
            "median_eps": medians,
            "c": constants,
            "heuristic": HEURISTIC_ORDER,
            "power": float(slope[1]),
        },
    )


def failure_rate(seed: int) -> Outcome:
    """Bits by which log2 of the failure share falls with each number, eps = 1/20, U[-1,1]."""
    from slt_theory.experiments.question import Question
    from slt_theory.experiments.trials import hitting_times
    from slt_theory.statistics import clopper_pearson

    trials = 40_000
    question = Question.of("uniform", Fraction(1, 20), "all", Fraction(-1, 2), Fraction(1, 2))
    times = hitting_times(question, trials=trials, seed=seed)
    places = list(range(12, 18))
    failures = [int(np.count_nonzero((times > n) | (times < 0))) for n in places]
    used = [(n, f) for n, f in zip(places, failures, strict=True) if f >= 30]
    x = np.array([n for n, _ in used], dtype=float)
    y = np.log2([f / trials for _, f in used])
    weights = np.sqrt([f for _, f in used])
    values, covariance = np.polyfit(x, y, 1, w=weights * math.log(2), cov="unscaled")
    rate, error = -float(values[0]), 1.96 * float(np.sqrt(covariance[0, 0]))
    floor = all(clopper_pearson(f, trials, 1e-3).hi >= 2 * 2.0**-n for n, f in used)
    text = (
        f"fitted {rate:.2f} +- {error:.2f} bits a number over n = {used[0][0]}..{used[-1][0]}, "
        f"failures {[f for _, f in used]} of {trials}; "
        f"floor 2^(1-n) {'kept' if floor else 'broken'}"
    )
    good = floor and rate - error >= 0.6 and rate + error <= 1.3
    return Outcome(
        Verdict.CONSISTENT if good else Verdict.VIOLATED,
        text,
        {"rate": rate, "error": error, "failures": dict(used)},
    )


def sparse_scaling(seed: int) -> Outcome:
    """n_90 p over p for Bernoulli(p) U[-1,1], a random target of [-1,1], eps = 0.01."""
    from slt_theory.experiments.threshold import threshold

    products, shown = [], []
    for p in SPARSE_P:
        found = threshold(
            law=f"bernoulli({p})*uniform",
            eps=Fraction(1, 100),
            delta=0.1,
            targets="random",
            trials=2000,
            seed=seed,
        )
        assert found.n is not None
        products.append(found.n * float(p))
        shown.append(f"{found.n} at {p}")
    ratio = max(products) / min(products)
    text = (
        f"n_90 = {', '.join(shown)}: n_90 p from {min(products):.1f} to {max(products):.1f}, "
        f"ratio {ratio:.2f}"
    )
    return Outcome(
        Verdict.CONSISTENT if ratio <= 1.35 else Verdict.VIOLATED,
        text,
        {"p": [float(p) for p in SPARSE_P], "n_90_p": products, "ratio": ratio},
    )


def _frozen_points(seed: int) -> list[FitPoint]:
    """n_90 over the grid of locked and pruned shares."""
    from slt_theory.experiments.fits import point_of

    points = []
    for lock, prune in FROZEN_GRID:
        q, p = Fraction(lock), Fraction(prune)
        at = {"f": float(1 - q - p), "q": float(q)}
        points.append(point_of(frozen_threshold(q, p, seed), at))
    return points


def frozen_scaling(seed: int) -> Outcome:
    """Fit n_90 = a/f + b q/f^2 over the grid; CONSISTENT if b's interval excludes 0."""
    from slt_theory.experiments.fits import fit_linear

    fit = fit_linear(
        "n_90 = a/f + b*q/f^2",
        ("a", "b"),
        lambda at: [1 / at["f"], at["q"] / at["f"] ** 2],
        _frozen_points(seed),
    )
    _, low, _ = fit.constants["b"]
    verdict = Verdict.CONSISTENT if low > 0 and fit.worst <= 0.3 else Verdict.VIOLATED
    return Outcome(verdict, fit.summary(), fit.to_dict())


ENTRIES = (
    Theorem(
        id="slt-observed-order",
        title="The median best error of n uniform numbers is about c n^1.5 2^-n",
        kind="conjecture",
        source=Source(OWN, "measured; slt check slt-observed-order", "this version", "derived"),
        statement="The median over samples of the smallest eps at which all of [-1/2,1/2] is "
        "reached "
        "is c n^(3/2) 2^-n with c near 1/3; so n is about log2(1/eps) + 1.5 log2(n) - 1.6.",
        quantifiers=Quantifiers("all", None, "eps", "[-1/2, 1/2]"),
        assumptions=(POSITIVE,),
        constants=(
            Constant("c", "about 1/3", "fitted", "see the check; exponents fitted as well"),
            Constant("0.315", "(ln 2/2) sqrt(pi/6) exp(0.2275)", "derived", "heuristic, see below"),
        ),
        bound=Formula(
            "log(1/eps)/log(2) + Rational(3, 2)*log(n)/log(2) - Rational(8, 5)",
            lambda eps, n: math.log2(1 / eps) + 1.5 * math.log2(n) - 1.6,
        ),
        unit="random numbers with which half of the samples reach all targets; n solves n = this",
        claims="necessary",
        not_claimed=("a proof",),
        known_issues=(
            KnownIssue(
                "a heuristic for c: given the drawn numbers, sums near m standard deviations are "
                "locally Poisson of density 2^n exp(-m^2/2)/sqrt(2 pi n/12), m ~ N(0, 1) the place "
                "of the window; the widest of about 2^n gaps is n ln 2 over the density, eps half "
                "of it, and the median of m^2 is 0.455: c = (ln 2/2) sqrt(pi/6) e^0.2275 = 0.315"
            ),
        ),
        checks=(Check("fit", "medians at n = 8..15 against c n^1.5 2^-n", observed_order),),
    ),
    Theorem(
        id="slt-failure-rate",
        title="Failures all but halve with every further number",
        kind="conjecture",
        source=Source(OWN, "measured; slt check slt-failure-rate", "this version", "derived"),
        statement="At fixed eps the probability that n uniform numbers miss a target of [-1/2,1/2] "
        "decays as 2^-n up to polynomial factors; it cannot decay faster, since all numbers have "
        "one sign with probability 2 * 2^-n.",
        quantifiers=Quantifiers("all", None, "eps", "[-1/2, 1/2]"),
        assumptions=(POSITIVE,),
        constants=(Constant("2", "about 2", "fitted", "rate a number"),),
        bound=Formula("log(1/delta)/log(2)", lambda delta: math.log2(1 / delta)),
        claims="necessary",
        not_claimed=("a proof of the upper half",),
        checks=(Check("rate", "failures at eps = 1/20 against the floor", failure_rate),),
    ),
    Theorem(
        id="slt-sparse-scaling",
        title="A random mask of density p costs the factor 1/p",
        kind="conjecture",
        source=Source(OWN, "measured; slt check slt-sparse-scaling", "this version", "derived"),
        statement=Statement(
            "Each number is U[-1,1] times an independent Bernoulli(p)",
            (parameter("0 < p <= 1", "p", lambda v: 0 < v <= 1),),
            "The number of them that reach a random target with probability 0.9, times p, "
            "is constant in p up to a factor of about 1.3, also as p -> 1.",
        ),
        quantifiers=Quantifiers("fixed", None, "eps", "[-1, 1]"),
        assumptions=(POSITIVE,),
        constants=(Constant("1.35", "1.35", "fitted", "largest ratio over the grid"),),
        bound=Formula("C*log(1/eps)/p", lambda eps, p, C: C * math.log(1 / eps) / p),
        not_claimed=("a proof",),
        uses=("gadhikar2023-subset-sum",),
        checks=(Check("n_90 p", "over p = 0.2 ... 0.9999 at eps = 0.01", sparse_scaling),),
    ),
    Theorem(
        id="slt-frozen-scaling",
        title="Locking costs q/f^2 on top of 1/f",
        kind="conjecture",
        source=Source(OWN, "measured; slt check slt-frozen-scaling", "this version", "derived"),
        statement="With free share f and locked share q the number that reaches a random target of "
        "[-1,1] with probability 0.9 is about a/f + b q/f^2 with b > 0.",
        quantifiers=Quantifiers("fixed", None, "eps", "[-1, 1]"),
        assumptions=(POSITIVE, parameter("0 < f <= 1", "f", lambda v: 0 < v <= 1)),
        constants=(
            Constant("a", None, "fitted", "see the check"),
            Constant("b", None, "fitted", "see the check; its interval excludes 0"),
        ),
        bound=Formula("C/f + K*q/f**2", lambda f, q, C, K: C / f + K * q / f**2),
        not_claimed=("a proof of the constants",),
        uses=("otsuka2024-locked-subset-sum",),
        checks=(Check("fit", "n_90 over a grid of f and q at eps = 0.01", frozen_scaling),),
    ),
)
