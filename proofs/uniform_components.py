"""Uniform components of the laws, by balls."""

from __future__ import annotations

import itertools
from fractions import Fraction
from typing import Any

from slt_theory.certified.components import TABLE, Component, components
from slt_theory.certified.density import DENSITIES, density_floor

from . import answers
from .kit import Proof, ProofStep, step
from .kit.algebra import identity
from .kit.balls import above, ball, integral

UNSAFE = (
    {"extra": ("uniform*uniform", Fraction(3, 8), Fraction(3679, 10000))},
    {"extra": ("normal", Fraction(1), Fraction(484, 1000))},
    {"slack": Fraction(1001, 1000)},
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
    """w = a log(1/a): ln 2 / 2 at 1/2; w'' = -1/a < 0 and w' = 0 at 1/e, where it is 1/e."""
    from sympy import E, Rational, diff, log, symbols

    a = symbols("a", positive=True)
    weight = -a * log(a)
    return bool(
        weight.subs(a, Rational(1, 2)) == log(2) / 2
        and diff(weight, a, 2) == -1 / a
        and diff(weight, a).subs(a, 1 / E) == 0
        and weight.subs(a, 1 / E) == 1 / E
    )


def _normal_uniform_density() -> bool:
    """int_x^oo phi(w)/w dw = E_1(x^2/2) / (2 sqrt(2 pi)): t = w^2/2 has dt/t = 2 dw/w."""
    from sympy import diff, symbols

    w = symbols("w", positive=True)
    t = w**2 / 2
    return identity(diff(t, w) / t, 2 / w)


def _bessel_substitution() -> bool:
    """w = sqrt(x) exp(u/2): w^2/2 + x^2/(2 w^2) = x cosh u and dw/w = du/2, E = exp(u/2)."""
    from sympy import diff, exp, symbols

    x, power, u = symbols("x E u", positive=True)
    square = x * power**2
    exponent = square / 2 + x**2 / (2 * square)
    cosh = (power**2 + 1 / power**2) / 2
    rate = diff(exp(u / 2), u) / exp(u / 2)
    return identity(exponent, x * cosh) and identity(rate, Fraction(1, 2))


def _bessel(slack: Fraction) -> bool:
    """int_0^oo exp(-x cosh u) du by quadrature at the ends of the table, against K_0 of flint.

    Beyond U, cosh u >= exp(u)/2 gives a tail of at most exp(-y)/y with y = x exp(U)/2.
    """
    for row in TABLE["normal*normal"]:
        x = ball(row.half_width)

        def inside(u: Any, _: Any, x: Any = x) -> Any:
            return (-x * u.cosh()).exp()

        middle = integral(inside, Fraction(0), Fraction(6))
        y = x * ball(6).exp() / 2
        tail = (-y).exp() / y
        value = x.bessel_k(x * 0) * ball(slack)
        if not (bool(middle < value + ball("1e-9")) and bool(middle + tail > value - ball("1e-9"))):
            return False
        if not above(2 * x * middle / x.pi(), row.weight):
            return False
    return True


def _decreasing() -> bool:
    """The lower balls on a grid do not increase."""
    for law in DENSITIES:
        rows = [density_floor(law, Fraction(k, 16)) for k in range(1, 15)]
        if any(b > a for a, b in itertools.pairwise(rows)):
            return False
    return True


def _factors() -> bool:
    """phi' = -w phi and (log(1/x))' = -1/x: no factor density increases on (0, oo)."""
    from sympy import diff, exp, log, symbols

    w = symbols("w", positive=True)
    phi = exp(-(w**2) / 2)
    return bool(diff(phi, w) == -w * phi and diff(-log(w), w) == -1 / w)


def _interval() -> bool:
    """U[lo, hi] with -lo, hi >= a has density 1/(hi - lo) on [-a, a]: weight 2 a/(hi - lo)."""
    for name, half, weight in (
        ("uniform[-1,2]", Fraction(1), Fraction(2, 3)),
        ("uniform[-0.4,0.54]", Fraction(2, 5), Fraction(40, 47)),
    ):
        (row,) = components(name)
        if (row.half_width, row.weight) != (half, weight):
            return False
    return True


def _density_steps(slack: Fraction) -> tuple[ProofStep, ...]:
    """Densities of products, and the constants of U U."""
    return (
        step(
            r"$U\cdot U$ has density $\frac12\ln(1/|x|)$",
            "identity",
            _product_density,
            r"$P(|UV| \le x) = \int_0^1 \min(1, x/u)\,du$, spread over two fair signs",
            rules=("total-probability",),
        ),
        step(
            r"$\alpha(1/2) = \ln 2/2$, maximum $1/e$",
            "monotone",
            _constants,
            rules=("convexity",),
        ),
        step(
            r"$\int_{|x|}^\infty \varphi(w)\,dw/w = E_1(x^2/2)/(2\sqrt{2\pi})$ is the density "
            r"of $N\cdot U$",
            "identity",
            _normal_uniform_density,
            r"given $|N| = w$ the product is uniform on $[-w, w]$; $E_1(y) = \int_y^\infty "
            r"e^{-t}dt/t$",
            rules=("total-probability",),
        ),
        step(
            r"$\int \varphi(w)\varphi(x/w)\,dw/|w| = K_0(|x|)/\pi$ is the density of "
            r"$N\cdot N$",
            "identity",
            _bessel_substitution,
            r"$K_0(x) = \int_0^\infty e^{-x\cosh u}du$, $w = \sqrt x e^{u/2}$",
            rules=("total-probability",),
        ),
        step(
            "that integral, by quadrature with its tail, is the $K_0$ used, and gives the rows "
            r"of $N\cdot N$ by itself",
            "integral",
            lambda: _bessel(slack),
        ),
    )


def _table_steps(extra: Extra | None) -> tuple[ProofStep, ...]:
    """Weights of the rows: the least density on [-a, a]."""
    return (
        step(
            "the densities do not increase in |x|, so the infimum on [-a, a] is at a",
            "rule",
            _factors,
            "means over w of f(x/w)/w with f non-increasing",
            rules=("averaging",),
        ),
        step("the lower balls used in sweeps do not increase either", "spot", _decreasing),
        step("weights of $U[b, c]$", "spot", _interval, "a constant density"),
        step("every row of the table", "enclosure", lambda: _table(extra)),
        step(
            "rows of scaled and masked names, by densities of their own",
            "spot",
            answers.component_weights,
        ),
    )


def build(*, extra: Extra | None = None, slack: Fraction = Fraction(1)) -> Proof:
    """The proof; `extra` is one more row (law, half width, weight), `slack` scales K_0."""
    return Proof(
        "uniform-components",
        "Uniform components of the laws",
        r"Each law of the table is $\alpha U[-a,a] + (1-\alpha)Q$ with the listed rational "
        r"$\alpha < 2a\,p(a)$. Among them $U\cdot U$: $p(x) = \frac12\ln(1/|x|)$, so "
        r"$\alpha(1/2) = \ln 2/2$, best $1/e$ at $a = 1/e$; its ReLU half has $\ln 2/4$; "
        r"$N\cdot N$: $p(x) = K_0(|x|)/\pi$; $N\cdot U$: $p(x) = E_1(x^2/2)/(2\sqrt{2\pi})$; "
        r"$U[b, c]$ with $a \le \min(-b, c)$: $\alpha = 2a/(c-b)$.",
        (*_density_steps(slack), *_table_steps(extra)),
        ("mixture-rule",),
    )
