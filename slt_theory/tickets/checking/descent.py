"""Steps against subgradients, each coordinate scaled by its own recent size."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["Descent"]

Floats = NDArray[np.float64]
_FIRST, _LAST = 0.1, 0.002
_MEAN, _SQUARE = 0.9, 0.99


class Descent:
    """Adaptive steps (Kingma and Ba, ICLR 2015) of given largest sizes, shrinking geometrically.

    Parameters
    ----------
    steps : int
        How many there will be.
    """

    def __init__(self, steps: int) -> None:
        self.steps, self.taken = steps, 0
        self._means: dict[int, Floats] = {}
        self._squares: dict[int, Floats] = {}

    def begin(self) -> None:
        """The next step."""
        self.taken += 1

    def move(self, key: int, gradient: Floats, scale: Floats) -> Floats:
        """Step for the coordinates `key`, whose natural sizes are `scale`."""
        mean = self._means.get(key, 0.0) * _MEAN + (1 - _MEAN) * gradient
        square = self._squares.get(key, 0.0) * _SQUARE + (1 - _SQUARE) * gradient**2
        self._means[key], self._squares[key] = mean, square
        rate = _FIRST * (_LAST / _FIRST) ** (self.taken / self.steps)
        fair_mean = mean / (1 - _MEAN**self.taken)
        fair = np.sqrt(square / (1 - _SQUARE**self.taken))
        return np.asarray(-rate * scale * fair_mean / np.maximum(fair, 2.0**-500))

    def keep(self, rows: NDArray[np.bool_]) -> None:
        """Go on with these rows only."""
        self._means = {key: mean[rows] for key, mean in self._means.items()}
        self._squares = {key: square[rows] for key, square in self._squares.items()}
