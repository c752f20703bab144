"""Locked items: a recalled hypothesis that cannot be enough."""

from __future__ import annotations

from fractions import Fraction

from .kit import Proof, step
from .kit.algebra import identity, nonnegative_rational
from .kit.rules import markov

UNSAFE = ({"floor": Fraction(1, 5)},)


def _moments() -> bool:
    """E L^2 = n/3 and E L^4 = n/5 + n (n-1)/3 <= n^2/3 for a sum L of n items U[-1,1]."""
    from sympy import Rational, integrate, symbols

    x, n = symbols("x n")
    second = integrate(x**2 / 2, (x, -1, 1))
    fourth = integrate(x**4 / 2, (x, -1, 1))
    total = n * fourth + 3 * n * (n - 1) * second**2
    return identity(n**2 / 3 - total, n * Rational(2, 15))


def _paley() -> Fraction:
    """P(L^2 >= t E L^2) >= (1-t)^2 (E L^2)^2 / E L^4 with t = 27/64: L^2 >= (3 m/8)^2."""
    t = Fraction(27, 64)
    if t * Fraction(1, 3) != Fraction(3, 8) ** 2:
        return Fraction(0)
    return (1 - t) ** 2 * Fraction(1, 9) / Fraction(1, 3)


def _reach(m: int) -> Fraction:
    """Chebyshev: P(sum of m positive parts >= 3 m/8 - 1) for either sign."""
    variance = m * (Fraction(1, 6) - Fraction(1, 16))
    return 2 * Fraction(markov(variance, (Fraction(m) / 8 - 1) ** 2))


def _fails(floor: Fraction) -> bool:
    """paley - 2 (5 m/48)/(m/8 - 1)^2 >= floor for all m >= 240, by roots."""
    from sympy import Rational, oo, symbols

    m = symbols("m")
    known = Rational(_paley().numerator, _paley().denominator)
    rest = Rational(floor.numerator, floor.denominator)
    reach = 2 * (m * Rational(5, 48)) / (m / 8 - 1) ** 2
    exact = Fraction(str(reach.subs(m, 240))) == _reach(240)
    return exact and nonnegative_rational(known - reach - rest, m, 240, oo)


def build(*, floor: Fraction = Fraction(1, 25)) -> Proof:
    """The proof; `floor` bounds the failure probability from below."""
    return Proof(
        "gap-frozen-hypothesis",
        "Locked items: the hypothesis n2 <= n1^2 is not enough",
        r"Let $n_2 = n_1^2$ items be locked and $n_1 \ge 240$ free. Then even the target 0 is "
        r"missed "
        rf"by more than $\varepsilon$, for every $\varepsilon < 1$, with probability at least "
        rf"{floor}.",
        (
            step(r"$E\Lambda^4 \le n_2^2/3$, $E\Lambda^2 = n_2/3$", "integral", _moments),
            step(
                r"$P(|\Lambda| \ge 3n_1/8) \ge (37/64)^2/3$",
                "rule",
                lambda: _paley() == Fraction(37**2, 3 * 64**2),
                r"Paley-Zygmund: $E Y 1\{Y \ge tEY\} \ge (1-t)EY$",
                rules=("cauchy",),
            ),
            step(
                rf"minus the chance that the free items reach within 1 of that: at least {floor}",
                "polynomial",
                lambda: _fails(floor),
                "Chebyshev on the positive and the negative parts, all m >= 240",
                rules=("markov", "union"),
            ),
        ),
        gap="A form of the lemma with locked variables (recalled, not checked against the paper) "
        r"asks only for $n_1 \ge K_1\ln(K_2/\min\{\delta,\varepsilon\})$ and $n_2 \le n_1^2$. Its "
        r"conclusion fails for $\delta < 1/25$. Repaired: $n_2 \le n_1^2/(c\ln(1/\delta))$, see "
        "`frozen-lemma`.",
    )
