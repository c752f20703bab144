"""Errors of approximated attention."""

from __future__ import annotations

from fractions import Fraction

from .kit import Proof, step
from .kit.algebra import identity, nonnegative

UNSAFE = ({"heads": Fraction(1)},)


def _scores() -> bool:
    """|x|_1 |y|_1 <= d alpha^2: |x|_1^2 <= d |x|^2 as d sum - (sum)^2 is a sum of squares."""
    from sympy import symbols

    for d in (2, 3, 4):
        xs = symbols(f"x0:{d}")
        total = d * sum(x**2 for x in xs) - sum(xs) ** 2
        squares = sum((xs[i] - xs[j]) ** 2 for i in range(d) for j in range(i))
        if not identity(total, squares):
            return False
    return True


def _split() -> bool:
    from sympy import symbols

    p, q, v, w = symbols("p q V W")
    return identity(q * w - p * v, (q - p) * v + q * (w - v))


def _tanh() -> bool:
    """2 tanh(s/2) <= s: g = s - 2 tanh(s/2), g(0) = 0, g' = tanh(s/2)^2 >= 0."""
    from sympy import diff, symbols, tanh

    s = symbols("s", real=True)
    g = s - 2 * tanh(s / 2)
    return bool(g.subs(s, 0) == 0) and identity(diff(g, s).subs(tanh(s / 2), s), s**2)


def _total(heads: Fraction) -> bool:
    """H (alpha * s + sqrt(d d') eta_v alpha) = eps with the stated errors, r^2 = d d'."""
    from sympy import Rational, symbols

    eps, h, alpha, d, r = symbols("eps H alpha d r", positive=True)
    share = Rational(heads.numerator, heads.denominator)
    score = eps / (share * h * alpha**3 * d)
    value = eps / (share * h * alpha * r)
    total = h * (alpha * (score * d * alpha**2) + r * value * alpha)
    return identity(total, 2 * eps / share) and nonnegative(1 - 2 / share + 0 * eps, eps, 0, 1)


def build(*, heads: Fraction = Fraction(2)) -> Proof:
    """The proof; the entry errors carry 1/(`heads` H)."""
    return Proof(
        "attention-errors",
        "Errors of approximated attention",
        r"Tokens of norm at most $\alpha$, merged matrices $W_{QK}, W_{VO}$ with $\|W_{VO}\| "
        r"\le 1$,"
        rf" entries within $\varepsilon/({heads}H\alpha^3d_1)$ and $\varepsilon/({heads}H\alpha"
        r"\sqrt{d_1d_2})$: every output token of H heads is within $\varepsilon$, for any length "
        r"and mask.",
        (
            step(
                r"scores move by at most $\eta\|x\|_1\|y\|_1 \le \eta d_1\alpha^2$",
                "identity",
                _scores,
                r"$\|x\|_1^2 \le d\|x\|^2$; shown for d = 2, 3, 4",
                rules=("triangle", "cauchy"),
            ),
            step(
                r"$\tilde p\tilde V - pV = (\tilde p-p)V + \tilde p(\tilde V-V)$",
                "identity",
                _split,
                r"norms: $\|\tilde p - p\|_1\max\|V_i\|$ and $\max\|\tilde V_i - V_i\|$",
                rules=("triangle",),
            ),
            step(
                r"$2\tanh(s/2) \le s$",
                "monotone",
                _tanh,
                "softmax lemma: weights move by at most s",
                rules=("taylor",),
            ),
            step(r"the sum over heads is at most $\varepsilon$", "identity", lambda: _total(heads)),
        ),
        ("softmax-lemma",),
    )
