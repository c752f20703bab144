"""Errors through a deep network, weights of norm at most one, and in general."""

from __future__ import annotations

from fractions import Fraction

from .kit import Proof, step
from .kit.algebra import identity, nonnegative

UNSAFE = ({"share": Fraction(3, 5)},)


def _layer() -> bool:
    """(W + D)(x + e) - W x = W e + D x + D e: norms e, eta, eta e."""
    from sympy import symbols

    w, d, x, e = symbols("W D x e")
    return identity((w + d) * (x + e) - w * x, w * e + d * x + d * e)


def _induction() -> bool:
    from sympy import symbols

    eta, power = symbols("eta P")
    # P stands for (1 + eta)^(l-1)
    return identity((1 + eta) * (power - 1) + eta, (1 + eta) * power - 1)


def _bernoulli() -> bool:
    """(1 - y)^l >= 1 - l y for 0 <= y <= 1: base equal, step adds l y^2."""
    from sympy import symbols

    y, count = symbols("y l")
    return identity((1 - count * y) * (1 - y) - (1 - (count + 1) * y), count * y**2)


def _product() -> bool:
    from sympy import symbols

    y = symbols("y")
    return identity((1 + y) * (1 - y), 1 - y**2)


def _end(share: Fraction) -> bool:
    """share eps / (1 - share eps) <= eps on (0, 1]: 1 - share eps - share >= 0."""
    from sympy import Rational, symbols

    eps = symbols("eps")
    s = Rational(share.numerator, share.denominator)
    return nonnegative(1 - s * eps - s, eps, 0, 1)


def _general() -> bool:
    """S' = (w + eta) S + eta B is the recursion e' = w e + eta (B + e): norms of We + D(x + e)."""
    from sympy import symbols

    w, eta, norm, total = symbols("w eta B S")
    return identity(w * total + eta * (norm + total), (w + eta) * total + eta * norm)


def _general_numbers() -> bool:
    """The closed form equals the recursion on rational layers, exactly."""
    weights = [Fraction(3, 2), Fraction(4, 5), Fraction(2), Fraction(1, 3)]
    etas = [Fraction(1, 50), Fraction(1, 30), Fraction(1, 70), Fraction(1, 10)]
    sizes = [Fraction(1), Fraction(3, 2), Fraction(6, 5), Fraction(12, 5)]
    error = Fraction(0)
    for w, eta, size in zip(weights, etas, sizes, strict=True):
        error = (w + eta) * error + eta * size
    closed = Fraction(0)
    for index in range(4):
        term = etas[index] * sizes[index]
        for later in range(index + 1, 4):
            term *= weights[later] + etas[later]
        closed += term
    return error == closed


def build(*, share: Fraction = Fraction(1, 2)) -> Proof:
    """The proof; `share` eps / l is the error allowed to one layer."""
    return Proof(
        "error-recursion-dense",
        "Errors through dense layers",
        r"With $\|W_i\| \le 1$, inputs in the unit ball, 1-Lipschitz activations fixing 0, and "
        rf"layers approximated within $\eta = {share}\,\varepsilon/l$, $0 < \varepsilon \le "
        rf"1$: the "
        r"output error is at most $(1+\eta)^l - 1 < \varepsilon$. In general $e_L \le \sum_l "
        r"\eta_l "
        r"B_{l-1} \prod_{k>l}(\|W_k\| + \eta_k)$.",
        (
            step(
                r"$(W+D)(x+e) - Wx = We + Dx + De$, so $e' \le (1+\eta)e + \eta$",
                "identity",
                _layer,
                r"the activation is 1-Lipschitz; D may depend on the point, with norm at "
                r"most $\eta$",
                rules=("triangle",),
            ),
            step(r"$e_l \le (1+\eta)^l - 1$", "induction", _induction),
            step(r"$(1-y)^l \ge 1 - ly$ (Bernoulli)", "induction", _bernoulli),
            step(r"$(1+y)(1-y) = 1 - y^2 < 1$, so $(1+y)^l < 1/(1-ly)$", "identity", _product),
            step(
                rf"$1/(1-{share}\varepsilon) - 1 \le \varepsilon$ for $0 < \varepsilon \le 1$",
                "polynomial",
                lambda: _end(share),
            ),
            step("general norms: one more layer", "induction", _general),
            step("the closed form on rational layers", "spot", _general_numbers),
        ),
    )
