"""Measured evidence behind catalogue entries: checks that need the solvers, by name."""

from __future__ import annotations

import math
from fractions import Fraction
from math import comb

import numpy as np

from slt_theory.certified import necessary_n
from slt_theory.experiments.attention import small_attention
from slt_theory.experiments.check import successes_at
from slt_theory.experiments.circle import circle_at_certified_n
from slt_theory.experiments.fits import FitPoint, fit_linear, point_of
from slt_theory.experiments.question import Question
from slt_theory.experiments.threshold import Threshold, threshold
from slt_theory.experiments.trials import hitting_times
from slt_theory.lattice import target_range
from slt_theory.laws import Normal, Uniform
from slt_theory.statistics import Verdict, clopper_pearson
from slt_theory.streams import Purpose, stream_id
from slt_theory.theorems.checks import Outcome, all_of, share

__all__ = [
    "circle_at_certified_n",
    "fails_below_the_floor",
    "failure_rate",
    "fixed_size_first_moment",
    "freezing_only_by_share",
    "frozen_at_explicit_n",
    "frozen_scaling",
    "never_below_lattice_counting",
    "never_below_packing",
    "observed_order",
    "scaled_normal_vectors",
    "small_attention",
    "sparse_scaling",
]

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


def _text(found: Threshold) -> str:
    return f"{found.n} in {found.n_low}..{found.n_high}"


def never_below_packing(seed: int) -> Outcome:
    """Every trial that reaches all of [-1,1] at eps has 2^n 2 eps >= 2."""
    eps, trials = Fraction(1, 100), 1000
    times = hitting_times(Question.of("uniform", eps, "all", -1, 1), trials=trials, seed=seed)
    below = [f"n = {t}" for t in times.tolist() if 2**t * 2 * eps < 2]
    return all_of(below, trials, f"2^n 2 eps >= 2, smallest n = {int(times.min())} at eps = {eps}")


def fails_below_the_floor(seed: int) -> Outcome:
    """Products of uniforms fail by reach alone: with 17 the share of failures exceeds 1/10."""
    eps, trials = Fraction(1, 10), 40_000
    needed = necessary_n(eps, eps, law="uniform*uniform")
    question = Question.of("uniform*uniform", eps, "all", -1, 1)
    failures = trials - successes_at(question, needed.n - 1, trials=trials, seed=seed)
    text = f"failures of {needed.n - 1} products, at least {needed.failure:.4f} proved"
    return share(failures, trials, float(eps), text)


def never_below_lattice_counting(seed: int) -> Outcome:
    """Every trial that hits all integers of [-M, M] has 2^n >= 2M + 1."""
    largest, trials = 64, 1000
    question = Question.of(f"integers[{largest}]", Fraction(1, 2), "all", -largest, largest)
    times = hitting_times(question, trials=trials, seed=seed)
    below = [f"n = {t}" for t in times.tolist() if 2**t < 2 * largest + 1]
    return all_of(below, trials, f"2^n >= 2M + 1, smallest n = {int(times.min())} at M = {largest}")


def scaled_normal_vectors(seed: int) -> Outcome:
    """Vectors Z_i X_i in the plane, Z_i and X_i normal: a random target of [-1/2,1/2]^2."""
    from slt_theory.subset_sum.vector import decide

    law, trials, n, eps = Normal(bits=24), 200, 26, Fraction(1, 20)
    unit = Fraction(1, 1 << 48)
    successes = 0
    for trial in range(trials):
        draws = law.sample(seed, stream_id(Purpose.TESTS, trial), 0, 3 * n + 2).reshape(-1)
        items = draws[:n, None] * draws[n : 3 * n].reshape(n, 2)
        words = [Fraction(int(d) % (1 << 20), 1 << 20) - Fraction(1, 2) for d in draws[-2:]]
        boxes = [target_range(z, eps, unit) for z in words]
        low, high = np.array([b.lo for b in boxes]), np.array([b.hi for b in boxes])
        successes += decide(items, low, high) is not None
    return share(successes, trials, 0.9, f"n = {n}, eps = {eps}, d = 2")


def fixed_size_first_moment(seed: int) -> Outcome:
    """P(some k-subset within eps of z) <= C(n,k) 2 eps sup f_k, sup f_k <= 1/sqrt(2 k)."""
    n, k, eps, trials = 10, 3, Fraction(1, 1000), 4000
    question = Question.of("uniform", eps, "fixed:1", 1, 1, size=k)
    hits = successes_at(question, n, trials=trials, seed=seed)
    bound = comb(n, k) * 2 * float(eps) / math.sqrt(2 * k)
    lo, hi = clopper_pearson(hits, trials, 1e-3)
    verdict = Verdict.INCONCLUSIVE
    if lo > bound:
        verdict = Verdict.VIOLATED
    elif hi <= bound:
        verdict = Verdict.CONSISTENT
    text = f"hits {hits} of {trials}, in [{lo:.4f}, {hi:.4f}], first moment {bound:.4f}"
    return Outcome(verdict, text, {"successes": hits, "trials": trials, "ci": [lo, hi]})


def _frozen(lock: str, prune: str, seed: int, *, trials: int = 600) -> Threshold:
    return threshold(
        eps=Fraction(1, 100),
        delta=0.1,
        targets="random",
        lock=Fraction(lock),
        prune=Fraction(prune),
        trials=trials,
        seed=seed,
    )


def freezing_only_by_share(seed: int) -> Outcome:
    """Half of the numbers free: does it matter whether the other half is pruned or locked?"""
    pruned, locked = _frozen("0", "1/2", seed), _frozen("1/2", "0", seed)
    text = f"n_90 = {_text(pruned)} with half pruned, {_text(locked)} with half locked"
    assert pruned.n_high is not None
    apart = locked.n_low is not None and locked.n_low > pruned.n_high
    return Outcome(
        Verdict.VIOLATED if apart else Verdict.CONSISTENT,
        text,
        {"pruned": pruned.n, "locked": locked.n},
    )


def frozen_at_explicit_n(seed: int) -> Outcome:
    """The explicit n of the frozen statement at f = 1/2, q = 1/4, eps = delta = 1/10."""
    from slt_theory.certified.networks import frozen_n

    found = frozen_n(Fraction(1, 10), Fraction(1, 10), free=Fraction(1, 2), locked=Fraction(1, 4))
    assert found is not None  # the uniform law has a certified bound
    n, trials = found.n, 100
    question = Question.of(
        "uniform", Fraction(1, 10), "random", -1, 1, lock=Fraction(1, 4), prune=Fraction(1, 4)
    )
    hits = successes_at(question, n, trials=trials, seed=seed)
    return share(hits, trials, 0.9, f"n = {n}, f = 1/2, q = 1/4, eps = 1/10")


HEURISTIC_ORDER = math.log(2) / 2 * math.sqrt(math.pi / 6) * math.exp(0.45494 / 2)
"""c of the order c n^1.5 2^-n, see ``slt-observed-order``; 0.45494 is the median of m^2."""


def observed_order(seed: int) -> Outcome:
    """Median of the exact best eps for all of [-1/2,1/2], over samples of n = 8 .. 15."""
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


def frozen_points(seed: int) -> list[FitPoint]:
    """n_90 over the grid of locked and pruned shares."""
    points = []
    for lock, prune in FROZEN_GRID:
        q, p = Fraction(lock), Fraction(prune)
        points.append(point_of(_frozen(lock, prune, seed), {"f": float(1 - q - p), "q": float(q)}))
    return points


def frozen_scaling(seed: int) -> Outcome:
    """Fit n_90 = a/f + b q/f^2 over the grid; CONSISTENT if b's interval excludes 0."""
    fit = fit_linear(
        "n_90 = a/f + b*q/f^2",
        ("a", "b"),
        lambda at: [1 / at["f"], at["q"] / at["f"] ** 2],
        frozen_points(seed),
    )
    _, low, _ = fit.constants["b"]
    verdict = Verdict.CONSISTENT if low > 0 and fit.worst <= 0.3 else Verdict.VIOLATED
    return Outcome(verdict, fit.summary(), fit.to_dict())
