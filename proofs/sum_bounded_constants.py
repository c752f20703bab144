"""Constants of sum-bounded laws for U[-1,1], over all n with a rigorous tail."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

from slt_theory.balls import precision, to_power

from .kit import Proof, ProofStep, cited, step
from .kit.algebra import nonnegative
from .kit.balls import ball, positive_on

UNSAFE = (
    {"upper": Fraction(7, 10)},
    {"above": Fraction(1, 1000)},
    {"sixth": Fraction(1, 2900)},
)

_LAST = 100


def _density(n: int, x: Any) -> Any:
    """Density of the sum of n items U[-1,1] at x >= 0, by balls."""
    y = (x + n) / 2
    total = y * 0
    for j in range(n + 1):
        part = y - j
        if not bool(part > 0):
            break
        total += (-1) ** j * math.comb(n, j) * part ** (n - 1)
    return total / (2 * math.factorial(n - 1))


def _with_precision(check: Callable[[], bool]) -> bool:
    with precision(400):
        return bool(check())


def _value() -> Any:
    """sqrt(3) phi(sqrt(3)) = sqrt(6 pi) exp(-3/2) / (2 pi)."""
    from flint import arb

    return ball(3).sqrt() * (-ball(Fraction(3, 2))).exp() / (2 * arb.pi()).sqrt()


def _exact_at_zero(upper: Fraction) -> bool:
    """n f_n(0)^2 against upper^2 for n <= 12, by fractions; equality only at n = 2 for 1/2."""
    limit = Fraction(1, 2) if upper == 0 else upper**2
    for n in range(1, 13):
        y = Fraction(n, 2)
        total = sum(
            ((-1) ** j * math.comb(n, j) * (y - j) ** (n - 1) for j in range(n + 1) if y > j),
            Fraction(0),
        ) / (2 * math.factorial(n - 1))
        if n * total**2 > limit or (n == 2 and upper == 0 and n * total**2 != limit):
            return False
    return True


def _unimodal() -> bool:
    """f_(n+1)'(x) = (f_n(x+1) - f_n(x-1))/2 <= 0 for x >= 0: (x+1)^2 - (x-1)^2 = 4 x >= 0."""
    from sympy import oo, symbols

    x = symbols("x")
    return nonnegative((x + 1) ** 2 - (x - 1) ** 2, x, 0, oo)


def _taylor() -> bool:
    """Partial sums of sin and exp(-y) bound them on [0, oo), alternately from above and below.

    g = +-(partial sum - function) vanishes at 0 with its first k - 1 derivatives, and its k-th is
    1 - cos t or 1 - exp(-y).
    """
    from sympy import cos, diff, exp, factorial, sin, symbols

    t = symbols("t")
    for k in (5, 7, 9):
        partial = sum((-1) ** (j // 2) * t**j / factorial(j) for j in range(1, k + 1, 2))
        g = (-1) ** (k // 2) * (partial - sin(t))
        if any(diff(g, t, j).subs(t, 0) != 0 for j in range(k)) or diff(g, t, k) != 1 - cos(t):
            return False
    for k in (3, 4):
        partial = sum((-t) ** j / factorial(j) for j in range(k + 1))
        g = (-1) ** k * (partial - exp(-t))
        if any(diff(g, t, j).subs(t, 0) != 0 for j in range(k)) or diff(g, t, k) != 1 - exp(-t):
            return False
    return True


def _exp(y: Any, order: int) -> Any:
    from sympy import factorial

    return sum((-y) ** j / factorial(j) for j in range(order + 1))


def _sinc(square: Any, order: int) -> Any:
    """Partial sum of sin t / t in t^2."""
    from sympy import factorial

    return sum((-square) ** j / factorial(2 * j + 1) for j in range(order + 1))


def _gaussian() -> bool:
    """sin t/t <= exp(-t^2/6): polynomials in t^2 up to 2.6, balls on [2.6, 3.15]."""
    from sympy import Rational, symbols

    q = symbols("q")
    near = nonnegative(_exp(q / 6, 3) - _sinc(q, 2), q, 0, Rational(169, 25))
    far = positive_on(
        lambda t: (-t * t / 6).exp() - t.sin() / t, Fraction(26, 10), Fraction(63, 20)
    )
    return near and far


def _log_sinc(sixth: Fraction) -> bool:
    """q/6 + q^2/180 <= -log(sin t/t) <= q/6 + q^2/180 + `sixth` q^3, q = t^2, on [0, 1]."""
    from sympy import Rational, symbols

    q = symbols("q")
    low = q / 6 + q**2 / 180
    high = low + Rational(sixth.numerator, sixth.denominator) * q**3
    return nonnegative(_exp(low, 3) - _sinc(q, 4), q, 0, 1) and nonnegative(
        _sinc(q, 3) - _exp(high, 4), q, 0, 1
    )


def _tail(upper: Fraction) -> bool:
    """sqrt(n) f_n(0) <= (sqrt(6 pi) + 2 sqrt(n) pi^(1-n)/(n-1)) / (2 pi); n = 4 is the largest."""
    from flint import arb

    pi = arb.pi()
    limit = ball(Fraction(1, 2)).sqrt() if upper == 0 else ball(upper)
    bound = ((6 * pi).sqrt() + 2 * ball(4).sqrt() * to_power(pi, -3) / 3) / (2 * pi)
    # From n to n + 1 the second term shrinks: its ratio is at most sqrt(2)/pi < 1.
    return bool(bound < limit) and bool(ball(2).sqrt() / pi < 1)


def _low_exact(above: Fraction) -> bool:
    def check() -> bool:
        return all(
            bool(ball(n).sqrt() * _density(n, ball(n).sqrt()) > _value() + ball(above))
            for n in range(2, _LAST + 1)
        )

    return _with_precision(check)


def _moments() -> bool:
    """Under the normal law of variance 3: E cos(ks) = exp(-3 k^2/2), and its derivatives."""
    from sympy import Rational, diff, exp, symbols

    k = symbols("k")
    characteristic = exp(-3 * k**2 / 2)
    fourth = diff(characteristic, k, 4).subs(k, 1)
    return bool(
        fourth == -54 * exp(-Rational(3, 2))
        and diff(characteristic, k, 6).subs(k, 0) == -405
        and diff(characteristic, k, 8).subs(k, 0) == 8505
    )


def _low_tail(sixth: Fraction) -> bool:
    """n (sqrt(n) f_n(sqrt n) - limit) > 0 at n = 101; all subtracted terms times n decrease.

    With A = s^4/(180 n) and 0 <= B <= `sixth` s^6/n^2 <= r A the integrand is
    exp(-s^2/6 - A - B) and differs from exp(-s^2/6) (1 - A) by at most B + (A + B)^2/2.
    """
    from flint import arb

    pi, n = arb.pi(), _LAST + 1
    root, mass = ball(n).sqrt(), (6 * pi).sqrt()
    gain = _value() * ball(Fraction(54, 180)) / n
    ratio = 1 + 180 * sixth
    core = mass * ball(405 * sixth + ratio**2 / 2 * Fraction(8505, 180**2)) / n**2
    # |s| > sqrt(n): the product itself up to pi sqrt(n), and the Gaussian with its factor 1 + A.
    outer = 2 * (-ball(n) / 6).exp() * 3 / root
    gauss = (-ball(n) / 12).exp() * (12 * pi).sqrt() * (1 + ball(Fraction(108, 180)) / n)
    far = 2 * root * to_power(pi, 1 - n) / (n - 1)
    return bool(gain - (core + outer + gauss + far) / (2 * pi) > 0)


def _limit() -> bool:
    """sqrt(3) phi(sqrt(3)) lies in (0.15418, 0.15419)."""
    return bool(_value() > ball("0.15418")) and bool(_value() < ball("0.15419"))


def _density_steps() -> tuple[ProofStep, ...]:
    """The density of a sum: Fourier inversion, even, not increasing."""
    return (
        cited(
            r"$f_n(x) = \frac1{2\pi}\int (\sin t/t)^n \cos(tx)\,dt$ for $n \ge 2$",
            "Fourier inversion of an integrable characteristic function, Feller II, XV.3",
        ),
        step(
            r"$f_n$ is even and does not increase on $(0, \infty)$",
            "induction",
            _unimodal,
            r"$f_{n+1}(x) = \frac12\int_{x-1}^{x+1} f_n$; $|x + 1| \ge |x - 1|$ for $x \ge 0$",
        ),
    )


def _upper_steps(upper: Fraction, shown: str) -> tuple[ProofStep, ...]:
    """At 0: exactly up to n = 12, by balls beyond."""
    return (
        step(
            rf"$n f_n(0)^2 \le$ the square of ${shown}$ for $n \le 12$, equal at n = 2",
            "finite",
            lambda: _exact_at_zero(upper),
            "fractions",
        ),
        step(
            r"partial sums of $\sin t$ and $e^{-y}$ bound them from alternate sides",
            "monotone",
            _taylor,
            rules=("taylor",),
        ),
        step(
            r"$\sin t/t \le e^{-t^2/6}$ on $[0, \pi]$",
            "enclosure",
            _gaussian,
            "partial sums below 2.6, balls beyond",
        ),
        step(
            r"$\sqrt n f_n(0) \le \frac1{2\pi}(\sqrt{6\pi} + 2\sqrt n\pi^{1-n}/(n-1)) < "
            rf"{shown}$ for $n \ge 4$",
            "enclosure",
            lambda: _tail(upper),
            r"$|\sin t/t| \le 1/|t|$ beyond $\pi$; largest at n = 4",
        ),
    )


def _lower_steps(above: Fraction, sixth: Fraction) -> tuple[ProofStep, ...]:
    """At sqrt(n): exactly, then by the fourth moment."""
    return (
        step(
            rf"$\sqrt n f_n(\sqrt n) > \sqrt3\varphi(\sqrt3) + {float(above):g}$ for "
            rf"$2 \le n \le {_LAST}$",
            "enclosure",
            lambda: _low_exact(above),
        ),
        step(
            r"$t^2/6 + t^4/180 \le -\ln(\sin t/t) \le t^2/6 + t^4/180 + "
            rf"{sixth}\,t^6$ on $[0,1]$",
            "polynomial",
            lambda: _log_sinc(sixth),
            "partial sums",
        ),
        step(
            r"$\frac1{2\pi}\int e^{-s^2/6}(1 - \frac{s^4}{180n})\cos s\,ds = "
            r"\sqrt3\varphi(\sqrt3)\,(1 + \frac{54}{180 n})$",
            "identity",
            _moments,
            "derivatives of the normal characteristic function",
        ),
        step(
            rf"for $n > {_LAST}$ the remaining error is below that gain, and O(1/n)",
            "enclosure",
            lambda: _low_tail(sixth),
            r"decided at the first n: the gain is of order 1/n, the errors times n decrease",
        ),
        step("the limit", "enclosure", _limit),
    )


def build(
    *,
    upper: Fraction = Fraction(0),
    above: Fraction = Fraction(0),
    sixth: Fraction = Fraction(1, 2000),
) -> Proof:
    """The proof.

    `upper` = 0 stands for the square root of one half; `above` is added to the lower constant;
    `sixth` is the coefficient of t^6 in the bound of -log(sin t/t).
    """
    shown = r"1/\sqrt2" if upper == 0 else str(float(upper))
    return Proof(
        "sum-bounded-constants",
        "Sum-bounded constants of the uniform law",
        r"Let $f_n$ be the density of a sum of n items $U[-1,1]$. Then "
        rf"$\sup_n \sqrt n f_n(0) = {shown}$, attained at n = 2, and "
        r"$\inf_{n \ge 2} \sqrt n f_n(\sqrt n) = \sqrt3\varphi(\sqrt3) = 0.15418\ldots$, "
        r"the limit, not attained. They bound $\sqrt n f_n(x)$ for all x, and for "
        r"$|x| \le \sqrt n$.",
        (*_density_steps(), *_upper_steps(upper, shown), *_lower_steps(above, sixth)),
    )
