"""Positive homogeneity: shrink every layer to norm at most one, the output by a known factor.

For c > 0, relu(c x) = c relu(x) and the same holds for max-pooling. Dividing the weights of layer k
by 2^e_k and its bias by 2^(e_1 + ... + e_k) therefore divides the output by 2^(e_1 + ... + e_L),
and powers of two leave every digit of every number in place.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np

from slt_theory.errors import BadInput
from slt_theory.networks.arrays import Floats

__all__ = ["Rescaled", "shrunk_layers"]

Kind = TypeVar("Kind")


@dataclass(frozen=True)
class Rescaled(Generic[Kind]):
    """A network whose layers all have norm at most one, and the way back.

    Attributes
    ----------
    network : Dense or Conv
        The rescaled network g; the one it came from is f = scale * g, exactly.
    exponents : tuple of int
        e_k >= 0: layer k was divided by 2^e_k, its bias by 2^(e_1 + ... + e_k).
    """

    network: Kind
    exponents: tuple[int, ...]

    @property
    def log2_scale(self) -> int:
        """Sum of the exponents."""
        return sum(self.exponents)

    @property
    def scale(self) -> int:
        """f = scale * g; an exact power of two."""
        return 1 << self.log2_scale


def shrunk_layers(
    weights: Sequence[Floats],
    biases: Sequence[Floats | None],
    names: Sequence[str],
    norm: Callable[[Floats], float],
) -> tuple[tuple[Floats, ...], tuple[Floats | None, ...], tuple[int, ...]]:
    """Weights and biases after division by the smallest powers of two that bring `norm` to one."""
    exponents: list[int] = []
    new_weights: list[Floats] = []
    new_biases: list[Floats | None] = []
    for name, weight, bias in zip(names, weights, biases, strict=True):
        exponents.append(_exponent(name, norm(weight)))
        new_weights.append(_divided(f"{name}.weight", weight, exponents[-1]))
        new_biases.append(None if bias is None else _divided(f"{name}.bias", bias, sum(exponents)))
    return tuple(new_weights), tuple(new_biases), tuple(exponents)


def _exponent(name: str, norm: float) -> int:
    if not math.isfinite(norm):
        raise BadInput(f"{name}.weight", norm, "must have a finite norm")
    mantissa, exponent = math.frexp(norm)
    return max(0, exponent - 1 if mantissa == 0.5 else exponent)


def _divided(key: str, array: Floats, exponent: int) -> Floats:
    smaller: Floats = np.ldexp(array, -exponent)
    if not np.array_equal(np.ldexp(smaller, exponent), array):
        raise BadInput(
            key,
            float(np.abs(array[array != 0]).min()),
            f"cannot be divided by 2^{exponent} exactly: it falls below the smallest float",
            "set such tiny numbers to zero",
        )
    return smaller
