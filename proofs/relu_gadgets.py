"""ReLU identities: a linear map through non-negative neurons."""

from __future__ import annotations

import random
from fractions import Fraction
from typing import Any

from .kit import Proof, step
from .kit.algebra import identity

UNSAFE = ({"halves": 1},)


def _relu(x: Fraction) -> Fraction:
    return max(x, Fraction(0))


def _half(y: Any, size: Any) -> Any:
    """relu(y) = (y + |y|)/2, with |y| as a symbol."""
    return (y + size) / 2


def _identity() -> bool:
    """relu(y) - relu(-y) = y, as |-y| = |y|; y = w x gives the weighted form."""
    from sympy import symbols

    y, size = symbols("y A")
    return identity(_half(y, size) - _half(-y, size), y)


def _half_lines() -> bool:
    """|v x| = |v| |x|: for x = |x| the value is x relu(v), for x = -|x| it is x min(v, 0)."""
    from sympy import symbols

    x, v, size = symbols("x v V")
    right = identity(_half(v * x, size * x), x * _half(v, size))
    # min(v, 0) = -relu(-v)
    return right and identity(_half(v * x, -size * x), -x * _half(-v, size))


def _halves(halves: int) -> bool:
    """Slopes of sum u relu(v x): positive v on the right, negative v on the left."""
    source = random.Random(6)
    for _ in range(100):
        pairs = [
            (Fraction(source.randint(-9, 9), 10), Fraction(source.randint(-9, 9), 10))
            for _ in range(8)
        ]
        right = sum((u * v for u, v in pairs if v > 0), Fraction(0))
        left = sum((u * v for u, v in pairs if v < 0), Fraction(0))
        for x in (Fraction(-3), Fraction(-1), Fraction(1), Fraction(4)):
            value = sum((u * _relu(v * x) for u, v in pairs), Fraction(0))
            slope = right if x > 0 or halves == 1 else left
            if value != x * slope:
                return False
    return True


def _two_targets() -> bool:
    """(w + a) relu(x) - (w + b) relu(-x) - w x = a relu(x) - b relu(-x): a x or b x."""
    from sympy import symbols

    w, a, b, x, size = symbols("w a b x A")
    left = (w + a) * _half(x, size) - (w + b) * _half(-x, size) - w * x
    return identity(left, a * _half(x, size) - b * _half(-x, size))


def _bias() -> bool:
    """A neuron without inputs and bias b > 0: relu(0 x + b) = (b + |b|)/2 = b."""
    from sympy import symbols

    x, b = symbols("x b")
    return identity(_half(0 * x + b, b), b)


def build(*, halves: int = 2) -> Proof:
    """The proof; `halves` is the number of separate subset sums that signed inputs need."""
    return Proof(
        "relu-gadgets",
        "ReLU gadgets",
        r"$x = \sigma(x) - \sigma(-x)$. $\sum_k u_k\sigma(v_k x)$ is linear on each half line: "
        r"slope $\sum_{v_k>0}u_kv_k$ for $x \ge 0$ and $\sum_{v_k<0}u_kv_k$ for $x \le 0$; so a "
        rf"weight on signed inputs takes {halves} subset sum(s) with the same target.",
        (
            step(
                r"$y = \sigma(y) - \sigma(-y)$, so $wx = \sigma(wx) - \sigma(-wx)$ for either sign",
                "identity",
                _identity,
                r"$\sigma(y) = (y + |y|)/2$",
            ),
            step(
                r"$\sigma(vx) = x\,\sigma(v)$ for $x \ge 0$ and $x\min(v, 0)$ for $x \le 0$",
                "identity",
                _half_lines,
                "sums of these: slopes on the half lines",
                rules=("linearity",),
            ),
            step(f"100 random gadgets: {halves} sums", "spot", lambda: _halves(halves)),
            step(
                r"both sums within $\varepsilon$ of w: error at most $\varepsilon|x|$",
                "identity",
                _two_targets,
                "one of the two terms is 0",
            ),
            step("a neuron with pruned inputs and bias b > 0 is the constant b", "identity", _bias),
        ),
    )
