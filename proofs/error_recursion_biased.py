"""Errors through layers with biases and unnormalised weights."""

from __future__ import annotations

from fractions import Fraction

from .kit import Proof, step
from .kit.algebra import identity

UNSAFE = ({"boost": Fraction(11, 10)},)


def _layer() -> bool:
    from sympy import symbols

    w, d, x, e, b, c = symbols("W D x e b c")
    return identity((w + d) * (x + e) + (b + c) - (w * x + b), (w + d) * e + d * x + c)


def _choice(boost: Fraction) -> bool:
    """With the stated eps_l the recursion ends at most at eps, on rational networks."""
    cases = [
        (
            [Fraction(2), Fraction(1, 2), Fraction(3)],
            [4, 7, 3],
            [Fraction(1), Fraction(5), Fraction(2)],
        ),
        ([Fraction(1)] * 5, [10] * 5, [Fraction(10)] * 5),
        ([Fraction(1, 9)], [1], [Fraction(0)]),
        ([Fraction(1, 5), Fraction(40)], [2, 90], [Fraction(1), Fraction(30)]),
    ]
    for norms, widths, sizes in cases:
        depth = len(norms)
        for eps in (Fraction(1), Fraction(1, 10), Fraction(1, 1000)):
            error = Fraction(0)
            for layer in range(depth):
                later = Fraction(1)
                for k in range(layer + 1, depth):
                    later *= norms[k] + eps / depth
                one = boost * min(
                    eps / (depth * widths[layer]),
                    eps / (depth * (1 + sizes[layer]) * later),
                )
                error = (norms[layer] + widths[layer] * one) * error + one * (1 + sizes[layer])
            if error > eps:
                return False
    return True


def _terms() -> bool:
    """eps_l (1 + B) P = eps/L for eps_l = eps / (L (1 + B) P), and L of them add up to eps.

    n eps_k <= eps/L for eps_k <= eps / (L n): P, with eps/L, bounds the product of later factors.
    """
    from sympy import symbols

    eps, depth, norm, later, width = symbols("eps L B P n")
    term = eps / (depth * (1 + norm) * later) * (1 + norm) * later
    return identity(depth * term, eps) and identity(width * eps / (depth * width), eps / depth)


def build(*, boost: Fraction = Fraction(1)) -> Proof:
    """The proof; `boost` multiplies the allowed entry errors."""
    return Proof(
        "error-recursion-biased",
        "Errors through layers with biases",
        r"Let weights and biases of layer l be within $\varepsilon_l = "
        r"\min\{\varepsilon/(Ln_{l-1}), "
        r"\varepsilon/[L(1+B_{l-1})\prod_{k>l}(\|W_k\|_\infty + \varepsilon/L)]\}$, "
        r"$B_l = \sup\|x_l\|_1$. Then the output is within $\varepsilon$ in the maximum norm.",
        (
            step(
                r"$e_l \le (\|W_l\|_\infty + n_{l-1}\varepsilon_l)e_{l-1} + "
                r"\varepsilon_l(1+B_{l-1})$",
                "identity",
                _layer,
                "row sums of D are at most n eps_l; |D x| <= eps_l |x|_1",
                rules=("triangle",),
            ),
            step(
                r"each of the L terms is at most $\varepsilon/L$",
                "identity",
                _terms,
                r"$n_{k-1}\varepsilon_k \le \varepsilon/L$ bounds every later factor",
            ),
            step("exact recursions on rational networks", "spot", lambda: _choice(boost)),
        ),
    )
