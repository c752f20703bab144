"""Random sparse sources: an item is there with probability p."""

from __future__ import annotations

import math
from fractions import Fraction

from slt_theory.certified.components import components

from .kit import Proof, step
from .kit.algebra import identity
from .kit.rules import union

UNSAFE = ({"factor": Fraction(2)}, {"edges": Fraction(2)})


def _component(factor: Fraction) -> bool:
    """A Bernoulli(p) mask multiplies the uniform component by p, whatever the law."""
    for law in ("uniform", "uniform*uniform", "normal"):
        for p in (Fraction(1, 3), Fraction(9, 10)):
            plain, masked = components(law), components(f"bernoulli({p})*{law}")
            for a, b in zip(plain, masked, strict=True):
                if b.weight != factor * p * a.weight or a.half_width != b.half_width:
                    return False
    return True


def _mean() -> bool:
    """Each item is present with probability p: 1 p + 0 (1 - p), n times."""
    from sympy import symbols

    n, p = symbols("n p")
    return identity(n * (1 * p + 0 * (1 - p)), n * p)


def _copies(edges: Fraction) -> bool:
    """E x = delta for (1-p)^m = x = delta/E; `edges` E of them at once."""
    from sympy import Rational, symbols

    count, delta = symbols("E d")
    return identity(Rational(edges) * count * (delta / count), delta)


def _edges(edges: Fraction) -> bool:
    """An edge has no copy with probability (1-p)^m: smallest m for E edges at delta, exactly."""
    for p, count, delta in (
        (Fraction(1, 2), 100, Fraction(1, 100)),
        (Fraction(1, 10), 7, Fraction(1, 1000)),
    ):
        m = 0
        while union([(1 - p) ** m] * count) > delta:
            m += 1
        predicted = math.log(count / delta) / math.log(1 / (1 - p))
        if not predicted <= m < predicted + 1:
            return False
        if edges * count * (1 - p) ** m > delta:
            return False
    return True


def _thinned() -> bool:
    from sympy import symbols

    p, w = symbols("p w")
    return identity(p * w + p * (1 - w) + (1 - p), 1)


def build(*, factor: Fraction = Fraction(1), edges: Fraction = Fraction(1)) -> Proof:
    """The proof; the component of the masked law is `factor` p alpha."""
    return Proof(
        "sparse-source",
        "Random sparse sources",
        r"If an item of a law with component $\alpha U[-a,a]$ is present with probability p, the "
        rf"masked law has component ${factor}\,p\alpha U[-a,a]$: the right factor in n is $1/p$. "
        r"Representing edges exactly (weights free, mask random) needs $m \ge "
        r"\ln(E/\delta)/\ln(1/(1-p))$ copies of each of E edges: there the logarithm is right.",
        (
            step(
                r"$p\alpha + p(1-\alpha) + (1-p) = 1$: uniform part, rest, absent",
                "identity",
                _thinned,
                rules=("thinning",),
            ),
            step(
                "the table of components is multiplied by p",
                "spot",
                lambda: _component(factor),
                "mixture rule with Bin(n, p alpha)",
            ),
            step("on average np items are present", "rule", _mean, rules=("linearity",)),
            step(
                r"some edge has no copy with probability at most $E(1-p)^m \le \delta$",
                "rule",
                lambda: _copies(edges),
                r"$(1-p)^m \le \delta/E$ is the stated m",
                rules=("union", "independence"),
            ),
            step("smallest m for two cases", "spot", lambda: _edges(edges)),
        ),
        ("mixture-rule",),
    )
