"""Error of piecewise linear interpolation."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from .kit import Proof, step
from .kit.algebra import identity, nonnegative

UNSAFE = ({"constant": Fraction(1, 9)},)


def _primitives() -> bool:
    """((s-a) f' - f)' = (s-a) f'' and ((b-s) f' + f)' = (b-s) f'', for any f."""
    from sympy import Function, diff, symbols

    s, a, b, f0, f1, f2 = symbols("s a b f0 f1 f2")
    f = Function("f")(s)
    named = {diff(f, s, 2): f2, diff(f, s): f1, f: f0}

    def plain(expression: Any) -> Any:
        for old, new in named.items():
            expression = expression.subs(old, new)
        return expression

    rising = plain(diff((s - a) * diff(f, s) - f, s))
    falling = plain(diff((b - s) * diff(f, s) + f, s))
    return identity(rising, (s - a) * f2) and identity(falling, (b - s) * f2)


def _kernel() -> bool:
    """The primitives between their ends give (b-x)/(b-a) f(a) + (x-a)/(b-a) f(b) - f(x)."""
    from sympy import symbols

    x, a, b, fa, fb, fx, slope = symbols("x a b fa fb fx dfx")
    rising = ((x - a) * slope - fx) - (-fa)
    falling = fb - ((b - x) * slope + fx)
    total = (b - x) / (b - a) * rising + (x - a) / (b - a) * falling
    line = (fa * (b - x) + fb * (x - a)) / (b - a)
    return identity(fx - line, -total)


def _mass() -> bool:
    from sympy import integrate, symbols

    x, s, a, b = symbols("x s a b")
    left = integrate((s - a) * (b - x) / (b - a), (s, a, x))
    right = integrate((x - a) * (b - s) / (b - a), (s, x, b))
    return identity(left + right, (x - a) * (b - x) / 2)


def _peak(constant: Fraction) -> bool:
    """constant h^2 - t (h - t)/2 >= 0 for 0 <= t <= h, in units of h."""
    from sympy import Rational, symbols

    t = symbols("t")
    c = Rational(constant.numerator, constant.denominator)
    return nonnegative(c - t * (1 - t) / 2, t, 0, 1)


def build(*, constant: Fraction = Fraction(1, 8)) -> Proof:
    """The proof; `constant` h^2 sup|f''| bounds the error."""
    return Proof(
        "piecewise-linear-error",
        "Error of piecewise linear interpolation",
        rf"If $f \in C^2$ and knots are at most h apart, $|f - If| \le {constant}\,h^2\sup|f''|$.",
        (
            step(
                r"$((s-a)f' - f)' = (s-a)f''$, $((b-s)f' + f)' = (b-s)f''$",
                "identity",
                _primitives,
                r"$G(x,s) = \frac{(s-a)(b-x)}{b-a}$ for $s \le x$, $\frac{(x-a)(b-s)}{b-a}$ beyond",
            ),
            step(
                r"$f(x) - If(x) = -\int_a^b G(x,s)f''(s)\,ds$, $G \ge 0$",
                "identity",
                _kernel,
                r"so $|f - If| \le \sup|f''|\int G\,ds$",
            ),
            step(r"$\int G\,ds = (x-a)(b-x)/2$", "integral", _mass),
            step(rf"$t(1-t)/2 \le {constant}$", "polynomial", lambda: _peak(constant)),
        ),
    )
