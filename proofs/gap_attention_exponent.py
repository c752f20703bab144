"""exp(alpha eps/2) - 1 in place of alpha (exp(eps/2) - 1): valid only for radius at least 1."""

from __future__ import annotations

from fractions import Fraction

from .kit import Proof, step
from .kit.algebra import identity, nonnegative
from .kit.balls import ball

UNSAFE = ({"radius": Fraction(2)},)


def _coefficients() -> bool:
    """alpha^(k+1) - alpha = alpha (alpha^k - alpha) + alpha^2 - alpha, and alpha^2 >= alpha."""
    from sympy import oo, symbols

    alpha, power = symbols("alpha P")
    step_ = identity(alpha * power - alpha, alpha * (power - alpha) + alpha**2 - alpha)
    return step_ and nonnegative(alpha**2 - alpha, alpha, 1, oo)


def _exceeded(radius: Fraction) -> bool:
    """At a radius below 1 the true worst case (one layer of width one, L large) is larger."""
    eps, depth = Fraction(1), 64
    true = radius * ((1 + eps / (2 * depth)) ** depth - 1)
    quoted = (ball(radius) * ball(eps) / 2).exp() - 1
    return bool(ball(true) > quoted)


def build(*, radius: Fraction = Fraction(1, 4)) -> Proof:
    """The proof; `radius` of the inputs in the counterexample."""
    return Proof(
        "gap-attention-exponent",
        "A radius inside the exponent",
        r"For inputs of norm at most $\alpha$ the dense recursion gives "
        r"$\alpha((1+\varepsilon/2L)^L"
        r" - 1)$. The quoted $e^{\alpha\varepsilon/2} - 1$ is larger for $\alpha \ge 1$, hence "
        r"true, "
        rf"and smaller for $\alpha = {radius}$, where the recursion is attained.",
        (
            step(
                r"$\alpha(e^x - 1) \le e^{\alpha x} - 1$ for $\alpha \ge 1$, term by term: "
                r"$\alpha \le \alpha^k$",
                "induction",
                _coefficients,
            ),
            step(
                rf"at $\alpha = {radius}$, $L = 64$, $\varepsilon = 1$ scalar layers "
                r"$1 + \varepsilon/2L$ for 1 exceed the quoted bound",
                "enclosure",
                lambda: _exceeded(radius),
            ),
        ),
        ("error-recursion-dense",),
        gap="A restatement of the dense theorem puts the radius inside the exponent. Nothing is "
        "wrong there: it is used for radius at least 1, where it is valid; below 1 it is too "
        "small.",
    )
