"""The exact expectation of one step of the random subset sum process."""

from __future__ import annotations

import random
from fractions import Fraction

from slt_theory.intervals import Interval, measure

from .kit import Proof, step
from .kit.algebra import identity
from .kit.intervals import expected_gain, random_union

UNSAFE = ({"rate": Fraction(51, 100)}, {"density": Fraction(3, 5)})

WINDOW: Interval = (Fraction(-1, 2), Fraction(1, 2))


def _differences_fit() -> bool:
    """z - y lies in [-1, 1] on the square: linear, so its corners decide."""
    corners = [z - y for z in WINDOW for y in WINDOW]
    return all(-1 <= d <= 1 for d in corners)


def _hit_probability(density: Fraction) -> bool:
    """{x : z - x in [a, b]} = [z - b, z - a], inside [-1, 1]: its length, halved."""
    from sympy import Rational, symbols

    z, a, b = symbols("z a b")
    length = (z - a) - (z - b)
    return identity(length / 2, Rational(density.numerator, density.denominator) * (b - a))


def _total(rate: Fraction) -> bool:
    from sympy import Rational, symbols

    v = symbols("v")
    half = Rational(1, 2)
    claimed = v * (1 + Rational(rate.numerator, rate.denominator) * (1 - v))
    return identity(v + (1 - v) * half * v, claimed)


def _exact_sets(rate: Fraction) -> bool:
    source = random.Random(2)
    for _ in range(60):
        part = random_union(source, *WINDOW, source.randint(1, 5))
        v = measure(part)
        if v + expected_gain(part, WINDOW) != v * (1 + rate * (1 - v)):
            return False
    return True


def _floor() -> bool:
    from sympy import symbols

    v, c, length = symbols("v c l")
    # Shares: V = v l is the measure, the gain at least c V (l - V).
    gain = c * (v * length) * (length - v * length)
    return identity(gain / length, c * length * v * (1 - v))


def build(*, rate: Fraction = Fraction(1, 2), density: Fraction = Fraction(1, 2)) -> Proof:
    """The proof; `rate` is the constant of the identity."""
    return Proof(
        "expectation-identity",
        "The expected growth of the approximated set",
        r"Let $W$ be an interval of length 1, $C \subseteq W$ measurable, $v = |C|$, "
        r"$X \sim U[-1,1]$ and $C' = C \cup ((C + X) \cap W)$. Then "
        rf"$E|C'| = v\,(1 + {rate}\,(1 - v))$ exactly. If $X$ only has a density $\ge c$ on "
        r"$[-\ell, \ell]$ and $|W| = \ell$, then the share $v = |C|/\ell$ satisfies "
        r"$E v' \ge v + c\ell\, v (1 - v)$.",
        (
            step(
                r"$z - y \in [-1, 1]$ for $z, y \in W$",
                "finite",
                _differences_fit,
                "linear: the four corners",
                rules=("linearity",),
            ),
            step(
                rf"$P(z - X \in [a, b]) = {density}\,(b - a)$ for $z \in W$, $[a, b] \subseteq W$",
                "identity",
                lambda: _hit_probability(density),
                "the density is 1/2 on the whole of z - W; so $P(z - X \\in C) = |C|/2$ for "
                "measurable C",
                rules=("measure",),
            ),
            step(
                r"$E|C'| = v + \int_{W \setminus C} P(z - X \in C)\,dz = v + (1 - v) v / 2$",
                "identity",
                lambda: _total(rate),
                "C' consists of C and of the z outside C with z - X in C",
                rules=("fubini",),
            ),
            step(
                "the identity holds on 60 random unions of intervals, computed without it",
                "spot",
                lambda: _exact_sets(rate),
            ),
            step(
                r"$E v' \ge v + c\ell v(1-v)$ in shares",
                "identity",
                _floor,
                r"as above with $P(z - X \in C) \ge c|C|$, since $z - W \subseteq [-\ell, \ell]$",
                rules=("fubini", "measure"),
            ),
        ),
    )
