"""The search spaces as hypothesis strategies, for tests with ``@given``.

All are finite and shrink towards small n, few bits and few layers. They compose as any strategy
does. Lemmas take the spaces themselves (`slt_theory.testing.spaces`), which can do more.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

from slt_theory.laws import Law
from slt_theory.testing import network_spaces, spaces
from slt_theory.testing.network_spaces import Matrix, Norm
from slt_theory.testing.spaces import Sample

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

    from slt_theory.networks import Conv, Dense

__all__ = [
    "attention_inputs",
    "ball_inputs",
    "box_inputs",
    "conv_networks",
    "deltas",
    "dense_layers",
    "dense_networks",
    "errors",
    "frozen_patterns",
    "lattice_samples",
    "masks",
    "polynomials",
    "samples",
    "targets",
]


def samples(
    law: Law | str = "uniform", *, min_size: int = 0, max_size: int = 6, bits: int = 4
) -> SearchStrategy[Sample]:
    """Samples of a law as tuples of Fractions; see `spaces.samples`."""
    return spaces.samples(law, min_size=min_size, max_size=max_size, bits=bits).strategy()


def lattice_samples(
    law: Law | str = "uniform", *, min_size: int = 0, max_size: int = 6, bits: int = 4
) -> SearchStrategy[tuple[int, ...]]:
    """Samples of a law as integers, in units of ``2**-bits``: what the solvers take."""
    unit = 1 << bits
    space = spaces.samples(law, min_size=min_size, max_size=max_size, bits=bits, fine=0)
    return space.map(lambda sample: tuple(round(x * unit) for x in sample)).strategy()


def targets(lo: Any = -1, hi: Any = 1, *, bits: int = 6) -> SearchStrategy[Fraction]:
    """A target in [lo, hi]."""
    return spaces.targets(lo, hi, bits=bits).strategy()


def errors(hi: Any = 1) -> SearchStrategy[Fraction]:
    """An error eps, at most `hi`."""
    return spaces.errors(hi).strategy()


def deltas() -> SearchStrategy[Fraction]:
    """A failure probability."""
    return spaces.deltas().strategy()


def masks(size: int, *, kept: int | None = None) -> SearchStrategy[tuple[bool, ...]]:
    """Masks of `size` places; with `kept`, of that density."""
    return spaces.masks(size, kept=kept).strategy()


def frozen_patterns(size: int) -> SearchStrategy[tuple[int, ...]]:
    """0 free, -1 pruned, 1 locked."""
    return spaces.frozen_patterns(size).strategy()


def box_inputs(size: int, *, lo: Any = -1, hi: Any = 1) -> SearchStrategy[tuple[Fraction, ...]]:
    """Inputs in the box [lo, hi]^size."""
    return spaces.box(size, lo=lo, hi=hi).strategy()


def ball_inputs(size: int, *, radius: Any = 1) -> SearchStrategy[tuple[Fraction, ...]]:
    """Inputs in the l2 ball."""
    return spaces.ball(size, radius=radius).strategy()


def polynomials(degree: int) -> SearchStrategy[tuple[Fraction, ...]]:
    """Functions as coefficients, constant term first."""
    return spaces.polynomials(degree).strategy()


def dense_layers(
    *, depth: int = 3, width: int = 2, norm: Norm = "row_sum", at_most: Any = 1, bits: int = 2
) -> SearchStrategy[tuple[Matrix, ...]]:
    """Layers of a fully connected network in Fractions, each under a norm."""
    return network_spaces.dense(
        depth=depth, width=width, norm=norm, at_most=at_most, bits=bits
    ).strategy()


def dense_networks(
    *, depth: int = 3, width: int = 2, norm: Norm = "row_sum", at_most: Any = 1, bits: int = 2
) -> SearchStrategy[Dense]:
    """The same as `networks.Dense`; entries are rounded towards 0 to multiples of 2^-40."""
    from slt_theory.networks import Dense

    layers = dense_layers(depth=depth, width=width, norm=norm, at_most=at_most, bits=bits)
    return layers.map(lambda weights: Dense(tuple(np.array(_floats(w)) for w in weights)))


def conv_networks(*, side: int = 3, norm: Norm = "l1", at_most: Any = 1) -> SearchStrategy[Conv]:
    """One-channel convolutions as `networks.Conv`, the filter under a norm, odd sides."""
    from slt_theory.networks import Conv

    space = network_spaces.kernels(side=side, norm=norm, at_most=at_most)
    odd = space.strategy().filter(lambda k: len(k) % 2 == 1 and len(k[0]) % 2 == 1)
    return odd.map(lambda kernel: Conv((np.array([[_floats(kernel)]]),)))


def attention_inputs(*, tokens: int = 4, size: int = 2, alpha: Any = 1) -> SearchStrategy[Matrix]:
    """Token sequences, entries in [-alpha, alpha]."""
    return network_spaces.attention_inputs(tokens=tokens, size=size, alpha=alpha).strategy()


def _floats(matrix: Matrix) -> list[list[float]]:
    """Entries as floats that never exceed them in size, so that norms stay where they are."""
    return [[float(Fraction(int(w * (1 << 40)), 1 << 40)) for w in row] for row in matrix]
