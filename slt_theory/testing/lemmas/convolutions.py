"""Convolutions: Young's inequality and the error recursion in the maximum norm."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from slt_theory.testing.exact import convolve, largest, minus, plus, relu, scale
from slt_theory.testing.lemma import Lemma
from slt_theory.testing.network_spaces import kernels, matrices
from slt_theory.testing.spaces import one_of

__all__ = ["LEMMAS", "conv_error", "convolution_recursion", "images", "kernel_noise", "max_norm",
           "young"]  # fmt: skip

Matrix = Sequence[Sequence[Any]]

images = matrices(2, 3, bits=1)
positive_images = images.map(lambda image: tuple(tuple(abs(v) for v in row) for row in image))


def max_norm(image: Matrix) -> Any:
    """Largest absolute entry."""
    return max(largest(row) for row in image)


def l1_norm(kernel: Matrix) -> Any:
    """Sum of absolute entries."""
    return sum((abs(w) for row in kernel for w in row), Fraction(0))


def kernel_noise(first: Matrix) -> Any:
    """Changes of a filter with every entry in [-1, 1]."""
    return matrices(len(first), len(first[0]), bits=1)


def conv_forward(filters: Sequence[Matrix], image: Matrix) -> Matrix:
    """Convolutions with a ReLU after each but the last."""
    values = image
    for k, kernel in enumerate(filters):
        values = convolve(kernel, values)
        if k + 1 < len(filters):
            values = tuple(relu(row) for row in values)
    return values


def conv_error(filters: Sequence[Matrix], changed: Sequence[Matrix], image: Matrix) -> Any:
    """Largest difference of an output pixel."""
    return max_norm(minus(conv_forward(changed, image), conv_forward(filters, image)))


def moved(first: Matrix, first_noise: Matrix, second: Matrix, second_noise: Matrix,
          accuracy: Any) -> list[Any]:  # fmt: skip
    """Both filters with entries changed by accuracy / (number of entries) times the noise."""
    return [
        plus(k, scale(d, Fraction(accuracy) / (len(k) * len(k[0]))))
        for k, d in ((first, first_noise), (second, second_noise))
    ]


young = Lemma(
    "young-convolution",
    "|K * X|_max <= |K|_1 |X|_max, with zero padding",
    {"kernel": kernels(norm="none"), "image": images},
    margin=lambda kernel, image: (
        l1_norm(kernel) * max_norm(image) - max_norm(convolve(kernel, image))
    ),
    proof="young-convolution",
    source="da Cunha, Natale, Viennot 2022",
)

convolution_recursion = Lemma(
    "error-recursion-convolutions",
    "two layers with |K|_1 <= 1 and entries within eps / (2 l d^2): every output pixel is within "
    "(1 + eps / (2 l))^l - 1 for images in [0, 1]",
    {
        "first": kernels(side=2, bits=1),
        "first_noise": lambda first: kernel_noise(first),
        "second": kernels(side=2, bits=1),
        "second_noise": lambda second: kernel_noise(second),
        "image": positive_images,
        "eps": one_of([Fraction(1), Fraction(1, 2), Fraction(1, 4)]),
    },
    margin=lambda first, first_noise, second, second_noise, image, eps: (
        (1 + eps / 4) ** 2
        - 1
        - conv_error(
            (first, second), moved(first, first_noise, second, second_noise, eps / 4), image
        )
    ),
    proof="young-convolution",
    source="da Cunha, Natale, Viennot 2022",
)

LEMMAS = (young, convolution_recursion)
