"""The toolkit's own: explicit bounds and identities."""

from __future__ import annotations

import math
from fractions import Fraction
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from slt_theory.papers.pensia2020 import never_below_packing
from slt_theory.theorems.checks import EXACT, Check, Outcome, SumsCheck, all_of, mutant, share
from slt_theory.theorems.common import (
    OWN,
    POSITIVE,
    SPECTRAL,
    at_most,
    integers,
    parameter,
    targets_inside,
)
from slt_theory.theorems.conditions import Statement
from slt_theory.theorems.entry import (
    Constant,
    Formula,
    Quantifiers,
    Source,
    Theorem,
)

if TYPE_CHECKING:
    from flint import arb


def _source(locator: str = "proofs/") -> Source:
    return Source(OWN, locator, "this version", "derived")


def _certified(eps: float, delta: float, lo: float, hi: float) -> int:
    from slt_theory.certified import certified_n

    found = certified_n(eps, delta, lo=lo, hi=hi)
    assert found is not None  # the uniform law has a certified bound at every eps and delta
    return found.n


def _counting(eps: float, delta: float, lo: float, hi: float) -> int:
    from slt_theory.certified import counting_n

    return counting_n(eps, delta=delta, lo=lo, hi=hi).n


def _lemma_r(eps: float, delta: float) -> float:
    return math.ceil(math.log(1 / (eps * delta)) / math.log(8 / 7)) + math.ceil(
        math.log(2 / (eps * delta)) / math.log(4 / 3)
    )


def gadget(seed: int) -> Outcome:
    """sum_k u_k relu(v_k x) has slope sum over v_k > 0 for x >= 0, over v_k < 0 for x <= 0."""
    failures, cases = [], 60
    for case in range(cases):
        draws = integers(seed, case, 17, -9, 9)
        u, v, x = draws[:8], draws[8:16], int(draws[16])
        out = int((u * np.maximum(v * x, 0)).sum())
        side = v > 0 if x >= 0 else v < 0
        if out != x * int((u * v)[side].sum()):
            failures.append(f"case {case}")
    return all_of(failures, cases, "slopes of the two halves of a ReLU gadget")


def recursion(seed: int) -> Outcome:
    """e_l <= (||W_l|| + eta_l) e_{l-1} + eta_l ||x_{l-1}||, sup norm, three ReLU layers, exact."""
    failures, cases = [], 40
    for case in range(cases):
        draws = integers(seed, case, 120, -30, 30)
        x = [Fraction(int(a), 30) for a in draws[:3]]
        y = list(x)
        bound = Fraction(0)
        for layer in range(3):
            w = [
                [Fraction(int(a), 60) for a in row]
                for row in draws[3 + 18 * layer :][:9].reshape(3, 3)
            ]
            e = [
                [Fraction(int(a), 6000) for a in row]
                for row in draws[12 + 18 * layer :][:9].reshape(3, 3)
            ]
            norm = max(sum(abs(a) for a in row) for row in w)
            eta = max(sum(abs(a) for a in row) for row in e)
            bound = (norm + eta) * bound + eta * max(abs(a) for a in x)
            moved = [[a + b for a, b in zip(p, q, strict=True)] for p, q in zip(w, e, strict=True)]
            x, y = _relu(w, x), _relu(moved, y)
        if max(abs(a - b) for a, b in zip(x, y, strict=True)) > bound:
            failures.append(f"case {case}")
    return all_of(failures, cases, "error of a three-layer network against its recursion")


def _relu(w: list[list[Fraction]], x: list[Fraction]) -> list[Fraction]:
    dots = (sum((a * b for a, b in zip(row, x, strict=True)), Fraction(0)) for row in w)
    return [max(Fraction(0), dot) for dot in dots]


def layer_budget(seed: int) -> Outcome:
    """(1 + eps/(2l))^l - 1 < eps for eps <= 1, exactly."""
    failures, cases = [], 0
    for depth in (1, 2, 5, 20, 100):
        for eps in (Fraction(1), Fraction(1, 2), Fraction(1, 10), Fraction(1, 1000)):
            cases += 1
            if (1 + eps / (2 * depth)) ** depth - 1 >= eps:
                failures.append(f"l = {depth}, eps = {eps}")
    return all_of(failures, cases, "(1 + eps/(2l))^l - 1 < eps")


def _density(law: str, x: arb) -> arb:
    """Density at x > 0, as a ball; each falls in x."""
    from flint import arb

    if law == "normal":
        return (-x * x / 2).exp() / (2 * arb.pi()).sqrt()
    if law == "normal*normal":
        return x.bessel_k(0) / arb.pi()
    if law == "normal*uniform":
        return (x * x / 2).expint(1) / (2 * (2 * arb.pi()).sqrt())
    return -x.log() / (4 if law.startswith("relu") else 2)


def component_table(seed: int, at: int = 1) -> Outcome:
    """Weights of uniform parts: below 2 a p(a), and by less than 2/10000, for the shipped table.

    In balls; the densities fall, so that p(a) is the least on [-a, a]. `at` 2 takes p(a/2).
    """
    from flint import arb, fmpq

    from slt_theory.certified.components import components

    failures, cases = [], 0
    for law in (
        "uniform*uniform", "relu(uniform)*uniform", "normal", "normal*normal", "normal*uniform",
    ):  # fmt: skip
        for part in components(law):
            cases += 1
            weight, half = (
                arb(fmpq(v.numerator, v.denominator)) for v in (part.weight, part.half_width)
            )
            missing = 2 * half * _density(law, half / at) - weight
            if not (missing > 0 and 5000 * missing < 1):
                failures.append(f"{law} on half-width {part.half_width}: {part.weight}")
    return all_of(failures, cases, "largest weights of U[-a,a] inside the laws, short by 2/10000")


def _frozen(eps: float, delta: float, lo: float, hi: float) -> int:
    from slt_theory.certified.networks import frozen_n

    found = frozen_n(eps, delta, free=Fraction(1, 2), locked=Fraction(1, 4))
    assert found is not None  # the uniform law has a certified bound
    return found.n


def frozen_at_explicit_n(seed: int) -> Outcome:
    """The explicit n of the frozen statement at f = 1/2, q = 1/4, eps = delta = 1/10."""
    from slt_theory.certified.networks import frozen_n
    from slt_theory.experiments.check import successes_at
    from slt_theory.experiments.question import Question

    found = frozen_n(Fraction(1, 10), Fraction(1, 10), free=Fraction(1, 2), locked=Fraction(1, 4))
    assert found is not None  # the uniform law has a certified bound
    n, trials = found.n, 100
    question = Question.of(
        "uniform", Fraction(1, 10), "random", -1, 1, lock=Fraction(1, 4), prune=Fraction(1, 4)
    )
    hits = successes_at(question, n, trials=trials, seed=seed)
    return share(hits, trials, 0.9, f"n = {n}, f = 1/2, q = 1/4, eps = 1/10")


ENTRIES = (
    Theorem(
        id="slt-rss-explicit",
        title="Random subset sum with explicit constants",
        kind="theorem",
        source=_source(),
        statement="For X_1..X_n iid U[-1,1] (or a law with a proved density floor) and n at least "
        "the certified number, with probability at least 1 - delta every z in [lo, hi] has a "
        "subset S with |z - sum_S X_i| <= eps.",
        quantifiers=Quantifiers("all", None, "eps", "[lo, hi], any"),
        assumptions=(POSITIVE,),
        constants=(Constant("n", "certified", "derived", "computed with rigorous rounding"),),
        bound=None,
        law="uniform",
        named_n=_certified,
        proof="kakeya-sweep",
        not_claimed=(
            "that the number is necessary: a half to a seventh of it is measured to suffice",
        ),
        uses=("dacunha2023-expectation",),
        checks=(
            SumsCheck("eps 1/20", "all of [-1,1] at the certified n", "1/20", 0.1),
            SumsCheck("small delta", "all of [-1,1] at the certified n", "1/20", 0.01, trials=4000),
            SumsCheck("wide window", "all of [-3,3]", "1/10", 0.1, lo="-3", hi="3"),
        ),
    ),
    Theorem(
        id="slt-lemma-r",
        title="Random subset sum by two potentials, in closed form",
        kind="lemma",
        source=_source(),
        statement=Statement(
            "X_1..X_n iid U[-1,1]",
            (at_most("eps", 0.5, "eps <= 1/2"),),
            "If n >= ceil(ln(1/(eps delta))/ln(8/7)) + ceil(ln(2/(eps delta))/ln(4/3)), "
            "then with probability at least 1 - delta every z in [-1/2,1/2] has a subset S "
            "with |z - sum_S X_i| <= eps.",
        ),
        quantifiers=Quantifiers("all", None, "eps", "[-1/2, 1/2]"),
        assumptions=(POSITIVE, targets_inside(0.5)),
        constants=(
            Constant("8/7", "8/7", "derived", "E 1/v' <= (7/8)/v"),
            Constant("4/3", "4/3", "derived", "E (1 - v') <= (3/4)(1 - v)"),
        ),
        bound=Formula(
            "ceiling(log(1/(eps*delta))/log(Rational(8, 7)))"
            " + ceiling(log(2/(eps*delta))/log(Rational(4, 3)))",
            _lemma_r,
        ),
        named_n=lambda eps, delta, lo, hi: int(_lemma_r(eps, delta)),
        law="uniform",
        window=(-0.5, 0.5),
        proof="lemma-r",
        uses=("dacunha2023-expectation",),
        checks=(
            SumsCheck(
                "n = 97",
                "error 1/50, delta = 1/100",
                "1/50",
                0.01,
                n=97,
                lo="-1/2",
                hi="1/2",
                trials=2000,
            ),
        ),
    ),
    Theorem(
        id="slt-rss-counting",
        title="Counting: fewer numbers cannot reach every target, for any law",
        kind="lower-bound",
        source=_source(),
        statement="If with positive probability every z in [lo, hi] is within eps of one of the "
        "2^n subset sums, then 2^n * 2 eps >= hi - lo. For a symmetric law without atom at "
        "0 and targets beyond eps on both sides of 0, delta >= 2 * 2^-n as well.",
        quantifiers=Quantifiers("all", None, "eps", "[lo, hi], any"),
        assumptions=(POSITIVE,),
        constants=(),
        bound=Formula(
            "log((hi - lo)/(2*eps))/log(2)", lambda eps, lo, hi: math.log2((hi - lo) / (2 * eps))
        ),
        law="uniform",
        claims="necessary",
        named_n=_counting,
        proof="counting-bound",
        not_claimed=("that this many numbers suffice",),
        checks=(
            Check("never below", "no trial needs fewer numbers than counting", never_below_packing),
        ),
    ),
    Theorem(
        id="slt-uniform-components",
        title="The largest uniform parts of the laws of weights",
        kind="lemma",
        source=_source(),
        statement="alpha U[-a,a] + (1 - alpha) Q with the largest alpha = 2 a inf_{|x| <= a} p(x): "
        "U*U has ln(2)/2 at a = 1/2 and 1/e at a = 1/e, its ReLU half ln(2)/4, N(0,1) 0.4839 at "
        "a = 1, N*N 0.2943 at a = 1/2.",
        quantifiers=Quantifiers(None, None, "none", "[-a, a]"),
        assumptions=(parameter("a > 0", "a", lambda v: v > 0),),
        constants=(Constant("alpha", "2 a inf p", "derived", "the table is proved by balls"),),
        bound=None,
        proof="uniform-components",
        checks=(
            Check("table", "the shipped table against densities", component_table),
            mutant(
                "density inside",
                "2 a p(a/2) in place of 2 a inf p",
                partial(component_table, at=2),
                power=EXACT,
            ),
        ),
    ),
    Theorem(
        id="slt-relu-gadget",
        title="The two halves of a ReLU gadget",
        kind="identity",
        source=_source(),
        statement="sum_k u_k relu(v_k x) = x sum_{v_k > 0} u_k v_k for x >= 0 and "
        "x sum_{v_k < 0} u_k v_k for x <= 0: to imitate w x for all x takes two subset sums with "
        "the same target.",
        quantifiers=Quantifiers("all", None, "0: exact", "all x"),
        assumptions=(parameter("ReLU", "activation", lambda v: v == "relu"),),
        constants=(),
        bound=None,
        proof="relu-gadgets",
        checks=(Check("integers", "random gadgets at random integer inputs", gadget),),
    ),
    Theorem(
        id="slt-network-recursion",
        title="From the error of weights to the error of a network",
        kind="lemma",
        source=_source(),
        statement=Statement(
            "Activations are 1-Lipschitz and fix 0",
            (SPECTRAL, at_most("eps", 1.0)),
            "e_l <= (||W_l|| + eta_l) e_{l-1} + eta_l B_{l-1}; with eta = eps/(2l) the "
            "network's error is at most (1 + eps/(2l))^l - 1 < eps. Entries within eps/(2 "
            "l d_in d_out) suffice.",
        ),
        quantifiers=Quantifiers(None, "all", "eps", "the unit ball"),
        assumptions=(POSITIVE,),
        constants=(Constant("2", "2", "derived", "e^(eps/2) - 1 < eps on (0, 1]"),),
        bound=Formula(
            "2*l*d_in*d_out/eps",
            lambda eps, l, d_in, d_out: 2 * l * d_in * d_out / eps,  # noqa: E741
        ),
        unit="reciprocal of the error of one weight",
        proof="error-recursion-dense",
        checks=(
            Check("three layers", "exact errors against the recursion", recursion),
            Check("budget", "(1 + eps/(2l))^l - 1 < eps", layer_budget),
        ),
    ),
    Theorem(
        id="slt-frozen-explicit",
        title="Frozen subset sums with explicit constants",
        kind="theorem",
        source=_source("proofs/frozen_lemma.py"),
        statement=Statement(
            "Each of n iid U[-1,1] numbers is free with probability f and locked with "
            "probability q",
            (parameter("0 < f <= 1", "f", lambda v: 0 < v <= 1),),
            "For the explicit n of order max(log(1/(eps delta))/f, q log(1/delta)/f^2), "
            "with probability at least 1 - delta a fixed z in [-1,1] is within eps of the "
            "locked sum plus a subset sum of free ones.",
        ),
        quantifiers=Quantifiers("fixed", None, "eps", "[-1, 1]"),
        assumptions=(POSITIVE, targets_inside(1.0)),
        constants=(
            Constant("n", "certified", "derived", "slt_theory.certified.networks.frozen_n"),
        ),
        bound=Formula(
            "C*Max(log(1/(eps*delta))/f, q*log(1/delta)/f**2)",
            lambda eps, delta, f, q, C: (
                C * max(math.log(1 / (eps * delta)) / f, q * math.log(1 / delta) / f**2)
            ),
        ),
        law="uniform",
        asks={"lock": "1/4", "prune": "1/4"},
        named_n=_frozen,
        proof="frozen-lemma",
        uses=("slt-rss-explicit",),
        checks=(
            Check(
                "n at f = 1/2, q = 1/4",
                "a random target at the explicit n",
                frozen_at_explicit_n,
            ),
        ),
    ),
)
