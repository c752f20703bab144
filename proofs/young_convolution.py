"""Young's inequality for convolutions, and errors through convolutional layers."""

from __future__ import annotations

import itertools
import random
from fractions import Fraction

from .kit import Proof, step
from .kit.algebra import identity

UNSAFE = ({"factor": Fraction(9, 10)},)


def _convolve(kernel: list[list[int]], image: list[list[int]]) -> list[list[int]]:
    """Zero-padded, same size (correlation)."""
    size, reach = len(image), len(kernel) // 2
    rows = []
    for i, j in itertools.product(range(size), repeat=2):
        total = 0
        for p, q in itertools.product(range(len(kernel)), repeat=2):
            a, b = i + p - reach, j + q - reach
            if 0 <= a < size and 0 <= b < size:
                total += kernel[p][q] * image[a][b]
        rows.append(total)
    return [rows[k * size : (k + 1) * size] for k in range(size)]


def _young(factor: Fraction) -> bool:
    source = random.Random(8)
    for trial in range(60):
        kernel = [[source.randint(-5, 5) for _ in range(3)] for _ in range(3)]
        if trial % 2:
            image = [[source.randint(-4, 4) for _ in range(5)] for _ in range(5)]
        else:
            # The image that attains the bound at the middle pixel.
            image = [[0] * 5 for _ in range(5)]
            for p, q in itertools.product(range(3), repeat=2):
                image[1 + p][1 + q] = 1 if kernel[p][q] >= 0 else -1
        weight = sum(abs(x) for row in kernel for x in row)
        top = max(abs(x) for row in image for x in row)
        found = max(abs(x) for row in _convolve(kernel, image) for x in row)
        if found > factor * weight * top:
            return False
    return True


def _linear() -> bool:
    from sympy import symbols

    k, d, x, e = symbols("K D X e")
    return identity((k + d) * (x + e) - k * x, (k + d) * e + d * x)


def _entries() -> bool:
    """d^2 c entries of one output filter, eps/(2 l d^2 c) each, add up to eps/(2 l)."""
    from sympy import symbols

    eps, depth, d, c = symbols("eps l d c")
    return identity(d**2 * c * (eps / (2 * depth * d**2 * c)), eps / (2 * depth))


def _bound(factor: Fraction) -> bool:
    """sum |k_i x_i| <= |k|_1 max|x|: with x_i = +-max|x| equal, for three entries as symbols."""
    from sympy import Rational, symbols

    sizes, top = symbols("k0:3"), symbols("M")
    attained = sum(k * top for k in sizes)
    scale = Rational(factor.numerator, factor.denominator)
    return identity(attained, scale * sum(sizes) * top)


def build(*, factor: Fraction = Fraction(1)) -> Proof:
    """The proof; `factor` multiplies the bound."""
    return Proof(
        "young-convolution",
        "Young's inequality for convolutions",
        rf"$\|K * X\|_{{\max}} \le {factor}\,\|K\|_1\|X\|_{{\max}}$, the $\ell_1$ norm over the "
        r"entries of the filter of one output channel, any stride and zero padding. Hence layers "
        r"with $\|K_i\|_1 \le 1$ and entries within $\varepsilon/(2l d^2c_{i-1})$ have output "
        r"error at most $(1+\varepsilon/2l)^l - 1$ in the maximum norm.",
        (
            step(
                "every output entry is a sum of products of distinct entries of the filter with "
                "entries of X or zeros",
                "rule",
                lambda: _bound(factor),
                "attained when all entries of X have one size and the signs of K",
                rules=("triangle", "linearity"),
            ),
            step("60 random filters and images", "spot", lambda: _young(factor)),
            step(
                r"$(K+D)*(X+e) - K*X = (K+D)*e + D*X$",
                "identity",
                _linear,
                "bilinear",
                rules=("triangle",),
            ),
            step("entry errors add up to the layer error", "identity", _entries),
        ),
        ("error-recursion-dense",),
    )
