"""Activations between layers: monotone, 1-Lipschitz or better, with outward-rounded images."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np

from slt_theory.errors import BadInput
from slt_theory.networks.arrays import Floats

__all__ = ["RELU", "Activation", "parse_activation"]

Range = tuple[Floats, Floats]
_PLAIN = ("relu", "identity", "tanh", "sigmoid")


@dataclass(frozen=True)
class Activation:
    """A monotone function applied number by number.

    Attributes
    ----------
    kind : str
        "relu", "leaky_relu", "tanh", "sigmoid" or "identity".
    slope : float
        Of a leaky ReLU below 0, in [0, 1].
    """

    kind: str
    slope: float = 0.0

    @property
    def name(self) -> str:
        """The text that `parse_activation` reads."""
        return f"leaky_relu({self.slope!r})" if self.kind == "leaky_relu" else self.kind

    @property
    def homogeneous(self) -> bool:
        """f(c x) = c f(x) for c > 0."""
        return self.kind in ("relu", "leaky_relu", "identity")

    @property
    def non_negative(self) -> bool:
        """Values are >= 0 whatever the input."""
        return self.kind in ("relu", "sigmoid")

    @property
    def exact(self) -> bool:
        """Evaluation in float64 rounds nothing."""
        return self.kind in ("relu", "identity")

    @property
    def lipschitz(self) -> float:
        """Largest slope."""
        return 0.25 if self.kind == "sigmoid" else 1.0

    def __call__(self, x: Floats) -> Floats:
        if self.kind == "relu":
            return np.asarray(np.maximum(x, 0))
        if self.kind == "leaky_relu":
            return np.asarray(np.where(x < 0, self.slope * x, x))
        if self.kind == "tanh":
            return np.asarray(np.tanh(x))
        if self.kind == "sigmoid":
            # Never overflows, and equal to 1 / (1 + exp(-x)).
            return np.asarray(0.5 * (1 + np.tanh(0.5 * x)))
        return x

    def slopes(self, x: Floats) -> Floats:
        """Derivative, to the left at a kink."""
        if self.kind in ("relu", "leaky_relu"):
            return np.asarray(np.where(x > 0, 1.0, self.slope))
        if self.kind == "tanh":
            return np.asarray(1 - np.tanh(x) ** 2)
        if self.kind == "sigmoid":
            return np.asarray(0.25 * (1 - np.tanh(0.5 * x) ** 2))
        return np.ones_like(x)

    def image(self, values: Range) -> Range:
        """Outward range of the values over a range; ends of curved functions by ball arithmetic."""
        lo, hi = values
        if self.exact:
            return self(lo), self(hi)
        if self.kind == "leaky_relu":
            low = np.where(lo < 0, np.nextafter(self.slope * lo, -np.inf), lo)
            return low, np.where(hi < 0, np.nextafter(self.slope * hi, np.inf), hi)
        return self._ends(lo, -1), self._ends(hi, 1)

    def _ends(self, values: Floats, side: int) -> Floats:
        from flint import arb

        def end(x: float) -> float:
            ball = arb(x).tanh() if self.kind == "tanh" else 1 / (1 + (-arb(x)).exp())
            bound = float(ball.upper() if side > 0 else ball.lower())
            return float(np.nextafter(bound, side * np.inf))

        return np.array([end(float(x)) for x in values.ravel()]).reshape(values.shape)

    def deviation(self, change: Range) -> Range:
        """Range of f(x + d) - f(x) for d in `change`, whatever x: monotone and Lipschitz."""
        if self.kind == "identity":
            return change
        # A power of two: the product is exact.
        return (
            self.lipschitz * np.minimum(change[0], 0),
            self.lipschitz * np.maximum(change[1], 0),
        )


RELU = Activation("relu")


def parse_activation(value: Any) -> Activation:
    """An activation by name: relu, leaky_relu(SLOPE), tanh, sigmoid or identity.

    Raises
    ------
    BadInput
        For any other name, or a slope outside [0, 1].

    Examples
    --------
    >>> parse_activation("leaky_relu(0.1)").slope
    0.1
    """
    if isinstance(value, Activation):
        return value
    text = str(value).strip().lower()
    if text in _PLAIN:
        return Activation(text)
    leaky = re.fullmatch(r"leaky_relu(?:\(([0-9.e+-]+)\))?", text)
    if leaky:
        try:
            slope = float(leaky[1] or 0.01)
        except ValueError:
            slope = -1.0
        if 0 <= slope <= 1:
            return Activation("leaky_relu", slope)
    raise BadInput(
        "activation",
        value,
        "is not known",
        f"one of {', '.join(_PLAIN)} or leaky_relu(SLOPE) with a slope in [0, 1]",
    )
