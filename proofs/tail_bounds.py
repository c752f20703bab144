"""Tail bounds with their constants, for the laws that the frozen lemma needs."""

from __future__ import annotations

import math
from fractions import Fraction

from .kit import Proof, step
from .kit.algebra import identity, nonnegative

UNSAFE = ({"variance": 8}, {"second": Fraction(1, 7)})


def _coefficients(variance: int) -> bool:
    """k! variance^k <= (2k+1)!: base, and the ratio (2k+2)(2k+3) >= variance (k+1)."""
    from sympy import oo, symbols

    k = symbols("k")
    ratio = (2 * k + 2) * (2 * k + 3) - variance * (k + 1)
    first = all(math.factorial(j) * variance**j <= math.factorial(2 * j + 1) for j in range(12))
    return first and nonnegative(ratio, k, 0, oo)


def _chernoff() -> bool:
    """min over t of t^2 n/6 - t x is -3 x^2/(2 n), at t = 3 x/n."""
    from sympy import symbols

    t, x, n = symbols("t x n")
    return identity(t**2 * n / 6 - t * x, -3 * x**2 / (2 * n) + n / 6 * (t - 3 * x / n) ** 2)


def _below_quadratic() -> bool:
    """g = 1 - y + y^2/2 - exp(-y): g(0) = g'(0) = 0 and g'' = 1 - exp(-y) >= 0 for y >= 0."""
    from sympy import diff, exp, symbols

    y = symbols("y")
    g = 1 - y + y**2 / 2 - exp(-y)
    return bool(g.subs(y, 0) == 0 and diff(g, y).subs(y, 0) == 0 and diff(g, y, 2) == 1 - exp(-y))


def _moments(second: Fraction) -> bool:
    from sympy import Rational, integrate, symbols

    x = symbols("x")
    mean = integrate(x / 2, (x, 0, 1))
    square = integrate(x**2 / 2, (x, 0, 1))
    return bool(mean == Rational(1, 4) and square <= Rational(second.numerator, second.denominator))


def _lower() -> bool:
    """-t (m - s) + t (- ...) : n(-t mu + t^2 q/2) + t(n mu - s) at t = s/(n q) is -s^2/(2 n q)."""
    from sympy import symbols

    t, s, n, mu, q = symbols("t s n mu q")
    exponent = n * (-t * mu + t**2 * q / 2) + t * (n * mu - s)
    return identity(exponent.subs(t, s / (n * q)), -(s**2) / (2 * n * q))


def _binomial() -> bool:
    """E 2^B = (1 + p)^n <= e^(pn); so P(B >= m) <= e^(pn) 2^-m."""
    from sympy import symbols

    p, power = symbols("p P")
    return identity((1 - p) * power + 2 * p * power, (1 + p) * power)


def _exponential() -> bool:
    """1 + y <= e^y: h = e^y - 1 - y has h(0) = h'(0) = 0 and h'' = e^y > 0."""
    from sympy import diff, exp, symbols

    y = symbols("y", real=True)
    h = exp(y) - 1 - y
    return bool(
        h.subs(y, 0) == 0 and diff(h, y).subs(y, 0) == 0 and diff(h, y, 2).is_positive is True
    )


def build(*, variance: int = 6, second: Fraction = Fraction(1, 6)) -> Proof:
    """The proof; E exp(tX) <= exp(t^2/`variance`), E (X^+)^2 = `second`."""
    return Proof(
        "tail-bounds",
        "Tail bounds for uniform items and counts",
        rf"For $X \sim U[-1,1]$: $E e^{{tX}} \le e^{{t^2/{variance}}}$, so $P(|\sum_{{i\le n}} "
        rf"X_i| "
        r"\ge x) \le 2e^{-3x^2/(2n)}$; $P(\sum X_i^+ \le n/4 - s) \le e^{-3s^2/n}$; "
        r"$P(\mathrm{Bin}(n,p) \le np/2) \le e^{-np/8}$ and $P(\mathrm{Bin}(n,p) \ge m) \le "
        r"e^{np}2^{-m}$.",
        (
            step(
                rf"$E e^{{tX}} = \sum t^{{2k}}/(2k+1)! \le \sum t^{{2k}}/({variance}^k k!)$",
                "induction",
                lambda: _coefficients(variance),
                r"coefficient by coefficient; $E X^{2k} = 1/(2k+1)$",
            ),
            step(
                r"the best t gives $e^{-3x^2/(2n)}$",
                "identity",
                _chernoff,
                "on either side",
                rules=("markov", "independence", "union"),
            ),
            step(r"$1 + y \le e^y$", "monotone", _exponential, rules=("taylor",)),
            step(
                r"$e^{-y} \le 1 - y + y^2/2$ for $y \ge 0$",
                "monotone",
                _below_quadratic,
                r"hence $E e^{-tY} \le e^{-tEY + t^2EY^2/2}$ for $Y \ge 0$",
                rules=("taylor", "linearity"),
            ),
            step(
                rf"$E X^+ = 1/4$, $E (X^+)^2 \le {second}$",
                "integral",
                lambda: _moments(second),
            ),
            step(
                r"the best t gives $e^{-s^2/(2nEY^2)}$",
                "identity",
                _lower,
                r"$Y = X^+$: $e^{-3s^2/n}$; $Y$ Bernoulli, $s = np/2$: $e^{-np/8}$",
                rules=("markov", "independence"),
            ),
            step(r"$E 2^{\mathrm{Bin}(n,p)} = (1+p)^n$", "induction", _binomial, rules=("markov",)),
        ),
    )
