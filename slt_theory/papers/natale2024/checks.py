"""Checks of what the paper states: exact sums and integers, balls where a logarithm decides."""

from __future__ import annotations

import math
from fractions import Fraction
from math import comb, isqrt

from slt_theory.balls import to_power
from slt_theory.papers.natale2024.sizes import (
    block_at,
    entropy,
    network_n,
    settled,
    uniform_sum_density,
)
from slt_theory.statistics import Verdict, clopper_pearson
from slt_theory.theorems.checks import Outcome, all_of

__all__ = [
    "amplification_gap",
    "counting",
    "densities",
    "equivariant_n",
    "explicit_suffices",
    "fixed_size_first_moment",
    "subsets_at_most",
    "sum_bounded",
]


def sum_bounded(seed: int) -> Outcome:
    """sqrt(n) f_n(0) <= 1/sqrt(2) and sqrt(n) f_n(sqrt(n)) >= 0.15418 for U[-1,1], n <= 40."""
    failures, cases = [], 0
    for n in range(1, 41):
        cases += 2
        if n * uniform_sum_density(n, Fraction(0)) ** 2 > Fraction(1, 2):
            failures.append(f"upper, n = {n}")
        # The density falls for x > 0: at a rational not below sqrt(n) it is not above its value.
        root = isqrt(n * 10**16)
        above = Fraction(root if root * root == n * 10**16 else root + 1, 10**8)
        if n * uniform_sum_density(n, above) ** 2 < Fraction(15418, 10**5) ** 2:
            failures.append(f"lower, n = {n}")
    return all_of(failures, cases, "sqrt(n) f_n in [0.15418, 0.70711] for U[-1,1]")


def counting(seed: int, halves: int = 1) -> Outcome:
    """n H(k/n) >= (halves/2) log2(k/eps) wherever subsets of k of n numbers are enough, d = 1.

    Half of sqrt(k)/eps targets 2 eps apart take C(n,k) >= sqrt(k)/(2 eps) subsets. Decided in
    integers: 2^(n H(k/n)) = n^n / (k^k (n-k)^(n-k)). The theorem has the factor 1/2.
    """
    failures, cases = [], 0
    for k in (2, 4, 8, 16):
        for inverse in (17, 100, 10**4, 10**6):
            # k <= 0.84 n; from here on C(n, k) rises with n.
            n = math.ceil(k / 0.84)
            while (2 * comb(n, k)) ** 2 < k * inverse**2:
                n += 1
            power = Fraction(n**n, k**k * (n - k) ** (n - k))
            cases += 1
            if power**2 < Fraction(k * inverse) ** halves:
                failures.append(f"k = {k}, eps = 1/{inverse}, n = {n}")
    return all_of(failures, cases, "n H(k/n) >= log2(k/eps)/2 wherever counting allows eps")


def amplification_gap(seed: int) -> Outcome:
    """The proof takes a k-subset inside one of r = (4/c) log(k/eps) blocks of n/r numbers.

    c <= 1 is a probability, so r >= 4 log(k/eps); with k = n/2 a block is smaller than k. And
    with the constants most favourable to the proof, c_hyp = c_thm = 1, the corollary's own n is
    too small for a half-full block at every density from 1/2 down to 1/100.
    """
    shown, cases = 0, 0
    for k in (4, 16, 64, 256):
        for eps in (Fraction(1, 4), Fraction(1, 100), Fraction(1, 10**6)):
            cases += 1
            blocks = math.ceil(4 * math.log(k / eps))
            shown += 2 * k // blocks < k
    for gamma in (0.5, 0.1, 0.05, 0.02, 0.01):
        size, block = block_at(gamma, 0.01)
        cases += 1
        shown += block < 2 * size
    text = f"at densities from 1/2 to 1/100 a block is too small in {shown} of {cases} cases"
    return Outcome(
        Verdict.VIOLATED if shown == cases else Verdict.CONSISTENT, text, {"cases": cases}
    )


def subsets_at_most(seed: int, with_e: bool = True) -> Outcome:
    """sum_{i <= k} C(m, i) <= (e m/k)^k, in integers with a rational e from below; k = gamma m."""
    e = Fraction(2718281828, 10**9) if with_e else Fraction(1)
    failures, cases = [], 0
    for m in (10, 40, 160):
        for k in sorted({1, m // 10, m // 4, m // 2, m}):
            cases += 1
            if sum(comb(m, i) for i in range(k + 1)) > (e * m / k) ** k:
                failures.append(f"m = {m}, k = {k}")
    return all_of(failures, cases, "subnetworks of at most gamma m weights are at most 2^(...)")


def explicit_suffices(seed: int, condition: bool = True) -> Outcome:
    """n = 2 c log2(1/eps)^2/H(gamma) is at least c log2(k/eps)^2/H(gamma), k = gamma n; c = 1.

    Decided by balls wherever k >= 2 c (log2(k)^2 + 2 log2(k) log2(1/eps)); `condition` False drops
    that condition.
    """
    from flint import arb

    failures, cases, two = [], 0, arb(2).log()
    for power in (10, 40, 200, 1000, 4000):
        for inverse in (2, 4, 10, 100, 1000):
            gamma, bits = arb(1) / inverse, arb(power)
            entropy_bits = sum((x * (1 / x).log() / two for x in (gamma, 1 - gamma)), arb(0))
            k = gamma * 2 * to_power(bits, 2) / entropy_bits
            log_k = k.log() / two
            if condition and not bool(k >= 2 * (to_power(log_k, 2) + 2 * log_k * bits)):
                continue
            cases += 1
            if not bool(2 * to_power(bits, 2) >= to_power(log_k + bits, 2)):
                failures.append(f"eps = 2^-{power}, gamma = 1/{inverse}")
    return all_of(failures, cases, "the explicit n is at least the implicit one")


def _basis_of_one(channels: int, gamma: float, power: int) -> int:
    """Theorem 4's n at l = 2 and eps = 1/100, from channels^power."""

    def step(n: float) -> float:
        return math.log2(2 * 2 * channels**power * gamma * n / 0.01) ** 2 / entropy(gamma)

    return round(settled(step, 10.0))


def equivariant_n(seed: int, power: int = 2) -> Outcome:
    """With a basis of one element Theorem 4's n is Theorem 3's at width = channels, exactly."""
    failures, cases = [], 0
    for channels in (4, 16, 100):
        for gamma in (0.5, 0.1, 0.01):
            cases += 1
            if _basis_of_one(channels, gamma, power) != network_n(2, channels, gamma, 0.01):
                failures.append(f"{channels} channels, gamma = {gamma}")
    return all_of(failures, cases, "n for one basis element is that of a dense layer")


def densities(seed: int) -> Outcome:
    """n of the implicit equation rises and k = gamma n falls as the density gamma falls."""
    shares = (0.5, 0.1, 0.01, 1e-3, 1e-4)
    sizes = [network_n(2, 100, g, 0.01) for g in shares]
    kept = [g * n for g, n in zip(shares, sizes, strict=True)]
    failures = [
        f"density {g}"
        for g, a, b, x, y in zip(shares, sizes, sizes[1:], kept, kept[1:], strict=False)
        if b <= a or y >= x
    ]
    return all_of(failures, len(shares) - 1, f"n = {sizes}")


def fixed_size_first_moment(seed: int) -> Outcome:
    """P(some k-subset within eps of z) <= C(n,k) 2 eps sup f_k, sup f_k <= 1/sqrt(2 k)."""
    from slt_theory.experiments.check import successes_at
    from slt_theory.experiments.question import Question

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
