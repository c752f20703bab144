"""What pruning costs a group, R(a) = J(pruned; D_a) - J(dense; D_a), and what bounds it.

Everything is exact or a ball (python-flint), so that a comparison decides.

Source: Tran, Fioretto, Kim and Naidu, "Pruning has a disparate impact on model accuracy" (2022),
Theorem 1: R(a) <= |g_a| |D| + (1/2) lambda_max(H_a) |D|^2 + O(|D|^3) for the change D of weights.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from slt_theory.zoo.systems.balls import length
from slt_theory.zoo.systems.ellipsoid import Floats

__all__ = ["Logistic", "Quadratic", "excess_bound", "pruned"]


def pruned(weights: Floats, keep: int) -> Floats:
    """The `keep` largest magnitudes; the last number is a bias and stays."""
    result = weights.copy()
    result[np.argsort(-np.abs(weights[:-1]), kind="stable")[keep:]] = 0
    return result


def excess_bound(gradient: Any, curvature: Any, change: Any) -> Any:
    """|g| |D| + curvature |D|^2 / 2, as a ball."""
    distance = length(change)
    return length(gradient) * distance + curvature * distance**2 / 2


class Quadratic:
    """Half the mean squared error of x.w over a group, in rationals: H w - b is its gradient."""

    def __init__(self, inputs: Any, answers: Any) -> None:
        count, across = inputs.nrows(), inputs.transpose()
        self.hessian, self.moment = across * inputs / count, across * answers / count

    def gradient(self, weights: Any) -> Any:
        return self.hessian * weights - self.moment

    def excess(self, weights: Any, others: Any) -> list[Any]:
        """Loss of each column of `others` minus loss of `weights`."""
        start = self._loss(weights)[0]
        return [loss - start for loss in self._loss(others)]

    def _loss(self, columns: Any) -> list[Any]:
        inner = self.hessian * columns / 2
        pairs = zip(columns.transpose().tolist(), inner.transpose().tolist(), strict=True)
        linear = (self.moment.transpose() * columns).entries()
        return [
            sum((a * b for a, b in zip(*pair, strict=True)), -line)
            for pair, line in zip(pairs, linear, strict=True)
        ]


class Logistic:
    """Mean logistic loss of x.w over a group, in balls; rows of `signed` are x times +1 or -1."""

    def __init__(self, signed: Any) -> None:
        self.signed, self.count = signed, signed.nrows()

    def losses(self, columns: Any) -> list[Any]:
        """Loss of each column of weights."""
        from flint import arb

        margins = (self.signed * columns).transpose().tolist()
        return [sum(((-m).exp().log1p() for m in row), arb(0)) / self.count for row in margins]

    def gradient(self, weights: Any) -> Any:
        from flint import arb_mat

        pulls = [[-1 / (m.exp() + 1) / self.count] for m in (self.signed * weights).entries()]
        return self.signed.transpose() * arb_mat(pulls)

    def hessian(self, weights: Any) -> Any:
        from flint import arb_mat

        shares = [1 / ((-m).exp() + 1) for m in (self.signed * weights).entries()]
        rows = zip(self.signed.tolist(), shares, strict=True)
        scaled = [[f * (1 - f) * v / self.count for v in row] for row, f in rows]
        return arb_mat(scaled).transpose() * self.signed

    def greatest_hessian(self) -> Any:
        """X'X / (4 n): no Hessian, at any weights, exceeds it, as f (1 - f) <= 1/4."""
        return self.signed.transpose() * self.signed / (4 * self.count)
