"""How far a softmax moves when its scores move."""

from __future__ import annotations

from fractions import Fraction

from .kit import Proof, step
from .kit.algebra import identity, nonnegative
from .kit.balls import above, ball

UNSAFE = ({"factor": Fraction(19, 10)}, {"linear": Fraction(3)})


def _monotone() -> bool:
    from sympy import diff, symbols

    a, b = symbols("a b", positive=True)
    share = a / (a + b)
    return identity(diff(share, a), b / (a + b) ** 2) and identity(
        diff(share, b), -a / (a + b) ** 2
    )


def _square() -> bool:
    """(r-1)/(r+1) (1 + p (r^2-1)) - p (1-p) (r^2-1) = (r-1)/(r+1) (1 - p (r+1))^2."""
    from sympy import symbols

    p, r = symbols("p r")
    top = (r - 1) / (r + 1)
    left = top * (1 + p * (r**2 - 1)) - p * (1 - p) * (r**2 - 1)
    return identity(left, top * (1 - p * (r + 1)) ** 2)


def _shift() -> bool:
    """p r/(p r + (1-p)/r) - p = p (1-p) (r^2-1) / (1 + p (r^2-1))."""
    from sympy import symbols

    p, r = symbols("p r")
    return identity(
        p * r / (p * r + (1 - p) / r) - p, p * (1 - p) * (r**2 - 1) / (1 + p * (r**2 - 1))
    )


def _attained(factor: Fraction) -> bool:
    """At p = 1/(r+1) the l1 change 2 (q - p) equals factor * (r-1)/(r+1)."""
    from sympy import Rational, symbols

    r = symbols("r")
    p = 1 / (r + 1)
    change = 2 * (p * r / (p * r + (1 - p) / r) - p)
    return identity(change, Rational(factor.numerator, factor.denominator) * (r - 1) / (r + 1))


def _weaker() -> bool:
    """r^2 - 1 >= 2 (r-1)/(r+1) for r >= 1."""
    from sympy import oo, symbols

    r = symbols("r")
    return nonnegative((r**2 - 1) * (r + 1) - 2 * (r - 1), r, 1, oo)


def _linear(slope: Fraction) -> bool:
    """exp(2x) - 1 <= slope x on [0, 1/2]: equal at 0, convex, so the right end decides."""
    return above(ball(slope) / 2 + 1 - ball(1).exp(), 0)


def build(*, factor: Fraction = Fraction(2), linear: Fraction = Fraction(4)) -> Proof:
    """The proof; `factor` tanh(x/2) bounds the l1 change, `linear` x bounds exp(2x) - 1."""
    return Proof(
        "softmax-lemma",
        "The softmax lemma",
        r"If scores change by at most $x$ each, the softmax weights (over any masked set, any "
        rf"length) change in $\ell_1$ by at most ${factor}\tanh(x/2) \le e^{{2x}} - 1$, and by at "
        rf"most ${linear}x$ if $x \le 1/2$; so $\|\sum_i (p_i - p'_i) v_i\| \le "
        rf"{factor}\alpha\tanh(x/2)$ when $\|v_i\| \le \alpha$.",
        (
            step(
                r"$a/(a+b)$ increases in a and decreases in b",
                "monotone",
                _monotone,
                r"so for a set of weight p the new weight is at most $pr/(pr + (1-p)/r)$, "
                r"$r = e^x$",
            ),
            step(
                r"that is $p + p(1-p)(r^2-1)/(1+p(r^2-1))$",
                "identity",
                _shift,
            ),
            step(
                r"$\frac{r-1}{r+1}(1 + p(r^2-1)) - p(1-p)(r^2-1) = \frac{r-1}{r+1}(1-p(r+1))^2$",
                "identity",
                _square,
                r"a square: total variation at most $\tanh(x/2) = (r-1)/(r+1)$",
            ),
            step(
                rf"the $\ell_1$ change, twice the total variation, is at most {factor} tanh(x/2)",
                "identity",
                lambda: _attained(factor),
                r"attained at $p = 1/(r+1)$: the constant cannot be smaller; weights add up to 1, "
                r"so the $\ell_1$ change is twice the gain of the set that gains",
                rules=("triangle",),
            ),
            step(r"$2(r-1)/(r+1) \le r^2 - 1$ for $r \ge 1$", "polynomial", _weaker),
            step(
                rf"$e^{{2x}} - 1 \le {linear}x$ on $[0, 1/2]$",
                "enclosure",
                lambda: _linear(linear),
                "equal at 0, so the other end decides",
                rules=("convexity",),
            ),
        ),
    )
