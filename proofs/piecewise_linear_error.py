"""Error of piecewise linear interpolation."""

from __future__ import annotations

from fractions import Fraction

from .kit import Proof, step
from .kit.algebra import identity, nonnegative

UNSAFE = ({"constant": Fraction(1, 9)},)


def _kernel() -> bool:
    """f - If = - int G f'' with G = (x-a)(b-s)/(b-a) or (s-a)(b-x)/(b-a): on 1, x, ..., x^8.

    Polynomials are dense in C^2, and both sides are continuous there.
    """
    from sympy import diff, integrate, symbols

    x, s, a, b = symbols("x s a b")
    for degree in range(9):
        f = s**degree
        line = (f.subs(s, a) * (b - x) + f.subs(s, b) * (x - a)) / (b - a)
        second = diff(f, s, 2)
        left = integrate((s - a) * (b - x) / (b - a) * second, (s, a, x))
        right = integrate((x - a) * (b - s) / (b - a) * second, (s, x, b))
        if not identity(f.subs(s, x) - line, -(left + right)):
            return False
    return True


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
                r"$f(x) - If(x) = -\int_a^b G(x,s)f''(s)\,ds$, $G \ge 0$",
                "integral",
                _kernel,
                "exact on powers up to 8 with symbolic ends; dense in C^2",
            ),
            step(r"$\int G\,ds = (x-a)(b-x)/2$", "integral", _mass),
            step(rf"$t(1-t)/2 \le {constant}$", "polynomial", lambda: _peak(constant)),
        ),
    )
