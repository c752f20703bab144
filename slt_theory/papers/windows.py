"""The toolkit's own bounds from below, and its bound on the circle."""

from __future__ import annotations

from fractions import Fraction

from slt_theory.theorems.checks import Check, Outcome, share
from slt_theory.theorems.common import OWN, POSITIVE
from slt_theory.theorems.entry import Constant, Quantifiers, Source, Theorem


def _source(locator: str) -> Source:
    return Source(OWN, locator, "this version", "derived")


def _necessary(eps: float, delta: float, lo: float, hi: float) -> int:
    from slt_theory.certified import necessary_n

    return necessary_n(eps, delta, lo=lo, hi=hi).n


def fails_below_the_floor(seed: int) -> Outcome:
    """Products of uniforms fail by reach alone: with 17 the share of failures exceeds 1/10."""
    from slt_theory.certified import necessary_n
    from slt_theory.experiments.check import successes_at
    from slt_theory.experiments.question import Question

    eps, trials = Fraction(1, 10), 40_000
    needed = necessary_n(eps, eps, law="uniform*uniform")
    question = Question.of("uniform*uniform", eps, "all", -1, 1)
    failures = trials - successes_at(question, needed.n - 1, trials=trials, seed=seed)
    text = f"failures of {needed.n - 1} products, at least {needed.failure:.4f} proved"
    return share(failures, trials, float(eps), text)


def circle_at_certified_n(seed: int) -> Outcome:
    """The certified number of uniform numbers modulo 2 at eps = delta = 1/10."""
    from slt_theory.certified.circle import circle_n
    from slt_theory.experiments.circle import circle_reached
    from slt_theory.laws import Uniform
    from slt_theory.streams import Purpose, stream_id

    eps, trials, law = Fraction(1, 10), 1000, Uniform()
    found = circle_n(eps, eps)
    assert found is not None
    error = eps + found.n * law.coupling
    rows = law.sample(seed, stream_id(Purpose.TESTS, 22), 0, trials * found.n)
    hits = sum(circle_reached(r, law.bits, error) for r in rows.reshape(trials, found.n))
    return share(hits, trials, 0.9, f"n = {found.n}, every residue modulo 2 within {eps}")


ENTRIES: tuple[Theorem, ...] = (
    Theorem(
        id="slt-reach-floor",
        title="The reach floor: what the positive and the negative numbers cannot reach",
        kind="lower-bound",
        source=_source("proofs/reach_floor.py"),
        statement="Let P be the sum of the positive numbers and Q that of the negative ones "
        "without sign. If every z in [lo, hi] is within eps of a subset sum with probability at "
        "least 1 - delta, then P(P < hi - eps or Q < -lo - eps) <= delta. For U[-1,1] this "
        "probability is rational: at least 10, 16, 22 numbers for [-1,1] at eps = delta = 0.1, "
        "0.01, 0.001.",
        quantifiers=Quantifiers("all", None, "eps", "[lo, hi], any"),
        assumptions=(POSITIVE,),
        constants=(Constant("n", "necessary", "derived", "slt_theory.necessary_n"),),
        bound=None,
        law="uniform",
        claims="necessary",
        named_n=_necessary,
        proof="reach-floor",
        not_claimed=("that this many numbers suffice",),
        checks=(
            Check(
                "products",
                "one product fewer than necessary fails too often",
                fails_below_the_floor,
            ),
        ),
    ),
    Theorem(
        id="slt-circle-sums",
        title="Sums modulo 2 reach every residue",
        kind="theorem",
        source=_source("proofs/circle_sums.py"),
        statement="With n independent numbers uniform on the circle R/2Z, with probability at "
        "least 1 - delta every residue is within eps modulo 2 of a subset sum: n = 10, 18, 25 at "
        "eps = delta = 0.1, 0.01, 0.001. No window clips the sums, so a step gains v (1 - v) "
        "exactly.",
        quantifiers=Quantifiers("all", None, "eps, modulo 2", "R/2Z"),
        assumptions=(POSITIVE,),
        constants=(Constant("n", "certified", "derived", "slt_theory.certified.circle_n"),),
        bound=None,
        proof="circle-sums",
        not_claimed=("anything about sums on the line",),
        checks=(Check("n at 1/10", "every residue at the certified n", circle_at_certified_n),),
    ),
)
