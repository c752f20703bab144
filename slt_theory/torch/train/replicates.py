"""Random numbers of a stack of networks: each replicate has streams of its own.

Replicate r of a seed gets the same numbers alone, in a stack of twenty, and on any machine.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from slt_theory.errors import BadInput
from slt_theory.laws import Law, Normal, Uniform
from slt_theory.streams import Purpose, check_seed, stream_id, words32_rows

__all__ = ["Draws", "Use", "draws"]

#: Weights are multiples of 2^-24 before any scale, as everywhere in this package.
_BITS = 24


class Use(IntEnum):
    """Purpose of a replicate's random numbers; the first field of a stream number, never 0."""

    WEIGHTS = 1
    SCORES = 2
    BATCHES = 3
    MASKS = 4
    SPLITS = 5
    AGAIN = 6
    DATA = 7
    FROZEN = 8


@dataclass(frozen=True)
class Draws:
    """The streams of replicates `replicates` (S of them) under one seed; make it with `draws`."""

    seed: int
    replicates: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.replicates)

    def only(self, *positions: int) -> Draws:
        """The streams of some replicates of this stack."""
        return Draws(self.seed, tuple(self.replicates[k] for k in positions))

    def streams(self, use: Use, index: int = 0) -> NDArray[np.uint64]:
        """One stream a replicate: shape (S,). `index` tells layers, rounds, ... apart."""
        if not 0 <= index < 1 << 24:
            raise BadInput("index", index, "must lie in 0 .. 2^24 - 1")
        return np.array(
            [
                stream_id(Purpose.TRIALS, int(use) << 48 | replicate << 24 | index)
                for replicate in self.replicates
            ],
            dtype=np.uint64,
        )

    def words(self, use: Use, index: int, count: int) -> NDArray[np.uint32]:
        """Random words, shape (S, count)."""
        return words32_rows(self.seed, self.streams(use, index), count)

    def sample(self, law: Law, use: Use, index: int, shape: Sequence[int]) -> Tensor:
        """Independent draws of a law, float64, shape (S, *shape); 0.1 to 0.3 microseconds each."""
        law = law.at(_BITS)
        count = int(np.prod(shape, dtype=np.int64))
        units = law.sample_rows(self.seed, self.streams(use, index), count)
        values = units.astype(np.float64) * float(law.unit)
        return torch.from_numpy(values).reshape(len(self), *shape)

    def normal(self, use: Use, index: int, shape: Sequence[int]) -> Tensor:
        """Standard normal draws, float64, shape (S, *shape)."""
        return self.sample(Normal(), use, index, shape)

    def uniform(self, use: Use, index: int, shape: Sequence[int]) -> Tensor:
        """Draws of U[-1, 1], float64, shape (S, *shape)."""
        return self.sample(Uniform(), use, index, shape)

    def below(self, bound: int, use: Use, index: int, shape: Sequence[int]) -> Tensor:
        """Integers 0 .. bound - 1, int64, shape (S, *shape).

        Multiplication and shift of a 32-bit word: no value's chance is off by more than 2^-32.
        """
        if not 0 < bound <= 1 << 31:
            raise BadInput("bound", bound, "must lie in 1 .. 2^31")
        count = int(np.prod(shape, dtype=np.int64))
        words = self.words(use, index, count).astype(np.uint64)
        values = ((words * np.uint64(bound)) >> np.uint64(32)).astype(np.int64)
        return torch.from_numpy(values).reshape(len(self), *shape)

    def order(self, count: int, use: Use, index: int) -> Tensor:
        """A random order of 0 .. count - 1 for each replicate: int64, shape (S, count)."""
        halves = self.words(use, index, 2 * count).astype(np.uint64)
        keys = halves[:, :count] << np.uint64(32) | halves[:, count:]
        return torch.from_numpy(np.argsort(keys, axis=1, kind="stable"))


def draws(seed: Any, replicates: int | Sequence[int]) -> Draws:
    """The streams of replicates 0 .. n - 1, or of the numbers given.

    Examples
    --------
    >>> alone, stack = draws(1, [2]), draws(1, 3)
    >>> bool((alone.normal(Use.WEIGHTS, 0, (4,))[0] == stack.normal(Use.WEIGHTS, 0, (4,))[2]).all())
    True
    """
    numbers = tuple(range(replicates)) if isinstance(replicates, int) else tuple(replicates)
    if not numbers or len(set(numbers)) != len(numbers):
        raise BadInput("replicates", replicates, "must be at least one, all different")
    if not all(0 <= number < 1 << 24 for number in numbers):
        raise BadInput("replicates", replicates, "must lie in 0 .. 2^24 - 1")
    return Draws(check_seed(seed), numbers)
