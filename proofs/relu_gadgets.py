"""ReLU identities: a linear map through non-negative neurons."""

from __future__ import annotations

import random
from fractions import Fraction

from .kit import Proof, step

UNSAFE = ({"halves": 1},)


def _relu(x: Fraction) -> Fraction:
    return max(x, Fraction(0))


def _identity() -> bool:
    """x = relu(x) - relu(-x): both sides are linear on each half line; two points each decide."""
    points = (Fraction(-2), Fraction(-1), Fraction(0), Fraction(1), Fraction(2))
    return all(x == _relu(x) - _relu(-x) for x in points)


def _weighted() -> bool:
    return all(
        w * x == _relu(w * x) - _relu(-w * x)
        for w in (Fraction(-3, 2), Fraction(5, 7))
        for x in (Fraction(-2), Fraction(-1), Fraction(0), Fraction(1), Fraction(2))
    )


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
    """Two sums near w on the two sides give error at most eps |x| everywhere."""
    eps, w = Fraction(1, 100), Fraction(1, 3)
    for off_right, off_left in ((eps, -eps), (-eps, eps), (eps, eps)):
        for x in (Fraction(-5, 2), Fraction(-1), Fraction(2)):
            value = (w + off_right) * _relu(x) - (w + off_left) * _relu(-x)
            if abs(value - w * x) > eps * abs(x):
                return False
    return True


def _bias() -> bool:
    """A neuron without inputs and bias b > 0 is the constant b."""
    return all(_relu(Fraction(0) * x + Fraction(2, 5)) == Fraction(2, 5) for x in range(-3, 4))


def build(*, halves: int = 2) -> Proof:
    """The proof; `halves` is the number of separate subset sums that signed inputs need."""
    return Proof(
        "relu-gadgets",
        "ReLU gadgets",
        r"$x = \sigma(x) - \sigma(-x)$. $\sum_k u_k\sigma(v_k x)$ is linear on each half line: "
        r"slope $\sum_{v_k>0}u_kv_k$ for $x \ge 0$ and $\sum_{v_k<0}u_kv_k$ for $x \le 0$; so a "
        rf"weight on signed inputs takes {halves} subset sum(s) with the same target.",
        (
            step(r"$x = \sigma(x) - \sigma(-x)$", "finite", _identity, "linear on each half line"),
            step(r"$wx = \sigma(wx) - \sigma(-wx)$ for either sign of w", "finite", _weighted),
            step(f"slopes on the two half lines ({halves} sums)", "rule", lambda: _halves(halves)),
            step(
                r"both sums within $\varepsilon$ of w: error at most $\varepsilon|x|$",
                "rule",
                _two_targets,
                "linear in the two offsets: extreme offsets decide",
            ),
            step("a neuron with pruned inputs and bias b > 0 is the constant b", "finite", _bias),
        ),
    )
