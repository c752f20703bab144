"""Constants of sum-bounded laws for U[-1,1], over all n with a rigorous tail."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

from .kit import Proof, step
from .kit.algebra import nonnegative
from .kit.balls import ball

UNSAFE = ({"upper": Fraction(7, 10)}, {"lower": Fraction(155, 1000)})

_LAST = 60


def _density(n: int, x: Any) -> Any:
    """Density of the sum of n items U[-1,1] at x >= 0, by balls of 300 bits."""
    y = (x + n) / 2
    total = y * 0
    for j in range(n + 1):
        part = y - j
        if not bool(part > 0):
            break
        total += (-1) ** j * math.comb(n, j) * part ** (n - 1)
    return total / (2 * math.factorial(n - 1))


def _with_precision(check: Any) -> bool:
    from flint import ctx

    before = ctx.prec
    ctx.prec = 400
    try:
        return bool(check())
    finally:
        ctx.prec = before


def _exact_at_zero(upper: Fraction) -> bool:
    """n f_n(0)^2 against upper^2 for n <= 12, by fractions; equality only at n = 2 for 1/2."""
    limit = Fraction(1, 2) if upper == 0 else upper**2
    for n in range(1, 13):
        y = Fraction(n, 2)
        total = sum(
            ((-1) ** j * math.comb(n, j) * (y - j) ** (n - 1) for j in range(n + 1) if y > j),
            Fraction(0),
        ) / (2 * math.factorial(n - 1))
        if n * total**2 > limit:
            return False
    return True


def _sinc() -> bool:
    """sin t/t <= exp(-t^2/6) on (0, pi): log of the product, 1 - y <= exp(-y), sum 1/k^2 = "
    "pi^2/6."""
    from sympy import Sum, oo, pi, symbols

    k = symbols("k", integer=True, positive=True)
    y = symbols("y")
    total = Sum(1 / k**2, (k, 1, oo)).doit()
    # 1 - y <= exp(-y) follows from 1 + y <= exp(y) at -y; here only its first two orders.
    return bool(total == pi**2 / 6) and nonnegative(1 - y + y**2 / 2 - (1 - y), y, 0, 1)


def _tail(upper: Fraction) -> bool:
    """sqrt(n) f_n(0) <= (sqrt(6 pi) + 2 sqrt(n) pi^(1-n)/(n-1)) / (2 pi); n = 4 is the largest."""
    from flint import arb

    pi = arb.pi()
    limit = ball(Fraction(1, 2)).sqrt() if upper == 0 else ball(upper)
    for n in range(4, 200):
        root = ball(n).sqrt()
        bound = ((6 * pi).sqrt() + 2 * root * pi ** (1 - n) / (n - 1)) / (2 * pi)
        if not bool(bound < limit):
            return False
    # From n = 4 on sqrt(n) pi^(1-n)/(n-1) decreases: ratio at most sqrt(2)/pi < 1.
    return bool(ball(2).sqrt() / pi < 1)


def _low_exact(lower: Fraction) -> bool:
    def check() -> bool:
        for n in range(1, _LAST + 1):
            root = ball(n).sqrt()
            if n == 1:
                continue  # f_1 = 1/2 up to its end point
            if not bool(root * _density(n, root) > ball(lower)):
                return False
        return True

    return _with_precision(check)


def _low_tail(lower: Fraction) -> bool:
    """For n > 60 the local limit loses at most 0.12/n: limit 0.15418 minus that is enough.

    |psi^n - exp(-s^2/6)| <= exp(-s^2/6) s^4 k/(180 n) for |s| <= sqrt(n), where -log(sin t/t)
    <= t^2/6 + k t^4/180, k = 6/5 on [0, 1]; beyond, both terms are exponentially small.
    """
    from flint import arb

    pi = arb.pi()
    limit = (ball(Fraction(3)).sqrt()) * (-ball(Fraction(3, 2))).exp() / (2 * pi).sqrt()
    fourth = 27 * (6 * pi).sqrt()
    n = _LAST + 1
    core = fourth * ball(Fraction(6, 5)) / (180 * n) / (2 * pi)
    # integral of exp(-s^2/6) over sqrt(n) < |s| < pi sqrt(n), twice (psi^n and the Gaussian)
    root = ball(n).sqrt()
    outer = 2 * 2 * (-ball(n) / 6).exp() * 3 / root / (2 * pi)
    far = 2 * root * pi ** (1 - n) / (n - 1) / (2 * pi)
    return bool(limit - core - outer - far > ball(lower))


def _log_sinc() -> bool:
    """-log(sin t/t) = sum zeta(2k) t^(2k)/(k pi^(2k)): terms k >= 3 add at most a fifth of k "
    "= 2."""
    from flint import arb

    pi = arb.pi()
    second = (pi**4 / 90) / (2 * pi**4)
    rest = sum(
        ((ball(2 * k).zeta()) / (k * pi ** (2 * k)) for k in range(3, 40)), ball(0)
    ) + pi ** (-78)
    return bool(rest < second / 5) and bool(abs(second - ball(Fraction(1, 180))) < ball("1e-9"))


def _limit() -> bool:
    """sqrt(3) phi(sqrt(3)) lies in (0.15418, 0.15419)."""
    from flint import arb

    pi = arb.pi()
    value = ball(3).sqrt() * (-ball(Fraction(3, 2))).exp() / (2 * pi).sqrt()
    return bool(value > ball("0.15418")) and bool(value < ball("0.15419"))


def build(*, upper: Fraction = Fraction(0), lower: Fraction = Fraction(152, 1000)) -> Proof:
    """The proof; `upper` = 0 stands for the square root of one half."""
    shown = r"1/\sqrt2" if upper == 0 else str(float(upper))
    return Proof(
        "sum-bounded-constants",
        "Sum-bounded constants of the uniform law",
        r"Let $f_n$ be the density of a sum of n items $U[-1,1]$. For all n: "
        rf"$\sqrt n f_n(0) \le {shown}$ (equality at n = 2), and for n >= 2 $\sqrt n f_n(\sqrt "
        rf"n) > "
        rf"{float(lower):g}$; the limit of the latter is $\sqrt3\varphi(\sqrt3) = 0.15418\ldots$",
        (
            step(
                rf"$n f_n(0)^2 \le$ the square of ${shown}$ for $n \le 12$",
                "finite",
                lambda: _exact_at_zero(upper),
                "fractions",
            ),
            step(
                r"$\sin t/t = \prod(1 - t^2/(\pi k)^2) \le e^{-t^2/6}$ on $[0, \pi]$",
                "identity",
                _sinc,
            ),
            step(
                rf"$\sqrt n f_n(0) \le \frac{{1}}{{2\pi}}(\sqrt{{6\pi}} + \ldots) < {shown}$ for "
                r"$n \ge 4$",
                "enclosure",
                lambda: _tail(upper),
                r"inversion formula; $|\sin t/t| \le 1/|t|$ beyond $\pi$",
            ),
            step(
                rf"$\sqrt n f_n(\sqrt n) > {float(lower):g}$ for $2 \le n \le {_LAST}$",
                "enclosure",
                lambda: _low_exact(lower),
            ),
            step(
                r"$-\ln(\sin t/t) \le t^2/6 + \frac65 t^4/180$ on $[0,1]$", "enclosure", _log_sinc
            ),
            step(
                rf"local limit with error below ${float(lower):g}$'s slack for $n > {_LAST}$",
                "enclosure",
                lambda: _low_tail(lower),
            ),
            step("the limit", "enclosure", _limit),
        ),
        ("tail-bounds",),
    )
