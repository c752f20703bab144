"""Uniform components of the laws, by balls."""

from __future__ import annotations

import itertools
from fractions import Fraction

from slt_theory.certified.components import TABLE, Component
from slt_theory.certified.density import DENSITIES, density_floor

from .kit import Proof, step
from .kit.algebra import identity
from .kit.balls import above, ball, integral

UNSAFE = (
    {"extra": ("uniform*uniform", Fraction(3, 8), Fraction(3679, 10000))},
    {"extra": ("normal", Fraction(1), Fraction(484, 1000))},
)

Extra = tuple[str, Fraction, Fraction]


def _table(extra: Extra | None) -> bool:
    rows = [(law, row) for law, group in TABLE.items() for row in group]
    if extra is not None:
        law, half, weight = extra
        rows.append((law, Component(half, weight, "uniform-components")))
    for law, row in rows:
        if law == "uniform":
            if not row.half_width == row.weight == 1:
                return False
            continue
        a = ball(row.half_width)
        if not above(2 * a * DENSITIES[law](a), row.weight):
            return False
    return True


def _product_density() -> bool:
    """P(|UV| <= x) = x (1 + log(1/x)); its derivative is log(1/x), spread over two signs."""
    from sympy import diff, integrate, log, symbols

    x, u = symbols("x u", positive=True)
    distribution = x + x * integrate(1 / u, (u, x, 1))
    return identity(diff(distribution, x), -log(x)) is True


def _constants() -> bool:
    """a log(1/a): ln 2 / 2 at 1/2; critical only at 1/e, where it is 1/e."""
    from sympy import E, Rational, diff, log, solve, symbols

    a = symbols("a", positive=True)
    weight = -a * log(a)
    roots = solve(diff(weight, a), a)
    return bool(
        weight.subs(a, Rational(1, 2)) == log(2) / 2
        and roots == [1 / E]
        and weight.subs(a, 1 / E) == 1 / E
    )


def _decreasing() -> bool:
    """A density f(x/w)/w averaged over w > 0 does not increase if f does not: checked by balls."""
    for law in DENSITIES:
        rows = [density_floor(law, Fraction(k, 16)) for k in range(1, 15)]
        if any(b > a for a, b in itertools.pairwise(rows)):
            return False
    return True


def _bessel() -> bool:
    """The density of N*N at 1/2: an integral over one factor, against the Bessel function."""
    x = ball(Fraction(1, 2))

    def inside(w: object, _: object) -> object:
        # phi(w) phi(x/w) / w, twice (both signs of w)
        return 2 * (-(w * w) / 2 - (x / w) * (x / w) / 2).exp() / (2 * w * x.pi())  # type: ignore[operator]

    middle = integral(inside, Fraction(1, 30), Fraction(12))
    tails = ball(Fraction(1, 10**6))
    exact = DENSITIES["normal*normal"](x)
    return bool(middle - tails < exact) and bool(middle + tails > exact)


def build(*, extra: Extra | None = None) -> Proof:
    """The proof; `extra` is one more row (law, half width, weight)."""
    return Proof(
        "uniform-components",
        "Uniform components of the laws",
        r"Each law of the table is $\alpha U[-a,a] + (1-\alpha)Q$ with the listed rational "
        r"$\alpha < 2a\,p(a)$. Among them $U\cdot U$: $p(x) = \frac12\ln(1/|x|)$, so "
        r"$\alpha(1/2) = \ln 2/2$, best $1/e$ at $a = 1/e$; its ReLU half has $\ln 2/4$; "
        r"$N\cdot N$: $p(x) = K_0(|x|)/\pi$.",
        (
            step(r"$U\cdot U$ has density $\frac12\ln(1/|x|)$", "identity", _product_density),
            step(r"$\alpha(1/2) = \ln 2/2$, maximum $1/e$", "identity", _constants),
            step(
                r"$K_0(x)/\pi$ is the density of $N\cdot N$ at $x = 1/2$ within $10^{-6}$",
                "integral",
                _bessel,
                "middle part by rigorous quadrature; both tails together are below 1e-6",
            ),
            step(
                "the densities do not increase in |x|, so the infimum on [-a, a] is at a",
                "rule",
                _decreasing,
                "mixtures over w of f(x/w)/w with f non-increasing; lower balls on a grid agree",
            ),
            step("every row of the table", "enclosure", lambda: _table(extra)),
        ),
        ("mixture-rule",),
    )
